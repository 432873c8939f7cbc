"""Who gets a conversation that the agent hands over. Pure: rules in, choice out."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from agents.languages import canonical
from handover.hours import Span, open_at


@dataclass(frozen=True, slots=True)
class Rule:
    """A handover rule. Rules come in the order in which they count. What is empty isn't asked for."""

    id: int
    sub_agent: str  # slug
    destination_id: int
    destination: str  # name
    language: str = ""
    channel: str = ""
    hours: tuple[Span, ...] = ()
    tag: str = ""
    contact_tag: str = ""
    in_use: bool = True  # neither it nor its destination is switched off
    next_id: int | None = None  # the destination that gets it when nobody accepts in time
    accept_within: int | None = None  # minutes; None for the gateway's


@dataclass(frozen=True, slots=True)
class Target:
    """The gateway's escalation target."""

    destination_id: int
    destination: str
    in_use: bool = True
    next_id: int | None = None
    accept_within: int | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """What rules may ask about."""

    sub_agent: str = ""  # slug
    language: str = ""
    channel: str = ""
    tags: tuple[str, ...] = ()
    contact_tags: tuple[str, ...] = ()
    now: datetime = datetime(1970, 1, 1, tzinfo=UTC)  # in the gateway's time zone


@dataclass(frozen=True, slots=True)
class Choice:
    """The destination (None: the list of conversations that wait for people), and the sentence that says why."""

    destination_id: int | None
    rule_id: int | None
    why: str
    next_id: int | None = None
    accept_within: int | None = None


NOTHING = "there is no escalation target: it waits for people."


def choose(rules: Sequence[Rule], target: Target | None, situation: Situation, gone: Collection[int] = ()) -> Choice:
    """The first rule that fits, else the escalation target, else the waiting list. `gone`: destinations not to use."""
    for rule in rules:
        if rule.in_use and rule.destination_id not in gone and fits(rule, situation):
            why = f"Rule: {_subject(rule)} goes to {rule.destination}{_because(rule)}."
            return Choice(rule.destination_id, rule.id, why, rule.next_id, rule.accept_within)
    if target and target.in_use and target.destination_id not in gone:
        why = f"No rule fits; {target.destination} is the escalation target."
        return Choice(target.destination_id, None, why, target.next_id, target.accept_within)
    if target:
        return Choice(None, None, f"No rule fits and {target.destination} isn't in use: it waits for people.")
    return Choice(None, None, f"No rule fits and {NOTHING}")


def fits(rule: Rule, situation: Situation) -> bool:
    """Whether everything that the rule asks for is so."""
    return (
        (not rule.sub_agent or rule.sub_agent == situation.sub_agent)
        and (not rule.language or canonical(rule.language) == canonical(situation.language))
        and (not rule.channel or rule.channel.casefold() == situation.channel.casefold())
        and (not rule.tag or _has(situation.tags, rule.tag))
        and (not rule.contact_tag or _has(situation.contact_tags, rule.contact_tag))
        and open_at(rule.hours, situation.now)
    )


def _has(tags: Sequence[str], name: str) -> bool:
    return name.casefold() in (each.casefold() for each in tags)


def _subject(rule: Rule) -> str:
    return f"“{rule.sub_agent}”" if rule.sub_agent else "whatever is handed over"


def _because(rule: Rule) -> str:
    reasons = list(_reasons(rule))
    return f", because {' and '.join(reasons)}" if reasons else ""


def _reasons(rule: Rule) -> Iterator[str]:
    if rule.language:
        yield f"the customer's language is “{rule.language}”"
    if rule.channel:
        yield f"it came by {rule.channel}"
    if rule.tag:
        yield f"it is tagged “{rule.tag}”"
    if rule.contact_tag:
        yield f"the contact is tagged “{rule.contact_tag}”"
    if rule.hours:
        yield "it is within the rule's hours"
