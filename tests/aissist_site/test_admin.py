"""The admin site as a whole: its front page, what it groups and hides, and what no page of it ever does."""

import re
from pathlib import Path

import pytest
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.admin import site
from django.contrib.auth.models import Permission, User
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from agents.models import ApiKey, SubAgent
from aissist_site.models import Incident
from conversations.models import Delivery
from gateways.models import Destination, Gateway, Receipt, Secret
from handover.models import EscalationTarget, Handover, HandoverRule
from tests.admin_pages import NASTY, Elements, addresses, conversation_of, get, models, nasty_rows, say

TEMPLATES = sorted((Path(settings.BASE_DIR) / "templates" / "admin").rglob("*.html"))


def every_address() -> list[str]:
    return [reverse("admin:index"), *(url for model in models() for url in addresses(model))]


def tiles(client: Client) -> dict[str, int]:
    return {tile.title: tile.count for tile in client.get(reverse("admin:index")).context["tiles"]}


@pytest.fixture
def filled(gateway: Gateway) -> Gateway:
    """A row of every kind, with something nasty wherever it comes from outside."""
    nasty_rows(gateway)
    destination = Destination.objects.create(gateway=gateway, external_id="d", name="Desk")
    sub_agent = SubAgent.objects.create(agent=gateway.agent, name="Billing", slug="billing", scenario="Bills")
    HandoverRule.objects.create(gateway=gateway, sub_agent=sub_agent, destination=destination)
    EscalationTarget.objects.create(gateway=gateway, destination=destination)
    ApiKey.objects.create_key(agent=gateway.agent, name="robot")
    Incident.objects.create(kind="late", subject=NASTY[:120], says=NASTY, worst=1, opened_at=timezone.now())
    AccessAttempt.objects.create(
        username=NASTY,
        user_agent=NASTY,
        path_info=NASTY,
        get_data=NASTY,
        post_data=NASTY,
        attempt_time=timezone.now(),
        failures_since_start=1,
    )
    return gateway


@pytest.mark.parametrize("model", models(), ids=lambda model: model._meta.label)
def test_nasty_words_are_only_words(admin_client: Client, filled: Gateway, model: type[Model]) -> None:
    for url in addresses(model):
        page = Elements(get(admin_client, url))
        assert page.refused == [], url
        assert "evil" not in page.ids(), url


def test_every_page_has_the_strict_content_security_policy(admin_client: Client, filled: Gateway) -> None:
    for url in every_address():
        policy = admin_client.get(url).headers["Content-Security-Policy"]
        assert ("default-src 'self'" in policy, "unsafe" in policy) == (True, False), url


def test_no_page_ever_shows_a_secret(admin_client: Client, filled: Gateway) -> None:
    Secret.objects.create(gateway=filled, name="token", value="hush-named-by-the-platform")
    Secret.objects.create(gateway=filled, name="crm", value="hush-named-by-an-operator")
    for url in every_address():
        assert "hush" not in get(admin_client, url), url


def test_every_page_is_closed_to_strangers(client: Client, filled: Gateway) -> None:
    assert {client.get(url).status_code for url in every_address()} == {302}


def test_the_nasty_words_do_arrive_on_a_page(admin_client: Client, filled: Gateway) -> None:
    """Else the tests above would pass on empty pages."""
    conversation = filled.conversations.get()
    html = get(admin_client, reverse("admin:conversations_conversation_change", args=[conversation.pk]))
    assert html.count("&lt;script&gt;evil()") > 20
    assert NASTY not in html


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_our_templates_have_nothing_inline(template: Path) -> None:
    source = template.read_text()
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)|javascript:", source)


def test_the_index_groups_what_belongs_together(admin_client: Client) -> None:
    groups = admin_client.get(reverse("admin:index")).context["app_list"]
    assert {group["name"]: [model["name"] for model in group["models"]] for group in groups} == {
        "Conversations": ["Waiting for people", "Conversations", "Dead letters", "Contacts"],
        "Agents": ["Agents", "Sub agents", "Articles", "Sources", "Actions", "Rephrasings"],
        "Gateways": ["Gateways", "Receipts", "Inbound events", "Exchanges"],
        "Operation": ["Incidents"],
        "Access": ["Users", "Groups", "API keys", "Failed sign-ins"],
    }


