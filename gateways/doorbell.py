"""Wake a worker for a gateway where something is due. Rows are the queue: a ring that nobody hears costs time only.

Rings are sent by one thread per process, so that no request waits for the broker, and a doorbell that has just rung
isn't rung again: the busier it is, the longer rings are gathered, and all for one step of one gateway are one task,
which does whatever is due there. A task costs a worker about as much as taking in three messages.
"""

import atexit
import heapq
import math
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from functools import partial

import structlog
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)

LONGEST_COUNTDOWN = 60.0  # seconds; the sweep wakes what is due later than that
EXPIRES = 300.0  # seconds after which an unheard ring is dropped
LONGEST_GATHER = 0.1  # seconds between two rounds of sending
BUSY = 60.0  # rings a second for which they are that long; at half of that it is a fourth: nobody is kept waiting
MEMORY = 0.5  # seconds over which rings are counted
TIMER_SLOT = 0.1  # seconds; nobody minds a thinking message that comes so much later
EXACT = 0.001  # seconds; the slot of what this process wakes itself for, which costs next to nothing
SLOT = 0.02  # seconds; what becomes due later is rung for at the end of its slot; slots grow with the time to wait
SILENCE_AFTER_FAILURE = 1.0  # seconds in which a broker that just failed isn't tried again


class Step(StrEnum):
    """The work that can be due. Each has a task of its name, whose one argument is a gateway's id, and a queue."""

    INGEST = "ingest"
    TURN = "turn"
    DELIVER = "deliver"
    TIMER = "timer"
    ACTION = "action"
    FETCH = "fetch"  # attachments
    RENEW = "renew"  # tokens

    @property
    def queue(self) -> str:
        """Its own, or one at which the same is waited for."""
        return SHARED.get(self, self.value)


SHARED = {Step.ACTION: "turn", Step.FETCH: "errand", Step.RENEW: "deliver"}
HEARERS: dict[Step, Callable[[int], None]] = {}


_kept: ContextVar[tuple[Step, Counter[int]] | None] = ContextVar("kept", default=None)


@contextmanager
def kept(step: Step) -> Iterator[Counter[int]]:
    """Nobody hears the block's rings for this step that are for now: whoever opens it is told how many there were.

    By gateway. What isn't done by the block's end has to be rung for then.
    """
    rings = Counter[int]()
    token = _kept.set((step, rings))
    try:
        yield rings
    finally:
        _kept.reset(token)


def ring(step: Step, gateway_id: int, *, after: float = 0.0) -> None:
    """Wake a worker for the gateway, `after` seconds after the transaction at hand has been committed."""
    if (keeping := _kept.get()) and keeping[0] is step and after <= 0:
        keeping[1][gateway_id] += 1
    elif after <= LONGEST_COUNTDOWN:
        transaction.on_commit(partial(publish, step, gateway_id, after))


def publish(step: Step, gateway_id: int, after: float) -> None:
    """Send the ring soon. Never waits, never fails."""
    if step not in HEARERS:
        RINGER.add(step, gateway_id, after)
    elif after > 0:
        ALARMS.add(end_of_slot(step, after, EXACT), (step, gateway_id))
    else:
        HEARERS[step](gateway_id)


def hear(step: Step, wake: Callable[[int], None]) -> None:
    """From now on this process hears its own rings for `step`, without the broker. `wake` returns at once."""
    HEARERS[step] = wake


def elsewhere(step: Step, gateway_id: int) -> None:
    """Ring for any process, because this one has its hands full."""
    RINGER.add(step, gateway_id, 0.0)


