"""A person is offered, and the offer waits: for the customer's answer, for the end of its time, or for a person's act.

`Conversation.offered_at` says that the agent's last words were an offer, so that the next thing the customer says can
be its answer; where it is empty nothing here asks the database for anything. An offer whose time is over still has its
answer read: by email, people say yes hours later. All functions want a locked conversation.
"""

from collections.abc import Iterable
from datetime import timedelta

from django.utils import timezone

from agents.engines import base
from agents.engines.base import Decision, Escalation, Reason
from agents.languages import detect
from agents.wordings import wording
from conversations import events
from conversations.models import Conversation, Offer, Turn
from gateways import doorbell, writing

State = Offer.State
YES = (Reason.ACCEPTED, Reason.ASKED_FOR_HUMAN)


def settle(conversation: Conversation, turn: Turn, decision: Decision) -> None:
    """What a decision means for the offer that it knew of, and the new one that it makes."""
    if conversation.offered_at is not None:
        _answered(conversation, decision)
    if decision.escalation is Escalation.OFFERED:
        _make(conversation, turn, decision)


def choices(conversation: Conversation, decision: Decision) -> tuple[str, ...]:
    """What the customer may press where the decision's reply is an offer: a yes and a no, in the reply's language."""
    if decision.escalation is not Escalation.OFFERED:
        return ()
    language = conversation.gateway.agent.language or detect(decision.reply) or conversation.spoken
    return wording("yes", language), wording("no", language)


def withdraw(conversation: Conversation, why: str) -> None:
    """The question is no longer the customer's to answer: people have the conversation, or nobody has."""
    if conversation.offered_at is not None:
        _close(conversation, State.WITHDRAWN, why)


def expire(conversation: Conversation, offer: Offer) -> None:
    """Its time is over. It is no longer waited for; what the customer says next is still read as its answer."""
    offer.state, offer.decided_at = State.EXPIRED, timezone.now()
    writing.update(offer, ("state", "decided_at"))
    events.offer_decided(conversation, State.EXPIRED.value, "The customer hasn't answered in time.")


def pending(conversations: Iterable[Conversation]) -> dict[int, base.Offer]:
    """What the agent's last words offered in each of those conversations, as an engine may know it."""
    ids = [conversation.pk for conversation in conversations if conversation.offered_at is not None]
    rows = Offer.objects.filter(conversation__in=ids).order_by("pk") if ids else ()
    return {row.conversation_id: base.Offer(row.reason, row.why, row.sub_agent) for row in rows}  # the last one counts


def _answered(conversation: Conversation, decision: Decision) -> None:
    """An answer that is neither yes nor no and got a reply: a later yes would be the answer to that reply."""
    if decision.escalation is Escalation.NOW and decision.reason in YES:
        _close(conversation, State.ACCEPTED, "The customer wants a person.")
    elif decision.escalation is Escalation.NOW:
        _close(conversation, State.WITHDRAWN, "People get the conversation for another reason.")
    elif decision.declined:
        _close(conversation, State.DECLINED, "The customer said no; the agent goes on.")
    elif decision.reply and decision.escalation is not Escalation.OFFERED:
        _close(conversation, State.WITHDRAWN, "The customer went on with something else, which the agent answered.")


def _close(conversation: Conversation, state: Offer.State, why: str) -> None:
    """One whose time was over stays expired, unless the customer has answered it after all."""
    conversation.offered_at = None
    writing.flush()
    last = conversation.offers.order_by("-pk").first()
    answered_late = last is not None and last.state == State.EXPIRED and state != State.WITHDRAWN
    if last is not None and (last.state == State.PENDING or answered_late):
        last.state, last.decided_at = state, timezone.now()
        last.save(update_fields=["state", "decided_at"])
        events.offer_decided(conversation, state.value, why)


def _make(conversation: Conversation, turn: Turn, decision: Decision) -> None:
    """One offer at a time: one that still waits is asked once more, and has its time from now on."""
    now, minutes = timezone.now(), conversation.gateway.offer_minutes
    due_at = now + timedelta(minutes=minutes) if minutes else None
    again = conversation.offers.filter(state=State.PENDING) if conversation.offered_at is not None else None
    conversation.offered_at = now
    if again is None or not again.update(turn=turn, asked_at=now, due_at=due_at):
        offer = Offer(
            conversation=conversation,
            gateway_id=conversation.gateway_id,
            turn=turn,
            reason=decision.reason.value,
            why=decision.why[:500],
            sub_agent=decision.sub_agent,
            asked_at=now,
            due_at=due_at,
        )
        writing.insert(offer)
    if minutes:
        doorbell.ring(doorbell.Step.TIMER, conversation.gateway_id, after=minutes * 60)
