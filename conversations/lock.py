"""One conversation, changed by one transaction at a time, and written once at its end."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager

from django.db import transaction
from django.db.models import QuerySet

from conversations.models import Conversation
from gateways import doorbell, writing
from gateways.asking import asked
from gateways.models import Gateway

BUSY_PAUSE = 0.05  # seconds until those are looked at again that somebody else is at

CHANGING = (
    "destination_id",
    "places",
    "brand",
    "language",
    "channel",
    "tags",
    "acknowledged",
    "status",
    "owner",
    "assignee_id",
    "relay",
    "epoch",
    "held_until",
    "offered_at",
    "solved_at",
    "last_seq",
    "customer_seq",
    "answered_seq",
    "last_message_at",
    "has_draft",
)
WRITTEN = (*(name.removesuffix("_id") for name in CHANGING), "updated_at")


@contextmanager
def locked(conversation_id: int) -> Iterator[Conversation]:
    """The conversation, with nobody else changing it until the block, a transaction, ends. Raises DoesNotExist.

    Its gateway and identity come with it.
    """
    with transaction.atomic():
        conversation = locking().select_related("gateway__agent", "identity__contact").get(pk=conversation_id)
        with written(conversation):
            yield conversation


@contextmanager
def all_locked(known: Mapping[int, Conversation]) -> Iterator[dict[int, Conversation]]:
    """Several at once, by id, likewise; what changes is written together at the end.

    They are locked in the order of their ids, so that two such blocks can't entangle.
    """
    with writing.at_once():
        rows = {row.pk: row for row in _locked(known)}
        for pk, row in rows.items():
            row.gateway, row.identity = known[pk].gateway, known[pk].identity
        with _all_written(rows):
            yield rows


@contextmanager
def all_free(ids: Iterable[int], gateway: Gateway, step: doorbell.Step) -> Iterator[dict[int, Conversation]]:
    """The same of one gateway, without those that somebody else has locked just now: for them `step` is rung for again.

    Their identities come with them.
    """
    wanted = set(ids)
    with writing.at_once():
        rows = {row.pk: row for row in _free(wanted)}
        for row in rows.values():
            row.gateway = gateway
        if len(rows) < len(wanted):
            doorbell.ring(step, gateway.pk, after=BUSY_PAUSE)
        with _all_written(rows):
            yield rows


@asked
def _locked(ids: Collection[int]) -> QuerySet[Conversation]:
    return locking().filter(pk__any_of=ids).order_by("pk")


@asked
def _free(ids: Collection[int]) -> QuerySet[Conversation]:
    return locking(skip_locked=True).select_related("identity__contact").filter(pk__any_of=ids).order_by("pk")


@contextmanager
def _all_written(rows: Mapping[int, Conversation]) -> Iterator[None]:
    with ExitStack() as stack:
        for row in rows.values():
            stack.enter_context(written(row))
        yield


@contextmanager
def written(conversation: Conversation) -> Iterator[None]:
    """What the block has changed of the conversation is written at its end, in one UPDATE."""
    before = [getattr(conversation, name) for name in CHANGING]
    yield
    if [getattr(conversation, name) for name in CHANGING] != before:
        writing.update(conversation, WRITTEN)


def locking(*, skip_locked: bool = False) -> QuerySet[Conversation]:
    """Those that a query finds, locked. On SQLite the transaction itself holds the only write lock: rows need none."""
    return Conversation.objects.select_for_update(of=("self",), no_key=True, skip_locked=skip_locked)
