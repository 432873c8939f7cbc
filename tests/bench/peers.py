"""Ours beside n8n and Node-RED at one job: a webhook in, a reply made of it, one HTTP call out with an id per message.

The same events over as many connections, the same loopback platform that takes 20 ms, each message in a conversation of
its own, so that nobody saves calls by answering two at once. Everybody acknowledges before the work is done. Sent
again, as platforms do, is what wasn't acknowledged. The platform drops no repeats: what arrives twice is doubled.

Killed is, with SIGKILL and all at once, everything of the app, three seconds after it has begun to take messages;
databases and brokers live. The others are restarted at once by us, ours by the keeper of `stack`.
"""

import asyncio
import os
import signal
import subprocess
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from tests.bench import nodejs, report
from tests.bench.http import Client
from tests.bench.load import TIMEOUT, Said, Sender, markers
from tests.bench.measure import CONNECTIONS, Bench, Figure
from tests.bench.platform import Record
from tests.bench.stack import Missing, Stack
from tests.bench.world import PLAIN

FAST, SLOW, KILLED = 300, 60, 200  # messages
SLOW_RATE, KILLED_RATE = 10, 20  # per second
KILL_AFTER, KILLS = 3.0, 3  # seconds; at most so many times
START_SECONDS = 90.0
QUIET_SECONDS = 8.0  # after which an app that keeps no account is taken to have given up
PATIENCE = 60.0


class App(Protocol):
    name: str
    port: int

    def prepare(self) -> None: ...
    def start(self) -> None: ...
    def kill(self) -> None:
        """End it with SIGKILL and have it start again."""

    def revive(self) -> bool:
        """Start it again if it has ended by itself. Whether it had."""

    def stop(self) -> None: ...


class Ours:
    name = "ours"

    def __init__(self, stack: Stack) -> None:
        self.stack, self.port = stack, stack.port

    def prepare(self) -> None:
        return

    def start(self) -> None:
        workers = 1 if self.stack.embedded else 2
        self.stack.start(work=workers)

    def kill(self) -> None:
        with self.stack.lock:
            for process in self.stack.processes:
                if process.alive and process.popen:
                    os.killpg(process.popen.pid, signal.SIGKILL)
                    process.popen.wait()

    def revive(self) -> bool:
        return False  # the stack's keeper does

    def stop(self) -> None:
        self.stack.stop_processes()


# --- What became of the messages --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tally:
    """What the platform's log says of what was sent. `took` are seconds from the first sending to the first arrival."""

    acked: int
    lost: int  # acked, but never arrived
    doubled: int  # arrived more than once
    took: tuple[float, ...]
    per_second: float  # of those that arrived, from the first sent to the last arrived


def tally(said: Iterable[Said], log: Iterable[Record]) -> Tally:
    arrivals = _arrivals(log)
    sent = list(said)
    arrived = [one for one in sent if one.marker in arrivals]
    firsts = [min(arrivals[one.marker]) for one in arrived]
    seconds = max(firsts) - min(one.sent_at for one in sent) if firsts else 0.0
    return Tally(
        acked=sum(one.acked_at > 0 for one in sent),
        lost=sum(one.acked_at > 0 and one.marker not in arrivals for one in sent),
        doubled=sum(len(arrivals[one.marker]) > 1 for one in arrived),
        took=tuple(at - one.sent_at for at, one in zip(firsts, arrived, strict=True)),
        per_second=len(arrived) / seconds if seconds else 0.0,
    )


def _arrivals(log: Iterable[Record]) -> dict[str, list[float]]:
    """When each marker arrived and wasn't refused, repeats of the same id included."""
    found: defaultdict[str, list[float]] = defaultdict(list)
    for record in log:
        if record.outcome != "refused" and record.purpose == "reply":
            for marker in markers(record.text):
                found[marker].append(record.at)
    return dict(found)


# --- The job ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Result:
    fast: Tally
    slow: Tally
    killed: Tally
    kills: int
    exits: int  # ended by itself after being killed

    @property
    def rows(self) -> dict[str, float]:
        return {
            "messages/s": self.fast.per_second,
            "p50, ms": 1000 * report.percentile(self.slow.took, 0.5),
            "p95, ms": 1000 * report.percentile(self.slow.took, 0.95),
            "kills": self.kills,
            "exits": self.exits,
            "acked": self.killed.acked,
            "lost": self.killed.lost,
            "doubled": self.killed.doubled,
        }


