"""Handover rules tried on what was handed over before: who got it, who would today, and who by the edited rules.

What the customer spoke, the channel and the tags are as they are now; the hours are those of the handover.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import ValidationError

from agents.models import SubAgent
from gateways.models import Destination, Gateway
from handover.models import Handover, HandoverRule
from handover.policy import Choice, Rule, Situation, choose
from handover.route import as_rule, on_the_wall, rules_of, situation, target_of

LAST = 100  # handovers, unless asked for others
WAITS = "Waiting for people"
FIELDS = ("position", "language", "channel", "hours", "tag", "contact_tag", "is_active")


@dataclass(frozen=True, slots=True)
class Tried:
    """One handover, with the names of where it went and where it would go."""

    handover: Handover
    sub_agent: str
    went: str
    today: str
    edited: str
    why: str  # of the edited rules' choice

    @property
    def differs(self) -> bool:
        return self.today != self.edited


def replay(gateway: Gateway, edited: Sequence[Rule], last: int = LAST) -> list[Tried]:
    """The gateway's last handovers, newest first, by its rules of today and by the edited ones. Changes nothing."""
    related = ("conversation__identity__contact", "turn", "destination", "rule__sub_agent")
    handovers = Handover.objects.filter(conversation__gateway=gateway).select_related(*related).order_by("-pk")[:last]
    names: dict[int, str] = dict(gateway.destinations.values_list("pk", "name"))
    today, target = rules_of(gateway), target_of(gateway)

    def tried(handover: Handover) -> Tried:
        asked = _situation(gateway, handover)
        now, then = (choose(rules, target, asked) for rules in (today, edited))
        went = handover.destination.name if handover.destination else WAITS
        return Tried(handover, asked.sub_agent, went, _name(now, names), _name(then, names), then.why)

    return [tried(handover) for handover in handovers]


def _situation(gateway: Gateway, handover: Handover) -> Situation:
    rule = handover.rule
    by_rule = rule.sub_agent.slug if rule and rule.sub_agent else ""
    decided = handover.turn.decision.get("sub_agent", "") if handover.turn else ""
    asked = situation(gateway, decided or by_rule, handover.conversation)
    return replace(asked, now=on_the_wall(gateway, handover.created_at))


def _name(choice: Choice, names: Mapping[int, str]) -> str:
    return WAITS if choice.destination_id is None else names[choice.destination_id]


def in_order(rules: Iterable[HandoverRule]) -> list[Rule]:
    """Edited rules, saved or not, as the policy reads them."""
    return [as_rule(rule) for rule in sorted(rules, key=lambda rule: (rule.position, rule.pk or 2**63))]


def from_rows(gateway: Gateway, rows: object) -> list[Rule]:
    """Rules as JSON: a list of {"sub_agent": slug, "destination": name, …}. Raises ValueError saying what won't do."""
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError("The rules must be a list of objects.")
    return in_order([_from_row(gateway, number, row) for number, row in enumerate(rows, start=1)])


def _from_row(gateway: Gateway, number: int, row: Mapping[str, Any]) -> HandoverRule:
    unknown = sorted(set(row) - {*FIELDS, "sub_agent", "destination"})
    if unknown:
        raise ValueError(f"Rule {number} has “{unknown[0]}”, which no rule has.")
    destination = Destination.objects.filter(gateway=gateway, name=row.get("destination", "")).first()
    if destination is None:
        raise ValueError(f"Rule {number} needs a “destination”: the name of one of the gateway's.")
    slug = row.get("sub_agent", "")
    sub_agent = SubAgent.objects.filter(agent=gateway.agent_id, slug=slug).first()
    if slug and sub_agent is None:
        raise ValueError(f"Rule {number}: there is no sub agent “{slug}”.")
    given = {"position": number, **{name: row[name] for name in FIELDS if name in row}}
    rule = HandoverRule(gateway=gateway, destination=destination, sub_agent=sub_agent, **given)
    try:
        rule.full_clean()
    except ValidationError as error:
        raise ValueError(f"Rule {number}: {' '.join(error.messages)}") from error
    return rule
