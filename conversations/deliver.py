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
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from agents.http import Trace
from conversations import events, messages
from conversations.lock import all_locked
from conversations.models import Attempt, Conversation, Delivery, Message
from conversations.opened import opened
from conversations.outbox import withdraw
from gateways import doorbell, limits, writing
from gateways.base import Adapter
from gateways.errors import ConfigError, DeliveryError, Failure
from gateways.exchanges import exchange
from gateways.messages import Answered, Draft, Open, Outdate, Outgoing, Sent, Typing, unpack
from gateways.models import Gateway
from gateways.registry import ADAPTERS, adapter

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=45)  # longer than any request may take: agents.http gives up after 30 s
HOSTED_LEASE = timedelta(seconds=3)  # where nothing leaves this machine
MOST_ATTEMPTS = 8
FIRST_BACKOFF, LONGEST_BACKOFF = 1.0, 300.0  # seconds
THROTTLED_PAUSE = 30.0  # seconds, where the platform doesn't say how long
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
    gateway = Gateway.objects.select_related("agent").prefetch_related("secrets").filter(pk=gateway_id).first()
    if gateway is None or _is_throttled(gateway):
        return []
    found = dict(_heads(gateway).values_list("pk", "conversation_id")[:most])
    if not found:
        return []
    known = Conversation.objects.select_related("identity__contact").in_bulk(found.values())
    for conversation in known.values():
        conversation.gateway = gateway
    with limits.budget(gateway) as budget, all_locked(known) as conversations:
        heads = [head for head in _heads(gateway).filter(pk__in=found) if head.conversation_id in conversations]
        for head in heads:
            head.conversation = conversations[head.conversation_id]
        ready = list(budget.take(list(_sendable(heads))))
        _lease(ready, timezone.now() + _lease_time(gateway))
    if ADAPTERS[gateway.platform].capabilities.quotes:
        _find_answered([head.conversation for head in ready])
    return ready


def _find_answered(conversations: Iterable[Conversation]) -> None:
    """Give each conversation the customer's newest message, which what we send will name."""
    by_id = {conversation.pk: conversation for conversation in conversations}
    newest = Q(seq=F("conversation__customer_seq"))
    for message in Message.objects.filter(newest, conversation__in=by_id):
        by_id[message.conversation_id].newest = message


def _heads(gateway: Gateway) -> QuerySet[Delivery]:
    """Those that are due, and before which nothing is open in their conversation: words to customers first."""
    now = timezone.now()
    due = Q(status=Status.PENDING, due_at__lte=now) | Q(status=Status.SENDING, lease_until__lt=now)
    before = Delivery.objects.filter(conversation=OuterRef("conversation"), pk__lt=OuterRef("pk"), status__in=OPEN)
    return Delivery.objects.filter(due, ~Exists(before), gateway=gateway).order_by("priority", "pk")


def _is_throttled(gateway: Gateway) -> bool:
    if gateway.throttled_until is None or gateway.throttled_until <= timezone.now():
        return False
    wait = (gateway.throttled_until - timezone.now()).total_seconds()
    doorbell.ring(doorbell.Step.DELIVER, gateway.pk, after=wait + 0.01)
    return True


def _sendable(heads: Iterable[Delivery]) -> Iterator[Delivery]:
    """Those that may be sent now. The outdated ones are withdrawn, and those that are held wait."""
    for head in heads:
        held_until = head.conversation.held_until
        if _is_pointless(head):
            withdraw(Delivery.objects.filter(pk=head.pk))
            doorbell.ring(doorbell.Step.DELIVER, head.gateway_id)  # for what stood behind it
        elif head.epoch is not None and held_until and held_until > timezone.now():
            wait = (held_until - timezone.now()).total_seconds()
            doorbell.ring(doorbell.Step.DELIVER, head.gateway_id, after=wait + 0.01)
        else:
            yield head


def _is_pointless(head: Delivery) -> bool:
    """Whether it mustn't or needn't be sent any more, and surely hasn't arrived or needn't be found out about."""
    if head.kind == Typing.kind:
        return _outdated(head) or head.maybe_sent or head.status == Status.SENDING
    if head.kind == Outdate.kind:
        return not _finds_its_draft(head)
    return _outdated(head) and head.status == Status.PENDING and not head.maybe_sent


def _finds_its_draft(head: Delivery) -> bool:
    """Whether the draft that is to be taken back has arrived. What stood before it is settled, so it is known now."""
    found = Delivery.objects.filter(client_ref=head.payload["draft_ref"], kind=Draft.kind, status=Status.SENT)
    external_id = found.values_list("external_id", flat=True).first()
    head.payload = {**head.payload, "draft_id": external_id or ""}
    return external_id is not None


def _outdated(delivery: Delivery) -> bool:
    """Whether the conversation's owner has changed since the agent wanted to say this."""
    return delivery.epoch is not None and delivery.epoch != delivery.conversation.epoch


