"""What a platform knows of a conversation from before we were told of it: read, kept, and told to engines as data.

It is read by whoever is about to ask an engine, in a few seconds at most and without a connection to the database, once
in each epoch: so what people noted before they gave the conversation back is read, too. Where it can't be read the
answer is made without, and the conversation's log says so. On platforms that tell nothing, none of this costs a query.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta

import structlog
from django.db.models import prefetch_related_objects
from django.utils import timezone

from agents.engines import base
from agents.engines.base import Brief, Line
from conversations import events
from conversations.models import Conversation, Delivery, Message, Turn
from conversations.models_background import Background
from gateways import commands, limits, read_past, writing
from gateways.exchanges import exchange
from gateways.messages import Background as Told
from gateways.messages import Past, Speaker
from gateways.models import Gateway
from gateways.read_past import Found, alike, is_known
from gateways.registry import ADAPTERS

log = structlog.get_logger(__name__)

AGAIN_AFTER = timedelta(minutes=10)  # from a failure to the next try: each keeps a customer waiting
LOOKED_AT = 500  # messages, and deliveries, of ours that are recognised in what a platform tells
LINES = 20  # of what was said, that an engine is given
SPEAKERS = {Speaker.CUSTOMER: base.Speaker.CUSTOMER, Speaker.STAFF: base.Speaker.HUMAN}


@dataclass(frozen=True, slots=True)
class Reading:
    """A platform to be asked about a conversation, and what of the answer would be nothing new."""

    gateway: Gateway
    thread: str
    ids: frozenset[str]
    words: frozenset[str]


# --- What is there ----------------------------------------------------------------------------------------------------


def of(conversation: Conversation) -> Background | None:
    return kept([conversation]).get(conversation.pk)


def kept(conversations: Iterable[Conversation]) -> dict[int, Background]:
    """What was read before, by the conversation's id."""
    ids = [conversation.pk for conversation in conversations if _tells(conversation)]
    return {row.conversation_id: row for row in Background.objects.filter(conversation__in=ids)} if ids else {}


def due(conversations: Iterable[Conversation], known: Mapping[int, Background]) -> dict[int, Reading]:
    """What is to be read now, by the conversation's id."""
    asked = [each for each in conversations if _tells(each) and _is_due(each, known.get(each.pk))]
    if not asked:
        return {}
    prefetch_related_objects([each.gateway for each in asked], "secrets")
    return {each.pk: Reading(each.gateway, each.external_id, *_ours(each)) for each in asked}


def _tells(conversation: Conversation) -> bool:
    return ADAPTERS[conversation.gateway.platform].tells_past(conversation.gateway.config)


def _is_due(conversation: Conversation, row: Background | None) -> bool:
    if row is None:
        return True
    if row.error:
        return timezone.now() >= row.read_at + AGAIN_AFTER
    return row.epoch != conversation.epoch


def _ours(conversation: Conversation) -> tuple[frozenset[str], frozenset[str]]:
    said = conversation.messages.order_by("-seq").values_list("external_id", "text")[:LOOKED_AT]
    sent = Delivery.objects.filter(conversation=conversation).exclude(external_id="").order_by("-pk")
    ids = {external_id for external_id, _ in said} | set(sent.values_list("external_id", flat=True)[:LOOKED_AT])
    return frozenset(ids - {""}), frozenset(alike(text) for _, text in said)


# --- Reading: touches no database -------------------------------------------------------------------------------------


def read(reading: Reading) -> Found:
    """What the platform tells that we don't know. Never raises."""
    found = read_past.read_past(reading.gateway, reading.thread)
    if found.background is None:
        return found
    new = tuple(past for past in found.background.said if not is_known(past, reading.ids, reading.words))
    return replace(found, background=replace(found.background, said=new))


# --- Telling engines --------------------------------------------------------------------------------------------------


def told(brief: Brief, turn: Turn, past: Told, transcript: Iterable[Message], notes: int) -> Brief:
    """The brief with it, so many notes in all, and without what has become a message of the conversation since.

    Where the agent may not read notes, it isn't told what people know of the customer either.
    """
    before = _without(past, transcript)
    lines = tuple(_line(each, turn) for each in before if each.who in SPEAKERS)[-LINES:]
    gateway = turn.conversation.gateway
    if not gateway.notes_as_context:
        return replace(brief, past=lines)
    noted = (each.text for each in before if each.who is Speaker.NOTE)
    noted = (text for text in noted if commands.parse(text, gateway.command_names) is None)
    return replace(brief, past=lines, customer=past.customer, notes=(*noted, *brief.notes)[-notes:])


def before_us(conversation: Conversation, transcript: Iterable[Message]) -> tuple[list[Past], Mapping[str, str]]:
    """For people: what was said before, oldest first, and what is known of the customer."""
    row = of(conversation)
    return ([], {}) if row is None else (_without(row.told, transcript), row.customer)


def _without(past: Told, transcript: Iterable[Message]) -> list[Past]:
    messages = list(transcript)
    ids = frozenset(message.external_id for message in messages)
    words = frozenset(alike(message.text) for message in messages)
    return [each for each in past.said if not is_known(each, ids, words)]


def _line(past: Past, turn: Turn) -> Line:
    return Line(SPEAKERS[past.who], past.text, past.at or turn.conversation.created_at)


# --- Keeping ----------------------------------------------------------------------------------------------------------


def keep(found: Sequence[tuple[Turn, Found]]) -> None:
    """Write down what was read, or why it couldn't be. Wants no transaction."""
    for gateway in {turn.conversation.gateway for turn, _ in found}:
        here = (one.allowance for turn, one in found if turn.gateway_id == gateway.pk)
        limits.heed(gateway, here)
    by_conversation = {turn.conversation_id: (turn, one) for turn, one in found}
    rows = [_row(turn, one) for turn, one in by_conversation.values()]
    with writing.at_once():
        _upsert([row for row in rows if not row.error], ("epoch", "said", "customer", "read_at", "error"))
        _upsert([row for row in rows if row.error], ("read_at", "error"))
        for turn, one in by_conversation.values():
            _log(turn, one)


def _row(turn: Turn, found: Found) -> Background:
    row = Background(conversation_id=turn.conversation_id, epoch=turn.conversation.epoch, read_at=timezone.now())
    if found.background is None:
        row.error = found.why[:500]
    else:
        row.said = [_plain(past) for past in found.background.said]
        row.customer = dict(found.background.customer)
    return row


def _plain(past: Past) -> dict[str, str | None]:
    return {**asdict(past), "who": past.who.value, "at": past.at.isoformat() if past.at else None}


def _upsert(rows: Sequence[Background], fields: Sequence[str]) -> None:
    if rows:
        Background.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["conversation"], update_fields=list(fields)
        )


def _log(turn: Turn, found: Found) -> None:
    for trace in found.traces:
        writing.insert(exchange(turn.gateway_id, trace))
    if found.background is None:
        log.warning("past_unread", conversation=turn.conversation_id, why=found.why)
        events.past_unread(turn.conversation, turn, found.why)
    elif found.background.said or found.background.customer:
        notes = sum(1 for past in found.background.said if past.who is Speaker.NOTE)
        lines = len(found.background.said) - notes
        events.past_read(turn.conversation, turn, lines, notes, len(found.background.customer))
