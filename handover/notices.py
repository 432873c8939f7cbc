"""Emails about handovers: written down in the handover's transaction, sent by the sweep, at most once each.

One is sent again only where the mail server surely didn't take it. A process that dies while it sends leaves the row
as it was then, “being sent”: that one isn't sent a second time.
"""

import smtplib
from datetime import timedelta

import structlog
from django.conf import settings as site
from django.core.mail import EmailMessage
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from gateways.models import Destination
from handover import addresses
from handover.models import Handover, HandoverSettings, Notice

log = structlog.get_logger(__name__)

MOST = 20  # sent in one sweep
MOST_ATTEMPTS = 6
BACKOFF = timedelta(minutes=1)  # doubled each time
NOT_TAKEN = (smtplib.SMTPConnectError, smtplib.SMTPHeloError, smtplib.SMTPResponseException, ConnectionRefusedError)


def announce(handover: Handover, settings: HandoverSettings) -> None:
    """Tell the address that the handover goes to; or the operators, where it goes nowhere."""
    destination = handover.destination
    if destination is None:
        for address in addresses.split(settings.notify):
            _write(handover, Notice.Kind.NO_TARGET, address)
    elif destination.kind == Destination.EMAIL:
        _write(handover, Notice.Kind.SUMMARY, destination.external_id)


def send_due() -> int:
    """Send those that are due. Returns how many were sent."""
    due = Notice.objects.filter(state=Notice.State.PENDING, due_at__lte=timezone.now()).order_by("due_at")
    return sum(_send(notice) for notice in due[:MOST])


def _write(handover: Handover, kind: Notice.Kind, address: str) -> None:
    who = handover.conversation.identity.contact
    lead = "Waits for people" if kind == Notice.Kind.NO_TARGET else "Handed over"
    page = reverse("admin:conversations_conversation_change", args=[handover.conversation_id])
    Notice.objects.get_or_create(
        handover=handover,
        kind=kind,
        address=address[:254],
        defaults={
            "subject": " ".join(f"{lead}: {who}, on {handover.conversation.gateway}".split())[:200],
            "text": f"{handover.summary}\n\n{handover.why}\n\n{site.PUBLIC_URL}{page}\n",
        },
    )


def _send(notice: Notice) -> bool:
    """Whoever changes the row from pending is the one who sends it."""
    mine = Notice.objects.filter(pk=notice.pk, state=Notice.State.PENDING)
    if not mine.update(state=Notice.State.SENDING, attempts=F("attempts") + 1):
        return False
    row = Notice.objects.filter(pk=notice.pk)
    try:
        EmailMessage(subject=notice.subject, body=notice.text, to=[notice.address]).send()
    except NOT_TAKEN as error:
        log.warning("notice_not_taken", notice=notice.pk, error=type(error).__name__)
        later = notice.attempts + 1 < MOST_ATTEMPTS
        wait = BACKOFF * 2**notice.attempts
        state = Notice.State.PENDING if later else Notice.State.FAILED
        row.update(state=state, due_at=timezone.now() + wait, error=type(error).__name__)
        return False
    except Exception as error:
        log.exception("notice_failed", notice=notice.pk)
        row.update(state=Notice.State.FAILED, error=type(error).__name__)
        return False
    row.update(state=Notice.State.SENT, sent_at=timezone.now(), error="")
    return True
