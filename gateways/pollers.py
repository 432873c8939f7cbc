"""Keep one thread for each gateway whose platform is to be asked what is new."""

import threading
import time
from uuid import uuid4

import structlog
from django.db import Error, connection

from gateways import poll

log = structlog.get_logger(__name__)

LOOK = 2.0  # seconds between two looks for gateways, which also renew the leases: a third of one
PATIENCE = 0.5  # seconds for what is being kept when all stop; who only waits for a platform isn't waited for


class Poller(threading.Thread):
    """Asks one gateway's platform again and again, until told to stop or somebody else does."""

    def __init__(self, gateway_id: int, holder: str, wait: float) -> None:
        super().__init__(name=f"poll-{gateway_id}", daemon=True)
        self.gateway_id, self.holder, self.wait = gateway_id, holder, wait
        self.stopping = threading.Event()

    def run(self) -> None:
        try:
            while not self.stopping.is_set():
                self.stopping.wait(self._once())
            poll.release(self.holder, self.gateway_id)
        except poll.LeaseLost:
            log.info("poll_lease_lost", gateway=self.gateway_id)
        except Error as error:
            log.warning("poll_lease_not_released", gateway=self.gateway_id, error=type(error).__name__)
        finally:
            connection.close()

    def _once(self) -> float:
        try:
            return poll.poll(self.gateway_id, self.holder, self.wait)
        except Error as error:  # the database is away; what was found is found again
            log.warning("poll_not_kept", gateway=self.gateway_id, error=type(error).__name__)
            return poll.SHORTEST_PAUSE
        finally:
            connection.close()


class Pollers:
    """All pollers of this process."""

    def __init__(self, wait: float = poll.WAIT) -> None:
        self.holder, self.wait = uuid4().hex, wait
        self._running: dict[int, Poller] = {}

    def run(self, stop: threading.Event) -> None:
        """Look again and again until `stop` is set."""
        while not stop.is_set():
            try:
                self.look()
            except Error as error:
                log.warning("poll_look_failed", error=type(error).__name__)
            finally:
                connection.close()
            stop.wait(LOOK)
        self.close()

    def look(self) -> None:
        """Start pollers for the gateways that nobody asks, and stop those that aren't wanted any more."""
        self._running = {pk: poller for pk, poller in self._running.items() if poller.is_alive()}
        if self._running:
            poll.renew(self.holder)
        gateways = {gateway.pk: gateway for gateway in poll.wanted()}
        for pk, poller in self._running.items():
            if pk not in gateways:
                poller.stopping.set()
        for pk, gateway in gateways.items():
            if pk not in self._running and poll.is_free(gateway) and poll.claim(gateway, self.holder):
                self._running[pk] = Poller(pk, self.holder, self.wait)
                self._running[pk].start()

    def close(self) -> None:
        """Let go of every gateway, so that another process can take over at once."""
        for poller in self._running.values():
            poller.stopping.set()
        until = time.monotonic() + PATIENCE
        for poller in self._running.values():
            poller.join(max(0.0, until - time.monotonic()))
        try:
            poll.release(self.holder)
        except Error as error:
            log.warning("poll_lease_not_released", error=type(error).__name__)
        finally:
            connection.close()
