"""Step 4 of the walk: write down what an event says, and decide whether it is the agent's move.

One function per kind of event. All of it happens in one transaction with the event's key, so that an event is either
recorded once with everything that follows from it, or not at all.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils import timezone

from agents import languages
from contacts.models import Identity
from conversations import attach, drafts, events, loops, messages, modes, ownership, turns
from conversations.models import Conversation, Delivery, Draft, Message
from conversations.threads import OTHERS, Threads
from gateways import messages as effects
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
from gateways.models import Destination, Gateway, InboundEvent, Receipt
from gateways.registry import ADAPTERS

Verdict = InboundEvent.Verdict
SPEAKING = (Message.Author.CUSTOMER, Message.Author.AGENT, Message.Author.HUMAN)
AUTOMATED = "automated"  # a tag, and in a message's metadata the reason
UNKNOWN_THREAD = "We don't know this conversation."
HANDLED = {
    Gateway.Mode.AUTO: "The agent answers.",
    Gateway.Mode.DRAFT: "The agent drafts an answer for people to send.",
    Gateway.Mode.SHADOW: "The agent decides in the shadow and sends nothing.",
}


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of an event, in one word and one sentence."""

    verdict: InboundEvent.Verdict
    why: str
    conversation: Conversation | None = None
    by_person: bool = False  # a person acted, and the conversation is theirs or was given away by them


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
    _place(conversation, event.destination)
    if not event.automated:
        conversation.language = _language(conversation, event.text)
    if event.channel:
        conversation.channel = event.channel[:30]
    if event.tags is not None:
        conversation.tags = list(event.tags)
    if why := threads.why_apart.get(event.key):
        events.kept_apart(conversation, why)
    if event.automated:
        return _automated(receipt, event, conversation)
    if conversation.status == Conversation.Status.CLOSED:
        ownership.reopen(conversation)
    if conversation.has_draft and not event.automated:
        drafts.outdate(conversation, "The customer wrote again.")
    why = reason_to_leave_alone(conversation) or _machine(conversation, event)
    message = messages.add(
        conversation,
        turn=None if why else turns.expect(conversation),
        author=Message.Author.CUSTOMER,
        author_name=event.sender.name or str(identity.contact),
        text=event.text,
        external_id=event.message_id,
        receipt=receipt,
        status=Message.Status.RECEIVED,
        metadata=_metadata(event),
    )
    attach.keep(message, receipt.gateway_id, event.attachments)
    conversation.customer_seq = message.seq
    if not why:
        return Recorded(Verdict.HANDLED, HANDLED[conversation.gateway.mode_now()], conversation)
    events.left_alone(conversation, why)
    if conversation.owner == Conversation.Owner.AGENT:
        conversation.answered_seq = message.seq  # what the agent was right to leave alone isn't waiting for it
    return Recorded(Verdict.RECORDED, why, conversation)


def _automated(receipt: Receipt, event: CustomerSaid, conversation: Conversation) -> Recorded:
    """What a program wrote is on the record, and that is all: no answer, nothing reopened, nobody's move changed.

    It isn't the customer's word either, so engines don't see it.
    """
    if conversation.last_seq == 0:
        conversation.tags = [*conversation.tags, AUTOMATED]
    message = messages.add(
        conversation,
        author=Message.Author.SYSTEM,
        author_name=event.sender.name or event.sender.id,
        text=event.text,
        external_id=event.message_id,
        receipt=receipt,
        status=Message.Status.RECEIVED,
        metadata={**_metadata(event), AUTOMATED: event.automated},
    )
    attach.keep(message, receipt.gateway_id, event.attachments)
    why = f"An automatic mail: {event.automated}" if event.channel == "email" else f"Automatic: {event.automated}"
    events.left_alone(conversation, why)
    return Recorded(Verdict.RECORDED, why, conversation)


def _metadata(event: CustomerSaid) -> dict[str, Any]:
    return {**event.metadata, **({OTHERS: list(event.others)} if event.others else {})}


