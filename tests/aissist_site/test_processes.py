"""What workers and the beat do besides Celery's own part."""

import gc
import os
import subprocess
import sys
from datetime import timedelta

import pytest
from celery import Celery
from celery.schedules import crontab
from django.core.management import CommandError, call_command
from django.db import InterfaceError, OperationalError
from django.utils import timezone
from django_celery_beat.models import PeriodicTask
from django_celery_beat.schedulers import DatabaseScheduler

from aissist_site import heartbeats, processes
from aissist_site.celery import app
from aissist_site.models import Heartbeat

SWEEP = {"task": "aissist.sweep", "schedule": timedelta(seconds=2), "options": {"queue": "sweep", "expire_seconds": 2}}


def start_scheduler(schedule):
    DatabaseScheduler(app=Celery(set_as_current=False, changes={"beat_schedule": schedule, "result_expires": None}))


@pytest.mark.django_db
def test_the_schedule_in_the_database_follows_the_one_in_settings(monkeypatch):
    monkeypatch.setattr("django_celery_beat.schedulers.close_old_connections", lambda: None)  # the test is on this one
    start_scheduler({"aissist.sweep": SWEEP, "aissist.old": SWEEP})
    PeriodicTask.objects.create(
        name="an operator's own", task="x", interval_id=PeriodicTask.objects.first().interval_id
    )

    processes.forget_removed_entries(["aissist.sweep"])
    start_scheduler({"aissist.sweep": {**SWEEP, "schedule": timedelta(seconds=3)}})

    assert [
        (entry.name, entry.interval.every, entry.queue, entry.expire_seconds)
        for entry in PeriodicTask.objects.order_by("name")
    ] == [("aissist.sweep", 3, "sweep", 2), ("an operator's own", 2, None, None)]


def test_settings_schedule_what_is_to_be_done_again_and_again(settings):
    schedule = settings.CELERY_BEAT_SCHEDULE
    assert {name: entry["task"] for name, entry in schedule.items()} == {
        "aissist.sweep": "aissist.sweep",
        "aissist.watch": "aissist.watch",
        "aissist.notify": "aissist.notify",
        "aissist.rephrase": "aissist.rephrase",
        "aissist.imports": "aissist.imports",
        "aissist.embed": "aissist.embed",
        "aissist.tidy": "aissist.tidy",
    }
    assert schedule["aissist.sweep"] == SWEEP
    assert schedule["aissist.watch"]["schedule"] == timedelta(seconds=10)
    assert schedule["aissist.watch"]["options"] == {"queue": "sweep", "expire_seconds": 10}
    assert isinstance(schedule["aissist.tidy"]["schedule"], crontab)


@pytest.mark.django_db
def test_a_heartbeat_is_one_row_that_moves_on():
    heartbeats.write(["beat", "queue turn"])
    Heartbeat.objects.update(at=timezone.now() - timedelta(hours=1))
    heartbeats.write(["beat"])
    old, new = Heartbeat.objects.order_by("at")
    assert (old.name, new.name) == ("queue turn", "beat")
    assert new.at - old.at > timedelta(minutes=59)


@pytest.mark.parametrize("error", [OperationalError("gone"), InterfaceError("connection already closed")])
def test_heartbeats_outlive_a_database_that_goes_away(monkeypatch, error):
    written, begun = [], []

    def write(names):
        begun.append(names)
        if len(begun) == 1:
            raise error
        written.append(names)

    def sleep(seconds):
        if written:
            raise SystemExit  # the thread would go on for ever

    monkeypatch.setattr(heartbeats, "write", write)
    monkeypatch.setattr(heartbeats.time, "sleep", sleep)
    monkeypatch.setattr(heartbeats.connection, "close", lambda: None)
    with pytest.raises(SystemExit):
        heartbeats._run(["beat"])
    assert written == [["beat"]]


@pytest.fixture
def collector():
    """Python's own, as it was before the test."""
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


@pytest.mark.django_db
def test_a_web_process_has_asked_for_a_gateway_before_its_first_request(collector, django_assert_num_queries):
    with django_assert_num_queries(1):
        processes.warm_up()
    assert (gc.get_threshold(), gc.get_freeze_count() > 100_000) == (processes.GARBAGE, True)


@pytest.mark.parametrize("error", [OperationalError("gone"), InterfaceError("connection already closed")])
def test_a_web_process_starts_while_the_database_is_away(collector, monkeypatch, error):
    def read(public_id):
        raise error

    monkeypatch.setattr(processes.doors, "read", read)
    monkeypatch.setattr(processes, "let_go", lambda: None)
    processes.warm_up()


def test_every_task_goes_to_the_queue_of_its_step():
    app.loader.import_default_modules()
    names = [name for name in app.tasks if name.startswith("aissist.")]
    assert {name: app.amqp.router.route({}, name)["queue"].name for name in names} == {
        "aissist.ingest": "ingest",
        "aissist.turn": "turn",
        "aissist.deliver": "deliver",
        "aissist.timer": "timer",
        "aissist.fetch": "errand",
        "aissist.renew": "deliver",
        "aissist.action": "turn",
        "aissist.sweep": "sweep",
        "aissist.notify": "errand",
        "aissist.rephrase": "errand",
        "aissist.imports": "errand",
        "aissist.embed": "errand",
        "aissist.watch": "sweep",
        "aissist.tidy": "sweep",
    }
    assert set(processes.ALL_QUEUES) == {"ingest", "turn", "deliver", "timer", "sweep", "errand"}


def test_a_queue_that_does_not_exist_is_refused():
    with pytest.raises(
        CommandError, match=r"^No such queue: turns\. The queues are ingest, turn, deliver, timer, sweep, errand\.$"
    ):
        call_command("worker", queues="turns")


def test_installations_that_share_a_broker_have_queues_of_their_own():
    """Asked of a process of its own, since settings are read once."""
    ask = "from aissist_site.celery import app; print([(app.amqp.router.route({'queue': name}, '')['queue'].name, \
app.amqp.queues[name].no_ack) for name in ('ingest', 'errand')], app.conf.task_default_queue)"
    env = {**os.environ, "QUEUE_PREFIX": "staging.", "DJANGO_SETTINGS_MODULE": "aissist_site.settings"}
    said = subprocess.run([sys.executable, "-c", ask], env=env, check=True, capture_output=True, text=True).stdout
    assert said.strip() == "[('staging.ingest', True), ('staging.errand', False)] staging.sweep"
