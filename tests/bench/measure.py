"""How fast, section by section, each for less than a minute. `BOUNDS` is what is promised."""

import asyncio
import itertools
import json
import random
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

from django.db.models import QuerySet, Sum
from django.utils import timezone

from agents.models import Agent
from contacts.models import Contact, Identity
from conversations.models import AuditEvent, Conversation, Delivery, Message, Timer, Turn
from gateways import doorbell
from gateways.models import Gateway, InboundEvent
from tests.bench import bare, facts, report
from tests.bench.http import post
from tests.bench.load import Regulars, Said, Sender, blast, markers
from tests.bench.platform import Record
from tests.bench.reconcile import Reconciliation, Verdict
from tests.bench.stack import ROOT, Stack, wait_for
from tests.bench.world import DROPPING, PLAIN, World

BOUNDS: dict[str, tuple[str, float]] = {
    "accept: ratio to a bare view": ("at least", 0.8),
    "accept: p99 at 200/s, ms": ("at most", 100),
    "walk: messages/s": ("at least", 200),
    "walk: promises broken": ("at most", 0),
    "walk (embedded): messages/s": ("at least", 67),
    "steady: added p50, ms": ("at most", 50),
    "steady: added p95, ms": ("at most", 150),
    "waiting: in flight at once": ("at least", 300),
    "waiting: turns/s": ("at least", 120),
    "waiting: memory of the workers, MB": ("at most", 600),
    "waiting: share that got a thinking message": ("at least", 0.99),
    "waiting: thinking p95 late, s": ("at most", 1),
    "waiting: share answered": ("at least", 1),
    "burst: engine calls": ("at most", 1.2),
    "burst: replies": ("at most", 1),
    "burst: promises broken": ("at most", 0),
    "copies: rows": ("at most", 1),
    "copies: replies": ("at most", 1),
    "timers: not fired": ("at most", 0),
    "timers: fired twice": ("at most", 0),
    "timers: p95 late, s": ("at most", 1),
    "retry-after: late, s": ("at most", 1),
    "retry-after: too early": ("at most", 0),
    "retry-after: attempts": ("at most", 0),
    "flood: added p95, s": ("at most", 1),
}

WAITING_CUSTOMERS, WAITING_WORKERS, WAITING_THREADS = 400, 2, 170  # processes, and engine calls at once in each
WAITING_SECONDS = 20.0
ROUNDS, ROUND_SECONDS, CONNECTIONS = 4, 2.5, 16


@dataclass(frozen=True, slots=True)
class Figure:
    name: str
    value: float

    @property
    def bound(self) -> str:
        return "{} {:g}".format(*BOUNDS[self.name]) if self.name in BOUNDS else ""

    @property
    def good(self) -> bool:
        direction, bound = BOUNDS.get(self.name, ("at most", float("inf")))
        return self.value >= bound if direction == "at least" else self.value <= bound


