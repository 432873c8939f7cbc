"""Timers whose rings have died with a worker are found by all others."""

from datetime import timedelta

import pytest
from django.utils import timezone

from aissist_site import clock, pipeline
from conversations.models import Timer, Turn

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("seconds", "woken"), [(-0.1, True), (60, False)], ids=["due", "not due yet"])
def test_it_wakes_the_gateways_with_timers_that_are_due(walk, monkeypatch, seconds, woken):
    walk.answer("hello")
    conversation = walk.conversation()
    Timer.objects.all().delete()
    now = timezone.now()
    for number in range(2):
        turn = Turn.objects.create(
            conversation=conversation,
            gateway=conversation.gateway,
            epoch=1,
            state=Turn.State.DONE,
            due_at=now,
            answer_by=now,
        )
        Timer.objects.create(
            turn=turn, kind=Timer.Kind.THINKING, due_at=now + timedelta(seconds=seconds + number / 100)
        )
    heard: list[int] = []
    monkeypatch.setattr(pipeline.TIMERS, "wake", heard.append)
    clock.look()
    assert heard == ([conversation.gateway_id] if woken else [])
