"""Wake a worker for sources that are due, and what that does there. Rows are the queue: an unheard ring costs seconds."""

import os
import threading
from functools import partial

import structlog
from celery import current_app
from django.db import connection, transaction
from kombu.exceptions import OperationalError

from agents.imports.run import import_due

log = structlog.get_logger(__name__)

TASK, QUEUE = "aissist.imports", "turn"  # where there is waiting for others anyway
EXPIRES = 60.0  # seconds after which an unheard ring is dropped


def ring() -> None:
    """Wake a worker once the transaction at hand has been committed. Never fails."""
    transaction.on_commit(partial(_send))


def _send() -> None:
    try:
        current_app.send_task(TASK, queue=QUEUE, expires=EXPIRES, retry=False, ignore_result=True)
    except (OperationalError, OSError) as error:
        log.warning("broker_unreachable", error=type(error).__name__)


class Importer:
    """Imports in a thread of its own, one source after the other, so that no task waits for websites."""

    def __init__(self) -> None:
        self._forget()
        os.register_at_fork(after_in_child=self._forget)  # no thread survives a fork

    def _forget(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def wake(self) -> None:
        """Have everything imported that is due. Returns at once."""
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="importer", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        try:
            import_due()
        except Exception:  # the database is away, most likely: the next ring tries again
            log.exception("imports_failed")
        finally:
            connection.close()


IMPORTER = Importer()
