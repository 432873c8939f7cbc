"""An agent's engines in admin: options are checked as the engine says, and secrets only go in."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from agents.models import Agent, EngineSetting
from agents.signatures import new_secret
from tests.admin_pages import Elements

pytestmark = pytest.mark.django_db
KEY = "sk-test-0123456789abcdef"


def page(agent: Agent) -> str:
    return reverse("admin:agents_agent_change", args=[agent.pk])


def save(client: Client, agent: Agent, *rows: dict[str, Any]) -> Any:
    kept = sum("id" in row for row in rows)
    form = {
        "name": "Shop",
        "display_name": "Ada",
        "engine": "offline",
        "engine_delay": 0,
        "otherwise": "answer",
        "memory_days": 365,
        "engine_settings-TOTAL_FORMS": len(rows),
        "engine_settings-INITIAL_FORMS": kept,
    }
    for number, row in enumerate(rows):
        fields = {"agent": agent.pk, "position": number + 1, "options": "{}", **row}
        form |= {f"engine_settings-{number}-{name}": value for name, value in fields.items()}
    return client.post(page(agent), form)


def errors(response: Any) -> list[dict[str, list[str]]]:
    """Of each engine's form."""
    return [dict(form.errors) for form in response.context["inline_admin_formsets"][0].formset.forms]


@pytest.fixture
def openai(agent: Agent) -> EngineSetting:
    options = {"model": "small", "base_url": "https://models.example/v1"}
    return EngineSetting.objects.create(agent=agent, engine="openai", options=options, secret=KEY)


def test_engines_are_stored_in_order_with_their_secrets(admin_client: Client, agent: Agent):
    rows = (
        {"engine": "openai", "options": '{"model": "small"}', "secret": KEY},
        {"engine": "offline"},
    )
    assert save(admin_client, agent, *rows).status_code == 302
    stored = agent.engine_settings.values_list("position", "engine", "options", "secret")
    assert list(stored) == [(1, "openai", {"model": "small"}, KEY), (2, "offline", {}, "")]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (
            {"engine": "made up"},
            {
                "engine": [
                    "Select a valid choice. made up is not one of the available choices.",
                    "Unknown engine. Choose one of: offline, openai, remote, scripted.",
                ]
            },
        ),
        ({"engine": "openai"}, {"options": ["model: This is needed."]}),
        (
            {"engine": "openai", "options": '{"model": "m", "mdoel": 1}'},
            {"options": ["mdoel: There is no such option."]},
        ),
        ({"engine": "openai", "options": "[1]"}, {"options": ["Give names and values, like {“model”: “…”}."]}),
        ({"engine": "openai", "options": "{"}, {"options": ["Enter a valid JSON.", "model: This is needed."]}),
        (
            {"engine": "openai", "options": '{"model": "m", "base_url": "models.example", "seconds": 0}'},
            {"options": ["base_url: This must begin with https:// or http://.", "seconds: This must be above 0."]},
        ),
        ({"engine": "offline", "secret": KEY}, {"secret": ["This engine has no secret."]}),
        (
            {"engine": "remote", "options": '{"url": "https://engine.example"}', "secret": KEY},
            {"secret": ["This must be “whsec_” followed by 24 to 64 bytes in base64."]},
        ),
        ({"engine": "remote", "options": '{"url": "https://engine.example"}'}, {"secret": ["This is needed."]}),
    ],
)  # fmt: skip
def test_what_wont_do_is_said_where_it_stands(admin_client: Client, agent: Agent, row: Any, expected: Any):
    response = save(admin_client, agent, row)
    assert errors(response) == [expected]
    assert KEY not in response.content.decode()
    assert not EngineSetting.objects.exists()


def test_a_signing_secret_is_taken(admin_client: Client, agent: Agent):
    secret = new_secret()
    save(admin_client, agent, {"engine": "remote", "options": '{"url": "https://e.example"}', "secret": secret})
    assert EngineSetting.objects.get().secret == secret


def test_a_secret_is_never_shown(admin_client: Client, agent: Agent, openai: EngineSetting):
    shown = admin_client.get(page(agent)).content.decode()
    assert KEY not in shown and "leave empty to keep" in shown
    assert Elements(shown).refused == []


@pytest.mark.parametrize("permissions", [["view_enginesetting"], ["change_enginesetting"], ["add_enginesetting"]])
def test_a_secret_isnt_shown_to_who_may_only_look_at_the_agent(
    client: Client, agent: Agent, openai: EngineSetting, permissions: list[str]
):
    user = User.objects.create_user("kim", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_agent", *permissions]))
    client.force_login(user)
    response = client.get(page(agent))
    assert response.status_code == 200 and KEY not in response.content.decode()


def kept(openai: EngineSetting, **changes: Any) -> dict[str, Any]:
    options = '{"model": "small", "base_url": "https://models.example/v1"}'
    return {"id": openai.pk, "engine": "openai", "options": options, "secret": "", **changes}


@pytest.mark.parametrize(
    ("changes", "secret"),
    [
        ({}, KEY),
        ({"options": '{"model": "large", "base_url": "https://models.example/v1"}'}, KEY),
        ({"secret": "sk-new"}, "sk-new"),
        ({"remove_secret": "on"}, ""),
        ({"secret": "sk-new", "options": '{"model": "m", "base_url": "https://other.example/v1"}'}, "sk-new"),
    ],
    ids=["kept", "kept for another model", "replaced", "removed", "replaced for another address"],
)
def test_a_secret_stays_until_it_is_replaced_or_removed(
    admin_client: Client, agent: Agent, openai: EngineSetting, changes: Any, secret: str
):
    assert save(admin_client, agent, kept(openai, **changes)).status_code == 302
    openai.refresh_from_db()
    assert openai.secret == secret


@pytest.mark.parametrize(
    "changes",
    [
        {"options": '{"model": "small", "base_url": "https://evil.example/v1"}'},
        {"options": '{"model": "small"}'},
        {"engine": "remote", "options": '{"url": "https://models.example/v1"}'},
    ],
    ids=["another address", "the default address", "another engine"],
)
def test_a_secret_goes_nowhere_else_without_being_entered_again(
    admin_client: Client, agent: Agent, openai: EngineSetting, changes: Any
):
    response = save(admin_client, agent, kept(openai, **changes))
    assert "Enter it again: it was kept for another engine or address." in errors(response)[0]["secret"]
    openai.refresh_from_db()
    assert openai.options["base_url"] == "https://models.example/v1"


def test_an_engine_with_options_isnt_offered_without_them(admin_client: Client, agent: Agent):
    fields = admin_client.get(page(agent)).context["adminform"].form.fields
    assert [name for name, _ in fields["engine"].choices] == ["offline", "scripted"]
