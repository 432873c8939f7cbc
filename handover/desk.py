"""What people do with a conversation: reply, note, hand over, take over, give back, suspend, close, retry.

Every surface (admin, API) calls these; each is one transaction and leaves its trace in the audit trail.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone

from conversations import action_requests, copilot, drafts, enclose, events, modes, outbox, ownership
from conversations.alike import same
from conversations.lock import locked
from conversations.models import ActionRequest, Conversation, Delivery, Draft, Message, Turn
from conversations.quiet import quiet
from gateways import commands, doorbell
from gateways.messages import Attachment
from gateways.models import Destination
from handover import hand_over as handovers
from handover import relay
from handover.models import Handover
from handover.obey import carry_out, obey
from handover.policy import Choice
from handover.route import to_people

LONGEST = 50_000  # characters of a reply or a note


class DeskError(Exception):
    """It can't be done; `public` says why and what to do."""

    def __init__(self, public: str) -> None:
        super().__init__(public)
        self.public = public


def reply(
    conversation_id: int,
    *,
    user: AbstractBaseUser | None,
    author: str,
    text: str,
    files: Sequence[Attachment] = (),
) -> Message:
    """Say something to the customer as a person, or send them files. The conversation is theirs from then on."""
    text = _clean(text, may_be_empty=bool(files))
    quiet(conversation_id)
    with _locked(conversation_id) as conversation:
        _check(conversation, files)
        ownership.take_over(conversation, user, user.get_username() if user else author, "A person replied.")
        message = outbox.say_as_person(conversation, text, user, author, files)
        if draft := drafts.pending(conversation):
            drafts.settle(conversation, draft, drafts.judge(draft, text), author, became=message)
        conversation.answered_seq = conversation.last_seq
        handovers.accepted(conversation, user)
        if conversation.relay == Conversation.Relay.FOR:
            relay.pass_on(conversation, text, author, back=True, message=message if files else None)
        return message


def send_draft(
    conversation_id: int,
    *,
    user: AbstractBaseUser | None,
    author: str,
    draft: int,
    text: str | None = None,
    files: Sequence[Attachment] = (),
) -> Message:
    """Send the draft of this number to the customer, as it is or as `text`, with files: a person's words from then on.

    In Auto-Draft the agent keeps a conversation that was its own, for its next draft; else it is the person's.
    """
    said = None if text is None else _clean(text)
    quiet(conversation_id)
    with _locked(conversation_id) as conversation:
        found = _pending_draft(conversation, draft)
        said = found.message.text if said is None else said
        _check(conversation, files)
        if modes.keeps_drafting(conversation):
            ownership.approve(conversation)
        else:
            why = "A person sent the agent's draft."
            ownership.take_over(conversation, user, user.get_username() if user else author, why)
            handovers.accepted(conversation, user)
        message = outbox.say_as_person(conversation, said, user, author, files)
        state = Draft.State.SENT if same(said, found.message.text) else Draft.State.EDITED
        drafts.settle(conversation, found, state, user.get_username() if user else author, became=message)
        conversation.answered_seq = conversation.last_seq
        return message


def discard_draft(conversation_id: int, *, user: AbstractBaseUser | None, author: str, draft: int) -> None:
    """The draft of this number isn't to be sent. The customer still waits: the conversation is this person's."""
    quiet(conversation_id)
    with _locked(conversation_id) as conversation:
        found = _pending_draft(conversation, draft)
        ownership.take_over(conversation, user, author, "A person discarded the agent's draft.")
        handovers.accepted(conversation, user)
        drafts.settle(conversation, found, Draft.State.DISCARDED, author)


def ask_for_draft(conversation_id: int, *, user: AbstractBaseUser | None, author: str, instruction: str = "") -> Turn:
    """Have the agent draft a reply, whoever owns the conversation. Nothing reaches the customer."""
    with _locked(conversation_id) as conversation:
        try:
            return copilot.ask_for_draft(conversation, user, instruction.replace("\x00", ""), author=author)
        except copilot.CantDraft as error:
            raise DeskError(error.public) from error


def note(conversation_id: int, *, user: AbstractBaseUser | None, author: str, text: str) -> Message:
    """Leave an internal note. The owner doesn't change, unless the note is a command that does that."""
    text = _clean(text)
    if commands.may_be(text):
        quiet(conversation_id)  # it may suspend the agent
    with _locked(conversation_id) as conversation:
        message = outbox.note(conversation, text, author, user=user, by_person=True)
        obey(conversation, message)
        return message


def tell(conversation_id: int, *, author: str, command: commands.Command, words: str) -> str:
    """Tell the agent one of the commands. Returns what is to be said about it; "" where the result will show."""
    if command is commands.Command.SUSPEND:
        quiet(conversation_id)
    with _locked(conversation_id) as conversation:
        words = words.replace("\x00", "").strip()
        return carry_out(conversation, commands.Told(command, command.value, words), author)


def hand_over(
    conversation_id: int, *, user: AbstractBaseUser | None, author: str, destination: Destination | None = None
) -> Handover:
    """Pass the conversation to people. Asked twice, done once."""
    with _locked(conversation_id) as conversation:
        if destination is not None and destination.gateway_id != conversation.gateway_id:
            raise DeskError("This destination belongs to another gateway. Choose one of this conversation's gateway.")
        if conversation.status == Conversation.Status.CLOSED:
            raise DeskError("The conversation is closed. Reply to it, and it is open again.")
        choice = (
            Choice(destination.pk, None, f"{destination.name} was chosen.")
            if destination
            else to_people(conversation.gateway, conversation=conversation)
        )
        why = f"{author} handed it over."
        return handovers.hand_over(conversation, choice, reason="by_person", why=why, actor=author)


