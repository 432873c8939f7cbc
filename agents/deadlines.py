"""End what takes too long: one thread looks after all deadlines, because a `threading.Timer` is a thread for each."""

import heapq
import itertools
import os
import threading
import time
from collections.abc import Callable


class Deadline:
    """Calls `expire` once, in another thread, unless it was cancelled before."""

    __slots__ = ("expire",)

    def __init__(self, expire: Callable[[], None]) -> None:
        self.expire: Callable[[], None] | None = expire

    def cancel(self) -> None:
        self.expire = None


class Deadlines:
    def __init__(self) -> None:
        self._forget()
        os.register_at_fork(after_in_child=self._forget)  # no thread survives a fork, and a lock might be held

    def _forget(self) -> None:
        self._news = threading.Condition()
        self._waiting: list[tuple[float, int, Deadline]] = []
        self._numbers = itertools.count()
        self._thread: threading.Thread | None = None

    def set(self, seconds: float, expire: Callable[[], None]) -> Deadline:
        """Have `expire` called after so many seconds. It should be quick: all others wait for it."""
        deadline, at = Deadline(expire), time.monotonic() + seconds
        with self._news:
            heapq.heappush(self._waiting, (at, next(self._numbers), deadline))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="deadlines", daemon=True)
                self._thread.start()
            elif self._waiting[0][2] is deadline:
                self._news.notify()
        return deadline

    def _run(self) -> None:
        while True:
            with self._news:
                while not self._waiting or self._waiting[0][0] > time.monotonic():
                    self._news.wait(self._waiting[0][0] - time.monotonic() if self._waiting else None)
                deadline = heapq.heappop(self._waiting)[2]
            expire = deadline.expire
            if expire is not None:
                expire()


DEADLINES = Deadlines()
