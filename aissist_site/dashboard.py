"""What the front page of admin counts. Each number leads to the list of what was counted."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min
from django.urls import reverse
from django.utils import timezone

from aissist_site import heartbeats
from aissist_site.models import Incident
from conversations import dead_letters
from conversations.models import ActionRequest, Conversation
from gateways.models import Gateway, Receipt
from handover.models import Handover

MOST_INCIDENTS = 20  # on the front page; their list has all


@dataclass(frozen=True, slots=True)
class Tile:
    """One number. `tone` is "quiet" for nothing to do, "people" for work that waits, "bad" for something broken."""

    title: str
    count: int
    detail: str
    url: str
    tone: str
    since: datetime | None = None


def tiles(user: Any) -> list[Tile]:
    """The numbers that this user may see."""
    found: list[Tile] = []
    if user.has_perm("conversations.view_conversation") or user.has_perm("conversations.change_conversation"):
        found += [_waiting(), *_for_approval(), *_to_review(), _with_agent()]
    if user.has_perm("gateways.view_gateway") or user.has_perm("gateways.change_gateway"):
        found.append(_gateways_in_trouble())
    if user.has_perm("gateways.view_receipt") or user.has_perm("gateways.change_receipt"):
        found.append(_failed_receipts())
    if user.has_perm("conversations.view_conversation") or user.has_perm("conversations.change_conversation"):
        found.append(_dead_letters())
    return found


def gateways_without_target(user: Any) -> list[Gateway]:
    """Gateways whose escalated conversations nobody is told about on the platform."""
    if not (user.has_perm("gateways.view_gateway") or user.has_perm("gateways.change_gateway")):
        return []
    return list(Gateway.objects.filter(escalation_target=None))


def open_incidents(user: Any) -> list[Incident]:
    """What is wrong now, the oldest first."""
    if not user.has_perm("aissist_site.view_incident"):
        return []
    return list(Incident.objects.filter(closed_at=None).order_by("opened_at", "id")[:MOST_INCIDENTS])


def nobody_watches(user: Any) -> bool:
    """Whether the watchdog itself has fallen silent: then no open incident doesn't mean that all is well."""
    if not user.has_perm("aissist_site.view_incident"):
        return False
    return bool(heartbeats.silent([heartbeats.WATCHDOG], timezone.now()))


def _waiting() -> Tile:
    found = Handover.objects.filter(state=Handover.State.WAITING).aggregate(
        count=Count("conversation", distinct=True), oldest=Min("created_at")
    )
    return Tile(
        title="Waiting for people",
        count=found["count"],
        detail="Oldest waits since" if found["count"] else "Nobody waits.",
        url=_list("conversations_conversation", "waiting=yes"),
        tone="people" if found["count"] else "quiet",
        since=found["oldest"],
    )


def _for_approval() -> list[Tile]:
    """Only where something waits: most sites have no actions that need it."""
    found = ActionRequest.objects.filter(state=ActionRequest.State.WAITING).aggregate(
        count=Count("conversation", distinct=True), oldest=Min("created_at")
    )
    if not found["count"]:
        return []
    url = _list("conversations_conversation", "approval=yes")
    return [Tile("Waiting for approval", found["count"], "Oldest waits since", url, "people", found["oldest"])]


def _to_review() -> list[Tile]:
    """Only where there are drafts: most sites let the agent answer."""
    count = Conversation.objects.filter(has_draft=True).count()
    url = _list("conversations_conversation", "drafts=review")
    return [Tile("Drafts to review", count, "The agent wrote them; people send them.", url, "people")] if count else []


def _with_agent() -> Tile:
    count = Conversation.objects.filter(owner=Conversation.Owner.AGENT, status=Conversation.Status.OPEN).count()
    return Tile(
        "In the agent’s hands",
        count,
        "Open conversations that the agent looks after.",
        _list("conversations_conversation", "owner__exact=agent&status__exact=open"),
        "agent" if count else "quiet",
    )


def _gateways_in_trouble() -> Tile:
    count = Gateway.objects.exclude(status=Gateway.Status.OK).count()
    return Tile(
        "Gateways in trouble",
        count,
        "Errors or rate limits." if count else "All gateways work.",
        _list("gateways_gateway", "status__in=error,rate_limited"),
        "bad" if count else "quiet",
    )


def _failed_receipts() -> Tile:
    count = Receipt.objects.filter(status=Receipt.Status.FAILED).count()
    return Tile(
        "Failed receipts",
        count,
        "Kept, not understood; they can be replayed." if count else "Everything that arrived was read.",
        _list("gateways_receipt", "status__exact=failed"),
        "bad" if count else "quiet",
    )


def _dead_letters() -> Tile:
    count = dead_letters.unattended().count()
    return Tile(
        "Dead letters",
        count,
        "Something didn’t go out, or nobody knows whether it did." if count else "Everything went out.",
        _list("conversations_delivery", "dealt_with=no"),
        "bad" if count else "quiet",
    )


def _list(name: str, query: str) -> str:
    return f"{reverse(f'admin:{name}_changelist')}?{query}"
