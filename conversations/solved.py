"""Tell a platform's “it was solved” that mirrors our own from one that people mean.

Platforms tell of every change, ours too, and not always before what the customer writes next. Taken for people's act, a
late one would close what the customer has just opened again.
"""

from datetime import timedelta

from django.utils import timezone

from conversations.models import Conversation, Delivery
from gateways import writing
from gateways.messages import SetStatus, TicketStatus

ECHO_WITHIN = timedelta(minutes=15)  # from when it was sent: webhooks come late, and some platforms are polled


def is_own_echo(conversation: Conversation) -> bool:
    """Whether a locked conversation's being solved on the platform is our doing. Once for each time that we did it."""
    if conversation.solved_at is None:
        return False
    conversation.solved_at = None
    writing.flush()
    ours = conversation.deliveries.filter(kind=SetStatus.kind, payload__status=TicketStatus.SOLVED)
    last = ours.order_by("-pk").first()
    return last is not None and _may_have_arrived(last)


def _may_have_arrived(delivery: Delivery) -> bool:
    if delivery.status in (Delivery.Status.SENT, Delivery.Status.UNKNOWN):
        return delivery.done_at is not None and timezone.now() <= delivery.done_at + ECHO_WITHIN
    return delivery.status == Delivery.Status.SENDING or delivery.maybe_sent
