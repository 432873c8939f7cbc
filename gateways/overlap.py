"""No two active gateways on one managing point: both would answer."""

from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.db.models import Q

from gateways.models import Destination, Gateway, ManagingPoint
from gateways.registry import ADAPTERS


def problem(gateway: Gateway, destination: Destination) -> str:
    """Why the gateway can't be limited to this destination, as a sentence; "" if it can."""
    if destination.gateway_id != gateway.pk:
        return "This destination belongs to another gateway."
    kinds = ADAPTERS[gateway.platform].capabilities.managing_points if gateway.platform in ADAPTERS else ()
    if destination.kind in kinds:
        return ""
    label = ADAPTERS[gateway.platform].label if gateway.platform in ADAPTERS else gateway.platform
    if not kinds:
        return f"A gateway on {label} can't be limited to destinations: it handles all conversations."
    return f"Conversations on {label} can't be limited to “{destination.kind}”. Choose one of: {', '.join(kinds)}."


def overlap(gateway: Gateway, points: Iterable[Destination]) -> str:
    """Why the gateway can't work on these managing points, as a sentence; "" if no other active one does.

    In a transaction, another that asks the same waits for its end: of two that are saved at once, one is refused.
    """
    wanted = Q(pk__in=())
    for point in points:
        wanted |= Q(destination__kind=point.kind, destination__external_id=point.external_id)
    if not wanted.children or not gateway.is_active:
        return ""
    _wait_for_others(gateway.platform)
    rivals = ManagingPoint.objects.filter(wanted, gateway__platform=gateway.platform).exclude(gateway=gateway)
    for rival in rivals.select_related("gateway", "destination").order_by("pk"):
        if rival.gateway.is_active and _account(rival.gateway) == _account(gateway):
            return (
                f"Gateway “{rival.gateway}” handles “{rival.destination.name}” already. "
                "Remove this managing point there, or switch that gateway off, before you save this."
            )
    return ""


def _wait_for_others(platform: str) -> None:
    """On SQLite a transaction that writes is alone anyway."""
    if connection.in_atomic_block:
        rows = Gateway.objects.select_for_update(no_key=True).filter(platform=platform).order_by("pk")
        list(rows.values_list("pk", flat=True))


def _account(gateway: Gateway) -> Any:
    kind = ADAPTERS.get(gateway.platform)
    return kind.account_of(gateway.config) if kind else gateway.config
