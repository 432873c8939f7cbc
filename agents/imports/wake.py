"""Wake a worker for sources that are due, and what it does then. Rows are the queue: an unheard ring costs seconds."""

import os
import threading
from collections.abc import Callable

import structlog
from celery import current_app
from django.db import connection, transaction
from kombu.exceptions import OperationalError

from agents.imports.embed import embed_missing
from agents.imports.run import import_due

log = structlog.get_logger(__name__)

TASK, QUEUE = "aissist.imports", "turn"  # where there is waiting for others anyway
EXPIRES = 60.0  # seconds after which an unheard ring is dropped


def ring() -> None:
    """Wake a worker once the transaction at hand has been committed. Never fails."""
    transaction.on_commit(_send)


def _send() -> None:
    try:
        current_app.send_task(TASK, queue=QUEUE, expires=EXPIRES, retry=False, ignore_result=True)
    except (OperationalError, OSError) as error:
        log.warning("broker_unreachable", error=type(error).__name__)


class Hand:
    """Does its work in a thread of its own, so that no task waits for websites or models."""

    def __init__(self, name: str, work: Callable[[], object]) -> None:
        self._name, self._work = name, work
        self._forget()
        os.register_at_fork(after_in_child=self._forget)  # no thread survives a fork

    def _forget(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def wake(self) -> None:
        """Have all done that is due, unless that is under way. Returns at once."""
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()

    def _run(self) -> None:
        try:
            self._work()
        except Exception:  # the database is away, most likely: the next ring tries again
            log.exception("hand_failed", hand=self._name)
        finally:
            connection.close()


IMPORTS = Hand("imports", import_due)
EMBEDDINGS = Hand("embeddings", embed_missing)
