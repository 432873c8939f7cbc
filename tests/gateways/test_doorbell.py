"""Rings: after the commit, never in the way, never an error."""

import pytest
from celery import current_app
from kombu.exceptions import OperationalError

from gateways import doorbell
from gateways.doorbell import Step

publish = doorbell.publish  # before the fixture of all tests puts its own in place


@pytest.fixture
def sent(monkeypatch) -> list:
    calls: list = []
    monkeypatch.setattr(current_app, "send_task", lambda name, **options: calls.append((name, options)))
    monkeypatch.setattr(doorbell, "_silent_until", 0.0)
    return calls


@pytest.mark.parametrize(("after", "countdown"), [(0.0, None), (2.5, 2.5)], ids=["now", "later"])
def test_a_ring_is_one_task_with_one_number(sent, after, countdown):
    publish(Step.TURN, 7, after)
    [(name, options)] = sent
    assert name == "aissist.turn"
    assert options == {
        "args": (7,),
        "queue": "turn",
        "countdown": countdown,
        "expires": after + 300,
        "retry": False,
        "ignore_result": True,
    }


def test_a_broker_that_is_down_is_left_in_peace_for_a_moment(monkeypatch, sent):
    calls = []

    def down(name, **options):
        calls.append(name)
        raise OperationalError("connection refused")

    monkeypatch.setattr(current_app, "send_task", down)
    for _ in range(5):
        publish(Step.INGEST, 1, 0.0)
    assert len(calls) == 2  # the second in case the first met a stale connection


def test_a_connection_that_a_restart_has_ended_costs_no_ring(monkeypatch, sent):
    calls = []

    def stale_once(name, **options):
        calls.append(name)
        if len(calls) == 1:
            raise OperationalError("connection reset")

    monkeypatch.setattr(current_app, "send_task", stale_once)
    publish(Step.INGEST, 1, 0.0)
    assert len(calls) == 2 and doorbell._silent_until == 0.0


@pytest.mark.django_db
@pytest.mark.parametrize(("after", "rung"), [(59.0, 1), (61.0, 0)], ids=["soon", "left to the sweep"])
def test_long_waits_are_left_to_the_sweep(django_capture_on_commit_callbacks, after, rung):
    with django_capture_on_commit_callbacks() as callbacks:
        doorbell.ring(Step.TIMER, 1, after=after)
    assert len(callbacks) == rung
