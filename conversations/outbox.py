"""Write down what is to be sent: messages cut into parts, notes, assignments. Nothing leaves here; `deliver` sends.

All functions want a locked conversation (`conversations.lock`) and run inside its transaction.
"""

from collections.abc import Iterable

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone

from conversations import events, messages
from conversations.models import Conversation, Delivery, Message, Turn
from conversations.split import split
from gateways import doorbell, writing
from gateways.base import Capabilities
from gateways.messages import Assign, Effect, Note, Open, Person, Purpose, Reply, Tag, pack
from gateways.registry import ADAPTERS

KINDS = {
    Purpose.REPLY: Message.Kind.MESSAGE,
    Purpose.HUMAN: Message.Kind.MESSAGE,
    Purpose.THINKING: Message.Kind.THINKING,
    Purpose.HANDOVER: Message.Kind.HANDOVER,
}
FIRST, LATER = 0, 1  # priorities: customers wait for words, nobody waits for the rest


def capabilities(conversation: Conversation) -> Capabilities:
    return ADAPTERS[conversation.gateway.platform].capabilities


def say(conversation: Conversation, text: str, purpose: Purpose, *, turn: Turn | None = None) -> Message:
    """The agent says something to the customer, as long as the epoch stays what it is."""
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
    _reply_parts(conversation, message, purpose, author, epoch=conversation.epoch)
    return message


def say_as_person(conversation: Conversation, text: str, user: AbstractBaseUser | None, author: str) -> Message:
    """A person says something to the customer. No epoch fences it."""
    message = messages.add(
        conversation,
        author=Message.Author.HUMAN,
        author_name=author,
        user=user,
        text=text,
        status=Message.Status.QUEUED,
    )
    _reply_parts(conversation, message, Purpose.HUMAN, author, epoch=None)
    return message


def note(
    conversation: Conversation,
    text: str,
    author: str,
    *,
    user: AbstractBaseUser | None = None,
    turn: Turn | None = None,
) -> Message:
    """Leave an internal note, on the platform too where it has such a thing."""
    on_platform = capabilities(conversation).notes
    message = messages.add(
        conversation,
        turn=turn,
        author=Message.Author.HUMAN if user else Message.Author.SYSTEM,
        author_name=author,
        user=user,
        kind=Message.Kind.NOTE,
        text=text,
        status=Message.Status.QUEUED if on_platform else Message.Status.RECEIVED,
    )
    if on_platform:
        _put(conversation, Note(text), message=message, turn=turn)
    return message


def assign(conversation: Conversation, destination: str, name: str, reason: str, *, turn: Turn | None) -> None:
    """Pass the conversation to a destination on the platform, where it can be passed at all."""
    if capabilities(conversation).assign:
        _put(conversation, Assign(destination=destination, name=name, reason=reason), turn=turn)


def begin(conversation: Conversation, text: str, author: str) -> Message:
    """Open the conversation on its platform, for the people there."""
    message = messages.add(
        conversation,
        author=Message.Author.SYSTEM,
        author_name=author,
        kind=Message.Kind.NOTE,
        text=text,
        status=Message.Status.QUEUED,
    )
    contact = conversation.identity.contact
    customer = Person(conversation.identity.external_id, str(contact), contact.email, contact.phone)
    _put(conversation, Open(subject=str(conversation), text=text, customer=customer), message=message)
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


def _reply_parts(
    conversation: Conversation, message: Message, purpose: Purpose, author: str, *, epoch: int | None
) -> None:
    limits = capabilities(conversation)
    texts = split(message.text, limits.max_length, limits.unit)
    for number, text in enumerate(texts, start=1):
        effect = Reply(text=text, purpose=purpose, author=author)
        _put(conversation, effect, message=message, turn=message.turn, part=number, parts=len(texts), epoch=epoch)


def _put(
    conversation: Conversation,
    effect: Effect,
    *,
    message: Message | None = None,
    turn: Turn | None = None,
    part: int = 1,
    parts: int = 1,
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
        priority=FIRST if isinstance(effect, Reply) else LATER,
        due_at=timezone.now(),
    )
    writing.insert(row)
    doorbell.ring(doorbell.Step.DELIVER, conversation.gateway_id)
