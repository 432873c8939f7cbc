"""Is the site alive (`/health/live`), and is it doing its work (`/health/ready`)?

Live touches nothing: it fails only when this process should be restarted. Ready looks at everything a message passes
through, and says in a sentence what is wrong. Neither shows a secret, an address or a version.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import Error, connection
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.cache import never_cache

from aissist_site import heartbeats, lag
from aissist_site.celery import app
from aissist_site.processes import ALL_QUEUES
from gateways import poll

BROKER_TIMEOUT_SECONDS = 1


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check has found. `oldest_due_seconds` is how long the oldest due row of a step has been waiting."""

    ok: bool
    says: str
    oldest_due_seconds: int | None = None


def findings() -> dict[str, Finding]:
    """Every check, by name. Without a database the others can't know anything, so they aren't asked."""
    found = {"database": check_database(), "broker": check_broker()}
    if found["database"].ok:
        now = timezone.now()
        found |= dict(check_signs_of_life(now)) | dict(check_waiting(now))
    return found


def check_database() -> Finding:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return Finding(False, "The database doesn't answer.")
    return Finding(True, "The database answers.")


def check_broker() -> Finding:
    try:
        with app.connection_for_write(transport_options=_impatient()) as broker:
            broker.ensure_connection(max_retries=0, timeout=BROKER_TIMEOUT_SECONDS)
    except Exception:  # each transport has errors of its own, and all of them mean the same here
        return Finding(False, "The broker doesn't answer. Nothing is lost; work waits until it does.")
    return Finding(True, "The broker answers.")


def check_signs_of_life(now: datetime) -> Iterator[tuple[str, Finding]]:
    silent = heartbeats.silent([*map(heartbeats.queue_name, ALL_QUEUES), heartbeats.BEAT, heartbeats.POLL], now)
    idle = [queue for queue in ALL_QUEUES if heartbeats.queue_name(queue) in silent]
    yield (
        "worker",
        Finding(False, f"No worker is on the queues {', '.join(idle)}. Start one with `manage.py worker`.")
        if idle
        else Finding(True, "Every queue has a worker."),
    )
    yield (
        "beat",
        Finding(False, "The beat doesn't run. Start one with `manage.py beat`.")
        if heartbeats.BEAT in silent
        else Finding(True, "The beat runs."),
    )
    if poll.wanted():  # who has no gateway that polls needs no poller
        yield (
            "poll",
            Finding(False, "The poller doesn't run. Start one with `manage.py poll`.")
            if heartbeats.POLL in silent
            else Finding(True, "The poller runs."),
        )


def check_waiting(now: datetime) -> Iterator[tuple[str, Finding]]:
    """How long each step is behind. What a throttling platform puts off isn't: that is no fault of this site."""
    for name, since in lag.oldest_due(now):
        seconds = lag.seconds(since, now)
        yield name, Finding(seconds <= lag.LATE_SECONDS, _waiting(name, seconds), seconds)


@never_cache
def live(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    report = as_dict(findings())
    return JsonResponse(report, status=200 if report["status"] == "ready" else 503)


def as_dict(found: dict[str, Finding]) -> dict[str, Any]:
    """`{"status": "ready" | "not ready", "checks": {name: {"ok": …, "says": …}}}`"""
    status = "ready" if all(finding.ok for finding in found.values()) else "not ready"
    checks = {
        name: {key: value for key, value in asdict(finding).items() if value is not None}
        for name, finding in found.items()
    }
    return {"status": status, "checks": checks}


def _waiting(name: str, seconds: int) -> str:
    if not seconds:
        return f"No {name} are waiting."
    if seconds <= lag.LATE_SECONDS:
        return f"The oldest of the due {name} has waited {seconds} s."
    return f"The oldest of the due {name} has waited {seconds} s: the workers don't keep up, or something is stuck."


def _impatient() -> dict[str, Any]:
    limits = {"socket_connect_timeout": BROKER_TIMEOUT_SECONDS, "socket_timeout": BROKER_TIMEOUT_SECONDS}
    return {**app.conf.broker_transport_options, **limits} if app.conf.broker_url.startswith("redis") else {}


urlpatterns = [path("health/live", live), path("health/ready", ready)]
