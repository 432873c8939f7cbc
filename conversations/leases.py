"""Keep a turn's lease alive while its engine runs, so that a killed worker's turn is free again within seconds."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from django.db import Error, connection
from django.utils import timezone

from conversations.models import Turn
from conversations.turns import LEASE

log = structlog.get_logger(__name__)

RENEW_EVERY = LEASE.total_seconds() / 3

_held: set[int] = set()
_lock = threading.Lock()
_renewer: threading.Thread | None = None


@contextmanager
def renewed(turn: Turn) -> Iterator[None]:
    """Renew the lease of a claimed turn for as long as the block runs."""
    with _lock:
        _held.add(turn.pk)
        _start_renewer()
    try:
        yield
    finally:
        with _lock:
            _held.discard(turn.pk)


def _start_renewer() -> None:
    global _renewer
    if _renewer is None or not _renewer.is_alive():
        _renewer = threading.Thread(target=_renew_for_ever, name="lease-renewer", daemon=True)
        _renewer.start()


def _renew_for_ever() -> None:
    pause = threading.Event()
    while not pause.wait(RENEW_EVERY):
        with _lock:
            held = tuple(_held)
        if held:
            try:
                renew(held)
            except Error as error:  # the database is away: the leases run out, and that is what they are for
                log.warning("leases_not_renewed", error=type(error).__name__)
            finally:
                connection.close()


def renew(turn_ids: tuple[int, ...]) -> int:
    """Renew the leases that haven't run out. Returns how many.

    A longer one is left alone: since these turns were looked up, an engine may have been given time to answer later.
    """
    now = timezone.now()
    live = Turn.objects.filter(pk__in=turn_ids, state=Turn.State.RUNNING, lease_until__range=(now, now + LEASE))
    return live.update(lease_until=now + LEASE)
