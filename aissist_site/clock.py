"""Look for timers that are due twice a second, since who was rung for them may have died with the ring.

All else that is due and missed waits for the sweep. A thinking message that comes three seconds late is none.
"""

import threading
import time

import structlog
from django.db import Error

from aissist_site import pipeline
from conversations import timers
from gateways.idle import let_go

LOOK = 0.5  # seconds

log = structlog.get_logger("clock")


def start() -> None:
    """From a thread of its own, for as long as this process lives."""
    threading.Thread(target=_run, name="clock", daemon=True).start()


def look() -> None:
    for gateway_id in timers.gateways_with_due():
        pipeline.TIMERS.wake(gateway_id)


def _run() -> None:
    while True:
        try:
            look()
        except Error as error:
            log.warning("clock_look_failed", why=type(error).__name__)
        finally:
            let_go()
        time.sleep(LOOK)
