"""Deliveries that won't go out by themselves any more: failed, or nobody knows whether they arrived."""

from django.db.models import Exists, OuterRef, QuerySet

from conversations.models import Conversation, Delivery, Message

DEAD = (Delivery.Status.FAILED, Delivery.Status.UNKNOWN)


def dead() -> QuerySet[Delivery]:
    return Delivery.objects.filter(status__in=DEAD)


def unattended() -> QuerySet[Delivery]:
    """Those that nobody has dealt with: no person has replied since, and the conversation isn't closed."""
    replied = Message.objects.filter(
        conversation=OuterRef("conversation"), author=Message.Author.HUMAN, created_at__gt=OuterRef("done_at")
    ).exclude(kind=Message.Kind.NOTE)
    return dead().filter(~Exists(replied)).exclude(conversation__status=Conversation.Status.CLOSED)
