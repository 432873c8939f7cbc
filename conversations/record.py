"""Step 4 of the walk: write down what an event says, and decide whether it is the agent's move.

One function per kind of event. All of it happens in one transaction with the event's key, so that an event is either
recorded once with everything that follows from it, or not at all.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Q

from agents import languages
from contacts.models import Identity
from conversations import events, messages, ownership, place, turns
from conversations.models import Conversation, Delivery, Message
from conversations.threads import Threads
from gateways import writing
from gateways.messages import (
    Assigned,
    Closed,
    CustomerSaid,
    DeliveryReported,
    Edited,
    Event,
    GivenBack,
    Gone,
    Ignored,
    Progress,
    StaffSaid,
    Tagged,
    Unreachable,
)
from gateways.models import Gateway, InboundEvent, Receipt
from gateways.reasons import LeftAlone, Reason

Verdict = InboundEvent.Verdict
UNKNOWN_THREAD = "We don't know this conversation."
ASSIGNED = "It was assigned to a person on the platform."
USUAL = {  # the reason of a verdict, where nothing else is said
    Verdict.HANDLED: Reason.HANDLED,
    Verdict.RECORDED: Reason.NOTED,
    Verdict.IGNORED: Reason.NOT_FOR_US,
}


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of an event, in one word and one sentence."""

    verdict: InboundEvent.Verdict
    why: str
    conversation: Conversation | None = None
    by_person: bool = False  # a person acted, and the conversation is theirs or was given away by them
    told_reason: Reason | None = None

    @property
    def reason(self) -> Reason:
        return self.told_reason or (Reason.PERSON_ACTED if self.by_person else USUAL[self.verdict])


def record(receipt: Receipt, event: Event, identity: Identity | None, threads: Threads) -> Recorded:
    """Write down an event of the receipt. `identity` is who wrote, for events in which a customer did."""
    gateway = receipt.gateway
    match event:
        case CustomerSaid():
            assert identity is not None  # noqa: S101 - `resolve` gives one for every CustomerSaid
            return _customer_said(receipt, event, identity, threads)
        case StaffSaid():
            return _staff_said(receipt, event, threads)
        case DeliveryReported():
            return _delivery_reported(gateway, event)
        case Closed():
            return _on_thread(threads, event.thread, ownership.close, "Closed on the platform.")
        case GivenBack():
            return _on_thread(threads, event.thread, ownership.give_back, "Given back on the platform.")
        case Assigned():
            return _assigned(event, threads)
        case Tagged():
            return _tagged(event, threads)
        case Edited():
            return _edited(event, threads)
        case Gone():
            return _on_thread(threads, event.thread, ownership.close, event.why)
        case Unreachable():
            return _unreachable(event, threads)
        case Ignored():
            return Recorded(Verdict.IGNORED, event.why)


def _customer_said(receipt: Receipt, event: CustomerSaid, identity: Identity, threads: Threads) -> Recorded:
    conversation = threads.open(event, identity)
    before = place.outside(conversation)
    place.note(conversation, event)
    conversation.language = _language(conversation, event.text)
    place.step_aside(conversation, before, str(receipt.gateway))
    if conversation.status == Conversation.Status.CLOSED:
        ownership.reopen(conversation)
    _notice_assignee(conversation, event)
    left = reason_to_leave_alone(conversation)
    message = messages.add(
        conversation,
        turn=None if left else turns.expect(conversation),
        author=Message.Author.CUSTOMER,
        author_name=event.sender.name or str(identity.contact),
        text=event.text,
        external_id=event.message_id,
        receipt=receipt,
        status=Message.Status.RECEIVED,
        metadata=event.metadata,
    )
    conversation.customer_seq = message.seq
    if left is None:
        return Recorded(Verdict.HANDLED, "The agent answers.", conversation)
    events.left_alone(conversation, left.why, left.reason)
    if conversation.owner == Conversation.Owner.AGENT:
        conversation.answered_seq = message.seq  # what the agent was right to leave alone isn't waiting for it
    return Recorded(Verdict.RECORDED, left.why, conversation, told_reason=left.reason)


