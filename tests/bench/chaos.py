"""Everything at once: customers in bursts and with copies, a platform that fails a tenth of the sends, people who take
over, processes killed with SIGKILL, broker and database restarted. Then: was every promise kept?"""

import asyncio
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.bench import facts, report
from tests.bench.faults import TEN_PERCENT
from tests.bench.load import Said, Sender, plan
from tests.bench.people import People
from tests.bench.reconcile import Reconciliation, Verdict
from tests.bench.servers import Foreign, Server
from tests.bench.stack import Stack
from tests.bench.world import DROPPING, PLAIN, World

KILL_EVERY = 2.0  # seconds
COPY_EVERY = 20  # events
TAKE_OVER_EVERY = 0.5  # seconds
SETTLE_SECONDS = 240.0
SHOWN = 8  # of each kind of breach
BROKER_AT, DATABASE_AT = (0.25, 0.65), (0.45, 0.85)  # restarts, by the share of messages acked


@dataclass(frozen=True, slots=True)
class Size:
    messages: int
    conversations: int
    rate: float  # messages per second
    seed: int
    restart_servers: bool = False  # foreign ones too
    restarts: bool = True


class Trouble(threading.Thread):
    """Kills a process every two seconds, and restarts the servers as the run goes on."""

    def __init__(self, stack: Stack, size: Size, progress: Callable[[], float]) -> None:
        super().__init__(name="trouble", daemon=True)
        self.stack, self.progress, self.rng = stack, progress, random.Random(size.seed + 1)
        self.restarts: list[str] = []
        self._over = threading.Event()
        self.plan = [(share, server) for server, share in _restarts(stack, size)]
        self.plan.sort(key=lambda pair: pair[0])
        self.failure: Exception | None = None

    def run(self) -> None:
        try:
            while not self._over.wait(KILL_EVERY):
                self.stack.kill_one(self.rng)
                if self.plan and self.progress() >= self.plan[0][0]:
                    _, server = self.plan.pop(0)
                    server.restart()
                    self.restarts.append(server.name)
        except Exception as error:
            self.failure = error

    def end(self) -> None:
        """Leave in peace. Raises what stopped us from making trouble: a quiet run proves nothing."""
        self._over.set()
        self.join(120)
        if self.failure:
            raise self.failure


def _restarts(stack: Stack, size: Size) -> Iterator[tuple[Server | Foreign, float]]:
    """Which server is to be restarted when, by the share of messages acked."""
    for server, shares in ((stack.broker, BROKER_AT), (stack.database, DATABASE_AT)):
        if server and size.restarts and (size.restart_servers or not isinstance(server, Foreign)):
            yield from ((server, share) for share in shares)


def run(stack: Stack, world: World, size: Size) -> tuple[Verdict, dict[str, Any]]:
    agent = world.begin(thinking_after=2)
    agent.engine_delay = 0.3
    agent.save()
    rates = {fault.value: rate for fault, rate in TEN_PERCENT.items()}
    world.faults(rates=rates, latency=[0.005, 0.06], seed=size.seed)
    said = plan(
        world.run,
        [DROPPING, PLAIN],
        size.messages,
        size.conversations,
        size.rate,
        random.Random(size.seed),
        COPY_EVERY,
    )
    workers = 1 if stack.embedded else 2
    stack.start(web=1, work=workers, errand=workers, beat=1)
    timing, people, trouble = _battle(stack, world, size, said)
    timing["settled after, s"] = round(facts.settle(SETTLE_SECONDS), 1)
    found = Reconciliation(said, world.log(), facts.read(), people.said, [DROPPING])
    verdict = found.verdict()
    verdict.counts |= {**timing, "kills": sum(stack.kills.values()), "people's acts": people.acts}
    return verdict, {"kills": stack.kills, "restarts": trouble.restarts, "complaints": stack.complaints()}


def _battle(stack: Stack, world: World, size: Size, said: list[Said]) -> tuple[dict[str, float], People, Trouble]:
    sender = Sender(stack.port, world.secret)
    people = People(world.run, stack.port, world.secret, TAKE_OVER_EVERY, random.Random(size.seed + 2))
    trouble = Trouble(stack, size, lambda: sender.acked / size.messages)
    began = time.monotonic()
    people.start()
    trouble.start()
    asyncio.run(sender.send(said))
    sent = time.monotonic() - began
    trouble.end()
    people.leave()
    return {"sent in, s": round(sent, 1)}, people, trouble


def show(stack: Stack, verdict: Verdict, more: dict[str, Any]) -> None:
    report.table(f"Chaos on {stack.name}", verdict.counts.items())
    report.table("Killed", more["kills"].items())
    report.table("Restarted", [(name,) for name in more["restarts"]])
    report.table("Said in the logs", more["complaints"].most_common(15))
    rows = [(name, len(broken), "kept" if not broken else "BROKEN") for name, broken in verdict.broken.items()]
    report.table("Promises", rows)
    for name, broken in verdict.broken.items():
        if broken:
            report.table(name, [(line,) for line in broken[:SHOWN]])
