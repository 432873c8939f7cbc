"""Stay below a platform's limit instead of running into its 429: one token bucket per gateway, shared by all workers.

A bucket fills with `rate` tokens a second up to a second's worth, and each thing that is sent takes one.
https://en.wikipedia.org/wiki/Token_bucket
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.db import transaction
from django.utils import timezone

from gateways import doorbell
from gateways.models import Bucket, Gateway
from gateways.registry import ADAPTERS

Row = TypeVar("Row")


@dataclass(slots=True)
class Budget:
    """What may be sent in the transaction at hand. `rate` is None where nothing limits it."""

    gateway_id: int
    rate: float | None
    tokens: float = 0.0

    def take(self, rows: Sequence[Row]) -> Sequence[Row]:
        """As many of the rows as there are tokens for. For the others somebody is woken when there are new ones."""
        if self.rate is None:
            return rows
        allowed = rows[: int(self.tokens)]
        self.tokens -= len(allowed)
        if len(allowed) < len(rows):
            doorbell.ring(doorbell.Step.DELIVER, self.gateway_id, after=(1 - self.tokens % 1) / self.rate)
        return allowed


def refilled(tokens: float, seconds: float, rate: float) -> float:
    """The tokens after so many seconds; a bucket holds a second's worth, and at least one."""
    return min(max(1.0, rate), tokens + max(0.0, seconds) * rate)


@contextmanager
def budget(gateway: Gateway) -> Iterator[Budget]:
    """What this gateway may send now, with its bucket locked until the block, a transaction, ends."""
    rate = gateway.rate_limit or ADAPTERS[gateway.platform].capabilities.rate
    if rate is None:
        yield Budget(gateway.pk, None)
        return
    with transaction.atomic():
        now = timezone.now()
        bucket = _locked(gateway, now, rate)
        budget = Budget(gateway.pk, rate, refilled(bucket.tokens, (now - bucket.at).total_seconds(), rate))
        yield budget
        Bucket.objects.filter(pk=bucket.pk).update(tokens=budget.tokens, at=now)


def _locked(gateway: Gateway, now: datetime, rate: float) -> Bucket:
    Bucket.objects.get_or_create(gateway=gateway, defaults={"tokens": max(1.0, rate), "at": now})
    return Bucket.objects.select_for_update().get(gateway=gateway)
