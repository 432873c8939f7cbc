"""Write down what is to be sent: messages cut into parts, notes, assignments. Nothing leaves here; `deliver` sends.

All functions want a locked conversation (`conversations.lock`) and run inside its transaction.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet
from django.utils import timezone

from agents import avatars
from conversations import enclose, events, messages
from conversations.files import Attachment
from conversations.models import Conversation, Delivery, Message, Turn
from gateways import doorbell, writing
from gateways import messages as effects
from gateways.base import Capabilities, Files
from gateways.formatting.split import split
from gateways.messages import (
    Assign,
    Draft,
    Effect,
    Note,
    Open,
    Outdate,
    Person,
    Purpose,
    Reclaim,
    Reply,
    SetStatus,
    Tag,
    TicketStatus,
    Typing,
    pack,
)
from gateways.registry import ADAPTERS

KINDS = {
    Purpose.REPLY: Message.Kind.MESSAGE,
    Purpose.HUMAN: Message.Kind.MESSAGE,
    Purpose.THINKING: Message.Kind.THINKING,
    Purpose.HANDOVER: Message.Kind.HANDOVER,
}
TYPING_AFTER = 1.0  # seconds; an answer that is quicker needs no announcing
FIRST, LATER = 0, 1  # priorities: customers wait for words, nobody waits for the rest


def capabilities(conversation: Conversation) -> Capabilities:
    return ADAPTERS[conversation.gateway.platform].capabilities


def say(
    conversation: Conversation,
    text: str,
    purpose: Purpose,
    *,
    turn: Turn | None = None,
    answers: bool = True,
    choices: tuple[str, ...] = (),
) -> Message:
    """The agent says something to the customer, as long as the epoch stays what it is.

    What `answers` takes the place of the turn's thinking message, where the platform can edit that. The `choices` are
    answers that the customer may press, where it has buttons.
    """
    author = conversation.gateway.agent.display_name
    message = messages.add(
        conversation,
        turn=turn,
        author=Message.Author.AGENT,
        author_name=author,
        kind=KINDS[purpose],
        text=text,
        status=Message.Status.QUEUED,
    )
    replaces = _thinking_message(conversation, turn) if answers and purpose is not Purpose.THINKING else ""
    _reply_parts(conversation, message, purpose, author, epoch=conversation.epoch, replaces=replaces, choices=choices)
    return message


def _thinking_message(conversation: Conversation, turn: Turn | None) -> str:
    """The platform's id of the thinking message that this turn has sent, where it can be edited; else ""."""
    after = conversation.gateway.thinking_after
    if turn is None or not after or not capabilities(conversation).edits:
        return ""
    if timezone.now() < turn.created_at + timedelta(seconds=after):
        return ""  # there was no time for one
    sent = turn.deliveries.filter(message__kind=Message.Kind.THINKING, status=Delivery.Status.SENT)
    return sent.values_list("external_id", flat=True).first() or ""


def say_as_person(
    conversation: Conversation,
    text: str,
    user: AbstractBaseUser | None,
    author: str,
    files: Sequence[effects.Attachment | Attachment] = (),
) -> Message:
    """A person says something to the customer. No epoch fences it. `enclose` tells which files may go."""
    message = messages.add(
        conversation,
        author=Message.Author.HUMAN,
        author_name=author,
        user=user,
        text=text,
        status=Message.Status.QUEUED,
        metadata={"files": [file.name for file in files]} if files else {},
    )
    enclosed = enclose.keep(message, files)
    _reply_parts(conversation, message, Purpose.HUMAN, author, epoch=None, files=enclosed)
    return message


def note(
    conversation: Conversation,
    text: str,
    author: str,
    *,
    user: AbstractBaseUser | None = None,
    turn: Turn | None = None,
    by_person: bool = False,
) -> Message:
    """Leave an internal note, on the platform too where it has such a thing. A user is a person in any case."""
    on_platform = capabilities(conversation).notes
    message = messages.add(
        conversation,
        turn=turn,
        author=Message.Author.HUMAN if user or by_person else Message.Author.SYSTEM,
        author_name=author,
        user=user,
        kind=Message.Kind.NOTE,
        text=text,
        status=Message.Status.QUEUED if on_platform else Message.Status.RECEIVED,
    )
    if on_platform:
        _put(conversation, Note(text), message=message, turn=turn)
    return message


def shows_drafts(conversation: Conversation) -> bool:
    """Whether people see drafts on the platform, in one form or the other."""
    ours = capabilities(conversation)
    return ours.drafts or ours.notes


def draft(conversation: Conversation, message: Message) -> None:
    """Show a draft to the people on the platform, as long as the epoch stays what it is."""
    effect: Effect
    if capabilities(conversation).drafts:
        effect = Draft(text=message.text, author=message.author_name)
    elif capabilities(conversation).notes:
        effect = Note(f"**Draft of a reply, not sent to the customer:**\n\n{message.text}")
    else:
        return
    _put(conversation, effect, message=message, turn=message.turn, epoch=conversation.epoch)


def take_draft_back(conversation: Conversation, left: Delivery, why: str, *, quietly: bool) -> None:
    """Take back what a draft's delivery has left on the platform. `quietly`: it was used, so no note need say so."""
    if left.kind == Draft.kind:
        _put(conversation, Outdate(draft_id=left.external_id, draft_ref=str(left.client_ref), why=why))
    elif not quietly:
        _put(conversation, Note(f"**The draft above is outdated.** {why}"))


