"""What the database says: whether anything is still due, and in the end what `reconcile` needs to know."""

import time
from collections import Counter, defaultdict

from django.db import Error, connection
from django.db.models import Q
from django.utils import timezone

from conversations.limbo import in_limbo
from conversations.models import Attempt, AuditEvent, Delivery, Message, Timer, Turn
from gateways.models import Receipt
from tests.bench.load import markers
from tests.bench.reconcile import Effect, Facts, Window

BEGINS = ("taken_over", "handed_over", "suspended")
ENDS = ("given_back", "reopened")


def still_due() -> dict[str, int]:
    """Rows that somebody has yet to deal with, by kind; those of which there are none aren't there."""
    rows = {
        "receipts": Receipt.objects.filter(status=Receipt.Status.PENDING),
        "turns": Turn.objects.exclude(state=Turn.State.DONE),
        "deliveries": Delivery.objects.filter(Q(status=Delivery.Status.PENDING) | Q(status=Delivery.Status.SENDING)),
        "timers": Timer.objects.filter(due_at__lt=timezone.now()),
    }
    counts = {name: each.count() for name, each in rows.items()}
    return {name: count for name, count in counts.items() if count}


def settle(patience: float) -> float:
    """Wait until nothing is due. Returns after how many seconds, or after `patience` anyway."""
    began = time.monotonic()
    quiet = 0
    while time.monotonic() - began < patience:
        try:
            quiet = 0 if still_due() else quiet + 1
        except Error:  # the database is being restarted
            connection.close()
        if quiet == 2:
            break
        time.sleep(0.5)
    return time.monotonic() - began


def read() -> Facts:
    recorded: Counter[str] = Counter()
    for text in Message.objects.filter(author=Message.Author.CUSTOMER).values_list("text", flat=True):
        recorded.update(markers(text))
    return Facts(
        recorded=recorded,
        windows=_windows(),
        effects=_effects(),
        limbo=list(in_limbo().values_list("external_id", flat=True)),
        still_due=still_due(),
        repaired=AuditEvent.objects.filter(kind="repaired").count(),
    )


def _windows() -> list[Window]:
    """From a takeover to the giving back; a handing over by the agent itself counts as one for what comes after it."""
    found: list[Window] = []
    open_since: dict[str, float] = {}
    rows = AuditEvent.objects.filter(kind__in=(*BEGINS, *ENDS)).order_by("conversation_id", "at", "id")
    for thread, kind, at in rows.values_list("conversation__external_id", "kind", "at"):
        if kind in BEGINS:
            open_since.setdefault(thread, at.timestamp())
        elif thread in open_since:
            found.append(Window(thread, open_since.pop(thread), at.timestamp()))
    return found + [Window(thread, start, None) for thread, start in open_since.items()]


def _effects() -> list[Effect]:
    begun: defaultdict[int, list[float]] = defaultdict(list)
    for delivery, at, milliseconds in Attempt.objects.values_list("delivery_id", "at", "milliseconds"):
        begun[delivery].append(at.timestamp() - milliseconds / 1000)
    rows = Delivery.objects.values_list(
        "pk", "client_ref", "conversation__external_id", "turn_id", "status", "payload"
    ).iterator()
    return [
        Effect(str(ref), thread, turn, status, payload.get("text", ""), tuple(sorted(begun[pk])))
        for pk, ref, thread, turn, status, payload in rows
    ]