class Bench:
    """A stack and a world, and what several sections do with them."""

    def __init__(self, stack: Stack, messages: int) -> None:
        self.stack, self.messages = stack, messages
        self.world = World(stack.platform_port)
        self.conversations = itertools.count(1)

    @contextmanager
    def site(self, **counts: int | str) -> Iterator[None]:
        """The site's processes for the length of the block; two workers of each kind unless told otherwise."""
        workers = 1 if self.stack.embedded else 2
        self.stack.start(**{"web": 1, "work": workers, **counts})  # type: ignore[arg-type]
        self.stack.wait_until_loaded()
        try:
            yield
        finally:
            self.stack.stop_processes()

    def said(self, gateway: str, count: int, *, rate: float = 0, conversations: int = 0) -> list[Said]:
        """`count` messages over so many new conversations (0: each its own), all at once or at a rate."""
        first = next(self.conversations) * 100_000
        spread = conversations or count
        return [
            Said(self.world.run, gateway, first + number % spread, number // spread + 1, number / rate if rate else 0)
            for number in range(count)
        ]

    def send(self, said: list[Said], connections: int = CONNECTIONS) -> None:
        asyncio.run(Sender(self.stack.port, self.world.secret, connections).send(said))

    def settle(self, patience: float = 40) -> None:
        facts.settle(patience)

    def reconcile(self, said: list[Said]) -> Verdict:
        return Reconciliation(said, self.world.log(), facts.read(), dropping=[DROPPING]).verdict()

    def arrivals(self, purpose: str = "reply") -> dict[str, float]:
        """When the platform first accepted each marker's answer, or each conversation's thinking message."""
        found: dict[str, float] = {}
        for record in self.world.log():
            if record.outcome == "accepted" and record.purpose == purpose:
                for key in markers(record.text) or [record.conversation]:
                    found.setdefault(key, record.at)
        return found


def run(stack: Stack, sections: Sequence[str], messages: int = 0) -> bool:
    """Print each section as it is done. Returns whether every bound was kept."""
    bench, figures = Bench(stack, messages), []
    for name in sections:
        began = time.monotonic()
        found = SECTIONS[name](bench)
        rows = [(one.name, f"{one.value:.4g}", one.bound, "" if one.good else "MISSED") for one in found]
        report.table(f"{name} on {stack.name} ({time.monotonic() - began:.0f} s)", rows)
        figures += found
    content = {"figures": {one.name: one.value for one in figures}, "missed": [o.name for o in figures if not o.good]}
    name = "bench" if len(sections) > 1 else f"bench-{sections[0]}-{stack.name}"
    report.write(f"{name}.json", {"stack": stack.name, "complaints": stack.complaints(), **content})
    return all(one.good for one in figures)


# --- Accepting webhooks -----------------------------------------------------------------------------------------------


def accept(bench: Bench) -> list[Figure]:
    """Our webhook beside a bare view, in turns, with nothing else running; then at 200/s with everything running.

    CPU is that of the processes from the first message on, for as long as the work takes, at most 20 s more.
    """
    bench.world.begin()
    ours, theirs = [], []
    with bench.site(work=0, errand=0, beat=0), _bare_view(bench):
        for number in range(ROUNDS + 1):  # the first one warms up
            theirs.append(_blast(bench, bench.stack.bare_port, _bare_requests(10_000)))
            ours.append(_blast(bench, bench.stack.port, _our_requests(bench, 10_000, number)))
    bench.world.begin()
    with bench.site():
        said = bench.said(DROPPING, 2_000, rate=200, conversations=400)
        before = bench.stack.cpu()
        bench.send(said)
        bench.settle(20)
        used = {kind: seconds - before.get(kind, 0) for kind, seconds in bench.stack.cpu().items()}
    latencies = [1000 * (one.acked_at - one.due) for one in said]
    return [
        Figure("accept: bare view, requests/s", median(theirs[1:])),
        Figure("accept: ours, requests/s", median(ours[1:])),
        Figure("accept: ratio to a bare view", median(a / b for a, b in zip(ours[1:], theirs[1:], strict=True))),
        Figure("accept: p50 at 200/s, ms", report.percentile(latencies, 0.5)),
        Figure("accept: p99 at 200/s, ms", report.percentile(latencies, 0.99)),
        *(Figure(f"accept: CPU of {kind}, ms/message", 1000 * s / len(said)) for kind, s in used.items()),
    ]


def _blast(bench: Bench, port: int, requests: list[bytes]) -> float:
    return asyncio.run(blast(port, requests, CONNECTIONS, ROUND_SECONDS))


def _our_requests(bench: Bench, count: int, number: int) -> list[bytes]:
    base = 1_000_000 * (number + 1)
    said = (Said(bench.world.run, DROPPING, base + one, 1) for one in range(count))
    return [one.request(bench.world.secret) for one in said]


def _bare_requests(count: int) -> list[bytes]:
    bodies = (json.dumps({"id": number, "content": "Where is it? " * 5}).encode() for number in range(count))
    return [post("/hook", {"Content-Type": "application/json", bare.HEADER: bare.sign(body)}, body) for body in bodies]


@contextmanager
def _bare_view(bench: Bench) -> Iterator[None]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(bare.TABLE)
    port = bench.stack.bare_port
    with (bench.stack.folder / "bare.txt").open("ab") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.bare", str(port)],
            cwd=ROOT,
            env=bench.stack.env,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        wait_for(port)
        yield
    finally:
        server.terminate()
        server.wait(20)


# --- The walk ---------------------------------------------------------------------------------------------------------


def walk(bench: Bench) -> list[Figure]:
    """As many messages as get in, from the first sent to the last answered, on a platform that takes 20 ms."""
    bench.world.begin(burst_window=0, thinking_after=0)
    prefix = "walk (embedded)" if bench.stack.embedded else "walk"
    with bench.site():
        bench.send(bench.said(DROPPING, 40))  # warms up
        bench.settle()
        said = bench.said(DROPPING, bench.messages or (1_000 if bench.stack.embedded else 3_000), conversations=500)
        bench.send(said, connections=8)
        bench.settle(60)
    arrived, verdict = bench.arrivals(), bench.reconcile(said)
    answered = [arrived[one.marker] for one in said if one.marker in arrived]
    began = min(one.sent_at for one in said)
    return [
        Figure(f"{prefix}: messages/s", len(answered) / (max(answered) - began) if answered else 0.0),
        Figure(f"{prefix}: accepted/s", len(said) / (max(one.acked_at for one in said) - began)),
        Figure(f"{prefix}: replies per message", _replies(bench, said) / len(said)),
        Figure(f"{prefix}: promises broken", sum(map(len, verdict.broken.values()))),
    ]


def _replies(bench: Bench, said: list[Said]) -> int:
    threads = {one.thread for one in said}
    kept = {"outcome": "accepted", "purpose": "reply"}
    return sum(
        r.conversation in threads and all(getattr(r, k) == v for k, v in kept.items()) for r in bench.world.log()
    )


def steady(bench: Bench) -> list[Figure]:
    """What we add at 20/s: from the moment a message was due to its answer's arrival, less the burst window."""
    bench.world.begin()
    window = Gateway.objects.get(public_id=DROPPING).burst_window
    with bench.site():
        bench.send(bench.said(DROPPING, 40, rate=20))  # warms up
        said = bench.said(DROPPING, min(bench.messages or 400, 400), rate=20)
        bench.send(said)
        bench.settle()
    arrived = bench.arrivals()
    added = [1000 * (arrived.get(one.marker, time.time()) - one.due - window) for one in said]
    names = [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)]
    return [Figure(f"steady: added {name}, ms", report.percentile(added, share)) for name, share in names]


