"""One thread for each gateway that polls: started, stopped and replaced as gateways and processes come and go."""

import threading
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from gateways import poll, pollers
from gateways.base import InboundRequest, Polled
from gateways.models import Cursor, Gateway, Receipt
from gateways.pollers import Pollers

pytestmark = pytest.mark.django_db(transaction=True)


class Platform:
    """Has one thing to say at a time; whoever asks waits for it."""

    def __init__(self) -> None:
        self.news = threading.Semaphore(0)
        self.asking = threading.Semaphore(0)

    def poll(self, cursor, wait):
        self.asking.release()
        if self.news.acquire(timeout=wait):
            count = cursor.get("count", 0) + 1
            return Polled((InboundRequest("POST", {}, b"[]"),), {"count": count})
        return Polled((), cursor)


def eventually(look):
    until = time.monotonic() + 20
    while not (found := look()):
        assert time.monotonic() < until
        time.sleep(0.01)
    return found


@pytest.fixture
def asked(platform, gateway, monkeypatch) -> Platform:
    asked = Platform()
    monkeypatch.setattr(platform, "capabilities", replace(platform.capabilities, polls=True))
    monkeypatch.setattr(platform, "poll", lambda self, cursor, wait: asked.poll(cursor, wait))
    return asked


@pytest.fixture
def running(asked):
    made = []

    def make(wait=0.05) -> Pollers:
        made.append(Pollers(wait))
        return made[-1]

    yield make
    for each in made:
        each.close()
    asked.news.release(20)  # for those that still wait
    for thread in threading.enumerate():
        if thread.name.startswith("poll-"):
            thread.join(10)


def test_each_look_starts_what_is_missing_and_stops_what_is_not_wanted(running, asked, gateway, make_gateway):
    ours = running()
    ours.look()
    ours.look()
    assert list(ours._running) == [gateway.pk]
    asked.news.release()
    eventually(lambda: Receipt.objects.filter(gateway=gateway).count() == 1)
    second = make_gateway()
    ours.look()
    assert list(ours._running) == [gateway.pk, second.pk]
    Gateway.objects.filter(pk=second.pk).update(platform="webhook")
    ours.look()
    eventually(lambda: not ours._running[second.pk].is_alive())
    assert Cursor.objects.get(gateway=second).holder == ""
    Gateway.objects.filter(pk=second.pk).delete()
    ours.look()
    assert list(ours._running) == [gateway.pk]


def test_a_second_process_stands_by_and_takes_over_when_the_first_is_dead(running, asked, gateway):
    first, second = running(wait=30), running()
    first.look()
    second.look()
    assert (list(first._running), list(second._running)) == ([gateway.pk], [])
    asked.asking.acquire(timeout=10)
    Cursor.objects.update(lease_until=timezone.now() - timedelta(seconds=1))  # it was killed, so it doesn't renew
    second.look()
    assert list(second._running) == [gateway.pk]
    assert Cursor.objects.get().holder == second.holder


def test_stopping_lets_go_at_once_and_keeps_nothing_any_more(running, asked, gateway):
    first, second = running(wait=30), running(wait=30)
    first.look()
    asked.asking.acquire(timeout=10)
    first.close()
    asked.news.release()  # comes too late for the first
    [thread] = first._running.values()
    thread.join(10)
    assert not Receipt.objects.exists()
    second.look()
    asked.asking.acquire(timeout=10)
    asked.news.release()
    eventually(lambda: Receipt.objects.count() == 1)


def test_a_gateway_that_is_deleted_meanwhile_ends_its_thread(running, asked, gateway):
    ours = running(wait=30)
    ours.look()
    asked.asking.acquire(timeout=10)
    Gateway.objects.all().delete()
    asked.news.release()
    [thread] = ours._running.values()
    thread.join(10)
    assert not thread.is_alive() and not Receipt.objects.exists()


def test_a_database_that_goes_away_costs_time_and_nothing_else(running, asked, gateway, monkeypatch):
    keep, tries = poll._keep, []

    def fails_once(*args):
        tries.append(1)
        if len(tries) == 1:
            asked.news.release()  # the platform says it again
            raise OperationalError("gone")
        keep(*args)

    monkeypatch.setattr(poll, "_keep", fails_once)
    monkeypatch.setattr(poll, "SHORTEST_PAUSE", 0.01)
    ours = running()
    ours.look()
    asked.news.release()
    eventually(lambda: Receipt.objects.count() == 1)


def test_it_looks_until_told_to_stop_whatever_the_database_does(running, asked, gateway, monkeypatch):
    ours, stop, looks = running(), threading.Event(), []

    def look():
        looks.append(1)
        if len(looks) == 3:
            stop.set()
        raise OperationalError("gone")

    monkeypatch.setattr(ours, "look", look)
    monkeypatch.setattr(pollers, "LOOK", 0.01)
    thread = threading.Thread(target=ours.run, args=[stop])
    thread.start()
    thread.join(10)
    assert len(looks) == 3 and not thread.is_alive()
    connection.close()
