"""Modes and drafts as operators see and set them in admin."""

import re

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from agents.models import SubAgent
from conversations.models import Draft
from gateways.models import Gateway, Hours
from handover.models import Promotion
from tests.conftest import Walk
from tests.fakes import ScriptedEngine, said
from tests.handover.test_admin import gateway_form


@pytest.fixture
def drafted(walk: Walk, engine: ScriptedEngine) -> Walk:
    SubAgent.objects.create(agent=walk.gateway.agent, slug="returns", name="Returns")
    Gateway.objects.update(mode="draft")
    engine.script.append(said("In **30** days.", sub_agent="returns"))
    walk.answer("Can I return it?")
    return walk


def page_of(client: Client, walk: Walk, query: str = "") -> str:
    url = reverse("admin:conversations_conversation_change", args=[walk.conversation().pk])
    return client.get(url + query).content.decode()


def act(client: Client, walk: Walk, name: str, **fields: object) -> int:
    token = re.search(r'name="token" value="([^"]+)"', page_of(client, walk))
    assert token
    url = reverse(f"admin:conversation_{name}", args=[walk.conversation().pk])
    return client.post(url, {"token": token[1], **fields}).status_code


def test_a_draft_is_shown_with_what_can_be_done_about_it(drafted: Walk, admin_client: Client) -> None:
    page = page_of(admin_client, drafted)
    assert "Draft: to be reviewed" in page and "<strong>30</strong>" in page
    for button in ("Send as it is", "Edit and send", "Discard", "Draft a reply"):
        assert button in page


def test_a_draft_is_sent_as_it_is(drafted: Walk, admin_client: Client) -> None:
    assert act(admin_client, drafted, "send_draft", draft=Draft.objects.get().pk) == 302
    drafted.run()
    assert (drafted.told(), Draft.objects.get().state) == (["In **30** days."], "sent")
    page = page_of(admin_client, drafted)
    assert "Draft: sent as it was" in page and "Send as it is" not in page


def test_a_draft_is_edited_in_the_box_and_sent(drafted: Walk, admin_client: Client) -> None:
    draft = Draft.objects.get()
    page = page_of(admin_client, drafted, f"?edit={draft.pk}")
    assert ">In **30** days.</textarea>" in page and "Send the edited draft" in page
    assert act(admin_client, drafted, "send_draft", draft=draft.pk, text="In 14 days.") == 302
    drafted.run()
    assert (drafted.told(), Draft.objects.get().state) == (["In 14 days."], "edited")


def test_a_draft_is_discarded(drafted: Walk, admin_client: Client) -> None:
    assert act(admin_client, drafted, "discard_draft", draft=Draft.objects.get().pk) == 302
    assert (Draft.objects.get().state, drafted.conversation().owner) == ("discarded", "human")


def test_another_draft_than_the_one_seen_keeps_what_was_typed(drafted: Walk, admin_client: Client) -> None:
    seen = Draft.objects.get().pk
    drafted.answer("Hello?")
    assert act(admin_client, drafted, "send_draft", draft=seen, text="My own words") == 409
    assert drafted.told() == []


def test_a_draft_is_asked_for_with_a_wish(walk: Walk, engine: ScriptedEngine, admin_client: Client) -> None:
    Gateway.objects.update(mode="copilot")
    walk.answer("Hello")
    assert act(admin_client, walk, "ask_for_draft", text="Be brief") == 302
    walk.run()
    assert engine.briefs[-1].instruction == "Be brief"
    assert "Draft: to be reviewed" in page_of(admin_client, walk)


def test_drafts_to_review_are_listed_and_counted(drafted: Walk, admin_client: Client) -> None:
    drafted.answer("Hello", thread="t2")
    Draft.objects.filter(conversation__external_id="t2").update(state="sent")
    drafted.conversation("t2").__class__.objects.filter(external_id="t2").update(has_draft=False)
    url = reverse("admin:conversations_conversation_changelist")
    assert "1 conversation" in admin_client.get(url + "?drafts=review").content.decode()
    assert "Drafts to review" in admin_client.get(reverse("admin:index")).content.decode()


def test_the_evidence_stands_beside_the_switch(drafted: Walk, admin_client: Client) -> None:
    Draft.objects.update(state="sent")
    url = reverse("admin:gateways_gateway_drafts", args=[drafted.gateway.pk])
    assert "100 % of 1" in admin_client.get(url).content.decode()
    flip = reverse("admin:gateways_gateway_promote", args=[drafted.gateway.pk])
    sub_agent = SubAgent.objects.get().pk
    for _ in range(2):
        assert admin_client.post(flip, {"sub_agent": sub_agent, "to": "auto"}).status_code == 302
    assert Promotion.objects.get().by == "admin"
    assert "Answers by itself" in admin_client.get(url).content.decode()
    admin_client.post(flip, {"sub_agent": sub_agent, "to": "draft"})
    assert not Promotion.objects.exists()


def test_a_sub_agent_of_another_agent_cant_be_promoted(drafted: Walk, other_sub_agent: SubAgent, admin_client) -> None:
    flip = reverse("admin:gateways_gateway_promote", args=[drafted.gateway.pk])
    assert admin_client.post(flip, {"sub_agent": other_sub_agent.pk, "to": "auto"}).status_code == 404


@pytest.fixture
def other_sub_agent(drafted: Walk) -> SubAgent:
    agent = drafted.gateway.agent.__class__.objects.create(name="Other")
    return SubAgent.objects.create(agent=agent, slug="x", name="X")


@pytest.mark.parametrize("page", ["drafts", "shadow"])
def test_the_pages_are_for_those_who_may_read_conversations(drafted: Walk, client: Client, page: str) -> None:
    user = User.objects.create_user("eve", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_gateway"))
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    url = reverse(f"admin:gateways_gateway_{page}", args=[drafted.gateway.pk])
    assert client.get(url).status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="view_conversation"))
    assert client.get(url).status_code == 200
    flip = reverse("admin:gateways_gateway_promote", args=[drafted.gateway.pk])
    assert client.post(flip, {"sub_agent": SubAgent.objects.get().pk, "to": "auto"}).status_code == 403


def test_the_schedule_is_set_on_the_gateways_page(admin_client: Client, gateway: Gateway) -> None:
    row = {"what": "draft", "days": ["mon", "tue"], "starts": "09:00", "ends": "17:00"}
    changes = {"hours-TOTAL_FORMS": 1, **{f"hours-0-{name}": value for name, value in row.items()}, "scheduled": "on"}
    url = reverse("admin:gateways_gateway_change", args=[gateway.pk])
    answer = admin_client.post(url, gateway_form(gateway, **changes))
    assert answer.status_code == 302
    assert str(Hours.objects.get()) == "mon, tue 09:00–17:00: Auto-Draft"
    gateway.refresh_from_db()
    assert (gateway.scheduled, gateway.time_zone) == (True, "Europe/Berlin")


def test_a_row_that_makes_no_sense_is_explained(admin_client: Client, gateway: Gateway) -> None:
    row = {"what": "draft", "starts": "09:00", "ends": "17:00"}
    changes = {"hours-TOTAL_FORMS": 1, **{f"hours-0-{name}": value for name, value in row.items()}}
    url = reverse("admin:gateways_gateway_change", args=[gateway.pk])
    page = admin_client.post(url, gateway_form(gateway, **changes)).content.decode()
    assert "Choose weekdays, or give the first date of a holiday: one of the two." in page