def waiting(bench: Bench) -> list[Figure]:
    """300 customers and some whose engine takes two seconds, and who write again as soon as they are answered.

    So as many turns wait for engines at once. Each gets a thinking message after one second.
    """
    agent = bench.world.begin(burst_window=0, thinking_after=1)
    Agent.objects.filter(pk=agent.pk).update(engine_delay=2, updated_at=timezone.now())
    with bench.site(work=WAITING_WORKERS, TURN_CONCURRENCY=str(WAITING_THREADS)):
        watch = _Watch(lambda: Turn.objects.filter(state=Turn.State.RUNNING).count())
        regulars = Regulars(bench.stack.port, bench.world)
        said = asyncio.run(regulars.keep_writing(DROPPING, WAITING_CUSTOMERS, WAITING_SECONDS, spread=3.0))
        memory = bench.stack.memory(("work", "errand"))
        bench.settle()
        most = watch.end()
    answers = bench.arrivals()
    thought = [r for r in bench.world.log() if r.outcome == "accepted" and r.purpose == "thinking"]
    late = _late(said, thought)
    return [
        Figure("waiting: in flight at once", most),
        Figure("waiting: turns/s", _middle_rate(sorted(answers.values()))),
        Figure("waiting: memory of the workers, MB", memory),
        Figure("waiting: share that got a thinking message", len(late) / len(said)),
        Figure("waiting: thinking p50 late, s", report.percentile(late, 0.5)),
        Figure("waiting: thinking p95 late, s", report.percentile(late, 0.95)),
        Figure("waiting: share answered", len(answers) / len(said)),
    ]


def _late(said: list[Said], thought: list[Record]) -> list[float]:
    """How much later than one second after its message each thinking message came."""
    moments = {one.thread: [] for one in said}  # type: dict[str, list[float]]
    for one in said:
        moments[one.thread].append(one.acked_at)
    return [
        record.at - 1 - max(at for at in moments[record.conversation] if at < record.at)
        for record in thought
        if record.conversation in moments
    ]


