"""Once a day: forget what is only kept for finding out why. Conversations and receipts stay."""

from datetime import timedelta

from django.utils import timezone

from aissist_site.models import Incident
from gateways.models import Exchange

KEEP_EXCHANGES = timedelta(days=30)
KEEP_CLOSED_INCIDENTS = timedelta(days=90)


def tidy() -> int:
    """Delete old records of outgoing requests, and of troubles long over. Returns how many."""
    now = timezone.now()
    exchanges = Exchange.objects.filter(at__lt=now - KEEP_EXCHANGES).delete()[0]
    incidents = Incident.objects.filter(closed_at__lt=now - KEEP_CLOSED_INCIDENTS).delete()[0]
    return exchanges + incidents
