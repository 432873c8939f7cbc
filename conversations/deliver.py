"""Step 7 of the walk: the one sender. It claims a conversation's oldest open delivery, sends it, acts on the outcome.

Errors are the adapter's to name and ours to act on, here and nowhere else:

| failure | what happens |
|---|---|
| throttled | again at `retry_after`; costs no attempt; the gateway shows “rate limited” |
| unreachable | again, with back-off and full jitter; after the last attempt: failed |
| rejected | failed; a person is asked |
| credentials | the gateway is in error; again every minute until an operator has mended it |
| unknown | resent where that is harmless, else read back where it can be, else the gateway's policy |
"""

import random
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from conversations import events, messages
from conversations.models import Attempt, Conversation, Delivery, Message
from conversations.ownership import withdraw
from gateways.base import Adapter
from gateways.errors import ConfigError, DeliveryError, Failure
from gateways.messages import Outgoing, Sent, unpack
from gateways.models import Gateway
from gateways.registry import adapter

LEASE = timedelta(seconds=60)  # longer than any request may take
MOST_ATTEMPTS = 8
FIRST_BACKOFF, LONGEST_BACKOFF = 1.0, 300.0  # seconds
MENDING_PAUSE = 60.0  # seconds between tries while a gateway's credentials don't work

Status = Delivery.Status
FINAL = (Status.SENT, Status.FAILED, Status.UNKNOWN, Status.CANCELLED)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one delivery. `needs_person`: the customer won't get it unless somebody does something."""

    delivery: Delivery
    needs_person: bool = False
    why: str = ""


def deliver(conversation_id: int) -> Outcome | None:
    """Send the conversation's next delivery. None when there is none that may go now."""
    delivery = claim(conversation_id)
    if delivery is None:
        return None
    began = time.monotonic()
    try:
        sent = _send(delivery)
    except DeliveryError as error:
        _log(delivery, began, error.failure.value, error.public, error.vendor_code)
        return _act_on(delivery, error)
    _log(delivery, began, "sent")
    return _sent(delivery, sent)


def due_in(conversation_id: int) -> float | None:
    """Seconds until the conversation's next delivery may go; None when there is none."""
    head = _head(conversation_id)
    if head is None:
        return None
    return max(0.0, ((head.lease_until or head.due_at) - timezone.now()).total_seconds())


def claim(conversation_id: int) -> Delivery | None:
    """The conversation's oldest open delivery, for this worker alone, if it is due and its epoch is still the one."""
    with transaction.atomic():
        conversation = messages.lock(conversation_id)
        while head := _head(conversation_id):
            if head.epoch is not None and head.epoch != conversation.epoch and head.status == Status.PENDING:
                withdraw(conversation.deliveries.filter(pk=head.pk))
                continue
            return _take(head, conversation)
    return None


def _head(conversation_id: int) -> Delivery | None:
    return (
        Delivery.objects.filter(conversation_id=conversation_id, status__in=(Status.PENDING, Status.SENDING))
        .order_by("id")
        .first()
    )


def _take(head: Delivery, conversation: Conversation) -> Delivery | None:
    now = timezone.now()
    abandoned = head.status == Status.SENDING and head.lease_until is not None and head.lease_until < now
    throttled = conversation.gateway.throttled_until
    if not abandoned and (head.status == Status.SENDING or head.due_at > now or (throttled and throttled > now)):
        return None
    head.status, head.lease_until, head.conversation = Status.SENDING, now + LEASE, conversation
    head.abandoned = abandoned
    head.save(update_fields=["status", "lease_until", "abandoned"])
    return head


def _send(delivery: Delivery) -> Sent:
    """Send, or settle what a worker that died may have sent."""
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
    if delivery.abandoned and not _harmless(ours, conversation.gateway):
        return _settle(ours, outgoing, DeliveryError(Failure.UNKNOWN, "The worker that was sending it died."))
    try:
        return ours.send(outgoing)
    except DeliveryError as error:
        if error.failure is not Failure.UNKNOWN or _harmless(ours, conversation.gateway):
            raise
        return _settle(ours, outgoing, error)


def _harmless(ours: Adapter, gateway: Gateway) -> bool:
    """Whether an effect of unknown outcome may simply be sent again."""
    return ours.capabilities.idempotent or gateway.on_unknown == Gateway.OnUnknown.RESEND


def _settle(ours: Adapter, outgoing: Outgoing, error: DeliveryError) -> Sent:
    """Find out whether an effect of unknown outcome arrived, and send it if it didn't. Raises `error` if we can't."""
    if not ours.capabilities.history:
        raise error
    return ours.settle(outgoing) or ours.send(outgoing)


def _sent(delivery: Delivery, sent: Sent) -> Outcome:
    with transaction.atomic():
        _finish(delivery, Status.SENT, external_id=sent.external_id[:255])
        if delivery.conversation.gateway.status != Gateway.Status.OK:
            _gateway(delivery, Gateway.Status.OK, "")
    return Outcome(delivery)


def _act_on(delivery: Delivery, error: DeliveryError) -> Outcome | None:
    match error.failure:
        case Failure.THROTTLED:
            _throttled(delivery, error)
            return None
        case Failure.CREDENTIALS:
            _credentials(delivery, error)
            return None
        case Failure.REJECTED:
            return _give_up(delivery, Status.FAILED, error.public)
    gateway = delivery.conversation.gateway
    if error.failure is Failure.UNKNOWN and not _harmless(adapter(gateway), gateway):
        return _give_up(delivery, Status.UNKNOWN, error.public)
    if delivery.attempts_used + 1 >= MOST_ATTEMPTS:
        return _give_up(delivery, Status.FAILED, f"Tried {MOST_ATTEMPTS} times. The last time: {error.public}")
    _again(delivery, timezone.now() + timedelta(seconds=backoff(delivery.attempts_used)), error.public, cost=1)
    return None


def backoff(attempts_used: int) -> float:
    """Seconds to wait: full jitter, https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/."""
    ceiling = min(LONGEST_BACKOFF, FIRST_BACKOFF * 2**attempts_used)
    return random.uniform(ceiling / 10, ceiling)  # noqa: S311 - jitter, not a secret


def _throttled(delivery: Delivery, error: DeliveryError) -> None:
    until = timezone.now() + timedelta(seconds=error.retry_after if error.retry_after is not None else 30.0)
    with transaction.atomic():
        _again(delivery, until, error.public, cost=0)
        _gateway(delivery, Gateway.Status.RATE_LIMITED, error.public, until)


def _credentials(delivery: Delivery, error: DeliveryError) -> None:
    with transaction.atomic():
        _again(delivery, timezone.now() + timedelta(seconds=MENDING_PAUSE), error.public, cost=0)
        _gateway(delivery, Gateway.Status.ERROR, error.public)


def _again(delivery: Delivery, due_at: datetime, why: str, *, cost: int) -> None:
    Delivery.objects.filter(pk=delivery.pk, status=Status.SENDING).update(
        status=Status.PENDING,
        due_at=due_at,
        lease_until=None,
        abandoned=False,
        attempts_used=F("attempts_used") + cost,
        error=why[:500],
    )


def _give_up(delivery: Delivery, status: Delivery.Status, why: str) -> Outcome:
    """It won't go. What was to follow it in the same message doesn't either: half an answer is none."""
    with transaction.atomic():
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
    message = Message.objects.select_for_update().get(pk=delivery.message_id)
    if status == Status.SENT:
        if not message.deliveries.exclude(status=Status.SENT).exists():
            messages.advance(message, Message.Status.SENT)
    else:
        messages.advance(message, Message.Status(status.value))


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
