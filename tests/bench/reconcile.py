"""What was said, what the platform got and what the database holds, held against each other. Pure.

| promise | broken by |
|---|---|
| nothing lost | a customer's acked message that the platform never saw an answer to, and no person owned it |
| nothing twice | a marker accepted in two of the agent's messages; a repeat where repeats aren't dropped; two rows |
| in order | an answer to an earlier message first accepted after one to a later message |
| never over a human | an agent's message accepted after a committed takeover and before the giving back |
| thinking in its place | a thinking message after the turn's reply, or two for one turn |
| no limbo | a conversation in which a customer waits and nobody comes; work that is still due in the end |

Unknown and failed outcomes are allowed where a person was told; they are listed as flagged.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.bench.load import Said, markers, seq_of
from tests.bench.platform import Record

IN_FLIGHT = 1.0  # seconds that a request may be under way, where nobody has noted when it began
CLOCKS = 0.1  # seconds between committing a claim and beginning to send
AGENT = ("reply", "thinking", "handover")


@dataclass(frozen=True, slots=True)
class Window:
    """A person's ownership of a conversation, as committed. `end` is None while it lasts."""

    thread: str
    start: float
    end: float | None

    def holds(self, moment: float) -> bool:
        return self.start < moment and (self.end is None or moment < self.end)


@dataclass(frozen=True, slots=True)
class Effect:
    """One delivery as the database has it."""

    ref: str
    thread: str
    turn: int | None
    status: str
    text: str
    begun: tuple[float, ...] = ()  # when each of its attempts began


@dataclass(frozen=True, slots=True)
class Facts:
    """What the database says in the end."""

    recorded: Mapping[str, int] = field(default_factory=dict)  # marker -> rows of customers' messages with it
    windows: Sequence[Window] = ()
    effects: Sequence[Effect] = ()
    limbo: Sequence[str] = ()  # threads
    still_due: Mapping[str, int] = field(default_factory=dict)  # by kind
    repaired: int = 0  # times that the watchdog had to step in


@dataclass(frozen=True, slots=True)
class PersonSaid:
    """A person's reply, to be sent exactly once; `certain` if we were told that it was committed."""

    marker: str
    certain: bool


@dataclass(slots=True)
class Verdict:
    """How the promises were broken (empty: not at all), and what else is worth knowing."""

    broken: dict[str, list[str]]
    counts: dict[str, float]

    @property
    def kept(self) -> bool:
        return not any(self.broken.values())


