"""An agent's engines over the API: checked as the engine says, and the secret never comes out."""

from typing import Any

import pytest

from agents.models import Agent, EngineSetting
from agents.signatures import new_secret
from tests.agents.api.fixtures import Api, invalid

KEY = "sk-test-0123456789abcdef"
SECRET = new_secret()
REMOTE = {"engine": "remote", "options": {"url": "https://engine.example/decide"}, "secret": SECRET}
AGAIN = "Send it again: it was kept for another engine or address."


@pytest.fixture
def remote(agent: Agent) -> EngineSetting:
    return EngineSetting.objects.create(agent=agent, position=1, **REMOTE)


def test_one_is_added_and_its_secret_is_not_shown(api: Api, agent: Agent):
    body = {"position": 2, "engine": "openai", "options": {"model": "small"}, "secret": KEY}
    answer = api("POST", f"agents/{agent.pk}/engines", body)
    row = EngineSetting.objects.get()
    assert (answer.status, row.agent, row.secret, row.options) == (201, agent, KEY, {"model": "small"})
    assert answer.json == {
        "id": row.pk,
        "position": 2,
        "engine": "openai",
        "options": {"model": "small"},
        "has_secret": True,
        "created_at": row.created_at.isoformat().replace("+00:00", "Z"),
        "updated_at": row.updated_at.isoformat().replace("+00:00", "Z"),
    }
    listed = api("GET", f"agents/{agent.pk}/engines")
    read = api("GET", f"agents/{agent.pk}/engines/{row.pk}")
    assert listed.json["results"] == [answer.json] == [read.json]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"engine": "offline", "secret": "x"}, ("secret", "This engine has no secret.")),
        ({"engine": "openai"}, ("options.0", "model: This is needed.")),
        (
            {"engine": "openai", "options": {"model": "a", "modle": "b"}},
            ("options.0", "modle: There is no such option."),
        ),
        ({"engine": "none"}, ("engine", "“none” is not a valid choice.")),
    ],
    ids=["a secret for one without", "an option missing", "a typo", "no such engine"],
)
def test_what_the_engine_cannot_use_is_refused(api: Api, agent: Agent, body: dict[str, Any], problem: tuple[str, str]):
    answer = api("POST", f"agents/{agent.pk}/engines", body)
    assert answer.status == 400
    (found,) = answer.problems
    assert found[1] is not None and found[1].split(".")[0] == problem[0].split(".")[0]
    assert not EngineSetting.objects.exists()


def test_one_is_changed_and_keeps_its_secret(api: Api, agent: Agent, remote: EngineSetting):
    answer = api("PATCH", f"agents/{agent.pk}/engines/{remote.pk}", {"position": 3})
    remote.refresh_from_db()
    assert (answer.status, remote.position, remote.secret) == (200, 3, SECRET)


@pytest.mark.parametrize(
    "change",
    [{"options": {"url": "https://mallory.example"}}, {"engine": "openai", "options": {"model": "small"}}],
    ids=["another address", "another engine"],
)
def test_a_secret_is_not_sent_elsewhere_without_being_known(
    api: Api, agent: Agent, remote: EngineSetting, change: dict[str, Any]
):
    answer = api("PATCH", f"agents/{agent.pk}/engines/{remote.pk}", change)
    assert (answer.status, answer.json) == (400, invalid(("invalid", AGAIN, "secret")))


def test_a_secret_is_removed_where_none_is_needed(api: Api, agent: Agent):
    row = EngineSetting.objects.create(agent=agent, engine="openai", options={"model": "small"}, secret=KEY)
    answer = api("PATCH", f"agents/{agent.pk}/engines/{row.pk}", {"secret": ""})
    assert (answer.status, answer.json["has_secret"]) == (200, False)


def test_one_is_removed(api: Api, agent: Agent, remote: EngineSetting):
    assert api("DELETE", f"agents/{agent.pk}/engines/{remote.pk}").status == 204
    assert not EngineSetting.objects.exists()


def test_another_agents_engines_are_out_of_reach(
    other_api: Api, agent: Agent, other_agent: Agent, remote: EngineSetting
):
    assert other_api("GET", f"agents/{agent.pk}/engines").status == 404
    assert other_api("DELETE", f"agents/{other_agent.pk}/engines/{remote.pk}").status == 404