def test_pages_of_libraries_that_operators_dont_need_are_gone() -> None:
    labels = {model._meta.label for model in site._registry}
    assert {label for label in labels if label.startswith(("axes.", "django_celery_beat.", "rest_framework"))} == {
        "axes.AccessAttempt"
    }


def test_the_front_page_counts_what_needs_somebody(admin_client: Client, gateway: Gateway) -> None:
    waiting = conversation_of(gateway, owner="human")
    Handover.objects.create(conversation=waiting, epoch=1, reason="r", why="w")
    Handover.objects.create(conversation=waiting, epoch=2, reason="r", why="w", state="closed")
    stuck = conversation_of(gateway, thread="t2")
    for status in ("failed", "unknown", "sent"):
        Delivery.objects.create(conversation=stuck, kind="reply", payload={}, due_at=timezone.now(), status=status)
    Receipt.objects.create(gateway=gateway, body=b"", status="failed")
    Receipt.objects.create(gateway=gateway, body=b"", status="done")
    Gateway.objects.update(status="rate_limited")
    assert tiles(admin_client) == {
        "Waiting for people": 1,
        "In the agent’s hands": 1,
        "Gateways in trouble": 1,
        "Failed receipts": 1,
        "Dead letters": 2,
    }


def test_each_number_leads_to_the_list_of_what_was_counted(admin_client: Client, gateway: Gateway) -> None:
    waiting = conversation_of(gateway, owner="human")
    Handover.objects.create(conversation=waiting, epoch=1, reason="r", why="w")
    conversation_of(gateway, thread="t2")
    stuck = conversation_of(gateway, thread="t3", owner="nobody", status="suspended")
    Delivery.objects.create(conversation=stuck, kind="reply", payload={}, due_at=timezone.now(), status="failed")
    Receipt.objects.create(gateway=gateway, body=b"", status="failed")
    Receipt.objects.create(gateway=gateway, body=b"", status="done")
    Gateway.objects.update(status="error")
    for tile in admin_client.get(reverse("admin:index")).context["tiles"]:
        listed = admin_client.get(tile.url).context["cl"]
        assert (tile.title, listed.result_count) == (tile.title, tile.count)


@pytest.mark.parametrize(
    ("permissions", "seen"),
    [
        ([], set()),
        (
            ["view_conversation"],
            {"Waiting for people", "In the agent’s hands", "Dead letters"},
        ),
        (["view_gateway"], {"Gateways in trouble"}),
        (["change_receipt"], {"Failed receipts"}),
    ],
    ids=["nothing", "conversations", "gateways", "receipts"],
)
def test_people_see_the_numbers_that_they_may_look_into(
    client: Client, gateway: Gateway, permissions: list[str], seen: set[str]
) -> None:
    user = User.objects.create_user("kim", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(user)
    assert set(tiles(client)) == seen


def test_a_gateway_without_an_escalation_target_is_mentioned(admin_client: Client, gateway: Gateway) -> None:
    sentence = "Escalated conversations wait under"
    assert sentence in get(admin_client, reverse("admin:index"))
    destination = Destination.objects.create(gateway=gateway, external_id="d", name="Desk")
    EscalationTarget.objects.create(gateway=gateway, destination=destination)
    assert sentence not in get(admin_client, reverse("admin:index"))


def test_the_front_page_costs_the_same_however_much_there_is(
    admin_client: Client, gateway: Gateway, django_assert_max_num_queries: object
) -> None:
    for number in range(20):
        conversation = conversation_of(gateway, thread=f"t{number}")
        say(conversation, "Hello")
        Handover.objects.create(conversation=conversation, epoch=1, reason="r", why="w")
    with django_assert_max_num_queries(12):  # type: ignore[operator]  # a fixture of pytest-django
        admin_client.get(reverse("admin:index"))
