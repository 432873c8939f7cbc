"""Pass a conversation to people: its owner changes, the customer is told, people get a summary. Twice is once."""

from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone

from agents.engines.base import After, Decision, Reason
from conversations import act, drafts, events, outbox, ownership
from conversations.models import Conversation, Message, MessageTemplate, Turn
from conversations.wording import wording
from gateways import writing
from gateways.messages import Purpose
from gateways.models import Destination
from handover import notices, relay
from handover.models import Handover, HandoverRule, HandoverSettings
from handover.policy import Choice
from handover.route import to_people
from handover.summarize import collected, summarize

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
    choice, destination = _still(conversation, choice, decision)
    rule = HandoverRule.objects.filter(pk=choice.rule_id or 0).first()
    settings = HandoverSettings.of(conversation.gateway)
    (_leave_draft if quietly else _tell_customer)(conversation, turn, decision, reason)
    writing.flush()  # the summary has all that was said
    summary = summarize(conversation, why, decision, settings.operators_language)
    outbox.note(conversation, summary, author=conversation.gateway.agent.display_name, turn=turn)
    assign(conversation, destination, why, turn)
    events.handed_over(conversation, turn, f"{why} {choice.why}", actor)
    outbox.tag(conversation, add=_tags(settings, reason, rule), turn=turn)
    outbox.set_status(conversation, conversation.gateway.status_at_handover, turn=turn)
    limit = settings.accept_within if choice.accept_within is None else choice.accept_within
    handover = Handover.objects.create(
        conversation=conversation,
        turn=turn,
        epoch=conversation.epoch,
        destination=destination,
        rule=rule,
        reason=reason,
        why=f"{why} {choice.why}"[:500],
        summary=summary,
        next_destination=Destination.objects.filter(pk=choice.next_id or 0, is_active=True).first(),
        accept_by=timezone.now() + timedelta(minutes=limit) if limit else None,
    )
    place(conversation, handover)
    notices.announce(handover, settings)
    return handover


def place(conversation: Conversation, handover: Handover) -> None:
    """Where its people are on another gateway, have a conversation opened there."""
    destination = handover.destination
    if destination and destination.kind == Destination.GATEWAY:
        relay.begin(conversation, destination, handover.summary)


def _still(conversation: Conversation, choice: Choice, decision: Decision | None) -> tuple[Choice, Destination | None]:
    """The choice and its destination; another choice where that has been deleted or switched off meanwhile."""
    gone: list[int] = []
    while choice.destination_id is not None:
        destination = Destination.objects.filter(pk=choice.destination_id, is_active=True).first()
        if destination is not None and _reachable(conversation, destination):
            return choice, destination
        gone.append(choice.destination_id)
        sub_agent = decision.sub_agent if decision else ""
        choice = to_people(conversation.gateway, sub_agent, conversation, gone)
    return choice, None


def _reachable(conversation: Conversation, destination: Destination) -> bool:
    """What stands for another gateway's conversation isn't handed on to a third: that could go in circles."""
    if destination.kind != Destination.GATEWAY:
        return True
    return conversation.relay != Conversation.Relay.FOR and destination.other_gateway() is not None


def _tags(settings: HandoverSettings, reason: str, rule: HandoverRule | None) -> list[str]:
    """By a rule it is transferred; without one, or when the customer asked for a person, a person is needed."""
    transferred = settings.transfer_tag if rule else ""
    asked = reason in (Reason.ASKED_FOR_HUMAN, Reason.ACCEPTED)
    needed = settings.need_human_tag if rule is None or asked else ""
    return [name for name in (needed, transferred) if name]


def inform(conversation: Conversation, turn: Turn, decision: Decision) -> None:
    """What the agent collected and doesn't hand over is left to people in a note, with a tag to find it by."""
    if not decision.collected or decision.clarifies or decision.after is After.DRAFT:
        return
    settings = HandoverSettings.of(conversation.gateway)
    facts = collected(decision, settings.operators_language)
    if not conversation.messages.filter(kind=Message.Kind.NOTE, text=facts).exists():
        outbox.note(conversation, facts, author=conversation.gateway.agent.display_name, turn=turn)
    if settings.information_tag:
        outbox.tag(conversation, add=[settings.information_tag], turn=turn)


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
    if conversation.relay:
        relay.end(conversation)
    closed = conversation.status == Conversation.Status.CLOSED
    conversation.handovers.filter(state__in=OPEN).update(
        state=Handover.State.CLOSED if closed else Handover.State.RETURNED
    )


def assign(conversation: Conversation, destination: Destination | None, why: str, turn: Turn | None) -> None:
    """Pass the conversation to the destination on the platform; to nobody in particular where it isn't there."""
    if destination and destination.on_platform:
        outbox.assign(conversation, destination.external_id, destination.name, why, turn=turn)
    else:
        name = destination.name if destination else "Waiting for people"
        outbox.assign(conversation, "", name, why, turn=turn)
