"""Steps 5 and 6 of the walk, for turns that are due: respond, route, and say it or hand it over."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import structlog

from agents.engines.base import After, AnswersLater, Decision, Escalation
from aissist_site.crew import one_by_one
from contacts import remember
from conversations import (
    act,
    action_requests,
    background,
    drafts,
    events,
    later,
    modes,
    offers,
    outbox,
    timers,
    turns,
)
from conversations.dispatch import Senders, dispatched
from conversations.leases import renewed
from conversations.lock import all_locked
from conversations.models import Conversation, Turn
from conversations.modes import Conduct
from conversations.respond import Answer, Question, questions, read_up, respond
from gateways import doorbell
from gateways.models import Gateway
from gateways.writing import DATABASE_IS_AWAY
from handover import shadow
from handover.hand_over import hand_over, inform
from handover.obey import leave_help
from handover.promotion import is_promoted
from handover.route import route

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Responded:
    """What an engine made of a question: an answer, the promise of one, or the exception that it raised."""

    question: Question
    answer: Answer | Exception


def claim(gateway_id: int, most: int) -> list[Question]:
    claimed = turns.claim(gateway_id, most)
    if not claimed and (wait := turns.due_in_a_moment(gateway_id)):
        doorbell.ring(doorbell.Step.TURN, gateway_id, after=wait)
    for turn in claimed:
        if modes.shows_typing(turn):
            outbox.show_typing(turn)
    return questions(claimed)


def work(question: Question) -> Responded:
    turn = question.turn
    with structlog.contextvars.bound_contextvars(turn=turn.pk, conversation=turn.conversation_id), renewed(turn):
        try:
            if turn.claims > turns.MOST_CLAIMS:
                raise RuntimeError("The turn was begun too often without ever ending.")
            question = read_up(question)
            return Responded(question, respond(question))
        except DATABASE_IS_AWAY:
            raise  # not the engine's failure: the lease ends, and the turn is taken again
        except AnswersLater as promised:
            return Responded(question, promised)
        except Exception as error:
            log.exception("engine_failed")
            return Responded(question, error)


def settle(senders: Senders, responded: Sequence[Responded]) -> set[int]:
    """All at once; if that fails, one by one. What fails even so is taken again when its lease ends."""
    _keep_read([one.question for one in responded])
    answers = [(one.question.turn, answer) for one in responded if (answer := _answer(one)) is not None]
    try:
        _act_on(answers, senders)
    except DATABASE_IS_AWAY:
        raise
    except Exception:
        if len(answers) == 1:
            raise
        one_by_one(answers, lambda one: _act_on([one], senders), "turn_failed", lambda one: {"turn": one[0].pk})
    return set()


def _keep_read(asked: Sequence[Question]) -> None:
    """What was read of the past. No answer waits for it if that fails."""
    read = [(question.turn, question.found) for question in asked if question.found is not None]
    try:
        if read:
            background.keep(read)
    except DATABASE_IS_AWAY:
        raise
    except Exception:
        log.exception("past_not_kept")


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


def _act_on(answers: Sequence[tuple[Turn, Answer]], senders: Senders | None = None) -> None:
    """route, then say it or hand it over: all in the transaction that freezes the turns."""
    if not answers:
        return
    with all_locked({turn.conversation_id: turn.conversation for turn, _ in answers}) as conversations:
        held = turns.still_held([turn for turn, _ in answers])
        mine = [(turn, answer) for turn, answer in answers if turn.pk in held]
        with dispatched(conversations, senders):
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