def _lease(ready: Sequence[Delivery], until: datetime) -> None:
    for head in ready:
        head.maybe_sent = head.maybe_sent or head.status == Status.SENDING  # somebody began, and never ended
        head.status, head.lease_until = Status.SENDING, until
    for maybe_sent in (False, True):
        if ids := [head.pk for head in ready if head.maybe_sent == maybe_sent]:
            changes = {"status": Status.SENDING, "lease_until": until, "maybe_sent": maybe_sent}
            Delivery.objects.filter(pk__in=ids).update(**changes)


def _lease_time(gateway: Gateway) -> timedelta:
    return HOSTED_LEASE if ADAPTERS[gateway.platform].capabilities.hosted else LEASE


# --- Sending: touches no database -------------------------------------------------------------------------------------


def send(delivery: Job) -> Sending:
    """Make one attempt, or settle an earlier one."""
    began, traces = time.monotonic(), list[Trace]()
    result: Sent | DeliveryError | None
    try:
        result = _send(delivery, adapter(delivery.conversation.gateway, traces.append))
    except ConfigError as error:
        result = DeliveryError(Failure.CREDENTIALS, f"The gateway's configuration isn't complete: {error}")
    except DeliveryError as error:
        result = error
    except Exception as error:
        log.exception("adapter_failed", delivery=delivery.pk)
        public = f"Our code for this platform failed ({type(error).__name__}); the log says where."
        result = DeliveryError(Failure.UNKNOWN, public)
    milliseconds = round((time.monotonic() - began) * 1000)
    return Sending(delivery, result, timezone.now(), milliseconds, tuple(traces))


def _send(delivery: Delivery, ours: Adapter) -> Sent | None:
    """Send it, or settle what may have been sent. None: it never arrived, and mustn't any more."""
    conversation = delivery.conversation
    outgoing = Outgoing(
        effect=unpack(delivery.kind, delivery.payload),
        thread=conversation.external_id,
        recipient=conversation.identity.external_id,
        client_ref=str(delivery.client_ref),
        answers=_answered(conversation) if ours.capabilities.quotes else None,
    )
    if delivery.maybe_sent and ours.capabilities.history:
        arrived = ours.settle(outgoing)
        if arrived or _outdated(delivery):
            return arrived
    elif delivery.maybe_sent and (_outdated(delivery) or not _harmless(ours, conversation.gateway)):
        raise DeliveryError(Failure.UNKNOWN, "An attempt at it ended without an answer; it may have arrived.")
    return ours.send(outgoing)


def _answered(conversation: Conversation) -> Answered | None:
    if (newest := conversation.newest) is None:
        return None
    return Answered(newest.external_id, conversation.subject, newest.metadata)


def _harmless(ours: Adapter, gateway: Gateway) -> bool:
    """Whether an effect of unknown outcome may simply be sent again."""
    return ours.capabilities.idempotent or gateway.on_unknown == Gateway.OnUnknown.RESEND


# --- Settling ---------------------------------------------------------------------------------------------------------


def settle(sendings: Sequence[Sending]) -> list[Outcome | Pause]:
    """Write down what came of the attempts: those that arrived together, each other one by itself."""
    arrived = [sending for sending in sendings if isinstance(sending.result, Sent)]
    if arrived:
        _all_sent(arrived)
    return [_not_sent(sending) for sending in sendings if not isinstance(sending.result, Sent)]


def next_in_line(sendings: Sequence[Sending]) -> set[int]:
    """The gateways of those conversations in which more is due."""
    more = Delivery.objects.filter(conversation__in={sending.delivery.conversation_id for sending in sendings})
    due = more.filter(status=Status.PENDING, due_at__lte=timezone.now())
    return set(due.order_by().values_list("gateway_id", flat=True).distinct())


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
    """Unless another answer, which came in meanwhile, has told us to wait."""
    free = Gateway.objects.filter(Q(throttled_until__isnull=True) | Q(throttled_until__lte=now), pk=gateway.pk)
    free.update(status=Gateway.Status.OK, status_detail="", throttled_until=None)


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
            _gateway(delivery.gateway_id, Gateway.Status.ERROR, error.public)
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
    _gateway(delivery.gateway_id, Gateway.Status.RATE_LIMITED, error.public, until)
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
    return Pause(delivery.gateway_id, seconds)


def _give_up(delivery: Delivery, status: Delivery.Status, why: str) -> Outcome:
    """It won't go. What was to follow it in the same message doesn't either: half an answer is none."""
    _finish(delivery, status, error=why[:500])
    if delivery.message_id:
        withdraw(Delivery.objects.filter(message=delivery.message_id, status=Status.PENDING))
    event = events.delivery_unknown if status == Status.UNKNOWN else events.delivery_failed
    event(delivery, why)
    needs_person = delivery.kind == Open.kind or (delivery.epoch is not None and not _outdated(delivery))
    return Outcome(delivery, needs_person=needs_person, why=why)


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
