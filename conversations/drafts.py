"""Drafts: replies that the agent leaves for people to send. One waits at a time, and it isn't an answer.

Where the platform has drafts, it is one of those; else an internal note that says what it is. It is taken back when the
customer writes again or people answer in words of their own. What became of each is the evidence on which an operator
lets a sub agent answer by itself.

All functions want a locked conversation (`conversations.lock`).
"""

from django.utils import timezone

from conversations import events, messages, outbox
from conversations.alike import SIMILAR, alike, same
from conversations.models import Conversation, Delivery, Draft, Message, Turn
from conversations.outbox import withdraw
from gateways import writing

State = Draft.State
NEVER_ARRIVES = (Delivery.Status.CANCELLED, Delivery.Status.FAILED)


def draft(conversation: Conversation, text: str, turn: Turn | None) -> Message:
    """Leave a draft for people, in place of the one that waits. Nothing reaches the customer."""
    outdate(conversation, "A newer draft takes its place.")
    message = messages.add(
        conversation,
        turn=turn,
        author=Message.Author.AGENT,
        author_name=conversation.gateway.agent.display_name,
        kind=Message.Kind.DRAFT,
        text=text,
        status=Message.Status.QUEUED if outbox.shows_drafts(conversation) else Message.Status.RECEIVED,
    )
    outbox.draft(conversation, message)
    sub_agent = str(turn.decision.get("sub_agent", "")) if turn else ""
    writing.insert(
        Draft(
            message=message,
            conversation=conversation,
            gateway_id=conversation.gateway_id,
            turn=turn,
            sub_agent=sub_agent[:100],
        )
    )
    conversation.has_draft = True
    return message


def pending(conversation: Conversation) -> Draft | None:
    """The draft that waits for people."""
    if not conversation.has_draft:
        return None
    writing.flush()
    return conversation.drafts.filter(state=State.PENDING).select_related("message", "turn").first()


def outdate(conversation: Conversation, why: str) -> None:
    """The draft that waits, if any, isn't to be sent any more: things have moved on."""
    if found := pending(conversation):
        settle(conversation, found, State.OUTDATED, "", why=why)


def judge(draft: Draft, said: str) -> Draft.State:
    """What people made of the draft, going by what they said to the customer."""
    if same(draft.message.text, said):
        return State.SENT
    return State.EDITED if alike(draft.message.text, said) >= SIMILAR else State.IGNORED


def settle(
    conversation: Conversation,
    draft: Draft,
    state: Draft.State,
    by: str,
    *,
    became: Message | None = None,
    why: str = "",
    on_platform: bool = False,
) -> None:
    """Note what became of the draft, and take it off the platform. `on_platform`: it was sent there, which did that."""
    draft.state, draft.by, draft.became, draft.done_at = state, by[:200], became, timezone.now()
    writing.flush()  # what it became has to be there first
    draft.save(update_fields=["state", "by", "became", "done_at"])
    conversation.has_draft = False
    events.draft_settled(conversation, draft, why)
    withdraw(draft.message.deliveries.filter(status=Delivery.Status.PENDING, maybe_sent=False))
    used = state in (State.SENT, State.EDITED)
    left = draft.message.deliveries.exclude(status__in=NEVER_ARRIVES).first()
    if left is not None and not (used and on_platform):
        outbox.take_draft_back(conversation, left, why or draft.get_state_display(), quietly=used)