def reason_to_leave_alone(conversation: Conversation) -> LeftAlone | None:
    """Why the agent doesn't answer in this conversation; None when it does."""
    gateway = conversation.gateway
    if conversation.owner == Conversation.Owner.HUMAN:
        return LeftAlone(Reason.PERSON_OWNS, "A person owns the conversation.")
    if conversation.status == Conversation.Status.SUSPENDED:
        return LeftAlone(Reason.SUSPENDED, "The agent is suspended in this conversation.")
    if gateway.mode == Gateway.Mode.OFF:
        return LeftAlone(Reason.SWITCHED_OFF, "The gateway is switched off.")
    if not gateway.agent.is_active:
        return LeftAlone(Reason.AGENT_INACTIVE, "The gateway's agent is inactive.")
    return place.outside(conversation)


def _notice_assignee(conversation: Conversation, event: CustomerSaid) -> None:
    """A conversation that was somebody's before we met it is theirs. Later we hear of each assignment by itself."""
    if conversation.last_seq == 0 and event.assignee and _passes_to_person(conversation, event.assignee):
        ownership.take_over(conversation, None, event.assignee_name or event.assignee, ASSIGNED)


def _passes_to_person(conversation: Conversation, assignee: str) -> bool:
    """Whether being assigned to this teammate makes a conversation people's.

    What people have already stays theirs: “process conversations assigned to others” is about the agent's own.
    """
    gateway = conversation.gateway
    if assignee == gateway.teammate_id:
        return False
    return not gateway.answers_assigned or conversation.owner == Conversation.Owner.HUMAN


def _assigned(event: Assigned, threads: Threads) -> Recorded:
    """Moving a conversation is nobody's taking it; giving it to a teammate is, unless the agent is that teammate."""
    conversation = threads.find(event.thread)
    if conversation is None:
        return Recorded(Verdict.IGNORED, UNKNOWN_THREAD, told_reason=Reason.UNKNOWN_CONVERSATION)
    before = place.outside(conversation)
    place.move(conversation, event)
    left = place.step_aside(conversation, before, event.by)
    if event.to_agent or (event.assignee and event.assignee == threads.gateway.teammate_id):
        ownership.give_back(conversation, event.by or str(threads.gateway))
        return Recorded(Verdict.HANDLED, "Assigned to the agent.", conversation, by_person=True)
    name = event.assignee_name or event.assignee
    if event.assignee and _passes_to_person(conversation, event.assignee):
        ownership.take_over(conversation, None, str(name), ASSIGNED)
        return Recorded(Verdict.HANDLED, f"Assigned to {name}.", conversation, by_person=True)
    if left:
        return Recorded(Verdict.HANDLED, left.why, conversation, told_reason=left.reason)
    if name:
        return Recorded(Verdict.RECORDED, f"Assigned to {name}, which leaves it to the agent here.", conversation)
    return Recorded(Verdict.RECORDED, "It was moved on the platform.", conversation)


def _tagged(event: Tagged, threads: Threads) -> Recorded:
    conversation = threads.find(event.thread)
    if conversation is None:
        return Recorded(Verdict.IGNORED, UNKNOWN_THREAD, told_reason=Reason.UNKNOWN_CONVERSATION)
    before = place.outside(conversation)
    conversation.tags = list(event.tags)
    if left := place.step_aside(conversation, before, str(threads.gateway)):
        return Recorded(Verdict.HANDLED, left.why, conversation, told_reason=left.reason)
    return Recorded(Verdict.RECORDED, f"Tags: {', '.join(event.tags) or 'none'}.", conversation)


