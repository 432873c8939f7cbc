"""Step 7 of the walk: the one sender. It claims a conversation's oldest open delivery, sends it, acts on the outcome.

Errors are the adapter's to name and ours to act on, here and nowhere else:

| failure | what happens |
|---|---|
| throttled | again at `retry_after`, later the next time; costs no attempt; the gateway shows “rate limited” |
| unreachable | again, with back-off and full jitter; after the last attempt: failed |
| rejected | failed; a person is asked |
| credentials | tokens are renewed where that may help; else the gateway is in error, and again every minute |
| unknown | read back where it can be, else resent where that is harmless, else the gateway's policy |
"""

import random
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from agents.http import Trace
from conversations import enclose, events, messages
from conversations.lock import all_free
from conversations.models import Attempt, Conversation, Delivery, Message
from conversations.opened import opened
from conversations.outbox import FIRST, withdraw
from conversations.pace import paced
from gateways import doorbell, limits, renew, tokens, writing
from gateways.asking import asked
from gateways.base import Adapter
from gateways.errors import ConfigError, DeliveryError, Failure, our_fault
from gateways.exchanges import exchange
from gateways.messages import (
    Allowance,
    Answered,
    Draft,
    Note,
    Open,
    Outdate,
    Outgoing,
    Sent,
    SetStatus,
    Typing,
    unpack,
)
from gateways.models import Gateway
from gateways.pauses import THROTTLED_PAUSE
from gateways.registry import ADAPTERS, adapter

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=45)  # longer than any request may take: agents.http gives up after 30 s
FILES_LEASE = timedelta(seconds=150)  # where files go along: adapters may take two minutes for them
HOSTED_LEASE = timedelta(seconds=3)  # where nothing leaves this machine
MOST_ATTEMPTS = 8
FIRST_BACKOFF, LONGEST_BACKOFF = 1.0, 300.0  # seconds
LEAST_SPREAD = 1.0  # seconds over which what is throttled once more is put off in addition
MENDING_PAUSE = 60.0  # seconds between tries while a gateway's credentials don't work

Status = Delivery.Status
OPEN = (Status.PENDING, Status.SENDING)
Job = Delivery  # claimed, with its conversation, identity, gateway and secrets read: sending needs no database


@dataclass(frozen=True, slots=True)
class Sending:
    """What came of one attempt: where it arrived, or that it didn't and mustn't any more (None), or how it failed."""

    delivery: Delivery
    result: Sent | DeliveryError | None
    at: datetime  # when it ended
    milliseconds: int
    traces: tuple[Trace, ...]
    allowance: Allowance | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one delivery. `needs_person`: the customer won't get it unless somebody does something."""

    delivery: Delivery
    needs_person: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class Pause:
    """Something of the gateway's may go in so many seconds."""

    gateway_id: int
    seconds: float


# --- Claiming ---------------------------------------------------------------------------------------------------------


def claim(gateway_id: int, most: int) -> list[Job]:
    """Deliveries of the gateway that are due, of each conversation the oldest open one, for this worker alone.

    What belongs to an earlier epoch is withdrawn; but what may have arrived already is claimed, to find that out.
    """
    found = dict(_due(gateway_id, timezone.now(), most))
    gateway = readied(gateway_id) if found else None
    if gateway is None or _is_throttled(gateway):
        return []
    free = all_free(found.values(), gateway, doorbell.Step.DELIVER)
    with limits.budget(gateway) as budget, free as conversations:
        still = _still_due(gateway_id, timezone.now(), found)
        heads = [head for head in still if head.conversation_id in conversations]
        for head in heads:
            head.conversation = conversations[head.conversation_id]
        ready = list(budget.take(paced(list(_sendable(heads))), _words_first(budget, heads)))
        _lease_all(ready)
    find_answered(head.conversation for head in ready)
    return ready


def readied(gateway_id: int) -> Gateway | None:
    """The gateway with all that sending needs of it."""
    return next(iter(_readied(gateway_id)), None)


@asked
def _readied(gateway_id: int) -> QuerySet[Gateway]:
    return Gateway.objects.select_related("agent", "bucket").prefetch_related("secrets").filter(pk=gateway_id)


