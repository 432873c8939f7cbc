"""Look for what is wrong, and keep an incident open for as long as it is.

Any number of looks may run at once: an incident is opened by whoever inserts its row, and closed by whoever updates it
from open to closed. It runs in a worker that the beat wakes, so of a site where both are dead it can't speak; for that
its looks leave a sign of life, which the front page of admin reads, and there is `/health/ready`.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db.models import Count, F, Max, Q
from django.db.models.functions import Greatest
from django.utils import timezone

from aissist_site import heartbeats, lag
from aissist_site.models import Incident
from aissist_site.processes import ALL_QUEUES
from conversations import dead_letters, limbo
from conversations.models import Delivery
from gateways import poll
from gateways.models import Cursor, Gateway, Receipt

log = structlog.get_logger(__name__)

Kind = Incident.Kind


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong now. `value` is in seconds or a number, see Incident.worst."""

    kind: Incident.Kind
    subject: str
    says: str
    value: int


def watch() -> list[Trouble]:
    """Look once: open, update and close incidents. Returns what is wrong."""
    now = timezone.now()
    found = troubles(now)
    close_all_but([note(trouble, now) for trouble in found], now)
    heartbeats.write([heartbeats.WATCHDOG])
    return found


def troubles(now: datetime) -> list[Trouble]:
    return [trouble for look in LOOKS for trouble in look(now)]


def note(trouble: Trouble, now: datetime) -> int:
    """Open an incident for it, or bring the open one up to date. Returns the incident's id."""
    seen = {"says": trouble.says[:500], "worst": trouble.value}
    incident, opened = Incident.objects.get_or_create(
        kind=trouble.kind, subject=trouble.subject, closed_at=None, defaults={**seen, "opened_at": now}
    )
    if opened:
        log.error("incident_opened", kind=trouble.kind.value, subject=trouble.subject, says=trouble.says)
    elif incident.says != seen["says"] or incident.worst < trouble.value:
        still_open = Incident.objects.filter(pk=incident.pk, closed_at=None)
        still_open.update(says=seen["says"], worst=Greatest(F("worst"), trouble.value))
    return incident.pk


def close_all_but(ids: Iterable[int], now: datetime) -> None:
    """Close the incidents whose trouble is over, but none that was opened after the look at `now` had begun."""
    for incident in Incident.objects.filter(closed_at=None, opened_at__lte=now).exclude(pk__in=list(ids)):
        if Incident.objects.filter(pk=incident.pk, closed_at=None).update(closed_at=now):
            lasted = lag.seconds(incident.opened_at, now)
            log.info("incident_closed", kind=incident.kind, subject=incident.subject, seconds=lasted)


# --- Where it looks ---------------------------------------------------------------------------------------------------


def limbos(now: datetime) -> Iterator[Trouble]:
    """None is too many, and the sweep repairs each after a while: so without any grace."""
    if count := limbo.in_limbo().count():
        says = f"{count} {_of(count, 'conversation waits', 'conversations wait')} for an agent that wasn't woken."
        yield Trouble(Kind.LIMBO, "conversations", says, count)


def late_steps(now: datetime) -> Iterator[Trouble]:
    for name, due in lag.oldest_due(now):
        since = due
        if name == "deliveries" and (put_off := lag.oldest_put_off(now)):
            since = min(put_off, due or put_off)
        if (seconds := lag.seconds(since, now)) > lag.LATE_SECONDS:
            yield Trouble(Kind.LATE, name, f"The oldest of the {name} has waited {seconds} s.", seconds)


def silent_processes(now: datetime) -> Iterator[Trouble]:
    names = [*map(heartbeats.queue_name, ALL_QUEUES), heartbeats.BEAT, *([heartbeats.POLL] if poll.wanted() else [])]
    verbs = {heartbeats.BEAT: ("The beat", "beat"), heartbeats.POLL: ("The poller", "poll")}
    for name, at in heartbeats.silent(names, now).items():
        who, verb = verbs.get(name, (f"The worker on {name}", "worker"))
        since = f"has been silent for {lag.seconds(at, now)} s" if at else "has never given a sign of life"
        yield Trouble(Kind.SILENT, name, f"{who} {since}. Start one with `manage.py {verb}`.", lag.seconds(at, now))


def gateways_in_trouble(now: datetime) -> Iterator[Trouble]:
    """An error needs an operator at once; a rate limit only matters when it keeps somebody waiting for long."""
    long_ago, far_ahead = (now + sign * timedelta(seconds=lag.LATE_SECONDS) for sign in (-1, 1))
    unsent = Q(status__in=(Delivery.Status.PENDING, Delivery.Status.SENDING))
    kept_waiting = Delivery.objects.filter(unsent, created_at__lt=long_ago).values("gateway")
    long = Q(throttled_until__gt=far_ahead) | Q(pk__in=kept_waiting)
    in_trouble = Q(status=Gateway.Status.ERROR) | Q(long, status=Gateway.Status.RATE_LIMITED)
    for gateway in Gateway.objects.filter(in_trouble):
        waiting = Delivery.objects.filter(unsent, gateway=gateway).count()
        wait = f"{waiting} {_of(waiting, 'delivery waits', 'deliveries wait')}."
        what = f"{gateway.get_status_display()}. {gateway.status_detail}".strip()
        yield Trouble(Kind.GATEWAY, gateway.name, f"{what[:400]} {wait}", waiting)


def failing_polls(now: datetime) -> Iterator[Trouble]:
    """What one failure has to say is on the gateway's page; when nothing has come in for long, somebody must know."""
    long_ago = now - timedelta(seconds=lag.LATE_SECONDS)
    failing = Cursor.objects.filter(failing_since__lt=long_ago, lease_until__gt=now)
    for cursor in failing.select_related("gateway"):
        seconds = lag.seconds(cursor.failing_since, now)
        says = f"It hasn't told what is new for {seconds} s. {cursor.error}"
        yield Trouble(Kind.LATE, f"polling of {cursor.gateway.name}", says, seconds)


def failed_receipts(now: datetime) -> Iterator[Trouble]:
    failed = Receipt.objects.filter(status=Receipt.Status.FAILED).order_by()
    for name, count, last in failed.values_list("gateway__name").annotate(Count("pk"), Max("pk")):
        those = _of(count, "receipt", "receipts")
        says = f"{count} {those} couldn't be read, the last is receipt {last}. Replay or delete."
        yield Trouble(Kind.RECEIPTS, name, says, count)


def dead_deliveries(now: datetime) -> Iterator[Trouble]:
    dead = dead_letters.unattended().order_by()
    for name, count in dead.values_list("gateway__name").annotate(Count("pk")):
        says = f"{count} {_of(count, 'delivery', 'deliveries')} didn't go out, or nobody knows. Retry, reply or close."
        yield Trouble(Kind.DEAD_LETTERS, name, says, count)


LOOKS: tuple[Callable[[datetime], Iterator[Trouble]], ...] = (
    limbos,
    late_steps,
    silent_processes,
    gateways_in_trouble,
    failing_polls,
    failed_receipts,
    dead_deliveries,
)


def _of(count: int, one: str, many: str) -> str:
    return one if count == 1 else many
