"""Step 7 of the walk: the one sender. It claims a conversation's oldest open delivery, sends it, acts on the outcome.

Errors are the adapter's to name and ours to act on, here and nowhere else:

| failure | what happens |
|---|---|
| throttled | again at `retry_after`; costs no attempt; the gateway shows “rate limited” |
| unreachable | again, with back-off and full jitter; after the last attempt: failed |
| rejected | failed; a person is asked |
| credentials | the gateway is in error; again every minute until an operator has mended it |
| unknown | read back where it can be, else resent where that is harmless, else the gateway's policy |
"""

import random
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import F, prefetch_related_objects
from django.utils import timezone

from conversations import events, messages, outbox
from conversations.idle import let_go
from conversations.lock import locked
from conversations.models import Attempt, Conversation, Delivery, Message
from conversations.ownership import withdraw
from gateways.base import Adapter
from gateways.errors import ConfigError, DeliveryError, Failure
from gateways.messages import Outgoing, Sent, unpack
from gateways.models import Gateway
from gateways.registry import adapter

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=45)  # longer than any request may take: agents.http gives up after 30 s
HOSTED_LEASE = timedelta(seconds=3)  # where nothing leaves this machine
MOST_ATTEMPTS = 8
FIRST_BACKOFF, LONGEST_BACKOFF = 1.0, 300.0  # seconds
THROTTLED_PAUSE = 30.0  # seconds, where the platform doesn't say how long
MENDING_PAUSE = 60.0  # seconds between tries while a gateway's credentials don't work

Status = Delivery.Status


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one delivery. `needs_person`: the customer won't get it unless somebody does something."""

    delivery: Delivery
    needs_person: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class Pause:
    """The conversation's next delivery may go in so many seconds."""

    seconds: float


def deliver(conversation_id: int) -> Outcome | Pause | None:
    """Send the conversation's next delivery. None when there is none."""
    delivery = claim(conversation_id)
    if not isinstance(delivery, Delivery):
        return delivery
    began = time.monotonic()
    try:
        sent = _send(delivery)
    except DeliveryError as error:
        return _failed(delivery, began, error)
    except Exception as error:
        log.exception("adapter_failed", delivery=delivery.pk)
        public = f"Our code for this platform failed ({type(error).__name__}); the log says where."
        return _failed(delivery, began, DeliveryError(Failure.UNKNOWN, public))
    return _sent(delivery, began, sent) if sent else _never_arrived(delivery, began)


def claim(conversation_id: int) -> Delivery | Pause | None:
    """The conversation's oldest open delivery, for this worker alone, if it is due.

    What belongs to an earlier epoch is withdrawn; but what may have arrived already is claimed, to find that out.
    """
    with locked(conversation_id) as conversation:
        while head := _head(conversation_id):
            head.conversation = conversation
            if _outdated(head) and head.status == Status.PENDING and not head.maybe_sent:
                withdraw(conversation.deliveries.filter(pk=head.pk))
                continue
            if head.epoch is not None and conversation.held_until and conversation.held_until > timezone.now():
                return Pause((conversation.held_until - timezone.now()).total_seconds())
            return _take(head, conversation)
    return None


def _head(conversation_id: int) -> Delivery | None:
    return (
        Delivery.objects.filter(conversation_id=conversation_id, status__in=(Status.PENDING, Status.SENDING))
        .order_by("id")
        .first()
    )


def _outdated(delivery: Delivery) -> bool:
    """Whether the conversation's owner has changed since the agent wanted to say this."""
    return delivery.epoch is not None and delivery.epoch != delivery.conversation.epoch


def _take(head: Delivery, conversation: Conversation) -> Delivery | Pause:
    now = timezone.now()
    abandoned = head.status == Status.SENDING
    free_at = head.lease_until if abandoned and head.lease_until else head.due_at
    free_at = max(free_at, conversation.gateway.throttled_until or free_at)
    if free_at > now:
        return Pause((free_at - now).total_seconds())
    prefetch_related_objects([conversation.gateway], "secrets")  # from here on, sending needs no database
    head.status, head.lease_until = Status.SENDING, now + _lease(conversation)
    head.maybe_sent = head.maybe_sent or abandoned
    head.save(update_fields=["status", "lease_until", "maybe_sent"])
    return head


def _lease(conversation: Conversation) -> timedelta:
    return HOSTED_LEASE if outbox.capabilities(conversation).hosted else LEASE


def _send(delivery: Delivery) -> Sent | None:
    """Send it, or settle what may have been sent. None: it never arrived, and mustn't any more."""
    conversation = delivery.conversation
    try:
        ours = adapter(conversation.gateway)
    except ConfigError as error:
        raise DeliveryError(Failure.CREDENTIALS, f"The gateway's configuration isn't complete: {error}") from error
    outgoing = Outgoing(
        effect=unpack(delivery.kind, delivery.payload),
        thread=conversation.external_id,
        recipient=conversation.identity.external_id,
        client_ref=str(delivery.client_ref),
    )
    if not ours.capabilities.hosted:
        let_go()
    if delivery.maybe_sent and ours.capabilities.history:
        arrived = ours.settle(outgoing)
        if arrived or _outdated(delivery):
            return arrived
    elif delivery.maybe_sent and (_outdated(delivery) or not _harmless(ours, conversation.gateway)):
        raise DeliveryError(Failure.UNKNOWN, "An attempt at it ended without an answer; it may have arrived.")
    return ours.send(outgoing)