def show_typing(turn: Turn) -> None:
    """Let the customer see that an answer is on its way, if it takes a moment. Needs no lock: the epoch fences it."""
    _put(turn.conversation, Typing(), turn=turn, after=TYPING_AFTER, epoch=turn.epoch)


def assign(conversation: Conversation, destination: str, name: str, reason: str, *, turn: Turn | None) -> None:
    """Pass the conversation to a destination on the platform, where it can be passed at all."""
    if capabilities(conversation).assign:
        _put(conversation, Assign(destination=destination, name=name, reason=reason), turn=turn)


def reclaim(conversation: Conversation) -> None:
    """Tell the platform that the agent has it again, where it has to be told, as long as that stays so."""
    if capabilities(conversation).reclaims:
        _put(conversation, Reclaim(), epoch=conversation.epoch)


def begin(conversation: Conversation, text: str, author: str, customer: Person, at: str = "") -> Message:
    """Open the conversation on its platform, for the people there, about this customer."""
    message = messages.add(
        conversation,
        author=Message.Author.SYSTEM,
        author_name=author,
        kind=Message.Kind.NOTE,
        text=text,
        status=Message.Status.QUEUED,
    )
    _put(conversation, Open(subject=str(conversation), text=text, customer=customer, at=at), message=message)
    return message


def tag(
    conversation: Conversation, add: Iterable[str] = (), remove: Iterable[str] = (), *, turn: Turn | None = None
) -> None:
    """Change the conversation's tags, on the platform too where it has such a thing. What is so already stays so."""
    missing = tuple(name for name in dict.fromkeys(add) if name not in conversation.tags)
    surplus = tuple(name for name in dict.fromkeys(remove) if name in conversation.tags and name not in missing)
    if not missing and not surplus:
        return
    conversation.tags = [name for name in (*conversation.tags, *missing) if name not in surplus]
    events.tagged(conversation, turn, missing, surplus)
    if capabilities(conversation).tags:
        _put(conversation, Tag(add=missing, remove=surplus), turn=turn)


def set_status(conversation: Conversation, then: str, *, turn: Turn | None = None, by_person: bool = False) -> None:
    """Say on the platform whose move it is, where that is wanted there, as long as the epoch stays what it is.

    `then` is what the gateway says: a value of TicketStatus, or “leave”. What a person wants no epoch fences.
    """
    gateway = conversation.gateway
    status = next((each for each in TicketStatus if each == then), None)
    if status is None or not ADAPTERS[gateway.platform].takes_statuses(gateway.config):
        return
    if status is TicketStatus.SOLVED:
        conversation.solved_at = timezone.now()
    _put(conversation, SetStatus(status), turn=turn, epoch=None if by_person else conversation.epoch)


def withdraw(deliveries: QuerySet[Delivery]) -> int:
    """Cancel deliveries that haven't been claimed, and the messages that they were to carry. Returns how many."""
    ids = list(deliveries.values_list("message_id", flat=True))
    count = deliveries.update(status=Delivery.Status.CANCELLED, done_at=timezone.now())
    unsent = Message.objects.filter(pk__in=[pk for pk in ids if pk], status=Message.Status.QUEUED)
    unsent.exclude(deliveries__status__in=(Delivery.Status.SENT, Delivery.Status.SENDING)).update(
        status=Message.Status.CANCELLED
    )
    return count


def _reply_parts(
    conversation: Conversation,
    message: Message,
    purpose: Purpose,
    author: str,
    *,
    epoch: int | None,
    replaces: str = "",
    choices: tuple[str, ...] = (),
    files: tuple[int, ...] = (),
) -> None:
    kind = ADAPTERS[conversation.gateway.platform]
    able = kind.capabilities
    avatar = avatars.public_address(conversation.gateway.agent) if able.avatars and epoch is not None else ""
    texts = split(message.text, able.max_length, measure=kind.length)
    replies = [Reply(text, purpose, author, avatar=avatar) for text in texts]
    if replies:
        replies[0] = replace(replies[0], replaces=replaces)
        replies[-1] = replace(replies[-1], choices=choices if able.choices else ())
    replies = _with_files(replies or [Reply("", purpose, author, avatar=avatar)], files, able.files)
    for number, effect in enumerate(replies, start=1):
        of = {"part": number, "parts": len(replies)}
        _put(conversation, effect, message=message, turn=message.turn, epoch=epoch, **of)


def _with_files(replies: list[Reply], files: tuple[int, ...], how: Files) -> list[Reply]:
    """The files with the last text, or each by itself after it, as the platform takes them."""
    *_, last = replies
    if how is Files.ALONG:
        replies[-1] = replace(last, files=files)
    elif files:
        replies += [replace(last, text="", replaces="", choices=(), files=(file,)) for file in files]
    return [reply for reply in replies if reply.text or reply.files]


def _put(
    conversation: Conversation,
    effect: Effect,
    *,
    message: Message | None = None,
    turn: Turn | None = None,
    part: int = 1,
    parts: int = 1,
    after: float = 0.0,
    epoch: int | None = None,
) -> None:
    row = Delivery(
        conversation=conversation,
        gateway_id=conversation.gateway_id,
        message=message,
        turn=turn,
        kind=effect.kind,
        payload=pack(effect),
        part=part,
        parts=parts,
        epoch=epoch,
        priority=FIRST if isinstance(effect, Reply | Typing) else LATER,
        due_at=timezone.now() + timedelta(seconds=after),
    )
    writing.insert(row)
    doorbell.ring(doorbell.Step.DELIVER, conversation.gateway_id, after=after)