class Alarms:
    """Calls who hears a step in this process at given moments, from a thread of its own."""

    def __init__(self) -> None:
        self._forget()
        os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        self._changed = threading.Condition()
        self._due: list[tuple[float, tuple[Step, int]]] = []  # a heap
        self._known: set[tuple[float, tuple[Step, int]]] = set()
        self._thread: threading.Thread | None = None

    def add(self, due: float, ring: tuple[Step, int]) -> None:
        """`due` by time.monotonic(). The same twice is once."""
        with self._changed:
            if (due, ring) in self._known:
                return
            self._known.add((due, ring))
            heapq.heappush(self._due, (due, ring))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="alarms", daemon=True)
                self._thread.start()
            if self._due[0] == (due, ring):
                self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._due or self._due[0][0] > time.monotonic():
                    self._changed.wait(self._due[0][0] - time.monotonic() if self._due else None)
                found = heapq.heappop(self._due)
                self._known.discard(found)
            step, gateway_id = found[1]
            try:
                HEARERS[step](gateway_id)
            except Exception:  # the sweep finds what this was about, and the next alarm has to come
                log.exception("alarm_failed", step=step.value, gateway=gateway_id)


class Ringer:
    """Gathers rings and sends them from a thread of its own."""

    def __init__(self) -> None:
        self._forget()
        os.register_at_fork(after_in_child=self._forget)  # no thread survives a fork, and a lock might be held

    def _forget(self) -> None:
        self._wanted = threading.Condition()
        self._rings: set[tuple[Step, int, float]] = set()  # with when each is due, by time.monotonic(); 0 for now
        self._heard = 0  # rings since the last round
        self._thread: threading.Thread | None = None

    def add(self, step: Step, gateway_id: int, after: float) -> None:
        due = end_of_slot(step, after) if after > 0 else 0.0
        with self._wanted:
            self._rings.add((step, gateway_id, due))
            self._heard += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="doorbell", daemon=True)
                self._thread.start()
            self._wanted.notify()

    def flush(self) -> None:
        """Send all that was gathered. A broker that is down is logged, not raised: the sweep will find the rows."""
        with self._wanted:
            rings, self._rings = self._rings, set()
        for step, gateway_id, due in sorted(rings, key=lambda ring: ring[2]):
            try:
                send(step, gateway_id, max(0.0, due - time.monotonic()))
            except (OperationalError, OSError) as error:
                log.warning("broker_unreachable", unheard=len(rings), error=type(error).__name__)
                time.sleep(SILENCE_AFTER_FAILURE)
                return

    def _run(self) -> None:
        rate, before = 0.0, time.monotonic()
        while True:
            with self._wanted:
                self._wanted.wait_for(lambda: bool(self._rings))
                heard, self._heard = self._heard, 0
            now = time.monotonic()
            rate, before = faded(rate, now - before) + heard / MEMORY, now
            self.flush()
            time.sleep(gather(rate))


def faded(rate: float, seconds: float) -> float:
    """What is left of a rate after so many seconds without a ring."""
    return rate * math.exp(-seconds / MEMORY)


def gather(rate: float) -> float:
    """Seconds to gather rings for, at so many of them in a second."""
    return min(1.0, (rate / BUSY) ** 2) * LONGEST_GATHER


def end_of_slot(step: Step, after: float, least: float = SLOT) -> float:
    """Slots are 20 ms for waits of up to 1 s, 40 ms for up to 2 s … 320 ms for up to 16 s; for timers 100 ms or so."""
    slot = max(least * float(2 ** max(0, math.ceil(math.log2(after)))), TIMER_SLOT if step is Step.TIMER else 0.0)
    return float(math.ceil((time.monotonic() + after) / slot) * slot)


RINGER, ALARMS = Ringer(), Alarms()
atexit.register(RINGER.flush)


def send(step: Step, gateway_id: int, after: float) -> None:
    """Put the ring on its queue now. Raises OperationalError or OSError for a broker that is down."""
    try:
        _send(step, gateway_id, after)
    except (OperationalError, OSError):
        _send(step, gateway_id, after)  # the first may have met a connection that a restart of the broker has ended


def _send(step: Step, gateway_id: int, after: float) -> None:
    current_app.send_task(
        f"aissist.{step}",
        args=(gateway_id,),
        queue=step.queue,
        countdown=after or None,
        expires=after + EXPIRES,
        retry=False,
        ignore_result=True,
    )
