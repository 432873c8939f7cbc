"""Rings: after the commit, never in the way, never an error, and not more of them than are heard."""

import threading

import pytest
from celery import current_app
from kombu.exceptions import OperationalError

from gateways import doorbell
from gateways.doorbell import Ringer, Step

PUBLISH = doorbell.publish  # which every test has replaced


@pytest.fixture
def ringer(monkeypatch) -> Ringer:
    """One whose thread doesn't run, so that the test says when it sends."""
    monkeypatch.setattr(threading.Thread, "start", lambda self: None)
    return Ringer()


@pytest.fixture
def sent(monkeypatch) -> list:
    calls: list = []
    monkeypatch.setattr(current_app, "send_task", lambda name, **options: calls.append((name, options)))
    monkeypatch.setattr(doorbell.time, "sleep", lambda seconds: None)
    monkeypatch.setattr(doorbell.time, "monotonic", lambda: 1000.0)
    return calls


@pytest.mark.parametrize(
    ("after", "countdown"),
    [(0.0, None), (0.6, 0.6), (0.613, 0.62), (1.61, 1.64), (7.99, 8.0)],
    ids=["now", "later", "at the end of its slot", "a longer slot for a longer wait", "of 160 ms for up to 8 s"],
)
def test_a_ring_is_one_task_with_the_number_of_the_gateway(ringer, sent, after, countdown):
    ringer.add(Step.TURN, 7, after)
    ringer.flush()
    [(name, options)] = sent
    assert name == "aissist.turn"
    assert options == {
        "args": (7,),
        "queue": "turn",
        "countdown": countdown and pytest.approx(countdown),
        "expires": pytest.approx((countdown or 0) + 300),
        "retry": False,
        "ignore_result": True,
    }


def test_rings_for_one_gateway_at_one_time_are_one(ringer, sent):
    for after in (0.0, 0.501, 0.502, 0.519, 0.53):
        ringer.add(Step.TURN, 7, after)
        ringer.add(Step.TURN, 7, after)
    ringer.add(Step.TURN, 8, 0.0)
    ringer.add(Step.DELIVER, 7, 0.0)
    ringer.flush()
    assert sorted((name, options["args"], options["countdown"] or 0) for name, options in sent) == [
        ("aissist.deliver", (7,), 0),
        ("aissist.turn", (7,), 0),
        ("aissist.turn", (7,), pytest.approx(0.52)),
        ("aissist.turn", (7,), pytest.approx(0.54)),
        ("aissist.turn", (8,), 0),
    ]


def test_what_was_sent_isnt_sent_again(ringer, sent):
    ringer.add(Step.INGEST, 1, 0.0)
    ringer.flush()
    ringer.flush()
    assert len(sent) == 1


def test_a_broker_that_is_down_loses_rings_and_raises_nothing(ringer, sent, monkeypatch):
    calls = []

    def down(name, **options):
        calls.append(name)
        raise OperationalError("connection refused")

    monkeypatch.setattr(current_app, "send_task", down)
    for row in range(5):
        ringer.add(Step.INGEST, row, 0.0)
    ringer.flush()
    assert len(calls) == 2  # one ring, tried twice; the others would fail as well
    ringer.flush()
    assert len(calls) == 2


def test_a_connection_that_a_restart_has_ended_costs_no_ring(ringer, sent, monkeypatch):
    calls = []

    def stale_once(name, **options):
        calls.append(name)
        if len(calls) == 1:
            raise OperationalError("connection reset")

    monkeypatch.setattr(current_app, "send_task", stale_once)
    ringer.add(Step.INGEST, 1, 0.0)
    ringer.add(Step.INGEST, 2, 0.0)
    ringer.flush()
    assert len(calls) == 3


def test_its_thread_sends_by_itself(monkeypatch):
    heard = threading.Event()
    monkeypatch.setattr(current_app, "send_task", lambda name, **options: heard.set())
    Ringer().add(Step.INGEST, 1, 0.0)
    assert heard.wait(10)


