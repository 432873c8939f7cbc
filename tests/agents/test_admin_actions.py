"""Actions in admin: what is refused, what is never shown, and trying one out."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from agents.brief import brief
from agents.models import Action, ActionSecret, Agent, SubAgent
from agents.models_actions import keep_secret
from tests.admin_pages import NASTY, Elements
from tests.agents.actions.api_server import answer, serving
from tests.agents.actions.shop import ORDER, TOKEN
from tests.agents.engines.model_server import ModelServer


@pytest.fixture
def shop_api(settings: Any) -> Iterator[ModelServer]:
    settings.OUTBOUND_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    with serving() as server:
        yield server


def fields(agent: Agent, **changes: Any) -> dict[str, Any]:
    return {
        "agent": agent,
        "name": "Find an order",
        "slug": "find_order",
        "description": "Status of an order.",
        "url": "https://api.example.com/orders/{order}",
        "headers": {"Authorization": "Bearer {{secrets.token}}"},
        "arguments": ORDER,
        "outputs": ["/status"],
        **changes,
    }


def form(agent: Agent, **changes: Any) -> dict[str, Any]:
    """What a browser posts."""
    given = {
        **fields(agent), "agent": agent.pk, "kind": "reading", "run": "approval", "method": "GET", "query": "{}",
        "body": "", "seconds": 20, "outputs": "/status", "headers": '{"Authorization": "Bearer {{secrets.token}}"}',
        "arguments": json.dumps(ORDER), "is_active": "on", "secrets-TOTAL_FORMS": 0, "secrets-INITIAL_FORMS": 0,
    }  # fmt: skip
    return {**given, **changes}


def secret_rows(*rows: dict[str, Any], initial: int = 0) -> dict[str, Any]:
    named = {f"secrets-{number}-{key}": value for number, row in enumerate(rows) for key, value in row.items()}
    return {**named, "secrets-TOTAL_FORMS": len(rows), "secrets-INITIAL_FORMS": initial}


@pytest.fixture
def action(agent: Agent, shop_api: ModelServer) -> Action:
    made = Action.objects.create(**fields(agent, url=f"{shop_api.url}/orders/{{order}}"))
    keep_secret(made, "token", TOKEN)
    return made


def page(action: Action, name: str = "change") -> str:
    return reverse(f"admin:agents_action_{name}", args=[action.pk])


def test_an_action_is_made_with_its_secret(admin_client: Client, agent: Agent):
    rows = secret_rows({"name": "token", "value": TOKEN})
    response = admin_client.post(reverse("admin:agents_action_add"), {**form(agent), **rows})
    assert response.status_code == 302
    secret = ActionSecret.objects.get()
    assert (secret.value, secret.origin, secret.action.outputs) == (TOKEN, "https://api.example.com", ["/status"])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"url": "https://{order}.example.com/"}, "url"),
        ({"url": "https://api.example.com/{other}"}, "url"),
        ({"arguments": '{"type": "string"}'}, "arguments"),
        ({"headers": '{"Host": "evil.example"}'}, "headers"),
        ({"query": '{"q": "{other}"}'}, "query"),
        ({"query": "[1]"}, "query"),
        ({"body": '{"a": 1}'}, "body"),
        ({"outputs": "status"}, "outputs"),
        ({"seconds": 181}, "seconds"),
        ({"seconds": 0}, "seconds"),
    ],
    ids=str,
)
def test_what_cant_work_is_refused_under_its_field(admin_client: Client, agent: Agent, change: Any, field: str):
    response = admin_client.post(reverse("admin:agents_action_add"), form(agent, **change))
    assert list(response.context["adminform"].form.errors) == [field]
    assert not Action.objects.exists()


def test_a_secret_is_never_shown(admin_client: Client, action: Action):
    assert TOKEN not in admin_client.get(page(action)).content.decode()
    assert TOKEN not in admin_client.get(page(action, "history")).content.decode()


def test_a_secret_is_only_used_for_the_address_it_was_entered_for(admin_client: Client, action: Action):
    action.everywhere = True
    action.save()
    assert brief(action.agent_id).actions[0].secrets == {"token": TOKEN}
    kept = {"id": ActionSecret.objects.get().pk, "action": action.pk, "name": "token"}
    moved = form(action.agent, url="https://evil.example/{order}", everywhere="on")
    admin_client.post(page(action), {**moved, **secret_rows({**kept, "value": ""}, initial=1)})
    assert brief(action.agent_id).actions[0].secrets == {}
    assert "Enter it again: it was kept for http://127.0.0.1:" in admin_client.get(page(action)).content.decode()
    admin_client.post(page(action), {**moved, **secret_rows({**kept, "value": "new"}, initial=1)})
    assert brief(action.agent_id).actions[0].secrets == {"token": "new"}


class TestWhatAnAgentMayCall:
    @pytest.mark.parametrize(
        ("change", "may"),
        [({}, False), ({"everywhere": True}, True), ({"everywhere": True, "is_active": False}, False)],
        ids=["linked with nothing", "for all", "switched off"],
    )
    def test_by_itself(self, action: Action, change: dict[str, Any], may: bool):
        Action.objects.update(**change)
        assert bool(brief(action.agent_id).actions) is may

    def test_for_a_sub_agent(self, action: Action):
        sub = SubAgent.objects.create(agent=action.agent, name="Orders", slug="orders", scenario="Orders")
        before = brief(action.agent_id)
        sub.actions.add(action)
        made = brief(action.agent_id)
        assert before.revision != made.revision
        assert (made.sub_agents[0].actions, [each.slug for each in made.actions]) == (("find_order",), ["find_order"])

    @pytest.mark.parametrize(
        "edit",
        [
            lambda action: action.save(),
            lambda action: action.delete(),
            lambda action: keep_secret(action, "token", "other"),
            lambda action: keep_secret(action, "token", None),
        ],
        ids=["saved", "deleted", "secret changed", "secret removed"],
    )
    def test_follows_every_edit(self, action: Action, edit: Any):
        before = brief(action.agent_id).revision
        edit(action)
        assert brief(action.agent_id).revision != before

    def test_an_action_of_another_agent_is_refused(self, admin_client: Client, action: Action):
        other = Agent.objects.create(name="Other")
        given = {
            "agent": other.pk, "name": "B", "slug": "b", "scenario": "s", "examples": "", "priority": 10,
            "after": "reply", "actions": [action.pk],
        }  # fmt: skip
        response = admin_client.post(reverse("admin:agents_subagent_add"), given)
        assert "actions" in response.context["adminform"].form.errors


class TestTryingOut:
    def test_shows_the_request_without_secrets_and_the_outputs_alone(
        self, admin_client: Client, action: Action, shop_api: ModelServer
    ):
        shop_api.script.append(answer(200, {"status": "sent", "card": "4111 1111"}))
        html = admin_client.post(page(action, "try"), {"argument_order": "17"}).content.decode()
        assert "/orders/17" in html and "Bearer •••" in html and "&quot;/status&quot;: &quot;sent&quot;" in html
        assert TOKEN not in html and "4111" not in html
        assert shop_api.asked[0].headers["authorization"] == f"Bearer {TOKEN}"
        assert LogEntry.objects.get().change_message == 'Tried out with {"order": "17"}'

    def test_shows_what_comes_from_outside_as_text(self, admin_client: Client, action: Action, shop_api: ModelServer):
        shop_api.script.append(answer(200, {"status": NASTY}))
        found = Elements(admin_client.post(page(action, "try"), {"argument_order": NASTY}).content.decode())
        assert found.refused == [] and "evil" not in found.ids()

    @pytest.mark.parametrize(
        ("change", "typed", "calls"),
        [
            ({}, {}, 0),
            ({"kind": "writing", "method": "POST"}, {"argument_order": "17"}, 0),
            ({"kind": "writing", "method": "POST"}, {"argument_order": "17", "confirm": "on"}, 1),
        ],
        ids=["an argument missing", "a writing one unconfirmed", "a writing one confirmed"],
    )
    def test_calls(self, admin_client: Client, action: Action, shop_api: ModelServer, change, typed, calls: int):
        Action.objects.update(**change)
        shop_api.script.append(answer(200, {"status": "sent"}))
        assert admin_client.post(page(action, "try"), typed).status_code == 200
        assert len(shop_api.asked) == calls

    def test_has_a_field_for_each_kind_of_argument(self, admin_client: Client, action: Action, shop_api: ModelServer):
        kinds = {
            "text": {"type": "string"}, "count": {"type": "integer"}, "share": {"type": "number"},
            "fast": {"type": "boolean"}, "size": {"enum": ["S", "M"]}, "many": {"type": "array"},
            "unset": {"type": "string"},
        }  # fmt: skip
        Action.objects.update(
            url=f"{shop_api.url}/", method="POST", body={name: f"{{{name}}}" for name in kinds},
            arguments={"type": "object", "properties": kinds},
        )  # fmt: skip
        shop_api.script.append(answer(200, {"status": "sent"}))
        typed = {"text": "a", "count": "2", "share": "0.5", "fast": "false", "size": "M", "many": "[1]"}
        admin_client.post(page(action, "try"), {f"argument_{name}": value for name, value in typed.items()})
        assert shop_api.asked[0].json == {
            "text": "a", "count": 2, "share": 0.5, "fast": False, "size": "M", "many": [1],
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("permission", "status"), [("view_action", 403), ("change_action", 200), ("change_agent", 403)]
    )
    def test_is_for_who_may_change_actions(self, client: Client, action: Action, permission: str, status: int):
        user = User.objects.create_user("kim", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename=permission))
        client.force_login(user)
        assert client.get(page(action, "try")).status_code == status
