"""Incidents as operators see them: on the front page while they are open, in the list for ever after."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from aissist_site import heartbeats
from aissist_site.models import Heartbeat, Incident
from tests.admin_pages import NASTY, Elements, get

LIST = reverse("admin:aissist_site_incident_changelist")
UNWATCHED = "The watchdog hasn’t looked for a while"


@pytest.fixture
def incidents(db: None) -> dict[str, Incident]:
    now = timezone.now()
    return {
        subject: Incident.objects.create(
            kind="late", subject=subject, says=f"{subject}: {NASTY}", worst=200, opened_at=now, closed_at=closed
        )
        for subject, closed in {"turns": None, "timers": now, "receipts": None}.items()
    }


@pytest.mark.parametrize(
    ("query", "subjects"),
    [
        ("", ["receipts", "turns", "timers"]),
        ("?state=open", ["receipts", "turns"]),
        ("?state=closed", ["timers"]),
        ("?kind__exact=limbo", []),
    ],
)
def test_the_list_has_open_ones_first(admin_client: Client, incidents: dict[str, Incident], query: str, subjects):
    found = admin_client.get(LIST + query).context["cl"].result_list
    assert [incident.subject for incident in found] == subjects


def test_nobody_writes_in_it(admin_client: Client, incidents: dict[str, Incident]):
    change = reverse("admin:aissist_site_incident_change", args=[incidents["turns"].pk])
    assert admin_client.get(change).status_code == 200
    assert admin_client.post(change, {"says": "x"}).status_code == 403
    assert admin_client.get(reverse("admin:aissist_site_incident_add")).status_code == 403


def test_the_front_page_shows_those_that_are_open(admin_client: Client, incidents: dict[str, Incident]):
    response = admin_client.get(reverse("admin:index"))
    assert [incident.subject for incident in response.context["incidents"]] == ["turns", "receipts"]
    page = Elements(response.content.decode())
    assert (page.refused, "evil" in page.ids()) == ([], False)
    assert "A step is late: turns." in response.content.decode()


def test_the_front_page_says_when_nobody_watches(admin_client: Client):
    heartbeats.write([heartbeats.WATCHDOG])
    assert UNWATCHED not in get(admin_client, reverse("admin:index"))
    Heartbeat.objects.update(at=timezone.now() - timedelta(seconds=60))
    assert UNWATCHED in get(admin_client, reverse("admin:index"))


@pytest.mark.parametrize(("permissions", "sees"), [([], False), (["view_incident"], True)])
def test_who_may_see_them(client: Client, incidents: dict[str, Incident], permissions: list[str], sees: bool):
    user = User.objects.create_user("kim", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(user)
    html = get(client, reverse("admin:index"))
    assert ("A step is late" in html, UNWATCHED in html, bool(get(client, LIST))) == (sees, sees, sees)
