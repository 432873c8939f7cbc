"""The gateway behind a public address, with its adapter: kept for a second, so that a webhook costs one INSERT.

A changed secret or option therefore counts for new requests one second later at most. Addresses that don't exist are
not kept, so that nobody can fill the memory with them.
"""

import time
from dataclasses import dataclass

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


def door(public_id: str) -> Door | None:
    """What is behind the address, None for nothing. Raises ConfigError for a gateway that isn't configured."""
    known = _doors.get(public_id)
    if known and time.monotonic() - known.read_at < FRESH:
        return known
    gateway = Gateway.objects.filter(public_id=public_id).first()
    if gateway is None:
        _doors.pop(public_id, None)
        return None
    _doors[public_id] = fresh = Door(gateway, adapter(gateway), time.monotonic())
    return fresh


def forget() -> None:
    """Read every gateway again on its next request."""
    _doors.clear()
