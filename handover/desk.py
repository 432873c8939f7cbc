"""What people do with a conversation: reply, note, hand over, give back, suspend, resume, close, retry.

Every surface (admin, API) calls these; each is one transaction and leaves its trace in the audit trail.
"""

from django.contrib.auth.models import AbstractBaseUser

from conversations.models import Delivery, Message
from gateways.models import Destination
from handover.models import Handover


class DeskError(Exception):
    """It can't be done; `public` says why and what to do."""

    def __init__(self, public: str) -> None:
        super().__init__(public)
        self.public = public


def reply(conversation_id: int, *, user: AbstractBaseUser | None, author: str, text: str) -> Message:
    """Say something to the customer as a person. The conversation is theirs from then on."""
    raise NotImplementedError


def note(conversation_id: int, *, user: AbstractBaseUser | None, author: str, text: str) -> Message:
    """Leave an internal note. The owner doesn't change."""
    raise NotImplementedError


def hand_over(
    conversation_id: int, *, user: AbstractBaseUser | None, author: str, destination: Destination | None = None
) -> Handover:
    """Pass the conversation to people. Asked twice, done once."""
    raise NotImplementedError


def take_over(conversation_id: int, *, user: AbstractBaseUser | None, author: str) -> None:
    """Make the conversation this person's without saying anything yet."""
    raise NotImplementedError


def give_back(conversation_id: int, *, user: AbstractBaseUser | None, author: str) -> None:
    """Give the conversation back to the agent, which answers the customer's next message and none before it."""
    raise NotImplementedError


def suspend(conversation_id: int, *, user: AbstractBaseUser | None, author: str) -> None:
    """Silence the agent until somebody resumes it."""
    raise NotImplementedError


def close(conversation_id: int, *, user: AbstractBaseUser | None, author: str) -> None:
    """End the conversation. The customer's next message reopens it, with the agent as its owner."""
    raise NotImplementedError


def retry(delivery_id: int, *, user: AbstractBaseUser | None, author: str) -> Delivery:
    """Send a failed or unknown delivery again."""
    raise NotImplementedError
