"""Once a day: forget what is only kept for finding out why. Conversations and receipts stay."""

from datetime import datetime, timedelta

from django.utils import timezone

from agents.models import Agent, Rephrasing, text_hash
from aissist_site.models import Incident
from contacts.remember import forget_expired
from conversations.files import File
from conversations.models import MessageTemplate
from gateways.models import Exchange

KEEP_EXCHANGES = timedelta(days=30)
KEEP_CLOSED_INCIDENTS = timedelta(days=90)
KEEP_REPHRASINGS = timedelta(days=30)  # of texts that operators have changed since: they may change them back
KEEP_UNUSED_FILES = timedelta(days=1)  # long after the transaction that made one has also made its attachment


def tidy() -> int:
    """Delete old records of outgoing requests, of troubles long over, and what nothing refers to any more.

    Returns how many rows.
    """
    now = timezone.now()
    exchanges = Exchange.objects.filter(at__lt=now - KEEP_EXCHANGES).delete()[0]
    incidents = Incident.objects.filter(closed_at__lt=now - KEEP_CLOSED_INCIDENTS).delete()[0]
    return exchanges + incidents + _tidy_files(now) + _tidy_rephrasings() + forget_expired()


def _tidy_files(now: datetime) -> int:
    """Those of conversations that were deleted."""
    return File.objects.filter(attachments=None, created_at__lt=now - KEEP_UNUSED_FILES).delete()[0]


def _tidy_rephrasings() -> int:
    """Those of texts that are there no longer."""
    said = MessageTemplate.objects.values_list("gateway__agent_id", "text")
    greetings = Agent.objects.exclude(greeting="").values_list("pk", "greeting")
    alive = {(agent_id, text_hash(text)) for rows in (said, greetings) for agent_id, text in rows}
    old = Rephrasing.objects.filter(made_at__lt=timezone.now() - KEEP_REPHRASINGS)
    dead = [pk for pk, *text in old.values_list("pk", "agent_id", "text_hash") if tuple(text) not in alive]
    return Rephrasing.objects.filter(pk__in=dead).delete()[0]
