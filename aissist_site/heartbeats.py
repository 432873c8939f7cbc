"""Signs of life: each worker, the beat and the poller write one every few seconds, and `health` reads them."""

import threading
import time
from collections.abc import Iterable, Sequence
from datetime import datetime

import structlog
from django.db import Error, connection
from django.utils import timezone

from aissist_site.models import Heartbeat

EVERY_SECONDS = 5.0
SILENT_SECONDS = 20  # four heartbeats

log = structlog.get_logger("heartbeats")


def queue_name(queue: str) -> str:
    """The heartbeat of whoever works on `queue`, however many workers share it."""
    return f"queue {queue}"


BEAT = "beat"
POLL = "poll"
WATCHDOG = "watchdog"  # written by each look, not by a thread


def start(names: Sequence[str]) -> None:
    """Write a heartbeat for each of `names` from a thread of its own, for as long as this process lives."""
    threading.Thread(target=_run, args=[names], name="heartbeats", daemon=True).start()


def write(names: Sequence[str]) -> None:
    now = timezone.now()
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=name, at=now) for name in sorted(names)],  # sorted: two writers lock rows in the same order
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["at"],
    )


def silent(names: Iterable[str], now: datetime) -> dict[str, datetime | None]:
    """Those of `names` that have fallen silent, with their last sign of life; None for one that never gave any."""
    last = dict(Heartbeat.objects.filter(name__in=list(names)).values_list("name", "at"))
    return {name: at for name in names if (at := last.get(name)) is None or (now - at).total_seconds() > SILENT_SECONDS}


def _run(names: Sequence[str]) -> None:
    while True:
        try:
            write(names)
        except Error as error:
            log.warning("heartbeat_not_written", why=str(error))
        finally:
            connection.close()
        time.sleep(EVERY_SECONDS)