def _machine(conversation: Conversation, event: CustomerSaid) -> str:
    """Why this seems to be a machine that answers ours, where machines write at all; "" for a person."""
    if not ADAPTERS[conversation.gateway.platform].capabilities.machines or conversation.last_seq < loops.MOST_ANSWERS:
        return ""
    writing.flush()  # some may have come in just before
    said = conversation.messages.filter(author__in=SPEAKING, kind=Message.Kind.MESSAGE).order_by("-seq")
    rows = said.values_list("created_at", "author", "text")[: loops.LOOKED_AT]
    lines = [loops.Line(at, author == Message.Author.AGENT, text) for at, author, text in reversed(rows)]
    return loops.machine([*lines, loops.Line(timezone.now(), False, event.text)])


def reason_to_leave_alone(conversation: Conversation) -> str:
    """Why the agent doesn't answer in this conversation, as a sentence; "" when it does."""
    gateway = conversation.gateway
    mode = gateway.mode_now()
    points = {point.destination_id for point in gateway.managing_points.all()}
    if conversation.relay == Conversation.Relay.FOR:
        return "It stands for a conversation on another gateway."
    if conversation.owner == Conversation.Owner.HUMAN and mode != Gateway.Mode.SHADOW:
        return "A person owns the conversation."
    if conversation.status == Conversation.Status.SUSPENDED:
        return "The agent is suspended in this conversation."
    if why := modes.silence(gateway, mode):
        return why
    if not gateway.agent.is_active:
        return "The gateway's agent is inactive."
    if points and conversation.destination_id not in points:
        return "The conversation is in none of the gateway's managing points."
    return ""


def _assigned(event: Assigned, threads: Threads) -> Recorded:
    """Moving a conversation is nobody's taking it; giving it to a teammate is, unless the agent is that teammate."""
    conversation = threads.find(event.thread)
    if conversation is None:
        return Recorded(Verdict.IGNORED, UNKNOWN_THREAD)
    if event.destination is not None:
        _move(conversation, event.destination, event.by)
    if event.to_agent:
        ownership.give_back(conversation, event.by or str(threads.gateway))
        return Recorded(Verdict.HANDLED, "Assigned to the agent.", conversation, by_person=True)
    if event.assignee:
        name = event.assignee_name or event.assignee
        ownership.take_over(conversation, None, name, "It was assigned to a person on the platform.")
        return Recorded(Verdict.HANDLED, f"Assigned to {name}.", conversation, by_person=True)
    return Recorded(Verdict.RECORDED, "It was moved on the platform.", conversation)


def _tagged(event: Tagged, threads: Threads) -> Recorded:
    conversation = threads.find(event.thread)
    if conversation is None:
        return Recorded(Verdict.IGNORED, UNKNOWN_THREAD)
    conversation.tags = list(event.tags)
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
        return Recorded(Verdict.IGNORED, "We don't know the message that was edited.")
    message.metadata = {**message.metadata, "before_edit": [*message.metadata.get("before_edit", []), message.text]}
    message.text = event.text
    message.save(update_fields=["text", "metadata"])
    return Recorded(Verdict.RECORDED, "The customer edited a message.", conversation)


def _unreachable(event: Unreachable, threads: Threads) -> Recorded:
    conversation = threads.find(event.thread)
    if conversation is None:
        return Recorded(Verdict.IGNORED, UNKNOWN_THREAD)
    events.unreachable(conversation, event.why)
    return Recorded(Verdict.RECORDED, event.why, conversation)


def _place(conversation: Conversation, destination: str) -> None:
    """Note where on the platform the conversation is; a destination that is new to us becomes one to choose."""
    gateway = conversation.gateway
    kinds = ADAPTERS[gateway.platform].capabilities.managing_points
    if destination and kinds:
        conversation.destination, _ = Destination.objects.get_or_create(
            gateway=gateway, kind=kinds[0], external_id=destination, defaults={"name": destination}
        )


