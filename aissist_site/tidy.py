"""Once a day: forget what is only kept for finding out why. Conversations and receipts stay."""

from datetime import timedelta

from django.utils import timezone

from aissist_site.models import Incident
from conversations.files import File
from gateways.models import Exchange

KEEP_EXCHANGES = timedelta(days=30)
KEEP_CLOSED_INCIDENTS = timedelta(days=90)
KEEP_UNUSED_FILES = timedelta(days=1)  # long after the transaction that made one has also made its attachment


def tidy() -> int:
    """Delete old records of outgoing requests, of troubles long over, and files of deleted conversations."""
    now = timezone.now()
    exchanges = Exchange.objects.filter(at__lt=now - KEEP_EXCHANGES).delete()[0]
    incidents = Incident.objects.filter(closed_at__lt=now - KEEP_CLOSED_INCIDENTS).delete()[0]
    unused = File.objects.filter(attachments=None, created_at__lt=now - KEEP_UNUSED_FILES).delete()[0]
    return exchanges + incidents + unused