def _words_first(budget: limits.Budget, heads: Sequence[Delivery]) -> Callable[[Delivery], bool]:
    """Which deliveries words to customers depend on: those that are such, and those that such wait behind."""
    if budget.pace is None or not budget.pace.kept_back:
        return lambda head: True
    before = {head.conversation_id for head in heads if head.priority != FIRST}
    waiting = Delivery.objects.filter(conversation__in=before, status=Status.PENDING, priority=FIRST)
    held_up = set(waiting.values_list("conversation_id", flat=True)) if before else set()
    return lambda head: head.priority == FIRST or head.conversation_id in held_up


def find_answered(conversations: Iterable[Conversation]) -> None:
    """Give each conversation the customer's newest message, where what we send will name it."""
    by_id = {each.pk: each for each in conversations if ADAPTERS[each.gateway.platform].capabilities.quotes}
    if not by_id:
        return
    for conversation in by_id.values():
        conversation.newest = None  # where we began, and nobody has answered yet
    for message in _newest(by_id):
        by_id[message.conversation_id].newest = message


@asked
def _newest(conversations: Collection[int]) -> QuerySet[Message]:
    return Message.objects.filter(seq=F("conversation__customer_seq"), conversation__any_of=conversations)


@asked
def _due(gateway_id: int, now: datetime, most: int) -> QuerySet[Delivery, tuple[int, int]]:
    return _heads(gateway_id, now).values_list("pk", "conversation_id")[:most]


@asked
def _still_due(gateway_id: int, now: datetime, ids: Collection[int]) -> QuerySet[Delivery]:
    return _heads(gateway_id, now).filter(pk__any_of=ids)


def _heads(gateway_id: int, now: datetime) -> QuerySet[Delivery]:
    """Those that are due, and before which nothing is open in their conversation: words to customers first.

    A note that has to be tried again holds up nothing: there are places for notes only once people have the
    conversation, and what comes after it may be what passes it to them.
    """
    put_off = Q(kind=Note.kind, status=Status.PENDING, due_at__gt=now)
    due = Q(status=Status.PENDING, due_at__lte=now) | Q(status=Status.SENDING, lease_until__lt=now)
    before = Delivery.objects.filter(conversation=OuterRef("conversation"), pk__lt=OuterRef("pk"), status__in=OPEN)
    return Delivery.objects.filter(due, ~Exists(before.exclude(put_off)), gateway=gateway_id).order_by("priority", "pk")


def _is_throttled(gateway: Gateway) -> bool:
    if wait := seconds_to(gateway.throttled_until):
        doorbell.ring(doorbell.Step.DELIVER, gateway.pk, after=wait + 0.01)
    return wait > 0


def seconds_to(moment: datetime | None) -> float:
    """How long it is until then; 0 where it is over, or there is none."""
    return 0.0 if moment is None else max(0.0, (moment - timezone.now()).total_seconds())


def _sendable(heads: Iterable[Delivery]) -> Iterator[Delivery]:
    """Those that may be sent now. The outdated ones are withdrawn, and those that are held wait."""
    for head in heads:
        if _is_pointless(head):
            withdraw(Delivery.objects.filter(pk=head.pk))
            doorbell.ring(doorbell.Step.DELIVER, head.gateway_id)  # for what stood behind it
        elif head.epoch is not None and (wait := seconds_to(head.conversation.held_until)):
            doorbell.ring(doorbell.Step.DELIVER, head.gateway_id, after=wait + 0.01)
        else:
            yield head


def _is_pointless(head: Delivery) -> bool:
    """Whether it mustn't or needn't be sent any more, and surely hasn't arrived or needn't be found out about."""
    if head.kind == Typing.kind:
        return is_outdated(head) or head.maybe_sent or head.status == Status.SENDING
    if head.kind == SetStatus.kind:
        return is_outdated(head)
    if head.kind == Outdate.kind:
        return not _finds_its_draft(head)
    return is_outdated(head) and head.status == Status.PENDING and not head.maybe_sent


