"""Wake a worker for a gateway where something is due. Rows are the queue: a ring that nobody hears costs time only.

Rings are sent by one thread per process, so that no request waits for the broker, and a doorbell that has just rung
isn't rung again: all rings for one step of one gateway within 30 ms (100 ms under load) are one task, which does
whatever is due there. A task costs a worker about as much as taking in three messages.
"""

import atexit
import math
import os
import threading
import time
from enum import StrEnum
from functools import partial

import structlog
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)

LONGEST_COUNTDOWN = 60.0  # seconds; the sweep wakes what is due later than that
EXPIRES = 300.0  # seconds after which an unheard ring is dropped
GATHER = 0.03  # seconds between two rounds of sending
LONGEST_GATHER = 0.1  # seconds between them when each has had something to send: under load, batches are what counts
TIMER_SLOT = 0.08  # seconds; nobody minds a thinking message that comes so much later
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

    @property
    def queue(self) -> str:
        """Its own, or that of another step at which the same is waited for."""
        return SHARED.get(self, self).value


SHARED = {Step.ACTION: Step.TURN, Step.FETCH: Step.DELIVER}


def ring(step: Step, gateway_id: int, *, after: float = 0.0) -> None:
    """Wake a worker for the gateway, `after` seconds after the transaction at hand has been committed."""
    if after <= LONGEST_COUNTDOWN:
        transaction.on_commit(partial(publish, step, gateway_id, after))


def publish(step: Step, gateway_id: int, after: float) -> None:
    """Send the ring soon. Never waits, never fails."""
    RINGER.add(step, gateway_id, after)


class Ringer:
    """Gathers rings and sends them from a thread of its own."""

    def __init__(self) -> None:
        self._forget()
        os.register_at_fork(after_in_child=self._forget)  # no thread survives a fork, and a lock might be held

    def _forget(self) -> None:
        self._wanted = threading.Condition()
        self._rings: set[tuple[Step, int, float]] = set()  # with when each is due, by time.monotonic(); 0 for now
        self._thread: threading.Thread | None = None

    def add(self, step: Step, gateway_id: int, after: float) -> None:
        due = _end_of_slot(step, after) if after > 0 else 0.0
        with self._wanted:
            self._rings.add((step, gateway_id, due))
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
        pause = GATHER
        while True:
            with self._wanted:
                pause = min(2 * pause, LONGEST_GATHER) if self._rings else GATHER
                self._wanted.wait_for(lambda: bool(self._rings))
            self.flush()
            time.sleep(pause)


def _end_of_slot(step: Step, after: float) -> float:
    """Slots are 20 ms for waits of up to 1 s, 40 ms for up to 2 s … 320 ms for up to 16 s; for timers 80 ms or more."""
    slot = max(SLOT * float(2 ** max(0, math.ceil(math.log2(after)))), TIMER_SLOT if step is Step.TIMER else 0.0)
    return float(math.ceil((time.monotonic() + after) / slot) * slot)


RINGER = Ringer()
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
