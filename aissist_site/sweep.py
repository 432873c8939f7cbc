"""Ring for everything that is due. A doorbell that nobody heard costs the time until the next sweep, nothing else."""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from conversations import limbo
from conversations.models import Delivery, Timer, Turn
from gateways import doorbell
from gateways.doorbell import Step
from gateways.models import Receipt

MOST = 500  # rows of each kind in one sweep
UNHEARD = timedelta(seconds=1)  # a row due for longer than that has surely been missed


def due() -> dict[Step, list[int]]:
    """What is due and hasn't been dealt with, by step: the arguments of the rings."""
    late = timezone.now() - UNHEARD
    receipts = Receipt.objects.filter(status=Receipt.Status.PENDING, received_at__lt=late)
    turns = Turn.objects.filter(
        Q(state=Turn.State.DUE, due_at__lt=late) | Q(state=Turn.State.RUNNING, lease_until__lt=late)
    )
    deliveries = Delivery.objects.filter(
        Q(status=Delivery.Status.PENDING, due_at__lt=late) | Q(status=Delivery.Status.SENDING, lease_until__lt=late)
    )
    return {
        Step.INGEST: list(receipts.order_by().values_list("gateway_id", flat=True).distinct()),
        Step.TURN: list(turns.order_by("due_at").values_list("pk", flat=True)[:MOST]),
        Step.DELIVER: list(deliveries.order_by().values_list("conversation_id", flat=True).distinct()[:MOST]),
        Step.TIMER: list(Timer.objects.filter(due_at__lt=late).order_by("due_at").values_list("pk", flat=True)[:MOST]),
    }


def sweep() -> int:
    """Ring for all that is due and repair what nobody is on. Returns how many rings."""
    limbo.repair()
    rows = due()
    for step, ids in rows.items():
        for row_id in ids:
            doorbell.ring(step, row_id)
    return sum(len(ids) for ids in rows.values())
