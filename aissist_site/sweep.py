"""Ring for everything that is due. A doorbell that nobody heard costs the time until the next sweep, nothing else."""

from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from aissist_site import follow_up
from conversations import action_requests, attach, limbo
from conversations.models import ActionRequest, Delivery, Offer, Timer, Turn
from gateways import doorbell, renew
from gateways.doorbell import Step
from gateways.models import Receipt
from handover import carry, overdue

UNHEARD = timedelta(seconds=1)  # a row due for longer than that has surely been missed


def due() -> dict[Step, list[int]]:
    """The gateways at which something is due and hasn't been dealt with, by step."""
    late = timezone.now() - UNHEARD
    receipts = Receipt.objects.filter(status=Receipt.Status.PENDING, received_at__lt=late)
    turns = Turn.objects.filter(
        Q(state=Turn.State.DUE, due_at__lt=late) | Q(state=Turn.State.RUNNING, lease_until__lt=late)
    )
    deliveries = Delivery.objects.filter(
        Q(status=Delivery.Status.PENDING, due_at__lt=late) | Q(status=Delivery.Status.SENDING, lease_until__lt=late)
    )
    offers = Offer.objects.filter(state=Offer.State.PENDING, due_at__lt=late)
    timers = {*_gateways(Timer.objects.filter(due_at__lt=late), "gateway_id"), *_gateways(offers, "gateway_id")}
    state = ActionRequest.State
    actions = ActionRequest.objects.filter(
        Q(state=state.APPROVED, due_at__lt=late) | Q(state=state.RUNNING, lease_until__lt=late)
    )
    return {
        Step.INGEST: _gateways(receipts, "gateway_id"),
        Step.TURN: _gateways(turns, "gateway_id"),
        Step.DELIVER: _gateways(deliveries, "gateway_id"),
        Step.TIMER: sorted(timers),
        Step.ACTION: _gateways(actions, "gateway_id"),
        Step.FETCH: _gateways(attach.waiting().filter(due_at__lt=late), "gateway_id"),
        Step.RENEW: _gateways(renew.due(late), "gateway_id"),
    }


def _gateways(rows: QuerySet[Any], name: str) -> list[int]:
    return list(rows.order_by().values_list(name, flat=True).distinct())


def sweep() -> int:
    """Ring for all that is due and repair what nobody is on. Returns how many rings."""
    limbo.repair()
    action_requests.tell()
    follow_up.expire_actions()
    overdue.pass_on()
    carry.carry()
    overdue.give_back()
    gateways = due()
    for step, ids in gateways.items():
        for gateway_id in ids:
            doorbell.ring(step, gateway_id)
    return sum(len(ids) for ids in gateways.values())
