"""Keep what came with a message: its bytes where they came along, else a row by which they are fetched later.

Fetching touches a platform, so it happens in a worker, and no transaction is open meanwhile. Whoever fetches puts the
next try off first: that is the lease, and a worker that dies has only cost time.
"""

import hashlib
import re
from collections.abc import Iterable
from datetime import timedelta

import structlog
from django.db.models import QuerySet
from django.utils import timezone

from conversations.files import Attachment, File
from conversations.models import Message
from gateways import doorbell, messages, writing
from gateways.base import Adapter
from gateways.errors import ConfigError, DeliveryError, Failure, our_fault
from gateways.models import Gateway
from gateways.registry import adapter

log = structlog.get_logger(__name__)

MOST_BYTES = 30_000_000  # of one file
LEASE = timedelta(minutes=2)  # longer than any request may take
BACKOFFS = (5, 30, 120, 600, 3600)  # seconds until the next try, after which there is none
AT_ONCE = 5  # files for one ring, so that deliveries don't wait long for a thread

State = Attachment.State


def keep(message: Message, gateway_id: int, came: Iterable[messages.Attachment]) -> None:
    """The attachments of a new message. Runs in the transaction that records it."""
    rows = [row(message, gateway_id, each, number) for number, each in enumerate(came)]
    for each in rows:
        writing.insert(each)
    if any(each.state == State.WAITING for each in rows):
        doorbell.ring(doorbell.Step.FETCH, gateway_id)


def row(message: Message, gateway_id: int, came: messages.Attachment, position: int) -> Attachment:
    """What stands for one file of a message, not written yet; its bytes are kept where they came along."""
    row = Attachment(
        message=message,
        gateway_id=gateway_id,
        position=position,
        name=_line(came.name, 200) or "attachment",
        content_type=_content_type(came.content_type),
        size=came.size,
        reference=_line(came.reference, 500),
        inline=came.inline,
    )
    if came.content is not None:
        _store(row, came.content)
    elif came.size is not None and came.size > MOST_BYTES:
        _refuse(row, came.size)
    return row


def _store(row: Attachment, content: bytes) -> None:
    if len(content) > MOST_BYTES:
        _refuse(row, len(content))
        return
    file = File(sha256=hashlib.sha256(content).hexdigest(), size=len(content), content=content)
    File.objects.bulk_create([file], ignore_conflicts=True)
    row.file, row.size, row.state, row.why = file, len(content), State.KEPT, ""


def _refuse(row: Attachment, size: int) -> None:
    row.size, row.state = size, State.REFUSED
    row.why = f"It has {size:,} bytes; up to {MOST_BYTES:,} are kept."


def _line(value: str, longest: int) -> str:
    return " ".join(value.replace("\0", "").split())[:longest]


def _content_type(value: str) -> str:
    known = value.partition(";")[0].strip().lower()[:100]
    return known if re.fullmatch(r"[\w.+-]+/[\w.+-]+", known, re.ASCII) else "application/octet-stream"


# --- Fetching ---------------------------------------------------------------------------------------------------------


def waiting() -> QuerySet[Attachment]:
    return Attachment.objects.filter(state=State.WAITING)


def fetch(gateway_id: int) -> int:
    """Get what is due of this gateway's from its platform. Returns how many were tried."""
    gateway = Gateway.objects.prefetch_related("secrets").filter(pk=gateway_id).first()
    due = waiting().filter(gateway=gateway_id, due_at__lte=timezone.now()).order_by("due_at")[: AT_ONCE + 1]
    rows = list(due) if gateway else []
    mine = [row for row in rows[:AT_ONCE] if _claim(row)]
    for row in mine:
        assert gateway is not None  # noqa: S101 - else there are no rows
        _fetch_one(row, gateway)
    if len(rows) > AT_ONCE:
        doorbell.ring(doorbell.Step.FETCH, gateway_id)
    return len(mine)


def _claim(row: Attachment) -> bool:
    free = Attachment.objects.filter(pk=row.pk, state=State.WAITING, due_at=row.due_at)
    return free.update(due_at=timezone.now() + LEASE) == 1


def _fetch_one(row: Attachment, gateway: Gateway) -> None:
    asked = messages.Attachment(row.name, row.content_type, row.size, row.reference, row.inline)
    try:
        _store(row, _asked(adapter(gateway), asked))
    except (DeliveryError, ConfigError) as error:
        _failed(row, error)
    except Exception as error:
        log.exception("attachment_failed", attachment=row.pk)
        public = our_fault(error)
        _failed(row, DeliveryError(Failure.REJECTED, public))
    row.save(update_fields=["file", "size", "state", "why", "tries", "due_at"])


def _asked(ours: Adapter, asked: messages.Attachment) -> bytes:
    try:
        return ours.fetch(asked)
    except NotImplementedError:
        raise DeliveryError(Failure.REJECTED, "The platform gives its files to nobody.") from None


def _failed(row: Attachment, error: DeliveryError | ConfigError) -> None:
    row.why = (error.public if isinstance(error, DeliveryError) else str(error))[:300]
    final = isinstance(error, DeliveryError) and error.failure is Failure.REJECTED
    if final or row.tries >= len(BACKOFFS):
        row.state = State.FAILED
        return
    row.due_at = timezone.now() + timedelta(seconds=BACKOFFS[row.tries])
    row.tries += 1
