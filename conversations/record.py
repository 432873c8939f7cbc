"""Step 4 of the walk: write down what an event says, and decide whether it is the agent's move.

One function per kind of event. All of it happens in one transaction with the event's key, so that an event is either
recorded once with everything that follows from it, or not at all.
"""

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils import timezone

from agents import languages
from contacts.models import Identity
from conversations import attach, drafts, events, messages, modes, ownership, place, solved, turns
from conversations.alike import is_echo
from conversations.leave_alone import reason_to_leave_alone
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
from gateways.models import Gateway, InboundEvent, Receipt
from gateways.reasons import Reason

Verdict = InboundEvent.Verdict
AUTOMATED = "automated"  # a tag, and in a message's metadata the reason
UNKNOWN_THREAD = "We don't know this conversation."
ASSIGNED = "It was assigned to a person on the platform."
USUAL = {  # the reason of a verdict, where nothing else is said
    Verdict.HANDLED: Reason.HANDLED,
    Verdict.RECORDED: Reason.NOTED,
    Verdict.IGNORED: Reason.NOT_FOR_US,
}
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
    note: Message | None = None  # what a person noted for their colleagues, or for the agent
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
            return _closed(event, threads)
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
    if not event.automated:
        conversation.language = _language(conversation, event.text)
    place.step_aside(conversation, before, str(receipt.gateway))
    if why := threads.why_apart.get(event.key):
        events.kept_apart(conversation, why)
    if event.automated:
        return _automated(receipt, event, conversation)
    if conversation.status == Conversation.Status.CLOSED:
        ownership.reopen(conversation)
    if conversation.has_draft and not event.automated:
        drafts.outdate(conversation, "The customer wrote again.")
    _notice_assignee(conversation, event)
    left = reason_to_leave_alone(conversation, event)
    message = messages.add(
        conversation,
        turn=None if left else turns.expect(conversation, waited=_waited(receipt)),
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
    if left is None:
        return Recorded(Verdict.HANDLED, HANDLED[conversation.gateway.mode_now()], conversation)
    events.left_alone(conversation, left.why, left.reason)
    if conversation.owner == Conversation.Owner.AGENT:
        conversation.answered_seq = message.seq  # what the agent was right to leave alone isn't waiting for it
    return Recorded(Verdict.RECORDED, left.why, conversation, told_reason=left.reason)


def _waited(receipt: Receipt) -> float:
    """Seconds since it arrived; hosts' clocks may differ."""
    return max(0.0, (timezone.now() - receipt.received_at).total_seconds())


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
    events.left_alone(conversation, why, Reason.AUTOMATED)
    return Recorded(Verdict.RECORDED, why, conversation, told_reason=Reason.AUTOMATED)


def _metadata(event: CustomerSaid) -> dict[str, Any]:
    return {**event.metadata, **({OTHERS: list(event.others)} if event.others else {})}


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


def _closed(event: Closed, threads: Threads) -> Recorded:
    conversation = threads.find(event.thread)
    if conversation and solved.is_own_echo(conversation):
        return Recorded(Verdict.IGNORED, "We set this status ourselves.", conversation, told_reason=Reason.OWN_ECHO)
    return _on_thread(threads, event.thread, ownership.close, "Closed on the platform.")


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
        return Recorded(Verdict.RECORDED, "An internal note.", conversation, note=message)
    if event.automated:
        ownership.hold(conversation, event.author)
        why = "Another automation replied; nobody took over."
        return Recorded(Verdict.RECORDED, why, conversation, told_reason=Reason.COMPETING_AUTOMATION)
    if _approves(conversation, message, event.author):
        why = "A person sent what the agent had drafted."
        return Recorded(Verdict.HANDLED, why, conversation, told_reason=Reason.PERSON_ACTED)
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
    """What is under way is looked at first: what arrives between the two looks is then found by the second."""
    refs = Q()
    if event.message_id:
        refs |= Q(external_id=event.message_id)
    if event.client_ref:
        try:
            refs |= Q(client_ref=uuid.UUID(event.client_ref))
        except ValueError:
            return False
    if _is_under_way(gateway, event):
        return True
    ours = Delivery.objects.filter(refs, gateway=gateway).exclude(kind=effects.Draft.kind)  # that, people sent
    return bool(refs) and ours.exists()


def _is_under_way(gateway: Gateway, event: StaffSaid) -> bool:
    """Whether these are words that we are just sending, or may have sent: an echo can be quicker than the answer.

    Until that is there we don't know the platform's id, and on many platforms nothing else of ours comes back.
    """
    unsure = Q(status=Delivery.Status.SENDING) | Q(status=Delivery.Status.PENDING, maybe_sent=True)
    kind = effects.Note.kind if event.internal else effects.Reply.kind
    sending = Delivery.objects.filter(unsure, gateway=gateway, conversation__external_id=event.thread, kind=kind)
    return any(is_echo(words, event.text) for each in sending for words in _wordings(each.payload))


def _wordings(payload: Mapping[str, Any]) -> Iterator[str]:
    """What was to be said, and the same with its buttons written out, as adapters do where there are none."""
    yield payload["text"]
    if choices := payload.get("choices"):
        yield "\n".join((payload["text"], *choices))


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
