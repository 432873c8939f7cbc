"""Put one message into a conversation: the only place that hands out sequence numbers."""

from typing import Any

from django.utils import timezone

from conversations.models import Conversation, Message
from gateways import writing

Status = Message.Status
FORWARD = (Status.RECEIVED, Status.QUEUED, Status.SENT, Status.DELIVERED, Status.READ)


def add(conversation: Conversation, **fields: Any) -> Message:
    """The next message of a locked conversation."""
    conversation.last_seq += 1
    conversation.last_message_at = timezone.now()
    return writing.insert(Message(conversation=conversation, seq=conversation.last_seq, **fields))


def advance(message: Message, status: Message.Status) -> bool:
    """Move the message's status forward; a report that comes late or twice changes nothing."""
    if status in FORWARD and message.status in FORWARD:
        if FORWARD.index(status) <= FORWARD.index(Status(message.status)):
            return False
    elif message.status in (Status.DELIVERED, Status.READ):
        return False
    message.status = status
    message.save(update_fields=["status"])
    return True