@pytest.mark.parametrize(("rate", "seconds"), [(0, 0), (10, 0.0028), (30, 0.025), (60, 0.1), (500, 0.1)], ids=str)
def test_the_busier_it_is_the_longer_rings_are_gathered(rate, seconds):
    assert doorbell.gather(rate) == pytest.approx(seconds, abs=0.0001)


def test_a_rate_fades_when_nobody_rings():
    assert [round(doorbell.faded(100, seconds)) for seconds in (0, 0.5, 5)] == [100, 37, 0]


@pytest.fixture
def heard(monkeypatch) -> list:
    """What this process hears of its own rings for turns."""
    calls: list = []
    monkeypatch.setattr(doorbell, "HEARERS", {})
    doorbell.hear(Step.TURN, calls.append)
    return calls


def test_who_does_the_work_itself_hears_its_own_rings_without_the_broker(heard, sent, monkeypatch):
    monkeypatch.setattr(doorbell, "RINGER", ringer := Ringer())
    monkeypatch.setattr(threading.Thread, "start", lambda self: None)
    PUBLISH(Step.TURN, 7, 0.0)
    PUBLISH(Step.DELIVER, 8, 0.0)
    ringer.flush()
    assert heard == [7]
    assert [name for name, _ in sent] == ["aissist.deliver"]


def test_with_its_hands_full_it_tells_the_others(heard, sent, monkeypatch):
    monkeypatch.setattr(doorbell, "RINGER", ringer := Ringer())
    monkeypatch.setattr(threading.Thread, "start", lambda self: None)
    doorbell.elsewhere(Step.TURN, 7)
    ringer.flush()
    assert heard == []
    assert [name for name, _ in sent] == ["aissist.turn"]


def test_what_is_due_later_is_heard_in_the_order_in_which_it_is_due_each_once(monkeypatch):
    heard: list = []
    over = threading.Event()
    monkeypatch.setattr(doorbell, "HEARERS", {Step.TURN: heard.append, Step.DELIVER: lambda gateway: over.set()})
    alarms, now = doorbell.Alarms(), doorbell.time.monotonic()
    for after, ring in [(0.2, Step.DELIVER), (0.1, Step.TURN), (0.1, Step.TURN), (0.05, Step.TURN)]:
        alarms.add(now + after, (ring, round(100 * after)))
    assert over.wait(10)
    assert heard == [5, 10]


def test_an_alarm_for_which_nobody_can_be_woken_isnt_the_last_one(monkeypatch):
    over = threading.Event()

    def broken(gateway_id: int) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(doorbell, "HEARERS", {Step.TURN: broken, Step.DELIVER: lambda gateway: over.set()})
    alarms, now = doorbell.Alarms(), doorbell.time.monotonic()
    alarms.add(now + 0.01, (Step.TURN, 1))
    alarms.add(now + 0.05, (Step.DELIVER, 1))
    assert over.wait(10)


@pytest.mark.django_db
@pytest.mark.parametrize(("after", "rung"), [(59.0, 1), (61.0, 0)], ids=["soon", "left to the sweep"])
def test_long_waits_are_left_to_the_sweep(django_capture_on_commit_callbacks, after, rung):
    with django_capture_on_commit_callbacks() as callbacks:
        doorbell.ring(Step.TIMER, 1, after=after)
    assert len(callbacks) == rung


@pytest.mark.django_db
def test_rings_that_are_kept_are_counted_and_nobody_hears_them(rings, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        with doorbell.kept(Step.DELIVER) as kept:
            doorbell.ring(Step.DELIVER, 1)
            doorbell.ring(Step.DELIVER, 1)
            doorbell.ring(Step.DELIVER, 2)
            doorbell.ring(Step.DELIVER, 3, after=2)  # later is another matter
            doorbell.ring(Step.TURN, 1)
        doorbell.ring(Step.DELIVER, 4)
    assert kept == {1: 2, 2: 1}
    assert rings.heard == [("deliver", 3, 2), ("turn", 1, 0.0), ("deliver", 4, 0.0)]