def _harmless(ours: Adapter, gateway: Gateway) -> bool:
    """Whether an effect of unknown outcome may simply be sent again."""
    return ours.capabilities.idempotent or gateway.on_unknown == Gateway.OnUnknown.RESEND


def _sent(delivery: Delivery, began: float, sent: Sent) -> Outcome:
    with transaction.atomic():
        _log(delivery, began, "sent")
        _finish(delivery, Status.SENT, external_id=sent.external_id[:255])
        if delivery.conversation.gateway.status != Gateway.Status.OK:
            _gateway(delivery, Gateway.Status.OK, "")
    return Outcome(delivery)


def _never_arrived(delivery: Delivery, began: float) -> Outcome:
    with transaction.atomic():
        _log(delivery, began, "withdrawn", "It never arrived, and the owner has changed.")
        _finish(delivery, Status.CANCELLED)
    return Outcome(delivery)


def _failed(delivery: Delivery, began: float, error: DeliveryError) -> Outcome | Pause:
    with transaction.atomic():
        _log(delivery, began, error.failure.value, error.public, error.vendor_code)
        return _act_on(delivery, error)


def _act_on(delivery: Delivery, error: DeliveryError) -> Outcome | Pause:
    match error.failure:
        case Failure.THROTTLED:
            return _throttled(delivery, error)
        case Failure.CREDENTIALS:
            _gateway(delivery, Gateway.Status.ERROR, error.public)
            return _again(delivery, MENDING_PAUSE, error.public, cost=0)
        case Failure.REJECTED:
            return _give_up(delivery, Status.FAILED, error.public)
    if error.failure is Failure.UNKNOWN:
        delivery.maybe_sent = True
        if not _can_be_settled(delivery):
            return _give_up(delivery, Status.UNKNOWN, error.public)
    if delivery.attempts_used + 1 >= MOST_ATTEMPTS:
        status = Status.UNKNOWN if delivery.maybe_sent else Status.FAILED
        return _give_up(delivery, status, f"Tried {MOST_ATTEMPTS} times. The last time: {error.public}")
    return _again(delivery, backoff(delivery.attempts_used), error.public, cost=1)


def _can_be_settled(delivery: Delivery) -> bool:
    """Whether a later attempt can find out what became of this one, or needn't care."""
    ours = adapter(delivery.conversation.gateway)
    harmless = _harmless(ours, delivery.conversation.gateway) and not _outdated(delivery)
    return ours.capabilities.history or harmless


def backoff(attempts_used: int) -> float:
    """Seconds to wait: full jitter, https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/."""
    ceiling = min(LONGEST_BACKOFF, FIRST_BACKOFF * 2**attempts_used)
    return random.uniform(ceiling / 10, ceiling)  # noqa: S311 - jitter, not a secret


def _throttled(delivery: Delivery, error: DeliveryError) -> Pause:
    seconds = THROTTLED_PAUSE if error.retry_after is None else error.retry_after
    until = timezone.now() + timedelta(seconds=seconds)
    _gateway(delivery, Gateway.Status.RATE_LIMITED, error.public, until)
    return _again(delivery, seconds, error.public, cost=0)


def _again(delivery: Delivery, seconds: float, why: str, *, cost: int) -> Pause:
    Delivery.objects.filter(pk=delivery.pk, status=Status.SENDING).update(
        status=Status.PENDING,
        due_at=timezone.now() + timedelta(seconds=seconds),
        lease_until=None,
        maybe_sent=delivery.maybe_sent,
        attempts_used=F("attempts_used") + cost,
        error=why[:500],
    )
    return Pause(seconds)


def _give_up(delivery: Delivery, status: Delivery.Status, why: str) -> Outcome:
    """It won't go. What was to follow it in the same message doesn't either: half an answer is none."""
    _finish(delivery, status, error=why[:500])
    if delivery.message_id:
        withdraw(Delivery.objects.filter(message=delivery.message_id, status=Status.PENDING))
    event = events.delivery_unknown if status == Status.UNKNOWN else events.delivery_failed
    event(delivery, why)
    return Outcome(delivery, needs_person=delivery.epoch is not None, why=why)


def _finish(delivery: Delivery, status: Delivery.Status, **fields: str) -> None:
    """A last state, and what it means for the message that the delivery carries."""
    Delivery.objects.filter(pk=delivery.pk).update(status=status, done_at=timezone.now(), lease_until=None, **fields)
    if delivery.message_id is None:
        return
    if status != Status.SENT:
        messages.advance(Message.objects.select_for_update().get(pk=delivery.message_id), Message.Status(status.value))
    elif delivery.part == delivery.parts:  # parts go in order: with the last one, all are sent
        Message.objects.filter(pk=delivery.message_id, status=Message.Status.QUEUED).update(status=Message.Status.SENT)


def _gateway(delivery: Delivery, status: Gateway.Status, detail: str, until: datetime | None = None) -> None:
    Gateway.objects.filter(pk=delivery.conversation.gateway_id).update(
        status=status, status_detail=detail[:500], throttled_until=until
    )


def _log(delivery: Delivery, began: float, outcome: str, detail: str = "", vendor_code: str = "") -> None:
    Attempt.objects.create(
        delivery=delivery,
        milliseconds=round((time.monotonic() - began) * 1000),
        outcome=outcome,
        detail=detail[:500],
        vendor_code=vendor_code[:60],
    )
