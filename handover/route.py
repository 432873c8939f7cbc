"""Step 5 of the walk: does the agent's decision stay with the agent, or does it go to people, and to whom?"""

from collections.abc import Collection
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import timezone

from agents.engines.base import Decision, Escalation
from conversations.models import Conversation, Turn
from gateways.models import Gateway
from handover import hours
from handover.models import EscalationTarget, HandoverRule
from handover.policy import Choice, Rule, Situation, Target, choose


def route(turn: Turn, decision: Decision) -> Choice | None:
    """Where the conversation goes; None when it stays with the agent."""
    if decision.escalation is not Escalation.NOW:
        return None
    return to_people(turn.conversation.gateway, decision.sub_agent, turn.conversation)


def to_people(
    gateway: Gateway, sub_agent: str = "", conversation: Conversation | None = None, gone: Collection[int] = ()
) -> Choice:
    """Where this gateway's conversations go, by its rules and target as they are now.

    Without a conversation only rules that ask for nothing but a sub agent can fit. `gone`: destinations not to use.
    """
    return choose(rules_of(gateway), target_of(gateway), situation(gateway, sub_agent, conversation), gone)


def rules_of(gateway: Gateway) -> list[Rule]:
    """The gateway's rules, in the order in which they count."""
    active = HandoverRule.objects.filter(gateway=gateway, is_active=True)
    return [as_rule(rule) for rule in active.select_related("sub_agent", "destination")]


def as_rule(rule: HandoverRule) -> Rule:
    """The rule as the policy reads it, saved or not."""
    return Rule(
        id=rule.pk or 0,
        sub_agent=rule.sub_agent.slug if rule.sub_agent else "",
        destination_id=rule.destination_id,
        destination=rule.destination.name,
        language=rule.language,
        channel=rule.channel,
        hours=hours.read(rule.hours),
        tag=rule.tag,
        contact_tag=rule.contact_tag,
        in_use=rule.is_active and rule.destination.is_active,
        next_id=rule.next_destination_id,
        accept_within=rule.accept_within,
    )


def target_of(gateway: Gateway) -> Target | None:
    found = EscalationTarget.objects.filter(gateway=gateway).select_related("destination").first()
    if found is None:
        return None
    return Target(
        found.destination_id,
        found.destination.name,
        in_use=found.destination.is_active,
        next_id=found.next_destination_id,
        accept_within=found.accept_within,
    )


def situation(gateway: Gateway, sub_agent: str, conversation: Conversation | None) -> Situation:
    """What rules may ask about, as it is now."""
    now = on_the_wall(gateway, timezone.now())
    if conversation is None:
        return Situation(sub_agent=sub_agent, now=now)
    return Situation(
        sub_agent=sub_agent,
        language=conversation.spoken,
        channel=conversation.channel,
        tags=tuple(conversation.tags),
        contact_tags=tuple(conversation.identity.contact.tags),
        now=now,
    )


def on_the_wall(gateway: Gateway, moment: datetime) -> datetime:
    """The moment by the gateway's clock."""
    return moment.astimezone(ZoneInfo(gateway.time_zone))
