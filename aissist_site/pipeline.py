"""The walk of a message, in order, on one screen. Everything else is a step of it or a surface on it.

    receive ─▶ parse ─▶ resolve ─▶ record ─▶ respond ─▶ route ─┬─▶ say ──────▶ deliver
    (webhook)  └────────── ingest ─────────┘ └─────── TURNS ───┴─▶ hand over ──┘ DELIVERIES

What is rung for is a gateway: whatever is due there is done, many rows in one transaction, and one by one where that
fails. Everything may be called at any time, any number of times.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from agents.engines.base import After, AnswersLater, Decision, Escalation
from aissist_site.crew import DATABASE_IS_AWAY, Crew
from contacts import remember
from contacts.models import Identity
from contacts.resolve import resolve
from conversations import (
    act,
    action_requests,
    carry_out,
    drafts,
    events,
    later,
    modes,
    offers,
    outbox,
    ownership,
    timers,
    turns,
)
from conversations import deliver as sender
from conversations.leases import renewed
from conversations.lock import all_locked, locked
from conversations.models import ActionRequest, Conversation, Delivery, Turn
from conversations.modes import Conduct
from conversations.record import record
from conversations.respond import Answer, Question, questions, respond
from conversations.threads import Threads, threads_of
from gateways import doorbell, verdicts, writing
from gateways.messages import CustomerSaid, Event, Open
from gateways.models import Gateway, InboundEvent, Receipt
from gateways.parse import parse
from gateways.reasons import Reason
from handover import carry, relay, shadow
from handover.expire import expire
from handover.hand_over import follow, hand_over, inform
from handover.obey import leave_help, obey
from handover.promotion import is_promoted
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
    related = free.select_related("agent").prefetch_related("managing_points__destination", "secrets")
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


# --- respond, route, say or hand over ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Responded:
    """What an engine made of a question: an answer, the promise of one, or the exception that it raised."""

    question: Question
    answer: Answer | Exception


def _claim_turns(gateway_id: int, most: int) -> list[Question]:
    claimed = turns.claim(gateway_id, most)
    if not claimed and (wait := turns.due_in_a_moment(gateway_id)):
        doorbell.ring(doorbell.Step.TURN, gateway_id, after=wait)
    for turn in claimed:
        if modes.shows_typing(turn):
            outbox.show_typing(turn)
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
        except AnswersLater as promised:
            return Responded(question, promised)
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
    """The engine's answer; where there is none, either nothing for now or a decision to ask people."""
    if isinstance(responded.answer, Answer):
        return responded.answer
    question = responded.question
    if isinstance(responded.answer, AnswersLater):
        later.wait(question.turn, responded.answer)
        return None
    decision = turns.failed(question.turn, responded.answer)
    return None if decision is None else Answer(decision, question.upto_seq, milliseconds=0, told=question.told)


def act_on(turn: Turn, answer: Answer) -> None:
    """The same for an answer that came later, at the callback. Raises whatever goes wrong."""
    _act_on([(turn, answer)])


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
    if answer.answer_id:
        turn.decision["answer_id"] = answer.answer_id
    mode = conversation.gateway.mode_now()
    promoted = mode == Gateway.Mode.DRAFT and is_promoted(conversation.gateway, decision.sub_agent)
    conduct = modes.conduct(conversation, turn, mode, promoted, proposes=decision.after is After.DRAFT)
    hands_over = decision.escalation is Escalation.NOW and not turn.asked_by
    ends = Turn.Outcome.HELPED if turn.help else modes.outcome(conduct, decision.words, hands_over)
    if not turns.freeze(conversation, turn, answer.upto_seq, decision, ends):
        return False
    match conduct:
        case Conduct.SHADOW:
            shadow.keep(conversation, turn, decision)
        case Conduct.LEAVE:
            events.left_alone(conversation, modes.why_left(conversation))
        case Conduct.ACT | Conduct.DRAFT:
            _carry_out(conversation, turn, answer, by_itself=conduct is Conduct.ACT)
    _go_on(conversation, answer.upto_seq)
    return True


def _carry_out(conversation: Conversation, turn: Turn, answer: Answer, *, by_itself: bool) -> None:
    """Hand it over or say it. Not by itself: what the customer would be told is left to people as a draft."""
    decision = answer.decision
    if by_itself:
        offers.settle(conversation, turn, decision)
    _remember(conversation, answer)
    choice = None if turn.asked_by else route(turn, decision)
    if choice:
        told = {"reason": decision.reason.value, "why": decision.why, "actor": "agent"}
        hand_over(conversation, choice, **told, turn=turn, decision=decision, quietly=not by_itself)
    elif by_itself:
        act.act(conversation, turn, decision)
        inform(conversation, turn, decision)
    else:
        _leave_draft(conversation, turn, decision)
    act.tag(conversation, turn, decision)
    if decision.actions:
        action_requests.ask(conversation, turn, decision.actions, by_itself=by_itself)
    if answer.told:
        action_requests.told(answer.told)