def _move(conversation: Conversation, destination: str, by: str) -> None:
    before = conversation.destination_id
    _place(conversation, destination)
    if conversation.destination_id != before:
        events.moved(conversation, by)


def _language(conversation: Conversation, text: str) -> str:
    """What the customer is to be spoken to in: what the contact prefers, else what they write, else what it was."""
    preferred: str = conversation.identity.contact.language
    return preferred or languages.detect(text) or conversation.language


def _staff_said(receipt: Receipt, event: StaffSaid, threads: Threads) -> Recorded:
    if _is_own_echo(receipt.gateway, event):
        return Recorded(Verdict.IGNORED, "This is what we sent ourselves.")
    conversation = threads.find(event.thread)
    if conversation is None:
        return Recorded(Verdict.IGNORED, "No customer has written in this conversation yet.")
    message = messages.add(
        conversation,
        author=Message.Author.SYSTEM if event.automated else Message.Author.HUMAN,
        author_name=event.author,
        kind=Message.Kind.NOTE if event.internal else Message.Kind.MESSAGE,
        text=event.text,
        external_id=event.message_id,
        receipt=receipt,
        status=Message.Status.SENT,
    )
    if event.internal:
        return Recorded(Verdict.RECORDED, "An internal note.", conversation)
    if event.automated:
        ownership.hold(conversation, event.author)
        return Recorded(Verdict.RECORDED, "Another automation replied; nobody took over.", conversation)
    if _approves(conversation, message, event.author):
        return Recorded(Verdict.HANDLED, "A person sent what the agent had drafted.", conversation)
    ownership.take_over(conversation, None, event.author, "A person replied on the platform.")
    conversation.answered_seq = conversation.last_seq
    return Recorded(Verdict.HANDLED, "A person replied; the conversation is theirs.", conversation, by_person=True)


def _approves(conversation: Conversation, message: Message, by: str) -> bool:
    """Whether the person sent what the agent had drafted, and leaves the conversation to it and its next draft."""
    draft = drafts.pending(conversation)
    if draft is None:
        return False
    state = drafts.judge(draft, message.text)
    drafts.settle(conversation, draft, state, by, became=message, on_platform=True)
    if state is Draft.State.IGNORED or not modes.keeps_drafting(conversation):
        return False
    ownership.approve(conversation)
    return True


def _is_own_echo(gateway: Gateway, event: StaffSaid) -> bool:
    refs = Q()
    if event.message_id:
        refs |= Q(external_id=event.message_id)
    if event.client_ref:
        try:
            refs |= Q(client_ref=uuid.UUID(event.client_ref))
        except ValueError:
            return False
    ours = Delivery.objects.filter(refs, gateway=gateway).exclude(kind=effects.Draft.kind)  # that, people sent
    return bool(refs) and ours.exists()


def _delivery_reported(gateway: Gateway, event: DeliveryReported) -> Recorded:
    delivery = (
        Delivery.objects.filter(gateway=gateway, external_id=event.message_id)
        .select_related("message", "conversation")
        .first()
    )
    if delivery is None or delivery.message is None:
        return Recorded(Verdict.IGNORED, "The report is about a message that we didn't send.")
    if event.progress is Progress.FAILED:
        events.delivery_failed(delivery, event.detail or "The platform reports that the message didn't arrive.")
    changed = messages.advance(delivery.message, Message.Status(event.progress.value))
    why = f"The message is {event.progress}." if changed else "We knew that, or more."
    return Recorded(Verdict.HANDLED if changed else Verdict.IGNORED, why, delivery.conversation)


def _on_thread(threads: Threads, thread: str, act: Callable[[Conversation, str], None], why: str) -> Recorded:
    conversation = threads.find(thread)
    if conversation is None:
        return Recorded(Verdict.IGNORED, UNKNOWN_THREAD)
    act(conversation, str(threads.gateway))
    return Recorded(Verdict.HANDLED, why, conversation, by_person=True)
