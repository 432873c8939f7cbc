"""The thinking message: once, in time, never after the answer."""

from datetime import timedelta

import pytest
from django.utils import timezone

from conversations import record, timers
from conversations.models import Delivery, MessageTemplate, Timer
from gateways.models import Gateway, Receipt
from handover import desk
from tests.conftest import Rings, Walk

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def thinking_after(gateway: Gateway):
    Gateway.objects.update(thinking_after=4)
    MessageTemplate.objects.create(gateway=gateway, kind="thinking", text="One moment.")
    gateway.refresh_from_db()


def fire_now() -> int:
    Timer.objects.update(due_at=timezone.now())
    return timers.fire(Timer.objects.get().turn.gateway_id)


@pytest.mark.parametrize(
    ("waited", "after"),
    [(0.0, 4.0), (0.5, 3.5), (2.0, 2.0), (3600.0, 2.0)],
    ids=["taken in at once", "half a second later", "half its time later", "replayed"],
)
def test_a_turn_starts_one_and_rings_for_it(
    walk: Walk, rings: Rings, monkeypatch, django_capture_on_commit_callbacks, waited, after
):
    """Counted from when the message arrived; behind a long queue only half of the time is."""
    monkeypatch.setattr(record, "_waited", lambda receipt: waited)
    with django_capture_on_commit_callbacks(execute=True):
        walk.customer("Hello")
        walk.ingest()
    assert ("timer", walk.gateway.pk, after) in rings.heard


def test_a_clock_that_is_ahead_of_ours_makes_no_time(gateway: Gateway):
    ahead = timezone.now() + timedelta(hours=1)
    assert record._waited(Receipt(gateway=gateway, received_at=ahead)) == 0.0
    assert record._waited(Receipt(gateway=gateway, received_at=ahead - timedelta(hours=2))) >= 3600


def test_fires_while_the_engine_thinks_and_the_answer_follows(walk: Walk, engine):
    def slow(brief):
        fire_now()
        walk.deliver()

    engine.script.append(slow)
    assert walk.answer("Hello") == ["One moment.", "re: Hello"]
    kinds = walk.conversation().messages.values_list("kind", flat=True)
    assert list(kinds) == ["message", "thinking", "message"]


def test_fires_once_however_often_it_is_rung(walk: Walk):
    walk.customer("Hello")
    walk.ingest()
    assert [fire_now(), *(timers.fire(walk.gateway.pk) for _ in range(2))] == [1, 0, 0]
    assert walk.conversation().messages.filter(kind="thinking").count() == 1


def test_isnt_fired_before_its_time(walk: Walk):
    walk.customer("Hello")
    walk.ingest()
    assert timers.fire(walk.gateway.pk) == 0
    assert Timer.objects.exists()


def test_is_gone_once_the_answer_is_frozen(walk: Walk):
    assert walk.answer("Hello") == ["re: Hello"]
    assert not Timer.objects.exists()


def test_is_withdrawn_when_the_answer_is_ready_before_it_was_sent(walk: Walk, engine):
    engine.script.append(lambda brief: fire_now() and None)
    assert walk.answer("Hello") == ["re: Hello"]
    assert walk.conversation().messages.get(kind="thinking").status == "cancelled"


def test_is_cancelled_by_a_takeover(walk: Walk):
    walk.customer("Hello")
    walk.ingest()
    Timer.objects.update(due_at=timezone.now())
    desk.take_over(walk.conversation().pk, user=None, author="Bo")
    assert timers.fire(walk.gateway.pk) == 0
    walk.run()
    assert walk.told() == []


def test_isnt_repeated_when_the_customer_writes_on(walk: Walk, engine):
    def slow(brief):
        fire_now()
        walk.customer("Please")
        walk.ingest()

    engine.script.append(slow)
    assert walk.answer("Hello") == ["One moment.", "re: Hello\nPlease"]


def test_the_engine_never_sees_it(walk: Walk, engine):
    engine.script.append(lambda brief: fire_now() and None)
    walk.answer("Hello")
    walk.answer("More")
    assert [line.text for line in engine.briefs[-1].transcript] == ["Hello", "re: Hello", "More"]


def test_never_means_never(walk: Walk):
    Gateway.objects.update(thinking_after=0)
    walk.customer("Hello")
    walk.ingest()
    assert not Timer.objects.exists()


def test_is_in_the_language_of_the_operators_wording(walk: Walk, gateway: Gateway, monkeypatch):
    MessageTemplate.objects.create(gateway=gateway, kind="thinking", language="de", text="Einen Moment.")
    monkeypatch.setattr("agents.languages.detect", lambda text, expected=(): "de")
    walk.customer("Wo ist mein Paket?")
    walk.ingest()
    fire_now()
    assert walk.conversation().messages.get(kind="thinking").text == "Einen Moment."


def test_pending_ones_are_only_rows(walk: Walk):
    walk.customer("Hello")
    walk.ingest()
    assert Delivery.objects.count() == 0
    assert Timer.objects.get().due_at > timezone.now() + timedelta(seconds=3)
