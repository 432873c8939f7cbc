"""Customers: signed events sent at their moments, in order within a conversation, with copies and retries.

A conversation's next event is sent once the one before it was acked; a burst is events that are scheduled close
together. Conversations don't wait for each other, other than for one of the connections.
"""

import asyncio
import itertools
import json
import random
import re
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gateways import signatures
from tests.bench.http import Client, post

if TYPE_CHECKING:
    from tests.bench.world import World

MARKER = re.compile(r"m(\d+)c(\d+)s(\d+)")
TIMEOUT = 15.0  # seconds that a sender waits for an answer
PATIENCE = 180.0  # seconds after which a sender gives up


@dataclass(slots=True)
class Said:
    """One message of a customer: what was to be sent when, and what became of it. Moments are Unix time."""

    run: int
    gateway: str  # public id
    conversation: int
    seq: int
    at: float = 0.0  # seconds after the start
    copies: int = 1
    due: float = 0.0
    sent_at: float = 0.0  # the first time
    acked_at: float = 0.0  # 0 if never
    posts: int = 0
    statuses: list[int] = field(default_factory=list)  # those that weren't 2xx; 0 for no answer

    @property
    def marker(self) -> str:
        return f"m{self.run}c{self.conversation}s{self.seq}"

    @property
    def thread(self) -> str:
        return thread(self.run, self.conversation)

    def request(self, secret: str) -> bytes:
        said = {"id": f"e-{self.marker}", "from": {"id": self.thread}, "content": f"Where is it? {self.marker}"}
        return signed(self.gateway, secret, f"e-{self.marker}", said)


def thread(run: int, conversation: int) -> str:
    return f"r{run}-{conversation}"


def signed(gateway: str, secret: str, message_id: str, event: Mapping[str, object]) -> bytes:
    """A whole request to the gateway's webhook, signed now."""
    body = json.dumps(event, separators=(",", ":")).encode()
    headers = {"Content-Type": "application/json", **signatures.sign([secret], message_id, body)}
    return post(f"/hooks/{gateway}", headers, body)


def plan(
    run: int, gateways: list[str], messages: int, conversations: int, rate: float, rng: random.Random, copy_every: int
) -> list[Said]:
    """Bursts of 1 to 5 messages in random conversations, `rate` messages per second in all.

    Every `copy_every`-th event is sent 1 to 5 times.
    """
    seqs: defaultdict[int, Iterator[int]] = defaultdict(lambda: itertools.count(1))
    said: list[Said] = []
    while len(said) < messages:
        conversation, at = rng.randrange(conversations), len(said) / rate
        for _ in range(min(rng.choice((1, 1, 1, 2, 3, 5)), messages - len(said))):
            copies = rng.randint(1, 5) if copy_every and len(said) % copy_every == 0 else 1
            gateway = gateways[conversation % len(gateways)]
            said.append(Said(run, gateway, conversation, next(seqs[conversation]), at, copies))
            at += rng.uniform(0.0, 0.3)
    return said


