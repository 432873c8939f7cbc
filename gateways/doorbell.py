"""Wake a worker for a row that is due. Rows are the queue: a doorbell that nobody hears costs time, never work.

Rings are sent by one thread per process, so that no request waits for the broker, and a doorbell that has just rung
isn't rung again: all rings for one row within ten milliseconds are one task.
"""

import atexit
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
GATHER = 0.01  # seconds between two rounds of sending
SILENCE_AFTER_FAILURE = 1.0  # seconds in which a broker that just failed isn't tried again


class Step(StrEnum):
    """The work that can be due. Each has a queue and a task of its name."""

    INGEST = "ingest"  # argument: gateway id
    TURN = "turn"  # turn id
    DELIVER = "deliver"  # conversation id
    TIMER = "timer"  # timer id


def ring(step: Step, row_id: int, *, after: float = 0.0) -> None:
    """Wake a worker for `row_id`, `after` seconds after the transaction at hand has been committed."""
    if after <= LONGEST_COUNTDOWN:
        transaction.on_commit(partial(publish, step, row_id, after))


def publish(step: Step, row_id: int, after: float) -> None:
    """Send the ring soon. Never waits, never fails."""
    RINGER.add(step, row_id, after)


class Ringer:
    """Gathers rings and sends them from a thread of its own."""

    def __init__(self) -> None:
        self._forget()
        os.register_at_fork(after_in_child=self._forget)  # no thread survives a fork, and a lock might be held

    def _forget(self) -> None:
        self._wanted = threading.Condition()
        self._rings: dict[tuple[Step, int], float] = {}  # when each is due, by time.monotonic()
        self._thread: threading.Thread | None = None

    def add(self, step: Step, row_id: int, after: float) -> None:
        due = time.monotonic() + after
        with self._wanted:
            self._rings[step, row_id] = min(due, self._rings.get((step, row_id), due))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="doorbell", daemon=True)
                self._thread.start()
            self._wanted.notify()

    def flush(self) -> None:
        """Send all that was gathered. A broker that is down is logged, not raised: the sweep will find the rows."""
        with self._wanted:
            rings, self._rings = self._rings, {}
        for (step, row_id), due in rings.items():
            try:
                send(step, row_id, max(0.0, due - time.monotonic()))
            except (OperationalError, OSError) as error:
                log.warning("broker_unreachable", unheard=len(rings), error=type(error).__name__)
                time.sleep(SILENCE_AFTER_FAILURE)
                return

    def _run(self) -> None:
        while True:
            with self._wanted:
                self._wanted.wait_for(lambda: bool(self._rings))
            self.flush()
            time.sleep(GATHER)


RINGER = Ringer()
atexit.register(RINGER.flush)


def send(step: Step, row_id: int, after: float) -> None:
    """Put the ring on its queue now. Raises OperationalError or OSError for a broker that is down."""
    try:
        _send(step, row_id, after)
    except (OperationalError, OSError):
        _send(step, row_id, after)  # the first may have met a connection that a restart of the broker has ended


def _send(step: Step, row_id: int, after: float) -> None:
    current_app.send_task(
        f"aissist.{step}",
        args=(row_id,),
        queue=step.value,
        countdown=after or None,
        expires=after + EXPIRES,
        retry=False,
        ignore_result=True,
    )
