"""“Read from the platform”: what destinations and people there are, kept to choose from. Failing is an answer, too.

What the platform doesn't list any more stays, shown as gone: managing points and rules may refer to it. What was typed
in by hand stays as it is until the platform lists it.
"""

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from django.db import transaction
from django.utils import timezone

from agents.http import HttpError
from gateways.base import Adapter, Health
from gateways.errors import ConfigError, DeliveryError
from gateways.messages import Place
from gateways.messages import Teammate as Person
from gateways.models import Destination, Gateway, Teammate
from gateways.registry import ADAPTERS, adapter

LIMIT = 15.0  # seconds for all of it, looked at between two of what is listed
LIMIT_EACH = 8.0  # seconds for one request
MOST = 20_000  # of each
BATCH = 500
LONGEST_ID = 200  # characters
Listed = TypeVar("Listed")
BY_HAND = "Type destinations in by hand: see “Destinations” below."


@dataclass(slots=True)
class Found:
    """What was listed, and why that isn't all."""

    places: dict[tuple[str, str], Place] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    missing: str = ""  # a sentence, "" for nothing


def can_read(gateway: Gateway) -> bool:
    return gateway.platform in ADAPTERS and ADAPTERS[gateway.platform].capabilities.lists


def read_places(gateway: Gateway) -> Health:
    """Ask the platform and keep what it says. Whatever goes wrong is an answer, and stays with the gateway."""
    if not can_read(gateway):
        return Health(ok=False, message=f"This platform can't be asked what destinations it has. {BY_HAND}")
    label = ADAPTERS[gateway.platform].label
    try:
        found = _ask(adapter(gateway))
    except ConfigError as error:
        return _failed(gateway, f"The configuration isn't complete. {error}")
    except (DeliveryError, HttpError) as error:
        return _failed(gateway, f"{label} couldn't be read. {error.public}")
    with transaction.atomic():
        now = timezone.now()
        _keep_places(gateway, found.places.values(), now)
        _keep_people(gateway, found.people.values(), now)
        if not found.missing:
            _mark_gone(gateway, now)
        problem = f"{label} wasn't read to the end. {found.missing}"[:500] if found.missing else ""
        Gateway.objects.filter(pk=gateway.pk).update(places_read_at=now, places_error=problem)
    return Health(ok=not problem, message=f"{problem} {_told(found, label)}".strip())


def _failed(gateway: Gateway, why: str) -> Health:
    Gateway.objects.filter(pk=gateway.pk).update(places_error=why[:500])
    return Health(ok=False, message=f"{why} {BY_HAND}")


def _ask(ours: Adapter) -> Found:
    ours.http.policy = replace(ours.http.policy, read_timeout=LIMIT_EACH, total_timeout=LIMIT_EACH)
    found, until = Found(), time.monotonic() + LIMIT
    for place in _in_time(ours.places(), until, found):
        if place.kind != Destination.PEOPLE and 0 < len(place.id) <= LONGEST_ID:
            found.places[place.kind, place.id] = place
    for person in _in_time(ours.people(), until, found):
        if 0 < len(person.id) <= LONGEST_ID:
            found.people[person.id] = person
    return found


def _in_time(listed: Iterable[Listed], until: float, found: Found) -> Iterator[Listed]:
    for number, one in enumerate(listed):
        if time.monotonic() > until:
            found.missing = f"It took longer than {LIMIT:g} seconds."
            return
        if number == MOST:
            found.missing = f"It has more than {MOST}."
            return
        yield one


def _keep_places(gateway: Gateway, places: Iterable[Place], now: datetime) -> None:
    rows = [
        Destination(
            gateway=gateway,
            kind=place.kind[:30],
            external_id=place.id,
            name=(place.name or place.id)[:200],
            refreshed_at=now,
        )
        for place in places
    ]
    Destination.objects.bulk_create(
        rows,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["gateway", "kind", "external_id"],
        update_fields=["name", "refreshed_at", "gone"],
    )


def _keep_people(gateway: Gateway, people: Iterable[Person], now: datetime) -> None:
    rows = [
        Teammate(
            gateway=gateway,
            external_id=person.id,
            name=person.name[:200],
            email=person.email[:254],
            avatar=person.avatar if len(person.avatar) <= 500 else "",
            refreshed_at=now,
        )
        for person in people
    ]
    Teammate.objects.bulk_create(
        rows,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["gateway", "external_id"],
        update_fields=["name", "email", "avatar", "refreshed_at", "gone"],
    )


def _mark_gone(gateway: Gateway, now: datetime) -> None:
    gateway.destinations.filter(refreshed_at__lt=now, gone=False).update(gone=True)
    gateway.teammates.filter(refreshed_at__lt=now, gone=False).update(gone=True)


def _told(found: Found, label: str) -> str:
    kinds = Counter(place.kind for place in found.places.values())
    counts = [f"{kind}: {count}" for kind, count in sorted(kinds.items())]
    if found.people:
        counts.append(f"people: {len(found.people)}")
    return f"Read from {label}: {', '.join(counts) or 'nothing'}."
