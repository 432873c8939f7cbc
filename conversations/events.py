"""The audit trail: one function per thing that can happen in a conversation, each writing one sentence of why."""

from collections.abc import Sequence
from typing import Any

import structlog

from conversations.models import AuditEvent, Conversation, Delivery, Draft, Turn
from gateways import writing

log = structlog.get_logger(__name__)


def _write(
    conversation: Conversation, kind: str, why: str, *, turn: Turn | None = None, actor: str = "", **data: Any
) -> None:
    row = AuditEvent(conversation=conversation, turn=turn, kind=kind, why=why[:500], actor=actor[:200], data=data)
    writing.insert(row)
    log.info(kind, conversation=conversation.pk, **({"turn": turn.pk} if turn and turn.pk else {}))


def left_alone(conversation: Conversation, why: str, reason: str = "") -> None:
    about: dict[str, Any] = {"reason": reason} if reason else {}
    _write(conversation, "left_alone", why, **about)


def stepped_aside(conversation: Conversation, why: str, reason: str, actor: str) -> None:
    said = f"{why} The agent leaves it alone from now on, what it was about to say included."
    _write(conversation, "stepped_aside", said, actor=actor, reason=reason)


def kept_apart(conversation: Conversation, why: str) -> None:
    _write(conversation, "kept_apart", why)


def past_read(conversation: Conversation, turn: Turn, lines: int, notes: int, known: int) -> None:
    """From the platform: things said, notes, and things known of the customer."""
    why = f"Read from before us: {lines} message(s), {notes} note(s), and {known} thing(s) known of the customer."
    _write(conversation, "past_read", why, turn=turn)


def past_unread(conversation: Conversation, turn: Turn, why: str) -> None:
    said = f"What was said before us couldn't be read, so the agent doesn't know it: {why}"
    _write(conversation, "past_unread", said, turn=turn)


def joined(conversation: Conversation, turn: Turn) -> None:
    _write(conversation, "joined", "The customer wrote on meanwhile: the answer takes that in too.", turn=turn)


def decided(conversation: Conversation, turn: Turn, why: str) -> None:
    _write(conversation, turn.outcome or "decided", why, turn=turn, actor="agent")


def engine_failed(conversation: Conversation, turn: Turn, error: str) -> None:
    _write(conversation, "engine_failed", f"The engine gave no decision: {error}", turn=turn)


def thinking(conversation: Conversation, turn: Turn, seconds: float) -> None:
    _write(conversation, "thinking", f"No answer after {seconds:g} s: the thinking message was sent.", turn=turn)


def awaited(conversation: Conversation, turn: Turn, why: str) -> None:
    _write(conversation, "awaited", why, turn=turn)


def answer_ignored(conversation: Conversation, turn: Turn, why: str) -> None:
    _write(conversation, "answer_ignored", f"An engine's answer wasn't used: {why}", turn=turn)


def offer_decided(conversation: Conversation, state: str, why: str) -> None:
    """`state` is a value of Offer.State."""
    _write(conversation, f"offer_{state}", f"The offer of a person is {state}. {why}")


def handed_over(conversation: Conversation, turn: Turn | None, why: str, actor: str) -> None:
    _write(conversation, "handed_over", why, turn=turn, actor=actor)


def relayed(conversation: Conversation, why: str) -> None:
    _write(conversation, "relayed", why)


def passed_on(conversation: Conversation, why: str) -> None:
    _write(conversation, "passed_on", why)


def held(conversation: Conversation, turn: Turn | None, author: str) -> None:
    who = author or "Another automation"
    _write(conversation, "held", f"{who} answered automatically meanwhile: the agent's reply was held.", turn=turn)


def taken_over(conversation: Conversation, why: str, actor: str) -> None:
    _write(conversation, "taken_over", why, actor=actor)


def given_back(conversation: Conversation, actor: str) -> None:
    _write(conversation, "given_back", "The agent answers the next message, and none before it.", actor=actor)


def suspended(conversation: Conversation, actor: str, turn: Turn | None = None) -> None:
    why = "The agent is silent until the conversation is given back."
    _write(conversation, "suspended", why, turn=turn, actor=actor)


