"""The walk of a message, in order, on one screen. Everything else is a step of it or a surface on it.

    receive ─▶ parse ─▶ resolve ─▶ record ─▶ respond ─▶ route ─┬─▶ say ──────▶ deliver
    (webhook)  └────────── ingest ─────────┘ └──── take_turn ──┴─▶ hand over ──┘

Each function takes the id of a row, does what is due there, and may be called at any time, any number of times.
"""

from dataclasses import asdict

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from contacts.resolve import resolve
from conversations import deliver as sender
from conversations import events, outbox, timers, turns
from conversations.leases import renewed
from conversations.lock import locked
from conversations.models import Conversation, Turn
from conversations.record import record
from conversations.respond import Answer, respond
from gateways import doorbell
from gateways.messages import Event, Purpose
from gateways.models import Gateway, InboundEvent, Receipt
from gateways.parse import parse
from handover.hand_over import follow, hand_over
from handover.route import route, to_people

log = structlog.get_logger(__name__)

BATCH = 20  # receipts per transaction
COME_BACK = 0.05  # seconds


def ingest(gateway_id: int) -> int:
    """Take in what the gateway has received, oldest first. Returns how many receipts.

    The gateway's row is locked meanwhile, which is what keeps the order; it is let go after each batch. Who finds it
    locked doesn't wait but comes back, in case the other one has looked for the last time just before.
    """
    count = 0
    while done := _ingest_batch(gateway_id):
        count += done
        if done < BATCH:
            break
    return count


def _ingest_batch(gateway_id: int) -> int:
    with transaction.atomic():
        gateway = _free(gateway_id)
        if gateway is None:
            if Gateway.objects.filter(pk=gateway_id).exists():
                doorbell.ring(doorbell.Step.INGEST, gateway_id, after=COME_BACK)
            return 0
        receipts = list(gateway.receipts.filter(status=Receipt.Status.PENDING).order_by("id")[:BATCH])
        for receipt in receipts:
            receipt.gateway = gateway  # with all that was read of it
            with structlog.contextvars.bound_contextvars(receipt=receipt.pk):
                _ingest_one(gateway, receipt)
        Receipt.objects.bulk_update(receipts, ["status", "outcome", "error", "done_at"])
    return len(receipts)


def _free(gateway_id: int) -> Gateway | None:
    """The gateway, locked for this transaction; None if somebody else has it locked."""
    free = Gateway.objects.select_for_update(of=("self",), no_key=True, skip_locked=True).order_by()
    related = free.select_related("agent").prefetch_related("managing_points", "secrets")
    return next(iter(related.filter(pk=gateway_id)), None)


def _ingest_one(gateway: Gateway, receipt: Receipt) -> None:
    try:
        with transaction.atomic():
            outcomes = [_take_in(gateway, receipt, event) for event in parse(gateway, receipt)]
        receipt.status, receipt.outcome = Receipt.Status.DONE, "; ".join(outcomes)[:300]
    except (OperationalError, InterfaceError):
        raise  # the database, not the receipt: everything rolls back and is tried again
    except Exception as error:
        log.exception("receipt_failed", gateway=gateway.public_id)
        receipt.status, receipt.error = Receipt.Status.FAILED, f"{type(error).__name__}: {error}"[:2000]
    receipt.done_at = timezone.now()


def _take_in(gateway: Gateway, receipt: Receipt, event: Event) -> str:
    """resolve, record; once for each key."""
    if InboundEvent.objects.filter(gateway=gateway, key=event.key).exists():
        return f"{event.key}: duplicate"
    recorded = record(receipt, event, resolve(gateway, event))
    InboundEvent.objects.create(
        gateway=gateway,
        receipt=receipt,
        key=event.key,
        kind=type(event).__name__,
        verdict=recorded.verdict,
        why=recorded.why[:300],
    )
    if recorded.by_person and recorded.conversation:
        follow(recorded.conversation)
    return f"{event.key}: {recorded.verdict.label}"


def take_turn(turn_id: int) -> bool:
    """Answer what the customer has said, or hand it over. Returns whether the turn was settled."""
    turn = turns.claim(turn_id)
    if turn is None:
        _ring_again_if_early(turn_id)
        return False
    with structlog.contextvars.bound_contextvars(turn=turn.pk, conversation=turn.conversation_id):
        answer = _answer(turn)
        return answer is not None and _act_on(turn, answer)


def _answer(turn: Turn) -> Answer | None:
    """respond; when the engine fails, either nothing for now or a decision to ask people."""
    seen = turn.conversation.customer_seq
    try:
        if turn.claims > turns.MOST_CLAIMS:
            raise RuntimeError("The turn was begun too often without ever ending.")
        with renewed(turn):
            return respond(turn)
    except (OperationalError, InterfaceError):
        raise  # the database, not the engine: the lease ends, and the turn is taken again
    except Exception as error:
        log.exception("engine_failed")
        decision = turns.failed(turn, error)
        return None if decision is None else Answer(decision, upto_seq=seen, milliseconds=0)


def _act_on(turn: Turn, answer: Answer) -> bool:
    """route, then say it or hand it over: all in the transaction that freezes the turn."""
    decision = answer.decision
    with locked(turn.conversation_id, known=turn.conversation) as conversation:
        turn.decision = {**asdict(decision), "milliseconds": answer.milliseconds}
        if not turns.freeze(conversation, turn, answer.upto_seq, decision):
            return False
        if choice := route(turn, decision):
            told = {"reason": decision.reason.value, "why": decision.why, "actor": "agent"}
            hand_over(conversation, choice, **told, turn=turn, decision=decision)
        else:
            events.decided(conversation, turn, decision.why)
            if decision.reply:
                outbox.say(conversation, decision.reply, Purpose.REPLY, turn=turn)
        if conversation.owner == Conversation.Owner.AGENT and conversation.customer_seq > answer.upto_seq:
            turns.expect(conversation)  # what came too late for this answer gets the next one
    return True


def _ring_again_if_early(turn_id: int) -> None:
    wait = turns.still_to_wait(turn_id)
    if wait is not None and wait < 0.2:  # clocks differ by milliseconds; for longer waits a later ring is on its way
        doorbell.ring(doorbell.Step.TURN, turn_id, after=wait + 0.01)


def deliver(conversation_id: int) -> int:
    """Send what is due in the conversation, in order. Returns how many deliveries were settled."""
    count = 0
    with structlog.contextvars.bound_contextvars(conversation=conversation_id):
        while isinstance(outcome := sender.deliver(conversation_id), sender.Outcome):
            count += 1
            if outcome.needs_person:
                _ask_a_person(conversation_id, outcome.why)
        if outcome is not None:
            doorbell.ring(doorbell.Step.DELIVER, conversation_id, after=outcome.seconds + 0.01)
    return count


def _ask_a_person(conversation_id: int, why: str) -> None:
    """The agent's words didn't get through. Somebody has to know, and the conversation has to have an owner."""
    with locked(conversation_id) as conversation:
        if conversation.owner == Conversation.Owner.AGENT:
            why = f"A reply didn't get through: {why}"
            hand_over(conversation, to_people(conversation.gateway), reason="undeliverable", why=why, actor="system")


def fire(timer_id: int) -> bool:
    """Carry out a timer, once."""
    return timers.fire(timer_id)