def _finds_its_draft(head: Delivery) -> bool:
    """Whether the draft that is to be taken back has arrived. What stood before it is settled, so it is known now."""
    found = Delivery.objects.filter(client_ref=head.payload["draft_ref"], kind=Draft.kind, status=Status.SENT)
    external_id = found.values_list("external_id", flat=True).first()
    head.payload = {**head.payload, "draft_id": external_id or ""}
    return external_id is not None


def is_outdated(delivery: Delivery) -> bool:
    """Whether the conversation's owner has changed since the agent wanted to say this."""
    return delivery.epoch is not None and delivery.epoch != delivery.conversation.epoch


def _lease_all(ready: Sequence[Delivery]) -> None:
    now = timezone.now()
    for head in ready:
        head.maybe_sent = head.maybe_sent or head.status == Status.SENDING  # somebody began, and never ended
        lease(head, now)
    writing.update_all(ready, ("status", "lease_until", "maybe_sent"))


def lease(head: Delivery, now: datetime) -> None:
    """Make it this worker's for a while. It is still to be written."""
    head.status, head.lease_until = Status.SENDING, now + _lease_time(head)


def _lease_time(head: Delivery) -> timedelta:
    if head.payload.get("files"):
        return FILES_LEASE
    return HOSTED_LEASE if ADAPTERS[head.conversation.gateway.platform].capabilities.hosted else LEASE


# --- Sending: touches no database, but to read files ------------------------------------------------------------------


def send(delivery: Job) -> Sending:
    """Make one attempt, or settle an earlier one."""
    began, traces = time.monotonic(), list[Trace]()
    result: Sent | DeliveryError | None
    ours: Adapter | None = None
    try:
        ours = adapter(delivery.conversation.gateway, traces.append)
        result = _send(delivery, ours)
    except ConfigError as error:
        result = DeliveryError(Failure.CREDENTIALS, f"The gateway's configuration isn't complete: {error}")
    except DeliveryError as error:
        result = error
    except Exception as error:
        log.exception("adapter_failed", delivery=delivery.pk)
        result = DeliveryError(Failure.UNKNOWN, our_fault(error))
    milliseconds = round((time.monotonic() - began) * 1000)
    return Sending(delivery, result, timezone.now(), milliseconds, tuple(traces), ours.allowance if ours else None)


def _send(delivery: Delivery, ours: Adapter) -> Sent | None:
    """Send it, or settle what may have been sent. None: it never arrived, and mustn't any more."""
    conversation = delivery.conversation
    outgoing = Outgoing(
        effect=unpack(delivery.kind, delivery.payload),
        thread=conversation.external_id,
        recipient=conversation.identity.external_id,
        client_ref=str(delivery.client_ref),
        answers=_answered(conversation) if ours.capabilities.quotes else None,
        files=() if ours.capabilities.hosted else enclose.read(delivery),
    )
    if delivery.kind == SetStatus.kind:
        return ours.send(outgoing)  # twice is once
    if delivery.maybe_sent and ours.can_settle():
        arrived = ours.settle(outgoing)
        if arrived or is_outdated(delivery):
            return arrived
    elif delivery.maybe_sent and (is_outdated(delivery) or not _harmless(ours, conversation.gateway)):
        raise DeliveryError(Failure.UNKNOWN, "An attempt at it ended without an answer; it may have arrived.")
    return ours.send(outgoing)


def _answered(conversation: Conversation) -> Answered:
    if (newest := conversation.newest) is None:
        return Answered("", conversation.subject)
    return Answered(newest.external_id, conversation.subject, newest.metadata)


def _harmless(ours: Adapter, gateway: Gateway) -> bool:
    """Whether an effect of unknown outcome may simply be sent again."""
    return ours.can_repeat() or gateway.on_unknown == Gateway.OnUnknown.RESEND


# --- Settling ---------------------------------------------------------------------------------------------------------


