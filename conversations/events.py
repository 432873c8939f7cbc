"""The audit trail: one function per thing that can happen in a conversation, each writing one sentence of why."""

from collections.abc import Sequence
from typing import Any

import structlog

from conversations.models import AuditEvent, Conversation, Delivery, Turn
from gateways import writing

log = structlog.get_logger(__name__)


def _write(
    conversation: Conversation, kind: str, why: str, *, turn: Turn | None = None, actor: str = "", **data: Any
) -> None:
    row = AuditEvent(conversation=conversation, turn=turn, kind=kind, why=why[:500], actor=actor[:200], data=data)
    writing.insert(row)
    log.info(kind, conversation=conversation.pk, **({"turn": turn.pk} if turn and turn.pk else {}))


def left_alone(conversation: Conversation, why: str) -> None:
    _write(conversation, "left_alone", why)


def kept_apart(conversation: Conversation, why: str) -> None:
    _write(conversation, "kept_apart", why)


def joined(conversation: Conversation, turn: Turn) -> None:
    _write(conversation, "joined", "The customer wrote on meanwhile: the answer takes that in too.", turn=turn)


def decided(conversation: Conversation, turn: Turn, why: str) -> None:
    _write(conversation, turn.outcome or "decided", why, turn=turn, actor="agent")


def engine_failed(conversation: Conversation, turn: Turn, error: str) -> None:
    _write(conversation, "engine_failed", f"The engine gave no decision: {error}", turn=turn)


def thinking(conversation: Conversation, turn: Turn, seconds: float) -> None:
    _write(conversation, "thinking", f"No answer after {seconds:g} s: the thinking message was sent.", turn=turn)


def handed_over(conversation: Conversation, turn: Turn | None, why: str, actor: str) -> None:
    _write(conversation, "handed_over", why, turn=turn, actor=actor)


def taken_over(conversation: Conversation, why: str, actor: str) -> None:
    _write(conversation, "taken_over", why, actor=actor)


def given_back(conversation: Conversation, actor: str) -> None:
    _write(conversation, "given_back", "The agent answers the next message, and none before it.", actor=actor)


def suspended(conversation: Conversation, actor: str) -> None:
    _write(conversation, "suspended", "The agent is silent until the conversation is given back.", actor=actor)


def closed(conversation: Conversation, actor: str) -> None:
    _write(conversation, "closed", "The customer's next message reopens it.", actor=actor)


def reopened(conversation: Conversation) -> None:
    _write(conversation, "reopened", "The customer wrote again after it was closed.")


def tagged(conversation: Conversation, turn: Turn | None, added: Sequence[str], removed: Sequence[str]) -> None:
    changes = [*(f"+{name}" for name in added), *(f"-{name}" for name in removed)]
    _write(conversation, "tagged", f"Tags: {', '.join(changes)}", turn=turn)


def unreachable(conversation: Conversation, why: str) -> None:
    _write(conversation, "unreachable", why)


def withdrawn(conversation: Conversation, count: int, why: str) -> None:
    _write(conversation, "withdrawn", f"{count} unsent part(s) of the agent's were withdrawn: {why}.")


def delivery_failed(delivery: Delivery, why: str) -> None:
    _write(delivery.conversation, "delivery_failed", why, turn=delivery.turn, delivery=delivery.pk)


def delivery_unknown(delivery: Delivery, why: str) -> None:
    _write(delivery.conversation, "delivery_unknown", why, turn=delivery.turn, delivery=delivery.pk)


def delivery_retried(delivery: Delivery, actor: str) -> None:
    _write(delivery.conversation, "delivery_retried", "Sent again on request.", actor=actor, delivery=delivery.pk)


def repaired(conversation: Conversation) -> None:
    _write(conversation, "repaired", "A customer's message was waiting with nobody on it; a turn was made due.")
