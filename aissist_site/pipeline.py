"""The walk of a message, in order, on one screen. Everything else is a step of it or a surface on it.

    receive ─▶ parse ─▶ resolve ─▶ record ─▶ respond ─▶ route ─┬─▶ say ──────▶ deliver
    (webhook)  └────────── ingest ─────────┘ └─────── TURNS ───┴─▶ hand over ──┘ DELIVERIES

What is rung for is a gateway: whatever is due there is done, many rows in one transaction, and one by one where that
fails. Everything may be called at any time, any number of times.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from aissist_site.crew import DATABASE_IS_AWAY, Crew
from contacts.models import Identity
from contacts.resolve import resolve
from conversations import deliver as sender
from conversations import events, outbox, ownership, timers, turns
from conversations.leases import renewed
from conversations.lock import all_locked, locked
from conversations.models import Conversation, Turn
from conversations.record import record
from conversations.respond import Answer, Question, questions, respond
from conversations.threads import Threads, threads_of
from gateways import doorbell, writing
from gateways.messages import CustomerSaid, Event, Purpose
from gateways.models import Gateway, InboundEvent, Receipt
from gateways.parse import parse
from handover.hand_over import follow, hand_over
from handover.route import route, to_people

log = structlog.get_logger(__name__)

BATCH = 50  # receipts per transaction


# --- parse, resolve, record -------------------------------------------------------------------------------------------


def ingest(gateway_id: int) -> int:
    """Take in what the gateway has received, oldest first. Returns how many receipts.

    The gateway's row is locked meanwhile, which is what keeps the order; it is let go after each batch. Who finds it
    locked leaves: the other one looks again after letting go, and so sees whatever was there before.
    """
    count = 0
    while (done := _ingest_batch(gateway_id)) is not None:
        count += done
        if done < BATCH and not Receipt.objects.filter(gateway=gateway_id, status=Receipt.Status.PENDING).exists():
            break
    return count


def _ingest_batch(gateway_id: int) -> int | None:
    """Returns how many, None if another worker is at it."""
    with transaction.atomic():
        gateway = _free(gateway_id)
        if gateway is None:
            return None
        receipts = list(gateway.receipts.filter(status=Receipt.Status.PENDING).order_by("id")[:BATCH])
        if not receipts:
            return 0
        for receipt in receipts:
            receipt.gateway, receipt.done_at = gateway, timezone.now()
        readable = [(receipt, found) for receipt in receipts if (found := _parse(gateway, receipt)) is not None]
        _take_in(gateway, readable)
        writing.update_all(receipts, ("status", "outcome", "error", "done_at"))
    return len(receipts)


def _free(gateway_id: int) -> Gateway | None:
    """The gateway, locked for this transaction; None if somebody else has it locked."""
    free = Gateway.objects.select_for_update(of=("self",), no_key=True, skip_locked=True).order_by()
    related = free.select_related("agent").prefetch_related("managing_points", "secrets")
    return next(iter(related.filter(pk=gateway_id)), None)


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
        earlier = InboundEvent.objects.filter(gateway=gateway, key__in=[event.key for event in found])
        known = set(earlier.values_list("key", flat=True))
        people = resolve(gateway, found)
        threads.read(name for e in found if isinstance(e, CustomerSaid) for name in (e.thread, e.apart) if name)
        read = [(receipt, tuple(_rightful(event, people, threads) for event in told)) for receipt, told in read]
        found = [event for _, told in read for event in told]
        threads.open_new((e, people[e.sender.id]) for e in found if isinstance(e, CustomerSaid) and e.key not in known)
        for receipt, told in read:
            outcomes = [_record_once(receipt, event, people, threads, known) for event in told]
            receipt.status, receipt.outcome = Receipt.Status.DONE, "; ".join(outcomes)[:300]


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
    kept = InboundEvent(gateway=receipt.gateway, receipt=receipt, key=event.key, kind=type(event).__name__)
    kept.verdict, kept.why = recorded.verdict, recorded.why[:300]
    writing.insert(kept)
    if recorded.by_person and recorded.conversation:
        follow(recorded.conversation)
    return f"{event.key}: {recorded.verdict.label}"


# --- respond, route, say or hand over ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Responded:
    """What an engine made of a question: an answer, or the exception that it raised."""

    question: Question
    answer: Answer | Exception


def _claim_turns(gateway_id: int, most: int) -> list[Question]:
    claimed = turns.claim(gateway_id, most)
    if not claimed and (wait := turns.due_in_a_moment(gateway_id)):
        doorbell.ring(doorbell.Step.TURN, gateway_id, after=wait)
    return questions(claimed)


def _respond(question: Question) -> Responded:
    turn = question.turn
    with structlog.contextvars.bound_contextvars(turn=turn.pk, conversation=turn.conversation_id), renewed(turn):
        try:
            if turn.claims > turns.MOST_CLAIMS:
                raise RuntimeError("The turn was begun too often without ever ending.")
            return Responded(question, respond(question))
        except DATABASE_IS_AWAY:
            raise  # not the engine's failure: the lease ends, and the turn is taken again
        except Exception as error:
            log.exception("engine_failed")
            return Responded(question, error)


def _settle_turns(responded: Sequence[Responded]) -> set[int]:
    """All at once; if that fails, one by one. What fails even so is taken again when its lease ends."""
    answers = [(one.question.turn, answer) for one in responded if (answer := _answer(one)) is not None]
    try:
        _act_on(answers)
    except DATABASE_IS_AWAY:
        raise
    except Exception:
        if len(answers) == 1:
            raise
        for one in answers:
            _act_on_alone(*one)
    return set()


def _answer(responded: Responded) -> Answer | None:
    """The engine's answer; where it failed, either nothing for now or a decision to ask people."""
    if isinstance(responded.answer, Answer):
        return responded.answer
    decision = turns.failed(responded.question.turn, responded.answer)
    return None if decision is None else Answer(decision, upto_seq=responded.question.upto_seq, milliseconds=0)