def closed(conversation: Conversation, actor: str, turn: Turn | None = None) -> None:
    _write(conversation, "closed", "The customer's next message reopens it.", turn=turn, actor=actor)


def kept_open(conversation: Conversation, turn: Turn) -> None:
    _write(conversation, "kept_open", "Not closed after the reply: the customer had written on meanwhile.", turn=turn)


def reopened(conversation: Conversation) -> None:
    _write(conversation, "reopened", "The customer wrote again after it was closed.")


def tagged(conversation: Conversation, turn: Turn | None, added: Sequence[str], removed: Sequence[str]) -> None:
    changes = [*(f"+{name}" for name in added), *(f"-{name}" for name in removed)]
    _write(conversation, "tagged", f"Tags: {', '.join(changes)}", turn=turn)


def drafted(conversation: Conversation, turn: Turn, why: str) -> None:
    asked = f"{turn.asked_by} asked for a draft. " if turn.asked_by else ""
    _write(conversation, "drafted", f"{asked}{why} It waits for people to send it.", turn=turn, actor="agent")


def no_draft(conversation: Conversation, turn: Turn, why: str) -> None:
    _write(
        conversation, "no_draft", f"{turn.asked_by} asked for a draft; there is none. {why}", turn=turn, actor="agent"
    )


def draft_settled(conversation: Conversation, draft: Draft, why: str) -> None:
    said = f"The draft: {draft.get_state_display().lower()}. {why}".strip()
    _write(conversation, f"draft_{draft.state}", said, turn=draft.turn, actor=draft.by, draft=draft.pk)


def shadow(conversation: Conversation, turn: Turn, why: str) -> None:
    _write(conversation, "shadow", f"Shadow, nothing was sent. {why}", turn=turn, actor="agent")


def moved(conversation: Conversation, actor: str) -> None:
    """On the platform, into the destination that is the conversation's now."""
    to = conversation.destination
    _write(conversation, "moved", f"Moved to {to or 'nowhere'}.", actor=actor, destination=to.pk if to else None)


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


def action_requested(conversation: Conversation, turn: Turn, name: str, arguments: str, *, by_itself: bool) -> None:
    what = "It is carried out by itself." if by_itself else "A person has to approve it."
    why = f"The agent asks for the action “{name}”. {what}"
    _write(conversation, "action_requested", why, turn=turn, actor="agent", arguments=arguments)


def action_held(conversation: Conversation, turn: Turn | None, name: str) -> None:
    why = f"A person acted before “{name}” was carried out: now it waits for approval."
    _write(conversation, "action_held", why, turn=turn)


def action_approved(conversation: Conversation, turn: Turn | None, name: str, actor: str) -> None:
    _write(conversation, "action_approved", f"“{name}” was approved.", turn=turn, actor=actor)


def action_declined(conversation: Conversation, turn: Turn | None, name: str, actor: str) -> None:
    _write(conversation, "action_declined", f"“{name}” was declined.", turn=turn, actor=actor)


def action_expired(conversation: Conversation, turn: Turn | None, name: str) -> None:
    _write(conversation, "action_expired", f"Nobody approved “{name}” in time: it isn't carried out.", turn=turn)


def action_carried_out(conversation: Conversation, turn: Turn | None, name: str, state: str, says: str) -> None:
    _write(conversation, "action_carried_out", f"“{name}”: {state}. {says}", turn=turn)


def command(conversation: Conversation, command: str, actor: str) -> None:
    """A person told the agent something in a note, or in the side panel."""
    _write(conversation, "command", f"{actor} asked the agent: {command}", actor=actor)


def helped(conversation: Conversation, turn: Turn, why: str) -> None:
    _write(conversation, "helped", f"For {turn.asked_by}: {why}", turn=turn, actor="agent")


def widget_link(conversation: Conversation, to: str, may_act: bool, actor: str) -> None:
    """Somebody was given a link to the side panel."""
    leave = "to read and to ask the agent for things" if may_act else "to read"
    _write(conversation, "widget_link", f"A link to the side panel was made for {to}, {leave}.", actor=actor)
