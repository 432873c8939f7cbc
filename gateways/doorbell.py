"""Wake a worker for a row that is due. Rows are the queue: a doorbell that nobody hears costs time, never work."""

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
SILENCE_AFTER_FAILURE = 1.0  # seconds in which a broker that just failed isn't tried again


class Step(StrEnum):
    """The work that can be due. Each has a queue and a task of its name."""

    INGEST = "ingest"  # argument: gateway id
    TURN = "turn"  # turn id
    DELIVER = "deliver"  # conversation id
    TIMER = "timer"  # timer id


_silent_until = 0.0


def ring(step: Step, row_id: int, *, after: float = 0.0) -> None:
    """Wake a worker for `row_id`, `after` seconds after the transaction at hand has been committed."""
    if after <= LONGEST_COUNTDOWN:
        transaction.on_commit(partial(publish, step, row_id, after))


def publish(step: Step, row_id: int, after: float) -> None:
    """Put the ring on its queue now. A broker that is down is logged, not raised: the sweep will find the row."""
    global _silent_until
    if time.monotonic() < _silent_until:
        return
    try:
        try:
            _send(step, row_id, after)
        except (OperationalError, OSError):
            _send(step, row_id, after)  # the first may have met a connection that a restart of the broker has ended
    except (OperationalError, OSError) as error:
        _silent_until = time.monotonic() + SILENCE_AFTER_FAILURE
        log.warning("broker_unreachable", step=step.value, row=row_id, error=type(error).__name__)


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
