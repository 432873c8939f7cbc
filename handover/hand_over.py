"""Pass a conversation to people: its owner changes, the customer is told, people get a summary. Twice is once."""

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone

from agents.engines.base import Decision, Reason
from conversations import act, drafts, events, outbox, ownership
from conversations.models import Conversation, MessageTemplate, Turn
from conversations.wording import wording
from gateways import writing
from gateways.messages import Purpose
from gateways.models import Destination
from handover.models import Handover, HandoverRule
from handover.policy import Choice
from handover.summarize import summarize

OPEN = (Handover.State.WAITING, Handover.State.ACCEPTED)


def hand_over(
    conversation: Conversation,
    choice: Choice,
    *,
    reason: str,
    why: str,
    actor: str,
    turn: Turn | None = None,
    decision: Decision | None = None,
    quietly: bool = False,
) -> Handover:
    """One transaction's worth: owner, words to the customer, note, assignment, record. Wants a locked conversation.

    `quietly`: the customer is told nothing, and what was to be replied is left as a draft.
    """
    if conversation.owner == Conversation.Owner.HUMAN and (waiting := current(conversation)):
        return waiting
    ownership.to_people(conversation)
    destination = Destination.objects.filter(pk=choice.destination_id or 0).first()
    rule = HandoverRule.objects.filter(pk=choice.rule_id or 0).first()  # either may have been deleted meanwhile
    (_leave_draft if quietly else _tell_customer)(conversation, turn, decision, reason)
    writing.flush()  # the summary has all that was said
    summary = summarize(conversation, why, decision)
    outbox.note(conversation, summary, author=conversation.gateway.agent.display_name, turn=turn)
    _assign(conversation, destination, why, turn)
    events.handed_over(conversation, turn, f"{why} {choice.why}", actor)
    return Handover.objects.create(
        conversation=conversation,
        turn=turn,
        epoch=conversation.epoch,
        destination=destination,
        rule=rule,
        reason=reason,
        why=f"{why} {choice.why}"[:500],
        summary=summary,
    )


def _tell_customer(conversation: Conversation, turn: Turn | None, decision: Decision | None, reason: str) -> None:
    replies = bool(decision and decision.words)
    if decision:
        act.say(conversation, turn, decision)
    words = wording(conversation, _words_for(conversation, reason))
    outbox.say(conversation, words, Purpose.HANDOVER, turn=turn, answers=not replies)


def _leave_draft(conversation: Conversation, turn: Turn | None, decision: Decision | None, reason: str) -> None:
    """Somebody who may harm themselves is to be told something, so people find that as a draft at least."""
    text = decision.words if decision else ""
    if not text and reason == Reason.SELF_HARM:
        text = wording(conversation, MessageTemplate.Kind.CRISIS)
    if text:
        drafts.draft(conversation, text, turn)


def _words_for(conversation: Conversation, reason: str) -> MessageTemplate.Kind:
    """To somebody who may harm themselves, “our team will reply” isn't all there is to say, whoever is there."""
    if reason == Reason.SELF_HARM:
        return MessageTemplate.Kind.CRISIS
    there = conversation.gateway.people_are_there()
    return MessageTemplate.Kind.HANDOVER if there else MessageTemplate.Kind.AWAY


def current(conversation: Conversation) -> Handover | None:
    """The handover that the conversation is in, if any."""
    return conversation.handovers.filter(state__in=OPEN).first()


def accepted(conversation: Conversation, user: AbstractBaseUser | None) -> None:
    """A person has begun to deal with it."""
    conversation.handovers.filter(state=Handover.State.WAITING).update(
        state=Handover.State.ACCEPTED, accepted_at=timezone.now(), accepted_by=user
    )


def follow(conversation: Conversation) -> None:
    """A person has acted: the handover is accepted, or over when the conversation is no longer people's."""
    if conversation.owner == Conversation.Owner.HUMAN:
        accepted(conversation, user=None)
        return
    closed = conversation.status == Conversation.Status.CLOSED
    conversation.handovers.filter(state__in=OPEN).update(
        state=Handover.State.CLOSED if closed else Handover.State.RETURNED
    )


def _assign(conversation: Conversation, destination: Destination | None, why: str, turn: Turn | None) -> None:
    if destination and destination.on_platform:
        outbox.assign(conversation, destination.external_id, destination.name, why, turn=turn)
    else:
        name = destination.name if destination else "Waiting for people"
        outbox.assign(conversation, "", name, why, turn=turn)