def _middle_rate(moments: list[float]) -> float:
    """Per second, without the first and the last tenth."""
    inner = moments[len(moments) // 10 : -len(moments) // 10]
    return len(inner) / (inner[-1] - inner[0]) if len(inner) > 1 else 0.0


class _Watch:
    """The most that something has been, looked at ten times a second."""

    def __init__(self, look: Callable[[], int]) -> None:
        self.look, self.most, self.over = look, 0, threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        while not self.over.wait(0.1):
            self.most = max(self.most, self.look())

    def end(self) -> int:
        self.over.set()
        self.thread.join()
        return self.most


# --- Once, and as one -------------------------------------------------------------------------------------------------


def burst(bench: Bench) -> list[Figure]:
    """20 customers who write five messages in half a second."""
    bench.world.begin()
    with bench.site():
        said = [
            Said(bench.world.run, DROPPING, conversation, seq, at=conversation * 0.2 + seq * 0.1)
            for conversation in range(1, 21)
            for seq in range(1, 6)
        ]
        bench.send(said)
        bench.settle()
    calls = Turn.objects.aggregate(all=Sum("claims"))["all"] or 0
    verdict = bench.reconcile(said)
    return [
        Figure("burst: engine calls", calls / 20),
        Figure("burst: replies", _replies(bench, said) / 20),
        Figure("burst: promises broken", sum(map(len, verdict.broken.values()))),
    ]


def copies(bench: Bench) -> list[Figure]:
    """One event, a hundred times at once."""
    bench.world.begin()
    with bench.site():
        said = bench.said(PLAIN, 1)
        requests = [said[0].request(bench.world.secret)] * 100
        asyncio.run(blast(bench.stack.port, requests, 100, 20))
        bench.settle()
    events = InboundEvent.objects.count()
    return [
        Figure("copies: rows", max(events, Message.objects.filter(author="customer").count())),
        Figure("copies: replies", _replies(bench, said)),
    ]


# --- Time -------------------------------------------------------------------------------------------------------------


def timers(bench: Bench) -> list[Figure]:
    """10,000 thinking messages due at 200/s, three workers of which one is killed every three seconds."""
    agent = bench.world.begin(thinking_after=1)
    count, rng = bench.messages or 10_000, random.Random(1)
    with bench.site(web=0, work=3):
        due = _due_timers(Gateway.objects.get(agent=agent, public_id=DROPPING), count, rate=200)
        over = threading.Event()
        killer = threading.Thread(target=_kill_every, args=[bench.stack, rng, over], daemon=True)
        killer.start()
        time.sleep(max(0.0, max(due.values()) - time.time()) + 1)
        over.set()
        killer.join()
        _until_none(Timer.objects.all(), 30)
        _until_none(Delivery.objects.filter(status__in=("pending", "sending")), 30)
    fired = AuditEvent.objects.filter(kind="thinking").values_list("turn_id", "at")
    late = [at.timestamp() - due[turn] for turn, at in fired]
    heard = Counter(r.conversation for r in bench.world.log() if r.outcome == "accepted" and r.purpose == "thinking")
    return [
        Figure("timers: fired", len(late)),
        Figure("timers: not fired", count - len({turn for turn, _ in fired})),
        Figure(
            "timers: fired twice", sum(many > 1 for many in heard.values()) + len(late) - len({t for t, _ in fired})
        ),
        Figure("timers: p50 late, s", report.percentile(late, 0.5)),
        Figure("timers: p95 late, s", report.percentile(late, 0.95)),
        Figure("timers: kills", sum(bench.stack.kills.values())),
    ]


def _due_timers(gateway: Gateway, count: int, rate: float) -> dict[int, float]:
    """Running turns with a timer each, rung for as `timers.start` rings. Returns when each turn's timer is due."""
    contact = Contact.objects.create()
    people = Identity.objects.bulk_create(
        Identity(contact=contact, gateway=gateway, external_id=f"t{number}") for number in range(count)
    )
    threads = Conversation.objects.bulk_create(
        Conversation(gateway=gateway, external_id=person.external_id, identity=person) for person in people
    )
    far = timezone.now() + timedelta(hours=1)
    turns = Turn.objects.bulk_create(
        Turn(conversation=each, gateway=gateway, epoch=1, state="running", due_at=far, answer_by=far, lease_until=far)
        for each in threads
    )
    start = time.time() + 3 + count / 800  # by then all have been rung for
    due = {turn.pk: start + number / rate for number, turn in enumerate(turns)}
    rows = Timer.objects.bulk_create(
        Timer(turn=turn, gateway=gateway, kind="thinking", due_at=datetime.fromtimestamp(due[turn.pk], UTC))
        for turn in turns
    )
    for row in rows:
        after = due[row.turn_id] - time.time()
        if after <= doorbell.LONGEST_COUNTDOWN:
            doorbell.publish(doorbell.Step.TIMER, gateway.pk, max(0.0, after))
    return due


def _kill_every(stack: Stack, rng: random.Random, over: threading.Event) -> None:
    while not over.wait(3):
        stack.kill_one(rng, ("work",))


def _until_none(rows: QuerySet[Any], patience: float) -> None:
    until = time.monotonic() + patience
    while time.monotonic() < until and rows.all().exists():
        time.sleep(0.2)


def retry_after(bench: Bench) -> list[Figure]:
    """429 with Retry-After: how soon after it sending goes on, what came before it was over, what it cost."""
    bench.world.begin(burst_window=0)
    late, early = [], 0
    with bench.site():
        for seconds in (1, 7, 30):
            bench.world.faults(throttle=seconds)
            said = bench.said(DROPPING, 10, rate=20)
            bench.send(said)
            bench.settle(seconds + 20)
            threads = {one.thread for one in said}
            records = [record for record in bench.world.log() if record.conversation in threads]
            refused = [record.at for record in records if record.fault == "throttled"]
            free_at = min(refused) + seconds
            late.append(min(r.at for r in records if r.outcome == "accepted") - free_at)
            early += _too_early(records, min(refused), free_at)
    used = Delivery.objects.aggregate(all=Sum("attempts_used"))["all"] or 0
    return [
        Figure("retry-after: late, s", max(late)),
        Figure("retry-after: too early", early),
        Figure("retry-after: attempts", used),
    ]


def _too_early(records: list[Record], banned_at: float, free_at: float) -> int:
    """Requests inside the ban that began well after we knew of it."""
    return sum(banned_at + 0.5 < record.at < free_at for record in records)


def flood(bench: Bench) -> list[Figure]:
    """A quiet gateway's latency alone, and beside another one into which thousands of messages fall."""
    agent = bench.world.begin(burst_window=0, thinking_after=0)
    bench.world.gateway(agent, DROPPING, "quiet", burst_window=0, thinking_after=0)
    count = bench.messages or 3_000
    with bench.site():
        bench.send(bench.said("quiet", 40, rate=20))
        alone = bench.said("quiet", 50, rate=5)
        bench.send(alone)
        beside = bench.said("quiet", 60, rate=5)
        loud = bench.said(DROPPING, count, conversations=500)
        bench.send(beside + loud, connections=8)
        bench.settle(60)
    arrived = bench.arrivals()
    took = {
        name: [arrived.get(one.marker, time.time()) - one.acked_at for one in said]
        for name, said in (("alone", alone), ("beside", beside), ("loud", loud))
    }
    p95 = defaultdict(float, {name: report.percentile(values, 0.95) for name, values in took.items()})
    return [
        Figure("flood: quiet alone p95, s", p95["alone"]),
        Figure("flood: quiet beside it p95, s", p95["beside"]),
        Figure("flood: added p95, s", p95["beside"] - p95["alone"]),
        Figure("flood: the flooded one's p95, s", p95["loud"]),
    ]


SECTIONS: dict[str, Callable[[Bench], list[Figure]]] = {
    "accept": accept,
    "walk": walk,
    "steady": steady,
    "waiting": waiting,
    "burst": burst,
    "copies": copies,
    "timers": timers,
    "retry-after": retry_after,
    "flood": flood,
}
