"""Stay below a platform's limit instead of running into its 429: one token bucket per gateway, shared by all workers.

A bucket fills with `rate` tokens a second up to a second's worth, and each thing that is sent takes one.
https://en.wikipedia.org/wiki/Token_bucket

Where a platform tells how many requests it still takes (`Adapter.allowance`) and they are few, they are spread over the
time until there are new ones: a part of them may go at once, and half of that part is kept for words to customers.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from typing import TypeVar

from django.db import transaction
from django.utils import timezone

from gateways import doorbell
from gateways.messages import Allowance
from gateways.models import Bucket, Gateway
from gateways.registry import ADAPTERS

FEW = 200  # requests left, beyond which nothing is written down: all workers together have fewer under way
AT_ONCE = 4  # one in so many of those that are left may go at once
KEPT_BACK = 2  # one in so many of those that may go at once is for words to customers only
SAME_WINDOW = 2.0  # seconds by which two answers may differ about when the same window ends
SHORTEST = 0.1  # seconds

Row = TypeVar("Row")


# --- What holds: pure -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast things may be sent."""

    rate: float  # tokens per second
    most: float  # tokens that a bucket holds
    kept_back: float = 0.0  # tokens among them that only words to customers may take


def pace(rate: float | None, allowance: Allowance | None = None) -> Pace | None:
    """By a limit per second, and by what the platform still takes; None where neither is known."""
    own = None if rate is None else Pace(rate, most=max(1.0, rate))
    if allowance is None:
        return own
    spread, most = _spread(allowance), max(1.0, allowance.left / AT_ONCE)
    if own:
        spread, most = min(spread, own.rate), min(most, own.most)
    return Pace(spread, most, kept_back=most / KEPT_BACK if most >= KEPT_BACK else 0.0)


def _spread(allowance: Allowance) -> float:
    return allowance.left / max(SHORTEST, allowance.seconds)


def refilled(tokens: float, seconds: float, pace: Pace) -> float:
    """The tokens after so many seconds."""
    return min(pace.most, tokens + max(0.0, seconds) * pace.rate)


def heeded(known: Allowance | None, told: Allowance) -> Allowance:
    """What holds when the platform has told this, and that is known and not over yet.

    Of one window it only ever gets less: what is known has been lowered by what is under way, which the platform hasn't
    counted yet. Of two windows the slower one holds.
    """
    if known is None:
        return told
    if abs(known.seconds - told.seconds) <= SAME_WINDOW:
        return Allowance(min(known.left, told.left), known.seconds)
    return min(known, told, key=_spread)


# --- What may be sent -------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Budget:
    """What may be sent in the transaction at hand. `pace` is None where nothing limits it."""

    gateway_id: int
    pace: Pace | None = None
    tokens: float = 0.0
    allowance: Allowance | None = None
    taken: int = 0

    def take(self, rows: Sequence[Row], is_first: Callable[[Row], bool] = lambda row: True) -> Sequence[Row]:
        """As many of the rows as there are tokens for, words to customers first: `is_first` says which those are.

        For the others somebody is woken when there are new tokens.
        """
        if self.pace is None:
            return rows
        first = [row for row in rows if is_first(row)]
        rest = [row for row in rows if not is_first(row)]
        allowed = self._take(first, 0.0) + self._take(rest, self.pace.kept_back)
        if len(allowed) < len(rows):
            needed = 1.0 if len(allowed) < len(first) else 1.0 + self.pace.kept_back
            doorbell.ring(doorbell.Step.DELIVER, self.gateway_id, after=self._wait(needed, self.pace.rate))
        return allowed

    def _take(self, rows: Sequence[Row], but: float) -> list[Row]:
        most = max(0, int(self.tokens - but))
        if self.allowance:
            most = min(most, self.allowance.left - self.taken)
        allowed = list(rows[:most])
        self.tokens -= len(allowed)
        self.taken += len(allowed)
        return allowed

    def _wait(self, needed: float, rate: float) -> float:
        """Seconds until there are so many tokens: never longer than until the platform takes new requests."""
        longest = self.allowance.seconds if self.allowance else float("inf")
        if self.allowance and self.allowance.left <= self.taken:
            return longest
        return min(longest, max(0.0, needed - self.tokens) / rate)


def limited(gateway: Gateway) -> bool:
    """Whether anything limits what it may send. Costs no query if it was read with its bucket."""
    return _rate(gateway) is not None or _knows_little_left(gateway)


def _rate(gateway: Gateway) -> float | None:
    """Things per second: an operator's limit, else what its platform takes."""
    return gateway.rate_limit or ADAPTERS[gateway.platform].capabilities.rate


@contextmanager
def budget(gateway: Gateway) -> Iterator[Budget]:
    """What this gateway may send now, with its bucket locked until the block, a transaction, ends.

    Costs no query where nothing limits it, if the gateway was read with its bucket.
    """
    if not limited(gateway):
        yield Budget(gateway.pk)
        return
    rate = _rate(gateway)
    with transaction.atomic():
        now = timezone.now()
        bucket = _locked(gateway, now, pace(rate))
        allowance = _allowance(bucket, now)
        if (limit := pace(rate, allowance)) is None:  # it was over just now
            yield Budget(gateway.pk)
            return
        tokens = refilled(bucket.tokens, (now - bucket.at).total_seconds(), limit)
        budget = Budget(gateway.pk, limit, tokens, allowance)
        yield budget
        changes = {"left": allowance.left - budget.taken} if allowance else {}
        Bucket.objects.filter(pk=bucket.pk).update(tokens=budget.tokens, at=now, **changes)


def heed(gateway: Gateway, told: Iterable[Allowance | None]) -> None:
    """Have everybody who sends for this gateway know what the platform's answers have told, as far as it matters.

    Costs no query where they tell nothing, or that there is plenty. Wants to be called outside of a transaction that
    holds other rows: who sends locks the bucket first.
    """
    known = [each for each in told if each is not None and each.seconds > 0]
    if not known:
        return
    worst = reduce(heeded, known)
    if worst.left > FEW and not _knows_little_left(gateway):
        return
    with transaction.atomic():
        now = timezone.now()
        bucket = _locked(gateway, now, pace(None, worst))
        holds = heeded(_allowance(bucket, now), worst)
        until = now + timedelta(seconds=holds.seconds)
        Bucket.objects.filter(pk=bucket.pk).update(left=max(0, holds.left), left_until=until)


def _knows_little_left(gateway: Gateway) -> bool:
    bucket: Bucket | None = getattr(gateway, "bucket", None)
    return bucket is not None and _allowance(bucket, timezone.now()) is not None


def _allowance(bucket: Bucket, now: datetime) -> Allowance | None:
    """What the platform takes until its window ends; None where that isn't known, or over."""
    if bucket.left is None or bucket.left_until is None or bucket.left_until <= now:
        return None
    return Allowance(bucket.left, (bucket.left_until - now).total_seconds())


def _locked(gateway: Gateway, now: datetime, limit: Pace | None) -> Bucket:
    Bucket.objects.get_or_create(gateway=gateway, defaults={"tokens": limit.most if limit else 1.0, "at": now})
    return Bucket.objects.select_for_update().get(gateway=gateway)
