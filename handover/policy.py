"""Who gets a conversation that the agent hands over. Pure: rules in, choice out."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """A handover rule. Rules come in the order in which they count."""

    id: int
    sub_agent: str  # slug
    destination_id: int
    destination: str  # name


@dataclass(frozen=True, slots=True)
class Target:
    """The gateway's escalation target."""

    destination_id: int
    destination: str


@dataclass(frozen=True, slots=True)
class Choice:
    """The destination (None: the list of conversations that wait for people), and the sentence that says why."""

    destination_id: int | None
    rule_id: int | None
    why: str


def choose(rules: Sequence[Rule], target: Target | None, sub_agent: str) -> Choice:
    """The first rule for the sub agent that matched, else the escalation target, else the waiting list."""
    for rule in rules:
        if sub_agent and rule.sub_agent == sub_agent:
            return Choice(rule.destination_id, rule.id, f"Rule: “{sub_agent}” goes to {rule.destination}.")
    if target:
        return Choice(target.destination_id, None, f"No rule fits; {target.destination} is the escalation target.")
    return Choice(None, None, "No rule fits and there is no escalation target: it waits for people.")
