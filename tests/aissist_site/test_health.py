"""What /health says, about each thing that can be wrong."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.test import RequestFactory
from django.utils import timezone

from aissist_site import health, heartbeats, lag
from aissist_site.health import Finding
from aissist_site.models import Heartbeat
from aissist_site.processes import ALL_QUEUES
from contacts.models import Contact, Identity
from conversations.models import Conversation, Delivery, Timer, Turn
from gateways.models import Receipt

EVERYONE = [*map(heartbeats.queue_name, ALL_QUEUES), heartbeats.BEAT]


@pytest.fixture
def broker(monkeypatch):
    monkeypatch.setattr(health, "check_broker", lambda: Finding(True, "The broker answers."))


@pytest.fixture
def turn(gateway):
    contact = Contact.objects.create(name="Ann")
    identity = Identity.objects.create(contact=contact, gateway=gateway, external_id="ann")
    conversation = Conversation.objects.create(gateway=gateway, identity=identity, external_id="t1")
    now = timezone.now()
    return Turn.objects.create(conversation=conversation, epoch=1, due_at=now + timedelta(hours=1), answer_by=now)


def ask(view):
    response = view(RequestFactory().get("/health"))
    return response.status_code, json.loads(response.content)


def ago(seconds):
    return timezone.now() - timedelta(seconds=seconds)


def waiting():
    return {name: finding.oldest_due_seconds for name, finding in health.check_waiting(timezone.now())}


def test_live_touches_nothing():
    assert ask(health.live) == (200, {"status": "ok"})  # no database is allowed here


@pytest.mark.django_db
def test_ready_when_everything_runs_and_nothing_waits(broker):
    heartbeats.write(EVERYONE)
    assert ask(health.ready) == (
        200,
        {
            "status": "ready",
            "checks": {
                "database": {"ok": True, "says": "The database answers."},
                "broker": {"ok": True, "says": "The broker answers."},
                "worker": {"ok": True, "says": "Every queue has a worker."},
                "beat": {"ok": True, "says": "The beat runs."},
                "receipts": {"ok": True, "says": "No receipts are waiting.", "oldest_due_seconds": 0},
                "turns": {"ok": True, "says": "No turns are waiting.", "oldest_due_seconds": 0},
                "deliveries": {"ok": True, "says": "No deliveries are waiting.", "oldest_due_seconds": 0},
                "timers": {"ok": True, "says": "No timers are waiting.", "oldest_due_seconds": 0},
                "offers": {"ok": True, "says": "No offers are waiting.", "oldest_due_seconds": 0},
            },
        },
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "check", "says"),
    [
        (
            heartbeats.queue_name("turn"),
            "worker",
            "No worker is on the queues turn. Start one with `manage.py worker`.",
        ),
        (heartbeats.BEAT, "beat", "The beat doesn't run. Start one with `manage.py beat`."),
    ],
)
def test_not_ready_when_a_process_has_fallen_silent(broker, name, check, says):
    heartbeats.write(EVERYONE)
    Heartbeat.objects.filter(name=name).update(at=ago(heartbeats.SILENT_SECONDS + 1))
    status, report = ask(health.ready)
    assert (status, report["status"]) == (503, "not ready")
    assert report["checks"][check] == {"ok": False, "says": says}
    assert [name for name, finding in report["checks"].items() if not finding["ok"]] == [check]


@pytest.mark.django_db
@pytest.mark.parametrize(("alive", "status"), [(True, 200), (False, 503)])
def test_a_poller_is_asked_for_where_a_gateway_polls(broker, gateway, platform, monkeypatch, alive, status):
    monkeypatch.setattr(platform, "capabilities", replace(platform.capabilities, polls=True))
    heartbeats.write([*EVERYONE, heartbeats.POLL] if alive else EVERYONE)
    code, report = ask(health.ready)
    says = "The poller runs." if alive else "The poller doesn't run. Start one with `manage.py poll`."
    assert (code, report["checks"]["poll"]) == (status, {"ok": alive, "says": says})


def test_without_a_database_nothing_else_is_asked(broker, monkeypatch):
    class Gone:
        def cursor(self):
            raise OperationalError("connection to server at 10.0.0.5 failed: password authentication")

    monkeypatch.setattr(health, "connection", Gone())
    assert ask(health.ready) == (
        503,
        {
            "status": "not ready",
            "checks": {
                "database": {"ok": False, "says": "The database doesn't answer."},
                "broker": {"ok": True, "says": "The broker answers."},
            },
        },
    )


def test_a_broker_that_is_not_there_is_said_at_once(settings, tmp_path):
    assert health.check_broker() == Finding(
        False, "The broker doesn't answer. Nothing is lost; work waits until it does."
    )


def test_a_receipt_waits_from_its_arrival(gateway):
    done = Receipt.objects.create(gateway=gateway, body=b"", status=Receipt.Status.DONE)
    pending = Receipt.objects.create(gateway=gateway, body=b"")
    Receipt.objects.filter(pk=done.pk).update(received_at=ago(900))
    Receipt.objects.filter(pk=pending.pk).update(received_at=ago(30))
    assert waiting() == {"receipts": 30, "turns": 0, "deliveries": 0, "timers": 0, "offers": 0}


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        pytest.param({"due_at": -40}, 40, id="due"),
        pytest.param({"due_at": 40}, 0, id="not due yet"),
        pytest.param({"due_at": -40, "lease_until": 20}, 0, id="taken by a worker"),
        pytest.param({"due_at": -40, "lease_until": -10}, 40, id="left by a worker that died"),
        pytest.param({"due_at": -40, "state": "done"}, 0, id="done"),
    ],
)
def test_a_turn_waits_from_when_it_is_due_unless_a_worker_has_it(turn, fields, seconds):
    moments = {name: ago(-value) for name, value in fields.items() if name != "state"}
    Turn.objects.filter(pk=turn.pk).update(**moments, state=fields.get("state", "due"))
    assert waiting()["turns"] == seconds


@pytest.mark.parametrize(
    ("status", "seconds"), [("pending", 50), ("sending", 50), ("sent", 0), ("failed", 0), ("cancelled", 0)]
)
def test_a_delivery_waits_until_it_is_settled(turn, status, seconds):
    Delivery.objects.create(conversation=turn.conversation, kind="reply", payload={}, status=status, due_at=ago(50))
    assert waiting()["deliveries"] == seconds


def test_a_timer_waits_from_when_it_is_due(turn):
    Timer.objects.create(turn=turn, kind=Timer.Kind.THINKING, due_at=ago(7))
    assert waiting()["timers"] == 7


@pytest.mark.parametrize(
    ("seconds", "ok", "says"),
    [
        (lag.LATE_SECONDS, True, "The oldest of the due turns has waited 120 s."),
        (
            lag.LATE_SECONDS + 1,
            False,
            "The oldest of the due turns has waited 121 s: the workers don't keep up, or something is stuck.",
        ),
    ],
)
def test_waiting_too_long_is_not_ready(turn, seconds, ok, says):
    now = timezone.now()
    Turn.objects.update(due_at=now - timedelta(seconds=seconds))
    assert dict(health.check_waiting(now))["turns"] == Finding(ok, says, seconds)


@pytest.mark.django_db
def test_the_command_says_the_same_and_exits_with_1_when_something_is_wrong(broker, capsys):
    with pytest.raises(SystemExit) as exit_:
        call_command("health")
    assert exit_.value.code == 1
    assert "BAD  beat        The beat doesn't run. Start one with `manage.py beat`." in capsys.readouterr().out
