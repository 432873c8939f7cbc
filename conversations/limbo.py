"""No limbo: every open conversation has a turn due, a human owner, a draft to review, or waits for its customer."""

from datetime import timedelta

from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone

from conversations import events, turns
from conversations.lock import locked
from conversations.models import Conversation, Turn

GRACE = timedelta(seconds=30)


def in_limbo() -> QuerySet[Conversation]:
    """Conversations in which a customer waits for an agent that isn't coming. Always empty, if we keep our promise."""
    live = Turn.objects.filter(conversation=OuterRef("pk")).exclude(state=Turn.State.DONE)
    return Conversation.objects.filter(
        ~Exists(live),
        status=Conversation.Status.OPEN,
        owner=Conversation.Owner.AGENT,
        has_draft=False,
        customer_seq__gt=F("answered_seq"),
    )


def repair() -> int:
    """Make a turn due in each of them that has been there for a while, and say so. Returns how many."""
    lost = list(in_limbo().filter(last_message_at__lt=timezone.now() - GRACE).values_list("pk", flat=True)[:100])
    for conversation_id in lost:
        with locked(conversation_id) as conversation:
            if in_limbo().filter(pk=conversation_id).exists():
                events.repaired(conversation)
                turns.expect(conversation)
    return len(lost)
