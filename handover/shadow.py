"""Shadow mode: decide on real traffic, send nothing, and see how often people then did the same.

A decision is compared with what people did between the customer's message and their next one: what they replied, and
where the conversation was moved. Which article they had in mind can't be known; a link that both gave says it.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from agents.engines.base import Decision
from agents.models import Article
from conversations import events
from conversations.alike import SIMILAR, alike, links
from conversations.models import AuditEvent, Conversation, Message, Turn
from gateways import writing
from gateways.models import Destination, Gateway
from handover.route import route

Row = TypeVar("Row", Message, AuditEvent)
MOST = 500  # decisions in one report, the newest


class Verdict(StrEnum):
    """How the agent's decision stands beside what people did. The first four agree, the next four don't."""

    SAME_WORDS = "same_words"
    SAME_LINK = "same_link"
    SAME_PLACE = "same_place"
    BOTH_PASSED = "both_passed"
    OTHER_WORDS = "other_words"
    OTHER_PLACE = "other_place"
    ONLY_WE_ANSWERED = "only_we_answered"
    ONLY_THEY_ANSWERED = "only_they_answered"
    OPEN = "open"


SAYS = {
    Verdict.SAME_WORDS: "Would have said much the same as people did",
    Verdict.SAME_LINK: "Would have given the same link or article as people did",
    Verdict.SAME_PLACE: "Would have handed over to where people moved it",
    Verdict.BOTH_PASSED: "Would have handed over, and people dealt with it",
    Verdict.OTHER_WORDS: "Would have said something else than people did",
    Verdict.OTHER_PLACE: "Would have handed over to another place than people moved it to",
    Verdict.ONLY_WE_ANSWERED: "Would have answered what people moved elsewhere",
    Verdict.ONLY_THEY_ANSWERED: "Would have stayed silent where people answered",
    Verdict.OPEN: "People haven’t done anything yet",
}
AGREE = (Verdict.SAME_WORDS, Verdict.SAME_LINK, Verdict.SAME_PLACE, Verdict.BOTH_PASSED)


@dataclass(frozen=True, slots=True)
class Ours:
    """What the agent would have done."""

    reply: str
    hands_over: bool
    destination: int | None = None  # where to; None: the list of those that wait
    links: frozenset[str] = frozenset()  # in the reply, and of the articles cited


@dataclass(frozen=True, slots=True)
class Theirs:
    """What people did."""

    reply: str = ""
    moved_to: int | None = None  # None: it stayed where it was


@dataclass(frozen=True, slots=True)
class Comparison:
    turn: Turn
    ours: Ours
    theirs: Theirs
    verdict: Verdict
    alike: float  # of the two replies, 0 to 1
    places: tuple[str, str]  # where we would have sent it, where people moved it

    @property
    def says(self) -> str:
        return SAYS[self.verdict]


@dataclass(frozen=True, slots=True)
class Report:
    comparisons: tuple[Comparison, ...]  # newest first

    @property
    def counts(self) -> list[tuple[str, int]]:
        """How often each verdict came about, in the order of Verdict; those that never did are left out."""
        found = Counter(each.verdict for each in self.comparisons)
        return [(SAYS[verdict], found[verdict]) for verdict in Verdict if found[verdict]]

    @property
    def judged(self) -> int:
        return sum(each.verdict is not Verdict.OPEN for each in self.comparisons)

    @property
    def agreement(self) -> int | None:
        """Percentage of those that people dealt with; None where there are none."""
        agreed = sum(each.verdict in AGREE for each in self.comparisons)
        return round(100 * agreed / self.judged) if self.judged else None


def keep(conversation: Conversation, turn: Turn, decision: Decision) -> None:
    """Note what would have been done. Wants a locked conversation, and a turn that is settled."""
    why = decision.why
    if choice := route(turn, decision):
        turn.decision = {**turn.decision, "choice": {"destination": choice.destination_id, "why": choice.why}}
        writing.update(turn, ("decision",))
        why = f"{why} {choice.why}"
    events.shadow(conversation, turn, why)


def judge(ours: Ours, theirs: Theirs) -> Verdict:
    """Pure: the two, side by side."""
    if not theirs.reply and theirs.moved_to is None:
        return Verdict.OPEN
    if ours.hands_over:
        if theirs.moved_to is None:
            return Verdict.BOTH_PASSED
        return Verdict.SAME_PLACE if theirs.moved_to == ours.destination else Verdict.OTHER_PLACE
    if not theirs.reply:
        return Verdict.ONLY_WE_ANSWERED if ours.reply else Verdict.BOTH_PASSED
    if not ours.reply:
        return Verdict.ONLY_THEY_ANSWERED
    if alike(ours.reply, theirs.reply) >= SIMILAR:
        return Verdict.SAME_WORDS
    return Verdict.SAME_LINK if ours.links & links(theirs.reply) else Verdict.OTHER_WORDS


def report(gateway: Gateway, since: datetime) -> Report:
    """Compare what the agent decided on this gateway since then. Six queries, however much it is."""
    found = Turn.objects.filter(gateway=gateway, outcome=Turn.Outcome.SHADOW, created_at__gte=since)
    turns = list(found.select_related("conversation__identity__contact").order_by("-id")[:MOST])
    said = _by_conversation(
        Message.objects.filter(conversation__in={turn.conversation_id for turn in turns}, kind=Message.Kind.MESSAGE)
        .filter(author__in=(Message.Author.CUSTOMER, Message.Author.HUMAN))
        .order_by("seq")
    )
    moved = AuditEvent.objects.filter(conversation__in={turn.conversation_id for turn in turns}, kind="moved")
    moves = _by_conversation(moved.order_by("pk"))
    urls = _urls(turns)
    names = dict(Destination.objects.filter(gateway=gateway).values_list("pk", "name"))
    return Report(
        tuple(
            _compare(turn, said.get(turn.conversation_id, []), moves.get(turn.conversation_id, []), urls, names)
            for turn in turns
        )
    )


def _by_conversation(rows: Iterable[Row]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    for row in rows:
        found.setdefault(row.conversation_id, []).append(row)
    return found


def _urls(turns: Sequence[Turn]) -> dict[int, str]:
    cited = {pk for turn in turns for pk in turn.decision.get("articles") or ()}
    return dict(Article.objects.filter(pk__in=cited).exclude(url="").values_list("pk", "url"))


def _compare(
    turn: Turn, said: list[Message], moves: list[AuditEvent], urls: dict[int, str], names: dict[int, str]
) -> Comparison:
    values, choice = turn.decision, turn.decision.get("choice")
    given = {urls[pk] for pk in values.get("articles") or () if pk in urls}
    reply = str(values.get("reply", ""))
    target: int | None = choice["destination"] if choice else None
    ours = Ours(reply, choice is not None, target, frozenset(given | links(reply)))
    theirs = _theirs(turn, said, moves)
    where = "Waiting for people" if choice and target is None else names.get(target or 0, "")
    places = (where, names.get(theirs.moved_to or 0, ""))
    return Comparison(turn, ours, theirs, judge(ours, theirs), alike(reply, theirs.reply), places)


def _theirs(turn: Turn, said: list[Message], moves: list[AuditEvent]) -> Theirs:
    """What people did after the last message that the decision was about, and before the customer's next one."""
    after = [message for message in said if message.seq > turn.upto_seq]
    ends = next((message for message in after if message.author == Message.Author.CUSTOMER), None)
    replies = [m.text for m in after if m.author == Message.Author.HUMAN and (ends is None or m.seq < ends.seq)]
    moved = [
        move.data.get("destination")
        for move in moves
        if move.at >= turn.created_at and (ends is None or move.at < ends.created_at)
    ]
    return Theirs("\n".join(replies), moved[-1] if moved else None)
