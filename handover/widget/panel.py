"""What the side panel shows of a conversation: read once, with a fixed number of queries."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from contacts import remember
from conversations.models import ActionRequest, AuditEvent, Conversation, Draft, Message, Turn
from handover.recap import decided

EVENTS = 15  # of the trail, the newest first
TURNS = 5  # whose decisions are looked at for what actions found
REQUESTS = 5  # of actions that change something
RESULTS = 3  # of what the agent did for people


@dataclass(frozen=True, slots=True)
class Found:
    """What an action found out or did, as the agent's decision has it."""

    name: str
    outcome: str
    outputs: str


@dataclass(frozen=True, slots=True)
class Panel:
    conversation: Conversation
    draft: Draft | None
    busy: Turn | None  # what the agent is at just now
    results: tuple[Message, ...]  # newest first
    facts: tuple[str, ...]  # about the contact
    found: tuple[Found, ...]  # newest first
    asked: tuple[ActionRequest, ...]  # actions that change something, newest first
    trail: tuple[AuditEvent, ...]  # newest first
    others: int  # further conversations of the contact


def read(conversation: Conversation) -> Panel:
    """Wants a conversation with its gateway, contact and assignee."""
    decisions = [turn.decision for turn in decided(conversation)[:TURNS]]
    known = remember.told([conversation.identity.contact]).get(conversation.identity.contact_id, ())
    notes = conversation.messages.filter(kind=Message.Kind.NOTE, author=Message.Author.SYSTEM)
    contact = conversation.identity.contact_id
    return Panel(
        conversation=conversation,
        draft=conversation.drafts.filter(state=Draft.State.PENDING).select_related("message").first(),
        busy=conversation.live_turn,
        results=tuple(notes.exclude(turn=None).exclude(turn__help="").order_by("-seq")[:RESULTS]),
        facts=known,
        found=tuple(found for decision in decisions for found in _found(decision)),
        asked=tuple(conversation.action_requests.order_by("-pk")[:REQUESTS]),
        trail=tuple(conversation.audit_events.order_by("-pk")[:EVENTS]),
        others=Conversation.objects.filter(identity__contact=contact).exclude(pk=conversation.pk).count(),
    )


def fingerprint(shown: Panel) -> str:
    """A text that changes whenever the panel would look different."""
    conversation = shown.conversation
    facts = [
        conversation.updated_at,
        conversation.epoch,
        str(conversation.identity.contact),
        shown.draft and shown.draft.pk,
        shown.busy and (shown.busy.pk, shown.busy.state),
        [message.pk for message in shown.results],
        [event.pk for event in shown.trail],
        shown.facts,
        shown.found,
        [(request.pk, request.state) for request in shown.asked],
        shown.others,
    ]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:32]


def _found(decision: dict[str, Any]) -> Iterator[Found]:
    for call in decision.get("actions") or ():
        yield Found(str(call.get("name", "")), str(call.get("outcome", "")), str(call.get("outputs", "")))
