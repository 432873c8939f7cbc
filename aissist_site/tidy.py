"""Once a day: forget what is only kept for finding out why. Conversations and receipts stay."""

from datetime import timedelta

from django.utils import timezone

from gateways.models import Exchange

KEEP_EXCHANGES = timedelta(days=30)


def tidy() -> int:
    """Delete old records of outgoing requests. Returns how many."""
    return Exchange.objects.filter(at__lt=timezone.now() - KEEP_EXCHANGES).delete()[0]
