"""What became of the events that arrived: repeats counted, reasons added up."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, F, Sum
from django.utils import timezone

from gateways import writing
from gateways.models import Gateway, InboundEvent
from gateways.reasons import Reason

LAST_DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many events of a gateway met the same end."""

    reason: Reason
    count: int


def count_repeats(gateway: Gateway, keys: Counter[str]) -> None:
    """Events came again, so many times each. Costs nothing where none did."""
    if not keys:
        return
    writing.flush()  # the first copy may be of the same batch
    for times in sorted(set(keys.values())):
        again = [key for key, count in keys.items() if count == times]
        rows = InboundEvent.objects.filter(gateway=gateway, key__in=again)
        rows.update(duplicates=F("duplicates") + times, duplicated_at=timezone.now())


def tallies(gateway: Gateway, since: datetime) -> list[Tally]:
    """Of the events since then, how many there are of each reason, most first."""
    events = InboundEvent.objects.filter(gateway=gateway, at__gte=since).exclude(reason="")
    counts = events.order_by().values_list("reason").annotate(number=Count("pk")).order_by("-number", "reason")
    return [Tally(Reason(reason), number) for reason, number in counts]


def repeats(gateway: Gateway, since: datetime) -> int:
    """How often events that arrived since then came again."""
    events = InboundEvent.objects.filter(gateway=gateway, at__gte=since)
    return int(events.aggregate(total=Sum("duplicates"))["total"] or 0)
