"""The watch without a database: `look` is a dictionary that tests change. Nothing here depends on how long it takes."""

import threading
from collections.abc import Collection, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from unittest.mock import patch

import pytest
from django.db import OperationalError

from conversations.chat import watch
from conversations.chat.watch import Waiter, Watch

LONG = 30.0  # seconds; a test that waits so long has failed


class Rows:
    """What `look` finds; it can be told to fail, and to say when it has looked for a key."""

    def __init__(self) -> None:
        self.news: dict[str, int] = {}
        self.failures: list[Exception] = []
        self.asked: list[set[str]] = []
        self.looked = threading.Condition()

    def look(self, keys: Collection[str]) -> dict[str, int]:
        with self.looked:
            self.asked.append(set(keys))
            self.looked.notify_all()
            if self.failures:
                raise self.failures.pop()
            return {key: self.news[key] for key in keys if key in self.news}

    def until_asked_for(self, *keys: str) -> None:
        with self.looked:
            assert self.looked.wait_for(lambda: any(set(keys) <= asked for asked in self.asked), LONG)


@pytest.fixture
def rows() -> Rows:
    return Rows()


@pytest.fixture
def news(rows: Rows) -> Iterator[Watch[str, int]]:
    with patch.object(watch, "EVERY", 0.001), patch.object(watch, "AFTER_FAILURE", 0.001):
        yield Watch(rows.look, 0)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


def waiting(pool: ThreadPoolExecutor, news: Watch[str, int], key: str, seen: int = 0, most: int = 8) -> Future[bool]:
    return pool.submit(news.wait, key, seen, seconds=LONG, most=most)


def test_news_wakes_whoever_waits_for_it(rows: Rows, news: Watch[str, int], pool: ThreadPoolExecutor) -> None:
    waiter = waiting(pool, news, "a")
    rows.until_asked_for("a")
    assert not waiter.done()

    rows.news["a"] = 1

    assert waiter.result(LONG) is True


def test_news_for_one_wakes_no_other(rows: Rows, news: Watch[str, int], pool: ThreadPoolExecutor) -> None:
    one, other = waiting(pool, news, "a"), waiting(pool, news, "b")
    rows.until_asked_for("a", "b")

    rows.news["a"] = 1

    assert one.result(LONG) is True
    rows.asked.clear()
    rows.until_asked_for("b")
    assert not other.done()
    rows.news["b"] = 1
    assert other.result(LONG) is True


def test_two_tabs_wake_together(rows: Rows, news: Watch[str, int], pool: ThreadPoolExecutor) -> None:
    tabs = [waiting(pool, news, "a") for _ in range(2)]

    rows.news["a"] = 1

    assert [tab.result(LONG) for tab in tabs] == [True, True]


def test_what_happened_before_the_wait_is_news(rows: Rows, news: Watch[str, int]) -> None:
    rows.news["a"] = 2

    assert news.wait("a", 1, seconds=LONG, most=1) is True


def test_a_wait_ends_when_its_time_is_up(news: Watch[str, int]) -> None:
    assert news.wait("a", 0, seconds=0.01, most=1) is True


def test_no_more_may_wait_than_are_allowed(rows: Rows, news: Watch[str, int], pool: ThreadPoolExecutor) -> None:
    first = waiting(pool, news, "a", most=1)
    rows.until_asked_for("a")

    assert news.wait("b", 0, seconds=LONG, most=1) is False

    rows.news["a"] = 1
    assert first.result(LONG) is True
    assert news.wait("b", 0, seconds=0.01, most=1) is True


def test_nobody_may_wait_when_none_are_allowed(rows: Rows, news: Watch[str, int]) -> None:
    assert news.wait("a", 0, seconds=LONG, most=0) is False
    assert rows.asked == []


@pytest.mark.parametrize("failure", [OperationalError("gone"), RuntimeError("a mistake")], ids=repr)
def test_a_failed_look_is_followed_by_another(
    rows: Rows, news: Watch[str, int], pool: ThreadPoolExecutor, failure: Exception
) -> None:
    rows.failures.append(failure)
    waiter = waiting(pool, news, "a")
    rows.until_asked_for("a")

    rows.news["a"] = 1

    assert waiter.result(LONG) is True
    assert rows.failures == []


def test_nobody_looks_when_nobody_waits(rows: Rows, news: Watch[str, int]) -> None:
    news.wait("a", 0, seconds=0.01, most=1)
    thread = news._thread
    if thread:
        thread.join(LONG)

    assert news._thread is None


def test_the_next_who_comes_is_looked_for_again(rows: Rows, news: Watch[str, int]) -> None:
    test_nobody_looks_when_nobody_waits(rows, news)
    rows.news["b"] = 1

    assert news.wait("b", 0, seconds=LONG, most=1) is True


def test_a_fork_begins_with_nobody_waiting(rows: Rows, news: Watch[str, int]) -> None:
    news._waiters.add(Waiter("a", 0))
    news._thread = threading.Thread()  # of the parent; it doesn't run here
    with news._lock:  # as another thread might hold it at that moment
        news._forget()
    rows.news["b"] = 1

    assert news.wait("b", 0, seconds=LONG, most=1) is True
    assert rows.asked == [{"b"}]
