"""Group commit: rows that arrive at the same moment are written in one statement, by the request that came first.

Webhooks cost mostly their INSERT: a connection, a statement, a commit that has to reach the disk. While one request
waits for that, others arrive; they leave their rows to whoever writes next, and touch no database themselves. Nobody
waits for company: who comes alone writes at once. https://www.postgresql.org/docs/15/wal-configuration.html
"""

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from django.db import connection

from gateways.idle import let_go
from gateways.writing import DATABASE_IS_AWAY

MOST = 25  # rows in one statement

Row = TypeVar("Row")


class _Waiting(Generic[Row]):
    """A row, and the thread that waits until it is written or it is that thread's turn to write."""

    def __init__(self, row: Row) -> None:
        self.row = row
        self.is_done = False
        self.error: BaseException | None = None
        self.woken = threading.Lock()
        self.woken.acquire()


class Together(Generic[Row]):
    """`write` writes all rows that it is given, or none and raises."""

    def __init__(self, write: Callable[[Sequence[Row]], None]) -> None:
        self._write = write
        self._lock = threading.Lock()
        self._queue: list[_Waiting[Row]] = []
        self._is_writing = False

    def add(self, row: Row) -> None:
        """Returns when the row is committed; raises what writing it raised.

        Within a transaction it is written by itself: others' rows mustn't hang on how that one ends.
        """
        if connection.in_atomic_block:
            self._write([row])
            return
        mine = _Waiting(row)
        with self._lock:
            self._queue.append(mine)
            leads, self._is_writing = not self._is_writing, True
        if not leads:
            let_go()  # who waits with a connection may be keeping it from the one that is to write
            mine.woken.acquire()
        if not mine.is_done:
            self._lead()
        if mine.error is not None:
            raise mine.error

    def _lead(self) -> None:
        """Write what is there, ours among it, and leave what has come meanwhile to the first of those."""
        with self._lock:
            batch, self._queue = self._queue[:MOST], self._queue[MOST:]
        try:
            self._write_all(batch)
        except BaseException as error:
            for each in batch:
                each.error = error
        finally:
            with self._lock:
                following = self._queue[:1]
                self._is_writing = bool(following)
            for each in batch:
                each.is_done = True
            for each in (*batch, *following):
                each.woken.release()

    def _write_all(self, batch: Sequence[_Waiting[Row]]) -> None:
        """All at once; one by one if that fails for another reason than a database that is away."""
        try:
            self._write([each.row for each in batch])
            return
        except DATABASE_IS_AWAY:
            raise
        except Exception:
            if len(batch) == 1:
                raise
        for each in batch:
            try:
                self._write([each.row])
            except Exception as error:
                each.error = error
