"""Renew the tokens that platforms have issued to gateways: ahead of their end, and at once when they are refused.

`claim` takes a lease, `work` asks the platform and touches no database, `settle` writes down what came of it. A process
that dies in between leaves its lease to run out, and the old tokens where they are. Whether the platform has replaced
them meanwhile nobody can know then: they are tried once more, and if they don't count any more an operator is told to
connect the gateway again.
"""

import os
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

import structlog
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from agents.http import HttpError, Trace
from gateways import doorbell
from gateways.answers import unanswered
from gateways.errors import ConfigError, DeliveryError, Failure, our_fault
from gateways.exchanges import exchange
from gateways.messages import Tokens
from gateways.models import Authorization, Exchange, Gateway
from gateways.pauses import pause
from gateways.registry import ADAPTERS, adapter
from gateways.tokens import authorization, can_authorize, fingerprint, keep, reconnect

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=2)  # longer than any request may take: agents.http gives up after 30 s
UNDER_WAY = 5.0  # seconds after which to try again while new tokens are fetched
REPLACED = 1.0  # seconds, where they are there already
YOUNG = timedelta(minutes=10)  # tokens that are refused before this age aren't refused for it
SHORTEST_PAUSE, LONGEST_PAUSE = 5.0, 300.0  # seconds between tries while something else fails


@dataclass(frozen=True, slots=True)
class Renewal:
    """A renewal that this process alone carries out, with the gateway and its secrets as they were when it began."""

    row: Authorization
    gateway: Gateway
    with_secrets: str  # their fingerprint


@dataclass(frozen=True, slots=True)
class Renewed:
    """What came of it: new tokens, nothing to renew, or how it failed."""

    renewal: Renewal
    result: Tokens | DeliveryError | None
    traces: tuple[Trace, ...]


# --- When -------------------------------------------------------------------------------------------------------------


def due(now: datetime) -> QuerySet[Authorization]:
    """Those that are to be renewed and that nobody renews."""
    platforms = [name for name, kind in ADAPTERS.items() if kind.capabilities.authorizes]
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    return Authorization.objects.filter(free, renew_at__lte=now, gateway__platform__in=platforms)


def ask(gateway: Gateway) -> float | None:
    """Have tokens that the platform refuses renewed, once. Returns the seconds after which to try again.

    `gateway` as it was read for the attempt that was refused. None: renewing doesn't help, or fails already.
    """
    if not can_authorize(gateway) or not _is_configured(gateway):
        return None
    now, used = timezone.now(), fingerprint(gateway)
    row, _ = Authorization.objects.get_or_create(gateway_id=gateway.pk)
    if fingerprint(_read(gateway.pk)) != used:
        return REPLACED
    fails_already = row.failing_since is not None and not row.dead_with
    if row.dead_with == used or fails_already or _is_young(row, now):
        return None
    later = Authorization.objects.filter(Q(renew_at=None) | Q(renew_at__gt=now), pk=row.pk)
    later.update(renew_at=now, dead_with="", error="", failing_since=None)
    doorbell.ring(doorbell.Step.RENEW, gateway.pk)
    return UNDER_WAY


def _is_young(row: Authorization, now: datetime) -> bool:
    """Whether its tokens were issued a moment ago, so that new ones would be refused as well."""
    ended = row.expires_at is not None and row.expires_at <= now
    return row.issued_at is not None and row.issued_at > now - YOUNG and not ended


def _is_configured(gateway: Gateway) -> bool:
    try:
        adapter(gateway)
    except ConfigError:
        return False
    return True


def _read(gateway_id: int) -> Gateway:
    return Gateway.objects.prefetch_related("secrets").get(pk=gateway_id)


# --- Renewing ---------------------------------------------------------------------------------------------------------


def claim(gateway_id: int, most: int) -> list[Renewal]:
    """The gateway's renewal, if it is due, for this process alone."""
    now = timezone.now()
    with transaction.atomic():
        row = due(now).select_for_update(of=("self",)).filter(gateway=gateway_id).first()
        if row is None:
            return []
        row.unsure = row.unsure or bool(row.holder)  # somebody began, and never ended
        row.holder, row.lease_until = uuid4().hex, now + LEASE
        row.save(update_fields=["unsure", "holder", "lease_until"])
        gateway = _read(gateway_id)  # with the row still locked: these are the tokens that it is about
    return [Renewal(row, gateway, fingerprint(gateway))]


def work(renewal: Renewal) -> Renewed:
    """Ask the platform for new tokens. Touches no database."""
    traces = list[Trace]()
    result: Tokens | DeliveryError | None
    try:
        result = adapter(renewal.gateway, traces.append).refresh()
    except ConfigError as error:
        result = DeliveryError(Failure.REJECTED, f"The configuration isn't complete. {error}")
    except DeliveryError as error:
        result = error
    except HttpError as error:
        result = unanswered(error)
    except Exception as error:
        log.exception("renewal_failed", gateway=renewal.gateway.public_id)
        public = our_fault(error)
        result = DeliveryError(Failure.UNKNOWN, public)
    return Renewed(renewal, result, tuple(traces))


