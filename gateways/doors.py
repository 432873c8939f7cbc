"""The gateway behind a public address, with its adapter: kept for a second, so that a webhook costs one INSERT.

What a secret or an option was may therefore let requests in for one second more. It must never keep one out: many
platforms don't send again what was refused, and a webhook that is just being made is called within that second.
Addresses that don't exist are not kept, so that nobody can fill the memory with them.
"""

import time
from dataclasses import dataclass

from django.db.models import QuerySet

from gateways.asking import asked
from gateways.base import Adapter
from gateways.models import Gateway
from gateways.registry import adapter

FRESH = 1.0  # seconds


@dataclass(frozen=True, slots=True)
class Door:
    gateway: Gateway
    adapter: Adapter
    read_at: float  # by time.monotonic()


_doors: dict[str, Door] = {}


def remembered(public_id: str) -> Door | None:
    """What was behind the address a moment ago. None for what isn't remembered, or isn't fresh any more."""
    known = _doors.get(public_id)
    return known if known and time.monotonic() - known.read_at < FRESH else None


def read(public_id: str) -> Door | None:
    """What is behind the address, None for nothing. Raises ConfigError for a gateway that isn't configured."""
    gateway = next(iter(_behind(public_id)), None)
    if gateway is None:
        _doors.pop(public_id, None)
        return None
    _doors[public_id] = fresh = Door(gateway, adapter(gateway), time.monotonic())
    return fresh


@asked
def _behind(public_id: str) -> QuerySet[Gateway]:
    return Gateway.objects.prefetch_related("secrets").filter(public_id=public_id)


def forget() -> None:
    """Read every gateway again on its next request."""
    _doors.clear()