class Reconciliation:
    def __init__(
        self,
        said: Sequence[Said],
        log: Sequence[Record],
        facts: Facts,
        people: Iterable[PersonSaid] = (),
        dropping: Iterable[str] = (),
    ) -> None:
        """`dropping`: the gateways whose platform drops repeats."""
        self.said, self.log, self.facts, self.people, self.dropping = said, log, facts, list(people), set(dropping)
        self.accepted = [record for record in log if record.outcome == "accepted"]
        self.effects = {effect.ref: effect for effect in facts.effects}
        self.answers: defaultdict[str, list[Record]] = defaultdict(list)  # by marker, only the agent's
        for record in self.accepted:
            if record.purpose == "reply":
                for marker in markers(record.text):
                    self.answers[marker].append(record)
        self.windows: defaultdict[str, list[Window]] = defaultdict(list)
        for window in facts.windows:
            self.windows[window.thread].append(window)
        self.in_flight: list[float] = []

    def verdict(self) -> Verdict:
        checks: dict[str, Callable[[], list[str]]] = {
            "not acked": self.not_acked,
            "lost": self.lost,
            "doubled": self.doubled,
            "out of order": self.out_of_order,
            "over a human": self.over_a_human,
            "thinking misplaced": self.thinking_misplaced,
            "people's words lost or doubled": self.people_misheard,
            "limbo": self.limbo,
        }
        return Verdict({name: check() for name, check in checks.items()}, self.counts())

    def not_acked(self) -> list[str]:
        return [f"{one.marker}: statuses {one.statuses[-5:]}" for one in self.said if not one.acked_at]

    def lost(self) -> list[str]:
        flagged = {marker for effect in self.flagged() for marker in markers(effect.text)}
        return [
            f"{one.marker}: {self.facts.recorded.get(one.marker, 0)} rows, no answer"
            for one in self.said
            if one.acked_at and one.marker not in self.answers and one.marker not in flagged and not self._owned(one)
        ]

    def _owned(self, said: Said) -> bool:
        """Whether it is recorded, and a person had or took the conversation from when it was said on."""
        windows = self.windows[said.thread]
        return said.marker in self.facts.recorded and any(
            window.end is None or window.end > said.sent_at for window in windows
        )

    def doubled(self) -> list[str]:
        rows = [f"{marker}: {count} rows" for marker, count in self.facts.recorded.items() if count > 1]
        answers = [
            f"{marker}: answered {len(records)} times, in {', '.join(record.ref for record in records)}"
            for marker, records in self.answers.items()
            if len(records) > 1
        ]
        repeats = [
            f"{record.ref}: attempt {record.attempt} arrived again ({record.purpose or record.kind})"
            for record in self.log
            if record.outcome == "repeat" and record.gateway not in self.dropping
        ]
        return rows + answers + repeats

    def out_of_order(self) -> list[str]:
        latest: dict[str, int] = {}
        found = []
        first = {marker: records[0] for marker, records in self.answers.items()}
        for record in self.accepted:
            for marker in markers(record.text) if record.purpose == "reply" else []:
                if first[marker] is not record:
                    continue
                before, seq = latest.get(record.conversation, 0), seq_of(marker)
                if seq < before:
                    found.append(f"{marker}: first accepted after s{before}")
                latest[record.conversation] = max(seq, before)
        return found

    def over_a_human(self) -> list[str]:
        found = []
        for record in self.accepted:
            window = next((one for one in self.windows[record.conversation] if one.holds(record.at)), None)
            if record.purpose not in AGENT or window is None:
                continue
            late, begun = record.at - window.start, self._begun(record)
            over = begun > window.start + CLOCKS if begun else late > IN_FLIGHT
            if over:
                found.append(
                    f"{record.conversation}: {record.purpose} {record.ref} {late:.3f} s after the takeover, "
                    f"attempt {record.attempt}"
                )
            else:
                self.in_flight.append(late)
        return found

    def _begun(self, record: Record) -> float:
        """When the attempt began that the platform accepted; 0 if its worker didn't live to note it."""
        effect = self.effects.get(record.ref)
        return max((begun for begun in effect.begun if begun <= record.at), default=0.0) if effect else 0.0

    def thinking_misplaced(self) -> list[str]:
        replied: set[int] = set()
        thought: Counter[int] = Counter()
        found = []
        for record in self.accepted:
            effect = self.effects.get(record.ref)
            if effect is None or effect.turn is None:
                continue
            if record.purpose == "reply":
                replied.add(effect.turn)
            elif record.purpose == "thinking":
                thought[effect.turn] += 1
                if effect.turn in replied:
                    found.append(f"{record.conversation}: thinking after the reply, turn {effect.turn}")
        return found + [f"turn {turn}: {count} thinking messages" for turn, count in thought.items() if count > 1]

    def people_misheard(self) -> list[str]:
        heard = Counter(record.text for record in self.accepted if record.purpose == "human")
        flagged = {effect.text for effect in self.flagged()}
        return [
            f"{one.marker}: sent {heard[one.marker]} times"
            for one in self.people
            if heard[one.marker] > 1 or (one.certain and not heard[one.marker] and one.marker not in flagged)
        ]

    def limbo(self) -> list[str]:
        due = [f"{count} {kind} are still due" for kind, count in self.facts.still_due.items()]
        return [f"{thread}: a customer waits for nobody" for thread in self.facts.limbo] + due

    def flagged(self) -> list[Effect]:
        return [effect for effect in self.facts.effects if effect.status in ("unknown", "failed")]

    def counts(self) -> dict[str, float]:
        outcomes = Counter(record.outcome for record in self.log)
        faults = Counter(record.fault for record in self.log)
        return {
            "messages": len(self.said),
            "posts": sum(one.posts for one in self.said),
            "requests of ours": len(self.log),
            "accepted": outcomes["accepted"],
            "failed on purpose": len(self.log) - faults["none"],
            "repeats dropped": sum(r.outcome == "repeat" and r.gateway in self.dropping for r in self.log),
            "answered": len(self.answers),
            "left to people": sum(
                one.marker not in self.answers and self._owned(one) for one in self.said if one.acked_at
            ),
            "takeovers": len(self.facts.windows),
            "in flight at a takeover": len(self.in_flight),
            "longest in flight, s": round(max(self.in_flight, default=0.0), 3),
            "flagged unknown or failed": len(self.flagged()),
            "repaired by the watchdog": self.facts.repaired,
        }