def settle(sendings: Sequence[Sending]) -> list[Outcome | Pause]:
    """Write down what came of the attempts: those that arrived together, each other one by itself."""
    for gateway in {each.delivery.conversation.gateway for each in sendings if each.allowance}:
        limits.heed(gateway, [each.allowance for each in sendings if each.delivery.gateway_id == gateway.pk])
    arrived = [sending for sending in sendings if isinstance(sending.result, Sent)]
    if arrived:
        _all_sent(arrived)
    return [_not_sent(sending) for sending in sendings if not isinstance(sending.result, Sent)]


def next_in_line(sendings: Sequence[Sending]) -> set[int]:
    """The gateways of those conversations in which more is due."""
    return set(_waiting_in({sending.delivery.conversation_id for sending in sendings}, timezone.now()))


@asked
def _waiting_in(conversations: Collection[int], now: datetime) -> QuerySet[Delivery, int]:
    more = Delivery.objects.filter(conversation__any_of=conversations, status=Status.PENDING, due_at__lte=now)
    return more.order_by().values_list("gateway_id", flat=True).distinct()


def _all_sent(arrived: Sequence[Sending]) -> None:
    now = timezone.now()
    with writing.at_once():
        for sending in arrived:
            delivery, sent = sending.delivery, sending.result
            assert isinstance(sent, Sent)  # noqa: S101 - chosen so
            delivery.status, delivery.done_at, delivery.lease_until = Status.SENT, now, None
            delivery.external_id = sent.external_id[:255]
            writing.update(delivery, ("status", "done_at", "lease_until", "external_id"))
            _log(sending, "sent")
            if delivery.kind == Open.kind:
                opened(delivery.conversation, delivery.external_id)
        last = [each.delivery.message_id for each in arrived if each.delivery.part == each.delivery.parts]
        whole = Message.objects.filter(pk__in=[pk for pk in last if pk], status=Message.Status.QUEUED)
        whole.update(status=Message.Status.SENT)  # parts go in order: with the last one, all are sent
        for gateway in {each.delivery.conversation.gateway for each in arrived}:
            if gateway.status != Gateway.Status.OK:
                _works_again(gateway, now)


def _works_again(gateway: Gateway, now: datetime) -> None:
    """Unless another answer, which came in meanwhile, has told us to wait; and not for long without its tokens."""
    dead = renew.explain(gateway, "") if tokens.is_dead(gateway) else ""
    status = Gateway.Status.ERROR if dead else Gateway.Status.OK
    free = Gateway.objects.filter(Q(throttled_until__isnull=True) | Q(throttled_until__lte=now), pk=gateway.pk)
    free.update(status=status, status_detail=dead, throttled_until=None)


def _not_sent(sending: Sending) -> Outcome | Pause:
    delivery, error = sending.delivery, sending.result
    with transaction.atomic():
        if delivery.kind == Typing.kind:
            _finish(delivery, Status.CANCELLED)  # it is for a moment that is over
            return Outcome(delivery)
        if isinstance(error, DeliveryError):
            _log(sending, error.failure.value, error.public, error.vendor_code)
            return _act_on(delivery, error)
        _log(sending, "withdrawn", "It never arrived, and the owner has changed.")
        _finish(delivery, Status.CANCELLED)
        return Outcome(delivery)


def _act_on(delivery: Delivery, error: DeliveryError) -> Outcome | Pause:
    match error.failure:
        case Failure.THROTTLED:
            return _throttled(delivery, error)
        case Failure.CREDENTIALS:
            return _unwelcome(delivery, error)
        case Failure.REJECTED:
            return _give_up(delivery, Status.FAILED, error.public)
    if error.failure is Failure.UNKNOWN:
        delivery.maybe_sent = True
        if not _can_be_settled(delivery):
            return _give_up(delivery, Status.UNKNOWN, error.public)
    if delivery.attempts_used + 1 >= MOST_ATTEMPTS:
        status = Status.UNKNOWN if delivery.maybe_sent else Status.FAILED
        return _give_up(delivery, status, f"Tried {MOST_ATTEMPTS} times. The last time: {error.public}")
    seconds = backoff(delivery.attempts_used) if error.retry_after is None else error.retry_after
    return _again(delivery, seconds, error.public, cost=1)


