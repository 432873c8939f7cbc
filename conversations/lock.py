"""One conversation, changed by one transaction at a time, and written once at its end."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.db.models import QuerySet

from conversations.models import Conversation
from gateways.models import Gateway

CHANGING = (
    "destination_id",
    "language",
    "status",
    "owner",
    "assignee_id",
    "epoch",
    "held_until",
    "last_seq",
    "customer_seq",
    "answered_seq",
    "last_message_at",
)


@contextmanager
def locked(conversation_id: int, known: Conversation | None = None) -> Iterator[Conversation]:
    """The conversation, with nobody else changing it until the block, a transaction, ends. Raises DoesNotExist.

    Its gateway and identity come with it, read again unless they are `known` from a moment ago.
    """
    with transaction.atomic():
        rows = _rows() if known else _rows().select_related("gateway__agent", "identity__contact")
        conversation = rows.get(pk=conversation_id)
        if known:
            conversation.gateway, conversation.identity = known.gateway, known.identity
        with written(conversation):
            yield conversation


@contextmanager
def locked_thread(gateway: Gateway, thread: str) -> Iterator[Conversation | None]:
    """The conversation of the platform's thread, likewise, inside a transaction at hand. None when there is none."""
    conversation = next(iter(_rows().filter(gateway=gateway, external_id=thread).order_by()), None)
    if conversation is None:
        yield None
        return
    conversation.gateway = gateway
    with written(conversation):
        yield conversation


@contextmanager
def written(conversation: Conversation) -> Iterator[None]:
    """What the block has changed of the conversation is written at its end, in one UPDATE."""
    before = {name: getattr(conversation, name) for name in CHANGING}
    yield
    changed = [name for name in CHANGING if getattr(conversation, name) != before[name]]
    if changed:
        conversation.save(update_fields=[*(name.removesuffix("_id") for name in changed), "updated_at"])


def _rows() -> QuerySet[Conversation]:
    """On SQLite the transaction itself holds the only write lock, so that the row needs none."""
    return Conversation.objects.select_for_update(of=("self",), no_key=True)