def settle(done: Renewed) -> bool:
    """Write down what came of it. Returns whether there are new tokens."""
    renewal, result = done.renewal, done.result
    with transaction.atomic():
        mine = Authorization.objects.filter(pk=renewal.row.pk, holder=renewal.row.holder)
        match result:
            case Tokens():
                counts = _renewed(mine, renewal, result)
            case DeliveryError():
                counts = _failed(mine, renewal, result)
            case None:
                counts = _refused(mine, renewal, _nothing_to_renew(renewal))
        Exchange.objects.bulk_create(exchange(renewal.gateway.pk, trace) for trace in done.traces)
    if not counts:  # an operator has connected the gateway meanwhile, or our lease ran out and another one took over
        log.warning("renewal_overtaken", gateway=renewal.gateway.public_id)
    return counts and isinstance(result, Tokens)


def _renewed(mine: QuerySet[Authorization], renewal: Renewal, tokens: Tokens) -> bool:
    who = f"process {os.getpid()} on {socket.gethostname()}"
    if not keep(mine, renewal.gateway.pk, tokens, issued_to=who[:150]):
        return False
    if renewal.row.error:
        broken = Gateway.objects.filter(pk=renewal.gateway.pk, status=Gateway.Status.ERROR)
        broken.filter(status_detail=renewal.row.error).update(status=Gateway.Status.OK, status_detail="")
    log.info("tokens_renewed", gateway=renewal.gateway.public_id)
    return True


def _nothing_to_renew(renewal: Renewal) -> str:
    """A sentence where there should have been something, "" where nobody ever let the gateway in like that."""
    if renewal.row.issued_at is None:
        return ""
    ends = renewal.row.expires_at
    until = f" and that lasts until {ends:%-d %B %Y, %H:%M} UTC" if ends else ""
    label = ADAPTERS[renewal.gateway.platform].label
    return f"{label} gave us nothing to renew our access with{until}. {reconnect(renewal.gateway)}"


# --- Failing ----------------------------------------------------------------------------------------------------------


def _failed(mine: QuerySet[Authorization], renewal: Renewal, error: DeliveryError) -> bool:
    if error.failure is Failure.CREDENTIALS:
        cut = "An earlier renewal of its tokens was cut off, perhaps after they had been replaced. "
        why = f"{cut if renewal.row.unsure else ''}{error.public} {reconnect(renewal.gateway)}"
        return _refused(mine, renewal, why)
    if error.failure is Failure.REJECTED:
        return _refused(mine, renewal, error.public)
    now = timezone.now()
    since, why = renewal.row.failing_since or now, f"Its tokens couldn't be renewed. {error.public}"[:500]
    changed = mine.update(
        holder="",
        lease_until=None,
        unsure=renewal.row.unsure or error.failure is Failure.UNKNOWN,
        failing_since=since,
        error=why,
        renew_at=now + timedelta(seconds=pause(error, since, now, shortest=SHORTEST_PAUSE, longest=LONGEST_PAUSE)),
    )
    log.warning("renewal_failed", gateway=renewal.gateway.public_id, failure=error.failure.value, why=why)
    if changed and (renewal.row.expires_at is None or renewal.row.expires_at <= now):
        _in_error(renewal.gateway, why)
    elif changed and renewal.row.error:  # what it says of us already is brought up to date
        said = Gateway.objects.filter(pk=renewal.gateway.pk, status_detail=renewal.row.error)
        said.update(status_detail=why)
    return bool(changed)


def _refused(mine: QuerySet[Authorization], renewal: Renewal, why: str) -> bool:
    """Nobody tries again before options or secrets are others. "" is for what isn't an operator's business."""
    changes = {"holder": "", "lease_until": None, "renew_at": None, "dead_with": renewal.with_secrets}
    since = renewal.row.failing_since or timezone.now()
    if not mine.update(**changes, error=why[:500], failing_since=since):
        return False
    if why:
        log.error("renewal_refused", gateway=renewal.gateway.public_id, why=why)
        _in_error(renewal.gateway, why)
    return True


def _in_error(gateway: Gateway, why: str) -> None:
    Gateway.objects.filter(pk=gateway.pk).update(status=Gateway.Status.ERROR, status_detail=why[:500])


def explain(gateway: Gateway, public: str) -> str:
    """Why the gateway's credentials don't work: what renewing them met with, if that failed, else `public`."""
    row = authorization(gateway)
    if row is None or not row.error or (row.dead_with and row.dead_with != fingerprint(gateway)):
        return public
    return row.error