def _can_be_settled(delivery: Delivery) -> bool:
    """Whether a later attempt can find out what became of this one, or needn't care."""
    ours = adapter(delivery.conversation.gateway)
    harmless = _harmless(ours, delivery.conversation.gateway) and not is_outdated(delivery)
    return ours.can_settle() or harmless or delivery.kind == SetStatus.kind


def backoff(attempts_used: int) -> float:
    """Seconds to wait: full jitter, https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/."""
    ceiling = min(LONGEST_BACKOFF, FIRST_BACKOFF * 2**attempts_used)
    return random.uniform(ceiling / 10, ceiling)  # noqa: S311 - jitter, not a secret


def _throttled(delivery: Delivery, error: DeliveryError) -> Pause:
    seconds = THROTTLED_PAUSE if error.retry_after is None else error.retry_after
    if delivery.error:  # not the first time: it may take more requests than come free by then, again and again
        seconds += random.uniform(0, max(LEAST_SPREAD, seconds))  # noqa: S311 - jitter, not a secret
    until = timezone.now() + timedelta(seconds=seconds)
    _gateway(delivery.gateway_id, Gateway.Status.RATE_LIMITED, error.public, until)
    return _again(delivery, seconds, error.public, cost=0)


def _unwelcome(delivery: Delivery, error: DeliveryError) -> Pause:
    gateway = delivery.conversation.gateway
    if (seconds := renew.ask(gateway)) is not None:
        return _again(delivery, seconds, error.public, cost=0)
    _gateway(delivery.gateway_id, Gateway.Status.ERROR, renew.explain(gateway, error.public))
    return _again(delivery, MENDING_PAUSE, error.public, cost=0)


def _again(delivery: Delivery, seconds: float, why: str, *, cost: int) -> Pause:
    Delivery.objects.filter(pk=delivery.pk, status=Status.SENDING).update(
        status=Status.PENDING,
        due_at=timezone.now() + timedelta(seconds=seconds),
        lease_until=None,
        maybe_sent=delivery.maybe_sent,
        attempts_used=F("attempts_used") + cost,
        error=why[:500],
    )
    return Pause(delivery.gateway_id, seconds)


def _give_up(delivery: Delivery, status: Delivery.Status, why: str) -> Outcome:
    """It won't go. What was to follow it in the same message doesn't either: half an answer is none."""
    _finish(delivery, status, error=why[:500])
    if delivery.message_id:
        withdraw(Delivery.objects.filter(message=delivery.message_id, status=Status.PENDING))
    event = events.delivery_unknown if status == Status.UNKNOWN else events.delivery_failed
    event(delivery, why)
    return Outcome(delivery, needs_person=_needs_person(delivery), why=why)


def _needs_person(delivery: Delivery) -> bool:
    """What the agent said, and what was to be opened; a status is only about where the conversation is listed."""
    ours = delivery.epoch is not None and delivery.kind != SetStatus.kind
    return delivery.kind == Open.kind or (ours and not is_outdated(delivery))


def _finish(delivery: Delivery, status: Delivery.Status, **fields: str) -> None:
    """A last state, and what it means for the message that the delivery carries."""
    Delivery.objects.filter(pk=delivery.pk).update(status=status, done_at=timezone.now(), lease_until=None, **fields)
    if delivery.message_id is None:
        return
    messages.advance(Message.objects.select_for_update().get(pk=delivery.message_id), Message.Status(status.value))


def _gateway(gateway_id: int, status: Gateway.Status, detail: str, until: datetime | None = None) -> None:
    changes = {"status": status, "status_detail": detail[:500], "throttled_until": until}
    Gateway.objects.filter(pk=gateway_id).update(**changes)


def _log(sending: Sending, outcome: str, detail: str = "", vendor_code: str = "") -> None:
    attempt = Attempt(
        delivery=sending.delivery,
        at=sending.at,
        milliseconds=sending.milliseconds,
        outcome=outcome,
        detail=detail[:500],
        vendor_code=vendor_code[:60],
    )
    writing.insert(attempt)
    for trace in sending.traces:
        writing.insert(exchange(sending.delivery.gateway_id, trace))
