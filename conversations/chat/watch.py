"""Let requests wait for news without each of them asking the database.

One thread per process looks, only while somebody waits, with one query for all of them. A request that waits holds a
thread of the web server but no database connection, and only so many may wait at once; the rest ask again later.
"""

import os
import threading
from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import structlog
from django.db import close_old_connections, connection

log = structlog.get_logger(__name__)

EVERY = 0.15  # seconds between two looks
AFTER_FAILURE = 1.0  # seconds until the next look when one failed

Key = TypeVar("Key", bound=Hashable)
News = TypeVar("News")


@dataclass(eq=False, slots=True)
class Waiter(Generic[Key, News]):
    key: Key
    seen: News
    woken: threading.Event = field(default_factory=threading.Event)


class Watch(Generic[Key, News]):
    """Wakes those who wait as soon as what `look` finds for their key differs from what they have seen."""

    def __init__(self, look: Callable[[Collection[Key]], Mapping[Key, News]], nothing: News) -> None:
        self._look = look
        self._nothing = nothing  # what is known of a key that `look` doesn't find
        self._forget()
        # Threads don't survive a fork, and a lock might be held for ever by one of them.
        os.register_at_fork(after_in_child=self._forget)

    def wait(self, key: Key, seen: News, *, seconds: float, most: int) -> bool:
        """Return when there is news or the time is up; False at once if `most` are waiting already."""
        waiter = Waiter(key, seen)
        with self._lock:
            if len(self._waiters) >= most:
                return False
            self._waiters.add(waiter)
            self._start()
        try:
            waiter.woken.wait(seconds)
        finally:
            with self._lock:
                self._waiters.discard(waiter)
        return True

    def _forget(self) -> None:
        self._lock = threading.Lock()
        self._waiters: set[Waiter[Key, News]] = set()
        self._thread: threading.Thread | None = None

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="chat-watch", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        pause = threading.Event()
        while waiters := self._present():
            pause.wait(EVERY if self._wake(waiters) else AFTER_FAILURE)
        connection.close()

    def _present(self) -> tuple[Waiter[Key, News], ...]:
        """Those who wait now. When nobody does, the thread is over, and the next to come starts another."""
        with self._lock:
            if not self._waiters:
                self._thread = None
            return tuple(self._waiters)

    def _wake(self, waiters: Collection[Waiter[Key, News]]) -> bool:
        try:
            close_old_connections()
            found = self._look({waiter.key for waiter in waiters})
        except Exception as error:  # whatever it was, those who wait must not be left to a thread that is dead
            log.warning("chat_watch_failed", error=type(error).__name__, waiting=len(waiters))
            connection.close()
            return False
        for waiter in waiters:
            if found.get(waiter.key, self._nothing) != waiter.seen:
                waiter.woken.set()
        return True