def _leave_draft(conversation: Conversation, turn: Turn, decision: Decision) -> None:
    if turn.help:
        leave_help(conversation, turn, decision)
    elif decision.words:
        events.drafted(conversation, turn, decision.why)
        drafts.draft(conversation, decision.words, turn)
    elif turn.asked_by:
        events.no_draft(conversation, turn, decision.why)
    else:
        events.decided(conversation, turn, decision.why)


def _go_on(conversation: Conversation, upto_seq: int) -> None:
    """What came too late for this answer, or was left without any, gets the next one."""
    undone = conversation.customer_seq > conversation.answered_seq and not conversation.has_draft
    if conversation.owner == Conversation.Owner.AGENT and (undone or conversation.customer_seq > upto_seq):
        turns.expect(conversation)


def _remember(conversation: Conversation, answer: Answer) -> None:
    contact, days = conversation.identity.contact, conversation.gateway.agent.memory_days
    if answer.decision.facts:
        source = {"conversation": conversation.pk, "seq": answer.upto_seq}
        remember.offer(contact, answer.decision.facts, days=days, language=conversation.spoken, **source)


# --- deliver ----------------------------------------------------------------------------------------------------------


def _settle_deliveries(sendings: Sequence[sender.Sending]) -> set[int]:
    """Returns the gateways at which something waited behind what was settled: the next part, or a note."""
    for outcome in sender.settle(sendings):
        if isinstance(outcome, sender.Pause):
            doorbell.ring(doorbell.Step.DELIVER, outcome.gateway_id, after=outcome.seconds + 0.01)
        elif outcome.needs_person and outcome.delivery.kind == Open.kind:
            carry.not_opened(outcome.delivery, outcome.why)
        elif outcome.needs_person:
            _ask_a_person(outcome.delivery, outcome.why)
    return sender.next_in_line(sendings)


def _ask_a_person(delivery: Delivery, why: str) -> None:
    """The agent's words didn't get through. Somebody has to know, and the conversation has to have an owner.

    Also where they were its last: then it is in the epoch in which the agent closed or suspended the conversation.
    """
    with locked(delivery.conversation_id) as conversation:
        ended = conversation.owner == Conversation.Owner.NOBODY and conversation.epoch == delivery.epoch
        if conversation.owner == Conversation.Owner.AGENT or ended:
            why = f"A reply didn't get through: {why}"
            ownership.withdraw_unsent(conversation)
            choice = to_people(conversation.gateway, conversation=conversation)
            quietly = conversation.gateway.mode_now() != Gateway.Mode.AUTO
            hand_over(conversation, choice, reason="undeliverable", why=why, actor="system", quietly=quietly)


# --- Actions that write -----------------------------------------------------------------------------------------------


def _settle_actions(done: Sequence[carry_out.Done]) -> set[int]:
    """One by one. What fails is said to be unknown when its lease ends; nothing is carried out again."""
    for one in done:
        try:
            _settle_action(one)
        except DATABASE_IS_AWAY:
            raise
        except Exception:
            log.exception("action_failed", request=one.request.pk)
    return set()


def _settle_action(done: carry_out.Done) -> None:
    with locked(done.request.conversation_id) as conversation:
        why = carry_out.settle(conversation, done)
        if why and conversation.owner == Conversation.Owner.AGENT:
            _to_people(conversation, "unknown", why)


def expire_actions() -> int:
    """What nobody approved in time isn't carried out any more, and people get the conversation. Returns how many."""
    waiting = ActionRequest.State.WAITING
    late = ActionRequest.objects.filter(state=waiting, expires_at__lt=timezone.now())
    found = list(late.values_list("pk", "conversation_id")[:BATCH])
    for pk, conversation_id in found:
        with locked(conversation_id) as conversation:
            request = late.filter(pk=pk).first()
            if request is not None and (why := action_requests.expire(conversation, request)):
                _to_people(conversation, "expired", why)
    return len(found)


def _to_people(conversation: Conversation, reason: str, why: str) -> None:
    choice = to_people(conversation.gateway, conversation=conversation)
    hand_over(conversation, choice, reason=reason, why=why, actor="system")


# --- Who does it ------------------------------------------------------------------------------------------------------

TURNS: Crew[Question, Responded] = Crew(
    "turn", hands=settings.TURN_CONCURRENCY, claim=_claim_turns, work=_respond, settle=_settle_turns
)
DELIVERIES: Crew[sender.Job, sender.Sending] = Crew(
    "deliver", hands=settings.DELIVER_CONCURRENCY, claim=sender.claim, work=sender.send, settle=_settle_deliveries
)

ACTIONS: Crew[carry_out.Job, carry_out.Done] = Crew(
    "action", hands=settings.DELIVER_CONCURRENCY, claim=carry_out.claim, work=carry_out.work, settle=_settle_actions
)


def fire(gateway_id: int) -> int:
    """Carry out the gateway's timers and time-outs that are due. Returns how many."""
    count = expire(gateway_id)
    while done := timers.fire(gateway_id):
        count += done
        if done < timers.MOST:
            break
    return count


def finish(patience: float) -> None:
    """Before the process ends: wait so many seconds for what is under way."""
    TURNS.close(patience)
    DELIVERIES.close(patience)
    ACTIONS.close(patience)
