"""Steps 2 to 4 of the walk, for all that a gateway has received: parse, resolve, record."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import structlog
from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from contacts.models import Identity
from contacts.resolve import resolve
from conversations.record import record
from conversations.threads import Threads, threads_of
from gateways import verdicts, writing
from gateways.asking import asked
from gateways.messages import CustomerSaid, Event
from gateways.models import Gateway, InboundEvent, ManagingPoint, Receipt
from gateways.parse import parse
from gateways.reasons import Reason
from gateways.writing import DATABASE_IS_AWAY
from handover import relay
from handover.hand_over import follow
from handover.obey import obey

log = structlog.get_logger(__name__)

BATCH = 50  # receipts per transaction


def ingest(gateway_id: int) -> int:
    """Take in what the gateway has received, oldest first. Returns how many receipts.

    The gateway's row is locked meanwhile, which is what keeps the order; it is let go after each batch. Who finds it
    locked leaves: the other one looks again after letting go, and so sees whatever was there before.
    """
    count = 0
    while (done := _ingest_batch(gateway_id)) is not None:
        count += done
        if done < BATCH and not _waiting(gateway_id, most=1):
            break
    return count


@asked
def _waiting(gateway_id: int, most: int) -> QuerySet[Receipt]:
    return Receipt.objects.filter(gateway=gateway_id, status=Receipt.Status.PENDING).order_by("id")[:most]


def _ingest_batch(gateway_id: int) -> int | None:
    """Returns how many, None if another worker is at it."""
    with transaction.atomic():
        if not _free(gateway_id):
            return None
        receipts = _waiting(gateway_id, most=BATCH)
        if not receipts:
            return 0
        [gateway] = _readied(gateway_id)
        for receipt in receipts:
            receipt.gateway, receipt.done_at = gateway, timezone.now()
        readable = [(receipt, found) for receipt in receipts if (found := _parse(gateway, receipt)) is not None]
        _take_in(gateway, readable)
        writing.update_all(receipts, ("status", "outcome", "error", "done_at"))
    return len(receipts)


@asked
def _free(gateway_id: int) -> QuerySet[Gateway, tuple[int]]:
    """The gateway, locked for this transaction: not there if somebody else has it locked.

    Mostly that is so where it is busy, so nothing else is asked with it.
    """
    free = Gateway.objects.select_for_update(no_key=True, skip_locked=True).order_by()
    return free.filter(pk=gateway_id).values_list("pk")


@asked
def _readied(gateway_id: int) -> QuerySet[Gateway]:
    """The gateway with all that taking in asks of it."""
    points = Prefetch("managing_points", ManagingPoint.objects.select_related("destination"))
    return Gateway.objects.select_related("agent").prefetch_related(points, "secrets").filter(pk=gateway_id)


@asked
def _known(gateway_id: int, keys: Collection[str]) -> QuerySet[InboundEvent, str]:
    """Of these event keys those that there are."""
    return InboundEvent.objects.filter(gateway=gateway_id, key__any_of=keys).order_by().values_list("key", flat=True)


def _parse(gateway: Gateway, receipt: Receipt) -> tuple[Event, ...] | None:
    """The receipt's events; None for one that can't be read, which is parked."""
    try:
        return parse(gateway, receipt)
    except DATABASE_IS_AWAY:
        raise
    except Exception as error:
        _park(receipt, error)
        return None


def _park(receipt: Receipt, error: Exception) -> None:
    log.error("receipt_failed", gateway=receipt.gateway.public_id, receipt=receipt.pk, exc_info=error)
    receipt.status, receipt.error = Receipt.Status.FAILED, f"{type(error).__name__}: {error}"[:2000]


Read = Sequence[tuple[Receipt, tuple[Event, ...]]]


def _take_in(gateway: Gateway, read: Read) -> None:
    """All at once; if that fails, one by one, so that what can't be taken in is parked and nothing else with it."""
    try:
        _record_all(gateway, read)
        return
    except DATABASE_IS_AWAY:
        raise  # the database, not a receipt: everything rolls back and is tried again
    except Exception as error:
        if len(read) == 1:
            _park(read[0][0], error)
            return
    for one in read:
        _take_in(gateway, [one])


def _record_all(gateway: Gateway, read: Read) -> None:
    found = [event for _, told in read for event in told]
    with writing.at_once(), threads_of(gateway) as threads:
        known = set(_known(gateway.pk, [event.key for event in found]))
        keys = Counter(event.key for event in found)
        again = keys - Counter(keys.keys() - known)
        people = resolve(gateway, found)
        threads.read(name for e in found if isinstance(e, CustomerSaid) for name in (e.thread, e.apart) if name)
        read = [(receipt, tuple(_rightful(event, people, threads) for event in told)) for receipt, told in read]
        found = [event for _, told in read for event in told]
        threads.open_new((e, people[e.sender.id]) for e in found if isinstance(e, CustomerSaid) and e.key not in known)
        for receipt, told in read:
            outcomes = [_record_once(receipt, event, people, threads, known) for event in told]
            receipt.status, receipt.outcome = Receipt.Status.DONE, "; ".join(outcomes)[:300]
        verdicts.count_repeats(gateway, again)


def _rightful(event: Event, people: Mapping[str, Identity], threads: Threads) -> Event:
    return threads.rightful(event, people[event.sender.id]) if isinstance(event, CustomerSaid) else event


def _record_once(
    receipt: Receipt, event: Event, people: Mapping[str, Identity], threads: Threads, known: set[str]
) -> str:
    """record, once for each key."""
    if event.key in known:
        return f"{event.key}: duplicate"
    known.add(event.key)
    who = people[event.sender.id] if isinstance(event, CustomerSaid) else None
    recorded = record(receipt, event, who, threads)
    if recorded.note and recorded.conversation and (done := obey(recorded.conversation, recorded.note)):
        recorded = replace(recorded, verdict=InboundEvent.Verdict.HANDLED, why=done, told_reason=Reason.PERSON_ACTED)
    kept = InboundEvent(gateway=receipt.gateway, receipt=receipt, key=event.key, kind=type(event).__name__)
    kept.verdict, kept.reason, kept.why = recorded.verdict, recorded.reason, recorded.why[:300]
    writing.insert(kept)
    if recorded.conversation and recorded.conversation.relay:
        relay.hear(recorded.conversation, event)
    if recorded.by_person and recorded.conversation:
        follow(recorded.conversation)
    return f"{event.key}: {recorded.verdict.label}"
