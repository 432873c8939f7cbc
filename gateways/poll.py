"""The other way in: ask a platform what is new, and keep what it says like any request that arrives.

A gateway's cursor says where to go on, and its lease who asks: one process at a time, and another one within seconds
once that is dead. The lease is written by `claim`, `renew` and `release`, everything else wants the holder's name.
"""

import time
from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid4

import structlog
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from agents.http import HttpError, Trace
from gateways import doorbell, limits
from gateways.answers import unanswered
from gateways.base import Adapter, InboundRequest, Polled
from gateways.errors import ConfigError, DeliveryError, Failure, our_fault
from gateways.exchanges import exchange
from gateways.models import Cursor, Exchange, Gateway, Receipt
from gateways.pauses import pause
from gateways.registry import ADAPTERS, adapter
from gateways.renew import ask, explain

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=6)
WAIT = 25.0  # seconds that a platform may take until it says that nothing is new
QUIET_PAUSE = 5.0  # seconds, where a platform says so at once
MENDING_PAUSE = 60.0  # seconds between tries while a gateway's credentials don't work
SHORTEST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # seconds between tries while something else fails


class LeaseLost(Exception):
    """Somebody else asks this gateway's platform now, or nobody should."""


# --- Who asks ---------------------------------------------------------------------------------------------------------


def wanted() -> list[Gateway]:
    """The gateways whose platforms are to be asked, each with its cursor if it has one. Their mode doesn't matter."""
    platforms = [name for name, kind in ADAPTERS.items() if kind.capabilities.polls]
    if not platforms:
        return []
    gateways = Gateway.objects.filter(platform__in=platforms).select_related("cursor").prefetch_related("secrets")
    return [gateway for gateway in gateways if _wants(gateway)]


def _wants(gateway: Gateway) -> bool:
    try:
        return adapter(gateway).wants_polling()
    except ConfigError:  # it can't be asked for anything yet
        return False


def is_free(gateway: Gateway) -> bool:
    """Whether nobody asked when the gateway was read."""
    cursor = getattr(gateway, "cursor", None)
    return cursor is None or cursor.lease_until is None or cursor.lease_until < timezone.now()


def claim(gateway: Gateway, holder: str) -> bool:
    """Take the lease if it is free, whoever else tries at the same time."""
    Cursor.objects.get_or_create(gateway=gateway)
    now = timezone.now()
    free = Cursor.objects.filter(Q(lease_until=None) | Q(lease_until__lt=now), gateway=gateway)
    return free.update(holder=holder, lease_until=now + LEASE) == 1


def renew(holder: str) -> None:
    """All leases of this holder."""
    Cursor.objects.filter(holder=holder).update(lease_until=timezone.now() + LEASE)


def release(holder: str, gateway_id: int | None = None) -> None:
    """The lease of one gateway, or all. What is still asked for under it isn't kept any more."""
    held = Cursor.objects.filter(holder=holder)
    if gateway_id is not None:
        held = held.filter(gateway=gateway_id)
    held.update(holder="", lease_until=None)


def begin(gateway: Gateway) -> None:
    """Ask for the first time: what comes from now on isn't overlooked, whenever the poller finds the gateway."""
    holder = uuid4().hex
    if not _wants(gateway) or not claim(gateway, holder):
        return
    try:
        poll(gateway.pk, holder, wait=0.0)
        release(holder, gateway.pk)
    except LeaseLost:
        return


# --- Asking -----------------------------------------------------------------------------------------------------------


def poll(gateway_id: int, holder: str, wait: float = WAIT) -> float:
    """Ask once and keep what is new. Returns the seconds to wait until the next time. Raises LeaseLost."""
    cursor = _cursor(gateway_id, holder)
    began, traces = time.monotonic(), list[Trace]()
    if not _wants(cursor.gateway):  # since a moment ago
        release(holder, gateway_id)
        raise LeaseLost
    ours: Adapter | None = None
    try:
        ours = adapter(cursor.gateway, traces.append)
        polled = ours.poll(cursor.position, wait)
    except Exception as error:
        return _failed(cursor, _named(error), traces)
    finally:
        limits.heed(cursor.gateway, [] if ours is None else [ours.allowance])
    _keep(cursor, polled, traces)
    if polled.pause is not None:
        return polled.pause
    quick = time.monotonic() - began < wait / 2
    return QUIET_PAUSE if quick and not polled.requests else 0.0


def _cursor(gateway_id: int, holder: str) -> Cursor:
    """The cursor with all that asking takes; nobody holds a connection to the database meanwhile."""
    rows = Cursor.objects.select_related("gateway__bucket").prefetch_related("gateway__secrets")
    cursor = rows.filter(gateway=gateway_id, holder=holder).first()
    if not connection.in_atomic_block:
        connection.close()
    if cursor is None:
        raise LeaseLost
    return cursor


def _keep(cursor: Cursor, polled: Polled, traces: Sequence[Trace]) -> None:
    """The requests as receipts, and the cursor behind them: both or neither."""
    changes = {"position": dict(polled.cursor), "polled_at": timezone.now(), "error": "", "failing_since": None}
    with transaction.atomic():
        _change(cursor, changes)
        if polled.requests:
            Receipt.objects.bulk_create(_receipt(cursor.gateway, request) for request in polled.requests)
            Exchange.objects.bulk_create(exchange(cursor.gateway_id, trace) for trace in traces)
            doorbell.ring(doorbell.Step.INGEST, cursor.gateway_id)
        if cursor.error:
            broken = Gateway.objects.filter(pk=cursor.gateway_id, status=Gateway.Status.ERROR)
            broken.filter(status_detail=cursor.error).update(status=Gateway.Status.OK, status_detail="")


def _receipt(gateway: Gateway, request: InboundRequest) -> Receipt:
    kept = ADAPTERS[gateway.platform].kept_headers
    headers = {name: request.headers[name] for name in kept if name in request.headers}
    return Receipt(gateway=gateway, headers=headers, query=dict(request.query), body=request.body)


def _change(cursor: Cursor, changes: dict[str, object]) -> None:
    if not Cursor.objects.filter(pk=cursor.pk, holder=cursor.holder).update(**changes):
        raise LeaseLost


# --- Failing ----------------------------------------------------------------------------------------------------------


def _named(error: Exception) -> DeliveryError:
    """What went wrong, as one of the failures that are acted on."""
    if isinstance(error, DeliveryError):
        return error
    if isinstance(error, HttpError):
        return unanswered(error)
    log.error("poll_failed", exc_info=error)
    public = our_fault(error)
    return DeliveryError(Failure.UNKNOWN, public)


def _failed(cursor: Cursor, error: DeliveryError, traces: Sequence[Trace]) -> float:
    now = timezone.now()
    since, why = cursor.failing_since or now, error.public[:500]
    log.warning("poll_failed", gateway=cursor.gateway.public_id, failure=error.failure.value, why=why)
    with transaction.atomic():
        _change(cursor, {"error": why, "failing_since": since})
        Exchange.objects.bulk_create(exchange(cursor.gateway_id, trace) for trace in traces)
        if error.failure is Failure.CREDENTIALS:
            if (seconds := ask(cursor.gateway)) is not None:
                return seconds
            changes = {"status": Gateway.Status.ERROR, "status_detail": explain(cursor.gateway, why)}
            Gateway.objects.filter(pk=cursor.gateway_id).update(**changes)
    if error.failure is Failure.CREDENTIALS:
        return MENDING_PAUSE
    return pause(error, since, now, shortest=SHORTEST_PAUSE, longest=LONGEST_PAUSE)