class Sender:
    """Sends a plan to the site's port over so many connections."""

    def __init__(self, port: int, secret: str, connections: int = 32) -> None:
        self.port, self.secret = port, secret
        self.acked = 0
        self._idle: asyncio.LifoQueue[Client | None] = asyncio.LifoQueue()
        for _ in range(connections):
            self._idle.put_nowait(None)

    async def send(self, said: Iterable[Said]) -> None:
        """Send everything that was planned; returns when all of it was acked or given up."""
        threads: defaultdict[tuple[str, int], list[Said]] = defaultdict(list)
        for one in said:
            threads[one.gateway, one.conversation].append(one)
        start = time.time()
        await asyncio.gather(
            *(self._converse(start, sorted(each, key=lambda one: one.seq)) for each in threads.values())
        )
        while not self._idle.empty():
            if client := self._idle.get_nowait():
                client.close()

    async def _converse(self, start: float, said: list[Said]) -> None:
        for one in said:
            one.due = start + one.at
            await asyncio.sleep(max(0.0, one.due - time.time()))
            parallel = one.copies // 2
            await asyncio.gather(*(self._until_acked(one) for _ in range(1 + parallel)))
            for _ in range(one.copies - 1 - parallel):
                await self._until_acked(one)

    async def _until_acked(self, said: Said) -> None:
        """Post, and again after an error, as platforms do."""
        pause, until = 0.1, time.monotonic() + PATIENCE
        while time.monotonic() < until:
            status = await self._post(said)
            if 200 <= status < 300:
                self.acked += not said.acked_at
                said.acked_at = said.acked_at or time.time()
                return
            said.statuses.append(status)
            await asyncio.sleep(random.uniform(pause / 2, pause))
            pause = min(2.0, pause * 2)

    async def _post(self, said: Said) -> int:
        client = await self._idle.get()
        said.posts += 1
        said.sent_at = said.sent_at or time.time()
        try:
            client = client or await Client.connect(self.port)
            return await asyncio.wait_for(client.send(said.request(self.secret)), TIMEOUT)
        except (OSError, TimeoutError):
            if client:
                client.close()
            client = None
            return 0
        finally:
            self._idle.put_nowait(client)


class Regulars(Sender):
    """Customers who write again as soon as they are answered, each in a conversation of its own, so long as told."""

    def __init__(self, port: int, world: "World", connections: int = 32) -> None:
        super().__init__(port, world.secret, connections)
        self.world = world
        self._answered: dict[str, asyncio.Event] = {}

    async def keep_writing(self, gateway: str, customers: int, seconds: float, spread: float = 0.0) -> list[Said]:
        """Returns all that was said; the last answers may be on their way still.

        They begin one after the other over `spread` seconds: who begins together goes on in step for ever.
        """
        start = time.time()
        watching = asyncio.create_task(self._watch())
        begins = [start + spread * number / customers for number in range(customers)]
        try:
            regulars = (self._regular(gateway, n, at, start + seconds) for n, at in enumerate(begins, start=1))
            said = await asyncio.gather(*regulars)
        finally:
            watching.cancel()
        return [one for each in said for one in each]

    async def _regular(self, gateway: str, number: int, begin: float, until: float) -> list[Said]:
        said: list[Said] = []
        await asyncio.sleep(begin - time.time())
        while time.time() < until:
            said.append(one := Said(self.world.run, gateway, number, len(said) + 1, due=time.time()))
            self._answered[one.marker] = asyncio.Event()
            await self._until_acked(one)
            await self._answered[one.marker].wait()
        return said

    async def _watch(self) -> None:
        known = 0
        while True:
            news = await asyncio.to_thread(self.world.log, known)
            known += len(news)
            for record in news:
                if record.outcome == "accepted" and record.purpose == "reply":
                    for marker in markers(record.text):
                        if waiting := self._answered.get(marker):
                            waiting.set()
            await asyncio.sleep(0.02)


async def blast(port: int, requests: list[bytes], connections: int, seconds: float) -> float:
    """As many of the ready-made requests as get answered in so many seconds. Returns how many per second."""
    waiting, done, until = iter(requests), 0, time.monotonic() + seconds

    async def one() -> None:
        nonlocal done
        client = await Client.connect(port)
        while time.monotonic() < until and (request := next(waiting, None)):
            status = await client.send(request)
            if not 200 <= status < 300:
                raise RuntimeError(f"The target answered {status}")
            done += 1
        client.close()

    start = time.monotonic()
    await asyncio.gather(*(one() for _ in range(connections)))
    return done / (time.monotonic() - start)


def markers(text: str) -> list[str]:
    """The markers in a text, in their order."""
    return [found[0] for found in MARKER.finditer(text)]


def seq_of(marker: str) -> int:
    found = MARKER.fullmatch(marker)
    assert found
    return int(found[3])