def measure(bench: Bench) -> list[Figure]:
    """As fast as it goes; then sent to arrived at 10/s; then lost and doubled at 20/s while it is killed."""
    found: dict[str, Result] = {}
    for make in _apps(bench):
        try:
            app = make()
            found[app.name] = _measure(bench, app)
        except (Missing, RuntimeError, subprocess.SubprocessError) as problem:
            report.say(str(problem))
            continue
        report.table(app.name, [(title, f"{value:.4g}") for title, value in found[app.name].rows.items()])
    return [
        Figure(f"peers: {name}, {title}", value)
        for name, result in found.items()
        for title, value in result.rows.items()
    ]


def _apps(bench: Bench) -> Iterator[Callable[[], App]]:
    """Makers, since a peer may have to be installed."""
    stack, port, platform = bench.stack, bench.stack.port + 7, bench.world.platform
    yield lambda: Ours(stack)
    yield lambda: nodejs.node_red(stack.folder / "node-red", port, PLAIN, platform)
    yield lambda: nodejs.n8n("n8n", stack.folder / "n8n", port, PLAIN, platform)


def _measure(bench: Bench, app: App) -> Result:
    bench.world.begin(burst_window=0, thinking_after=0)
    app.prepare()
    app.start()
    try:
        _wait_until_taking(bench, app)
        if not _send(bench, app, bench.said(PLAIN, 40)).took:  # warms up
            raise Missing(f"{app.name} is left out: it takes messages, but sends nothing.")
        fast = _send(bench, app, bench.said(PLAIN, bench.messages or FAST))
        slow = _send(bench, app, bench.said(PLAIN, SLOW, rate=SLOW_RATE))
        trouble = Trouble(bench, app)
        trouble.start()
        killed = _send(bench, app, bench.said(PLAIN, KILLED, rate=KILLED_RATE), trouble.end)
    finally:
        app.stop()
    return Result(fast, slow, killed, trouble.kills, trouble.exits)


def _send(bench: Bench, app: App, said: list[Said], and_then: Callable[[], None] = lambda: None) -> Tally:
    asyncio.run(Sender(app.port, bench.world.secret, CONNECTIONS).send(said))
    and_then()
    return _settle(bench, app, said)


def _settle(bench: Bench, app: App, said: list[Said]) -> Tally:
    """Wait for the rest: ours as long as something is due, the others until nothing arrives any more."""
    if app.name == Ours.name:
        bench.settle(PATIENCE)
        return tally(said, bench.world.log())
    until, quiet_since, before = time.monotonic() + PATIENCE, time.monotonic(), Counter[str]()
    while True:
        log = bench.world.log()
        found, seen = tally(said, log), Counter(record.outcome for record in log)
        if seen != before:
            quiet_since, before = time.monotonic(), seen
        patience = QUIET_SECONDS if found.lost else 1.0  # a double may be on its way
        if time.monotonic() > min(until, quiet_since + patience):
            return found
        time.sleep(0.25)


def _wait_until_taking(bench: Bench, app: App, over: Callable[[], bool] = lambda: False) -> int:
    """Until it has acknowledged one message, which nobody counts. Returns how often it ended by itself meanwhile."""
    until, said, exits = time.monotonic() + START_SECONDS, bench.said(PLAIN, 1)[0], 0
    while not over():
        exits += app.revive()
        if asyncio.run(_takes(app.port, said.request(bench.world.secret))):
            break
        if time.monotonic() > until:
            raise RuntimeError(f"{app.name} takes no messages.")
        time.sleep(0.1)
    return exits


async def _takes(port: int, request: bytes) -> bool:
    try:
        client = await Client.connect(port)
        return 200 <= await asyncio.wait_for(client.send(request), TIMEOUT) < 300
    except (OSError, TimeoutError):
        return False


class Trouble(threading.Thread):
    """Kills the app some times, each time three seconds after it has begun to take messages."""

    def __init__(self, bench: Bench, app: App) -> None:
        super().__init__(name="trouble", daemon=True)
        self.bench, self.app, self.kills, self.exits = bench, app, 0, 0
        self._over = threading.Event()

    def run(self) -> None:
        while self.kills < KILLS and not self._over.wait(KILL_AFTER):
            self.app.kill()
            self.kills += 1
            self.exits += _wait_until_taking(self.bench, self.app, self._over.is_set)

    def end(self) -> None:
        self._over.set()
        self.join(START_SECONDS)
        self.exits += _wait_until_taking(self.bench, self.app)
