"""Messages in one conversation are as far apart as the platform wants them, whoever says them."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conversations.lock import locked
from conversations.models import Conversation, Delivery, Turn
from conversations.outbox import note, say, say_as_person
from gateways.messages import Purpose, Reply
from tests.conftest import Rings, Walk
from tests.fakes import said

PACE = 3.0


@pytest.fixture
def slow(walk: Walk, monkeypatch) -> Walk:
    """A gateway whose platform has a pace in one of its conversations."""
    monkeypatch.setattr(walk.platform, "pace", lambda thread: PACE if thread == "t1" else 0.0)
    return walk


@pytest.fixture
def times(slow: Walk) -> list[float]:
    """When each message went out, in seconds from the first one on."""
    began, found = [], []
    plain = slow.platform.send

    def send(self, outgoing):
        if isinstance(outgoing.effect, Reply):
            began.append(timezone.now())
            found.append(round((began[-1] - began[0]).total_seconds(), 1))
        return plain(self, outgoing)

    slow.platform.send = send
    return found


def everything(walk: Walk, clock: Any, seconds: float = 30) -> None:
    """What happens within so many seconds, looking every quarter of one."""
    for _ in range(round(seconds * 4)):
        walk.run()
        clock.shift(0.25)


def test_the_parts_of_one_message(slow: Walk, engine, times):
    engine.script.append(said("Words and words. " * 30))
    with time_machine.travel(timezone.now(), tick=False) as clock:
        slow.customer("Hello")
        everything(slow, clock)
    assert times == [0.0, PACE, 2 * PACE]


def test_what_the_agent_people_and_a_thinking_message_say_in_turn(slow: Walk, times):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        slow.customer("Hello")
        everything(slow, clock, 0.5)
        with locked(slow.conversation().pk) as conversation:
            say(conversation, "One moment.", Purpose.THINKING)
            note(conversation, "Careful.", "Bo", by_person=True)
            say(conversation, "It's on its way.", Purpose.REPLY)
            say_as_person(conversation, "Bo here.", None, "Bo")
        everything(slow, clock)
    assert slow.told() == ["re: Hello", "One moment.", "It's on its way.", "Bo here."]
    assert times == [0.0, PACE, 2 * PACE, 3 * PACE]


def test_what_comes_later_than_that_goes_at_once(slow: Walk, times):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(3):
            slow.customer("Hello")
            everything(slow, clock, 5)
    assert times == [0.0, 5.0, 10.0]


def test_other_conversations_do_not_wait(slow: Walk, times):
    with time_machine.travel(timezone.now(), tick=False):
        for thread in ("t2", "t2", "t3", "t1"):
            slow.customer("Hello", thread)
            slow.run()
    assert times == [0.0] * 4


def test_somebody_is_woken_when_it_may_go(slow: Walk, rings: Rings, django_capture_on_commit_callbacks):
    slow.answer("Hello")
    with django_capture_on_commit_callbacks(execute=True):
        slow.customer("And now?")
        slow.run()
    [waits] = [after for step, _, after in rings.heard if step == "deliver" and after]
    assert 0 < waits <= PACE + 0.01
    held = Delivery.objects.get(status=Delivery.Status.PENDING)
    assert timedelta(0) < held.due_at - timezone.now() < timedelta(seconds=PACE)


def test_a_person_who_takes_over_meanwhile_is_not_spoken_over(slow: Walk):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        slow.customer("Hello")
        slow.run()
        slow.customer("And now?")
        slow.run()
        assert Turn.objects.exclude(state="done").count() == 0
        slow.staff("Kim here.", author="Kim")
        everything(slow, clock)
    assert slow.told() == ["re: Hello"]


def test_a_platform_without_a_pace_is_asked_nothing_for_it(walk: Walk, monkeypatch):
    def queries() -> int:
        walk.customer("Hello")
        walk.ingest()
        walk.turns()
        with CaptureQueriesContext(
            connection,
        ) as asked:
            walk.deliver()
        return len(asked)

    walk.answer("Hello")
    usual = queries()
    monkeypatch.setattr(walk.platform, "pace", lambda thread: 0.001)
    assert queries() == usual + 1
    assert Conversation.objects.count() == 1