def take_over(conversation_id: int, *, user: AbstractBaseUser | None, author: str) -> None:
    """Make the conversation this person's without saying anything yet."""
    quiet(conversation_id)
    with _locked(conversation_id) as conversation:
        ownership.take_over(conversation, user, author, "A person took over.")
        handovers.accepted(conversation, user)


def give_back(conversation_id: int, *, user: AbstractBaseUser | None, author: str) -> None:
    """Give the conversation back to the agent, which answers the customer's next message and none before it."""
    with _locked(conversation_id) as conversation:
        if conversation.owner == Conversation.Owner.AGENT:
            raise DeskError("The agent has this conversation already.")
        ownership.give_back(conversation, author)
        handovers.follow(conversation)


def suspend(conversation_id: int, *, user: AbstractBaseUser | None, author: str) -> None:
    """Silence the agent until somebody gives the conversation back or takes it over."""
    quiet(conversation_id)
    with _locked(conversation_id) as conversation:
        if conversation.status != Conversation.Status.OPEN:
            raise DeskError(f"The conversation is {conversation.status} already.")
        ownership.suspend(conversation, author)
        handovers.follow(conversation)


def close(conversation_id: int, *, user: AbstractBaseUser | None, author: str) -> None:
    """End the conversation. The customer's next message reopens it, with the agent as its owner."""
    quiet(conversation_id)
    with _locked(conversation_id) as conversation:
        if conversation.status == Conversation.Status.CLOSED:
            raise DeskError("The conversation is closed already.")
        ownership.close(conversation, author)
        outbox.set_status(conversation, conversation.gateway.status_at_close, by_person=True)
        handovers.follow(conversation)


def retry(delivery_id: int, *, user: AbstractBaseUser | None, author: str) -> Delivery:
    """Send a failed or unknown delivery again, whoever owns the conversation now: a person asks for it."""
    found = Delivery.objects.filter(pk=delivery_id).first()
    if found is None:
        raise DeskError("There is no such delivery.")
    with _locked(found.conversation_id):
        delivery = Delivery.objects.select_related("conversation", "message").get(pk=delivery_id)
        if delivery.status not in (Delivery.Status.FAILED, Delivery.Status.UNKNOWN):
            raise DeskError("Only a delivery that failed, or may have, can be sent again.")
        delivery.status, delivery.due_at, delivery.epoch = Delivery.Status.PENDING, timezone.now(), None
        delivery.attempts_used, delivery.maybe_sent, delivery.error, delivery.done_at = 0, False, "", None
        delivery.save()
        if delivery.message:
            behind = delivery.message.deliveries.filter(part__gt=delivery.part, status=Delivery.Status.CANCELLED)
            behind.update(status=Delivery.Status.PENDING, due_at=timezone.now(), epoch=None, done_at=None)
            Message.objects.filter(pk=delivery.message.pk).update(status=Message.Status.QUEUED)
        events.delivery_retried(delivery, author)
        doorbell.ring(doorbell.Step.DELIVER, delivery.gateway_id)
        return delivery


def approve(request_id: int, *, user: AbstractBaseUser | None, author: str) -> ActionRequest:
    """Have an action carried out that the agent has asked for. Whoever has the conversation keeps it."""
    with _waiting(request_id) as (conversation, request):
        if request.action is None or not request.action.is_active:
            raise DeskError("This action was deleted or switched off. Decline it.")
        return action_requests.approve(conversation, request, user, author)


def decline(request_id: int, *, user: AbstractBaseUser | None, author: str) -> ActionRequest:
    """Have it not carried out."""
    with _waiting(request_id) as (conversation, request):
        return action_requests.decline(conversation, request, user, author)


@contextmanager
def _waiting(request_id: int) -> Iterator[tuple[Conversation, ActionRequest]]:
    """The request and its conversation, locked, if nobody has decided yet."""
    found = ActionRequest.objects.filter(pk=request_id).first()
    if found is None:
        raise DeskError("There is no such request.")
    with _locked(found.conversation_id) as conversation:
        request = ActionRequest.objects.select_related("action", "turn").get(pk=request_id)
        if request.state != ActionRequest.State.WAITING:
            raise DeskError(f"This was decided already: {request.get_state_display()}.")
        yield conversation, request


def _pending_draft(conversation: Conversation, number: int) -> Draft:
    """The draft that waits, which must be the one that the person has seen."""
    found = drafts.pending(conversation)
    if found is None:
        raise DeskError("The draft isn't there any more: it was dealt with, or things have moved on.")
    if found.pk != number:
        raise DeskError("The agent has written another draft meanwhile. Look at that one first.")
    return found


@contextmanager
def _locked(conversation_id: int) -> Iterator[Conversation]:
    try:
        with locked(conversation_id) as conversation:
            yield conversation
    except Conversation.DoesNotExist as error:
        raise DeskError("There is no such conversation.") from error


def _check(conversation: Conversation, files: Sequence[Attachment]) -> None:
    try:
        enclose.check(conversation, files)
    except enclose.CantEnclose as error:
        raise DeskError(error.public) from error


def _clean(text: str, *, may_be_empty: bool = False) -> str:
    text = text.replace("\x00", "").strip()
    if not text and not may_be_empty:
        raise DeskError("Write something first: the text is empty.")
    if len(text) > LONGEST:
        raise DeskError(f"The text has {len(text):,} characters; {LONGEST:,} is the most. Shorten it.")
    return text