def _edited(event: Edited, threads: Threads) -> Recorded:
    """An answer that is being made takes the new words in; one that was given stays."""
    conversation = threads.find(event.thread)
    writing.flush()  # it may have come in just before
    said = conversation and conversation.messages.filter(
        external_id=event.message_id, author=Message.Author.CUSTOMER
    ).order_by("-seq")
    message = said.first() if said else None
    if conversation is None or message is None:
        why = "We don't know the message that was edited."
        return Recorded(Verdict.IGNORED, why, told_reason=Reason.UNKNOWN_MESSAGE)
    message.metadata = {**message.metadata, "before_edit": [*message.metadata.get("before_edit", []), message.text]}
    message.text = event.text
    message.save(update_fields=["text", "metadata"])
    return Recorded(Verdict.RECORDED, "The customer edited a message.", conversation)


def _unreachable(event: Unreachable, threads: Threads) -> Recorded:
    conversation = threads.find(event.thread)
    if conversation is None:
        return Recorded(Verdict.IGNORED, UNKNOWN_THREAD, told_reason=Reason.UNKNOWN_CONVERSATION)
    events.unreachable(conversation, event.why)
    return Recorded(Verdict.RECORDED, event.why, conversation)


def _language(conversation: Conversation, text: str) -> str:
    """What the customer is to be spoken to in: what the contact prefers, else what they write, else what it was."""
    preferred: str = conversation.identity.contact.language
    return preferred or languages.detect(text) or conversation.language


def _staff_said(receipt: Receipt, event: StaffSaid, threads: Threads) -> Recorded:
    if _is_own_echo(receipt.gateway, event):
        return Recorded(Verdict.IGNORED, "This is what we sent ourselves.", told_reason=Reason.OWN_ECHO)
    conversation = threads.find(event.thread)
    if conversation is None:
        why = "No customer has written in this conversation yet."
        return Recorded(Verdict.IGNORED, why, told_reason=Reason.UNKNOWN_CONVERSATION)
    messages.add(
        conversation,
        author=Message.Author.HUMAN,
        author_name=event.author,
        kind=Message.Kind.NOTE if event.internal else Message.Kind.MESSAGE,
        text=event.text,
        external_id=event.message_id,
        receipt=receipt,
        status=Message.Status.SENT,
    )
    if event.internal:
        return Recorded(Verdict.RECORDED, "An internal note.", conversation)
    ownership.take_over(conversation, None, event.author, "A person replied on the platform.")
    conversation.answered_seq = conversation.last_seq
    return Recorded(Verdict.HANDLED, "A person replied; the conversation is theirs.", conversation, by_person=True)


def _is_own_echo(gateway: Gateway, event: StaffSaid) -> bool:
    refs = Q()
    if event.message_id:
        refs |= Q(external_id=event.message_id)
    if event.client_ref:
        try:
            refs |= Q(client_ref=uuid.UUID(event.client_ref))
        except ValueError:
            return False
    return bool(refs) and Delivery.objects.filter(refs, gateway=gateway).exists()


def _delivery_reported(gateway: Gateway, event: DeliveryReported) -> Recorded:
    delivery = (
        Delivery.objects.filter(gateway=gateway, external_id=event.message_id)
        .select_related("message", "conversation")
        .first()
    )
    if delivery is None or delivery.message is None:
        why = "The report is about a message that we didn't send."
        return Recorded(Verdict.IGNORED, why, told_reason=Reason.UNKNOWN_MESSAGE)
    if event.progress is Progress.FAILED:
        events.delivery_failed(delivery, event.detail or "The platform reports that the message didn't arrive.")
    changed = messages.advance(delivery.message, Message.Status(event.progress.value))
    if not changed:
        why = "We knew that, or more."
        return Recorded(Verdict.IGNORED, why, delivery.conversation, told_reason=Reason.NOTHING_NEW)
    return Recorded(Verdict.HANDLED, f"The message is {event.progress}.", delivery.conversation)


def _on_thread(threads: Threads, thread: str, act: Callable[[Conversation, str], None], why: str) -> Recorded:
    conversation = threads.find(thread)
    if conversation is None:
        return Recorded(Verdict.IGNORED, UNKNOWN_THREAD, told_reason=Reason.UNKNOWN_CONVERSATION)
    act(conversation, str(threads.gateway))
    return Recorded(Verdict.HANDLED, why, conversation, by_person=True)
