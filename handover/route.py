"""Step 5 of the walk: does the agent's decision stay with the agent, or does it go to people, and to whom?"""

from agents.engines.base import Decision, Escalation
from conversations.models import Turn
from gateways.models import Gateway
from handover.models import EscalationTarget, HandoverRule
from handover.policy import Choice, Rule, Target, choose


def route(turn: Turn, decision: Decision) -> Choice | None:
    """Where the conversation goes; None when it stays with the agent."""
    if decision.escalation is not Escalation.NOW:
        return None
    return to_people(turn.conversation.gateway, decision.sub_agent)


def to_people(gateway: Gateway, sub_agent: str = "") -> Choice:
    """Where this gateway's conversations go, by its rules and target as they are now."""
    active = HandoverRule.objects.filter(gateway=gateway, is_active=True).select_related("sub_agent", "destination")
    rules = [Rule(rule.pk, rule.sub_agent.slug, rule.destination_id, rule.destination.name) for rule in active]
    target = EscalationTarget.objects.filter(gateway=gateway).select_related("destination").first()
    return choose(rules, Target(target.destination_id, target.destination.name) if target else None, sub_agent)
