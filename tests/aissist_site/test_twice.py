"""A beat that runs twice: sweeps side by side, tasks that come twice, and a schedule that is written twice."""

import threading
from collections.abc import Callable, Iterable
from datetime import timedelta

import pytest
from celery import Celery
from django.conf import settings
from django.db import connection
from django.utils import timezone
from django_celery_beat.models import PeriodicTask
from django_celery_beat.schedulers import DatabaseScheduler

from aissist_site import pipeline, sweep, tasks
from conversations.models import AuditEvent, Conversation, Delivery, Message, Timer, Turn
from gateways.models import Gateway, InboundEvent, Receipt
from tests.conftest import Rings, Walk

DO = {
    "ingest": pipeline.ingest,
    "turn": pipeline.TURNS.drain,
    "deliver": pipeline.DELIVERIES.drain,
    "timer": pipeline.fire,
}


def at_once(acts: Iterable[Callable[[], object]]) -> None:
    """Do all of them at the same time, each in a thread of its own. An exception in one is raised here."""
    acts, errors = list(acts), []
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> None:
        try:
            start.wait()
            act()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def long_ago() -> None:
    """Everything that is due has been due for a while, so that a sweep takes it for missed."""
    past = timezone.now() - timedelta(seconds=5)
    Receipt.objects.update(received_at=past)
    Turn.objects.exclude(state="done").update(due_at=past)
    Timer.objects.update(due_at=past)
    Delivery.objects.filter(status="pending").update(due_at=past)


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_and_every_task_twice_double_nothing(walk: Walk, rings: Rings):
    for number in range(3):
        walk.customer(f"Question {number}", thread=f"t{number}")
    while any(sweep.due().values()) or not walk.told():
        long_ago()
        rings.heard.clear()
        at_once([tasks.sweep, tasks.sweep])
        heard = [(step, row) for step, row, _ in rings.heard]
        assert len(heard) == 2 * len(set(heard)) > 0  # both have rung for everything
        at_once((lambda step=step, row=row: DO[step](row)) for step, row in heard)
    assert InboundEvent.objects.count() == 3
    assert Turn.objects.filter(state="done", outcome="replied").count() == 3
    for number in range(3):
        assert walk.told(f"t{number}") == [f"re: Question {number}"]
    assert Message.objects.count() == 6


@pytest.mark.django_db(transaction=True)
def test_a_thinking_message_is_said_once_though_its_timer_is_woken_often(walk: Walk, rings: Rings):
    Gateway.objects.update(thinking_after=1)
    walk.customer("Hello")
    walk.ingest()
    long_ago()
    at_once([lambda: pipeline.fire(walk.gateway.pk)] * 5)
    assert Message.objects.filter(kind="thinking").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_repair_one_limbo_once(walk: Walk):
    walk.customer("Hello")
    walk.ingest()
    Turn.objects.all().delete()
    Conversation.objects.update(last_message_at=timezone.now() - timedelta(seconds=60))
    at_once([tasks.sweep] * 4)
    assert (Turn.objects.count(), AuditEvent.objects.filter(kind="repaired").count()) == (1, 1)
    walk.run()
    assert walk.told() == ["re: Hello"]


@pytest.mark.django_db
def test_two_beats_share_one_entry_for_each_task(monkeypatch):
    monkeypatch.setattr("django_celery_beat.schedulers.close_old_connections", lambda: None)  # the test is on this one
    for _ in range(2):
        changes = {"beat_schedule": settings.CELERY_BEAT_SCHEDULE, "result_expires": None}
        DatabaseScheduler(app=Celery(set_as_current=False, changes=changes))
    names = PeriodicTask.objects.order_by("name").values_list("name", flat=True)
    tasks = ["embed", "imports", "notify", "rephrase", "sweep", "tidy", "watch"]
    assert list(names) == [f"aissist.{task}" for task in tasks]
