"""Group commit: rows that come while one is being written are written together, and each is told of its own fate."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from django.db import OperationalError, connection, transaction

from gateways.together import MOST, Together

pytestmark = pytest.mark.django_db(transaction=True)


class Table:
    """Writes rows, the first time only once it is let; `refused` are rows that it doesn't take."""

    def __init__(self, refused: Sequence[str] = (), fails: Exception | None = None) -> None:
        self.refused, self.fails = refused, fails
        self.written: list[list[str]] = []
        self.begun, self.may_go_on = threading.Event(), threading.Event()

    def write(self, rows: Sequence[str]) -> None:
        is_first = not self.begun.is_set()
        self.begun.set()
        if is_first:
            assert self.may_go_on.wait(20)
        elif self.fails:
            raise self.fails
        if any(row in self.refused for row in rows):
            raise ValueError(f"not {' '.join(rows)}")
        self.written.append(list(rows))


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(MOST + 10) as pool:
        yield pool


def arrive(pool: ThreadPoolExecutor, table: Table, rows: Sequence[str]) -> list[Future[None]]:
    """All of them while the first is being written."""
    together = Together(table.write)
    futures = [pool.submit(together.add, rows[0])]
    assert table.begun.wait(20)
    for count, row in enumerate(rows[1:], 1):
        futures.append(pool.submit(together.add, row))
        while len(together._queue) < count:
            threading.Event().wait(0.001)
    table.may_go_on.set()
    return futures


def test_what_comes_meanwhile_is_written_in_one_statement(pool):
    table = Table()
    futures = arrive(pool, table, ["a", "b", "c", "d"])
    assert [future.result(20) for future in futures] == [None] * 4
    assert table.written == [["a"], ["b", "c", "d"]]


def test_who_comes_alone_writes_at_once():
    table = Table()
    table.may_go_on.set()
    together = Together(table.write)
    together.add("a")
    together.add("b")
    assert table.written == [["a"], ["b"]]


def test_a_statement_has_so_many_rows_and_no_more(pool):
    table, rows = Table(), [f"r{number}" for number in range(MOST + 3)]
    for future in arrive(pool, table, rows):
        future.result(20)
    assert table.written == [rows[:1], rows[1 : MOST + 1], rows[MOST + 1 :]]


def test_a_row_that_cant_be_written_takes_no_other_with_it(pool):
    table = Table(refused=["c"])
    futures = arrive(pool, table, ["a", "b", "c", "d"])
    assert [type(future.exception(20)) for future in futures] == [type(None), type(None), ValueError, type(None)]
    assert table.written == [["a"], ["b"], ["d"]]


def test_where_the_database_is_away_nobody_is_told_that_it_was_written(pool):
    table = Table(fails=OperationalError("away"))
    futures = arrive(pool, table, ["a", "b", "c"])
    assert [type(future.exception(20)) for future in futures] == [type(None), OperationalError, OperationalError]


def test_it_goes_on_after_a_failure(pool):
    table = Table(fails=OperationalError("away"))
    table.may_go_on.set()
    together = Together(table.write)
    together.add("a")
    with pytest.raises(OperationalError):
        together.add("b")
    table.fails = None
    together.add("c")
    assert table.written == [["a"], ["c"]]


def test_in_a_transaction_a_row_is_written_by_itself(pool):
    table = Table()
    together = Together(table.write)
    first = pool.submit(together.add, "a")
    assert table.begun.wait(20)
    with transaction.atomic():
        assert connection.in_atomic_block
        together.add("b")  # waits for nobody
    assert table.written == [["b"]]
    table.may_go_on.set()
    assert first.result(20) is None
    assert table.written == [["b"], ["a"]]


def test_who_waits_keeps_no_connection_from_the_one_that_writes(pool):
    """As when many come at once to a gateway that isn't remembered: each has read it, and has a connection."""
    table = Table()

    def write(rows):
        table.write(rows)
        assert connection.connection is None  # the next one to write has given its own back, too
        connection.ensure_connection()

    together = Together(write)

    def read_and_add(row):
        connection.ensure_connection()
        together.add(row)
        return connection.connection is None or row == "a"

    futures = [pool.submit(together.add, "first")]
    assert table.begun.wait(20)
    for count, row in enumerate("abc", 1):
        futures.append(pool.submit(read_and_add, row))
        while len(together._queue) < count:
            threading.Event().wait(0.001)
    table.may_go_on.set()
    assert [future.result(20) for future in futures] == [None, True, True, True]
