"""How long the oldest due row of each step has been waiting. A row that a worker holds on lease isn't waiting."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Min, Q

from conversations.models import Delivery, Offer, Timer, Turn
from gateways.models import Receipt

LATE_SECONDS = 120


def oldest_due(now: datetime) -> Iterator[tuple[str, datetime | None]]:
    """Each step's rows by name, and since when the oldest due one of them has waited; None when none is due."""
    free = Q(lease_until=None) | Q(lease_until__lte=now)
    unsent = Q(status__in=[Delivery.Status.PENDING, Delivery.Status.SENDING])
    yield "receipts", _oldest(Receipt.objects.filter(status=Receipt.Status.PENDING), "received_at")
    yield "turns", _oldest(Turn.objects.filter(free, due_at__lte=now).exclude(state=Turn.State.DONE), "due_at")
    yield "deliveries", _oldest(Delivery.objects.filter(free, unsent, due_at__lte=now), "due_at")
    yield "timers", _oldest(Timer.objects.filter(due_at__lte=now), "due_at")
    yield "offers", _oldest(Offer.objects.filter(state=Offer.State.PENDING, due_at__lte=now), "due_at")


def oldest_put_off(now: datetime) -> datetime | None:
    """Since when the oldest delivery has waited that keeps being put off, because a platform throttles or is away."""
    made_long_ago = now - timedelta(seconds=LATE_SECONDS)
    put_off = Delivery.objects.filter(status=Delivery.Status.PENDING, due_at__gt=now, created_at__lt=made_long_ago)
    return _oldest(put_off, "created_at")


def seconds(since: datetime | None, now: datetime) -> int:
    return max(0, int((now - since).total_seconds())) if since else 0


def _oldest(rows: Any, field: str) -> datetime | None:
    oldest: datetime | None = rows.aggregate(oldest=Min(field))["oldest"]
    return oldest