def _act_on_alone(turn: Turn, answer: Answer) -> None:
    try:
        _act_on([(turn, answer)])
    except DATABASE_IS_AWAY:
        raise
    except Exception:
        log.exception("turn_failed", turn=turn.pk)


def _act_on(answers: Sequence[tuple[Turn, Answer]]) -> None:
    """route, then say it or hand it over: all in the transaction that freezes the turns."""
    if not answers:
        return
    with all_locked({turn.conversation_id: turn.conversation for turn, _ in answers}) as conversations:
        held = turns.still_held([turn for turn, _ in answers])
        mine = [(turn, answer) for turn, answer in answers if turn.pk in held]
        done = [turn for turn, answer in mine if _act_on_one(conversations[turn.conversation_id], turn, answer)]
        timers.cancel(done)


def _act_on_one(conversation: Conversation, turn: Turn, answer: Answer) -> bool:
    decision = answer.decision
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


# --- deliver ----------------------------------------------------------------------------------------------------------


def _settle_deliveries(sendings: Sequence[sender.Sending]) -> set[int]:
    """Returns the gateways at which something waited behind what was settled: the next part, or a note."""
    for outcome in sender.settle(sendings):
        if isinstance(outcome, sender.Pause):
            doorbell.ring(doorbell.Step.DELIVER, outcome.gateway_id, after=outcome.seconds + 0.01)
        elif outcome.needs_person:
            _ask_a_person(outcome.delivery.conversation_id, outcome.why)
    return sender.next_in_line(sendings)


def _ask_a_person(conversation_id: int, why: str) -> None:
    """The agent's words didn't get through. Somebody has to know, and the conversation has to have an owner."""
    with locked(conversation_id) as conversation:
        if conversation.owner == Conversation.Owner.AGENT:
            why = f"A reply didn't get through: {why}"
            ownership.withdraw_unsent(conversation)
            hand_over(conversation, to_people(conversation.gateway), reason="undeliverable", why=why, actor="system")


# --- Who does it ------------------------------------------------------------------------------------------------------

TURNS: Crew[Question, Responded] = Crew(
    "turn", hands=settings.TURN_CONCURRENCY, claim=_claim_turns, work=_respond, settle=_settle_turns
)
DELIVERIES: Crew[sender.Job, sender.Sending] = Crew(
    "deliver", hands=settings.DELIVER_CONCURRENCY, claim=sender.claim, work=sender.send, settle=_settle_deliveries
)


def fire(gateway_id: int) -> int:
    """Carry out the gateway's timers that are due. Returns how many."""
    count = 0
    while done := timers.fire(gateway_id):
        count += done
        if done < timers.MOST:
            break
    return count


def finish(patience: float) -> None:
    """Before the process ends: wait so many seconds for what is under way."""
    TURNS.close(patience)
    DELIVERIES.close(patience)
