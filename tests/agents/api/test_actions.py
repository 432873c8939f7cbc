"""Actions over the API: made, changed, deleted; what can't work is refused by its name; secrets only go in."""

from typing import Any

import pytest

from agents.models import Action, ActionSecret, Agent
from tests.agents.actions.shop import ORDER
from tests.agents.api.fixtures import Api

ABOUT = {
    "name": "Find an order",
    "slug": "find_order",
    "description": "Status of an order.",
    "url": "https://api.example.com/orders/{order}",
    "arguments": ORDER,
}


@pytest.fixture
def path(agent: Agent) -> str:
    return f"agents/{agent.pk}/actions"


def test_an_action_is_made_changed_and_deleted(api: Api, agent: Agent, path: str):
    made = api("POST", path, {**ABOUT, "secrets": {"token": "s3cret"}, "outputs": ["/status"]})
    assert made.status == 201
    assert {name: made.json[name] for name in ("agent", "kind", "run", "method", "query", "body", "seconds")} == {
        "agent": agent.pk, "kind": "reading", "run": "approval", "method": "GET", "query": {}, "body": None,
        "seconds": 20,
    }  # fmt: skip
    (secret,) = made.json["secret_names"]
    assert (secret["name"], secret["origin"]) == ("token", "https://api.example.com")
    one = f"{path}/{made.json['id']}"
    changed = api("PATCH", one, {"seconds": 60, "secrets": {"token": None, "key": "other"}})
    assert (changed.status, changed.json["seconds"]) == (200, 60)
    assert dict(ActionSecret.objects.values_list("name", "value")) == {"key": "other"}
    assert api("GET", path).json["results"] == [api("GET", one).json]
    assert api("DELETE", one).status == 204
    assert not Action.objects.exists()


@pytest.mark.parametrize(
    ("change", "attr"),
    [
        ({"url": "https://{order}.example.com/"}, "url"),
        ({"url": "https://api.example.com/{other}"}, "url"),
        ({"arguments": {"type": "string"}}, "arguments"),
        ({"headers": {"Host": "evil.example"}}, "headers"),
        ({"query": {"q": "{other}"}}, "query"),
        ({"body": {"a": 1}}, "body"),
        ({"outputs": ["status"]}, "outputs"),
        ({"seconds": 181}, "seconds"),
        ({"method": "CONNECT"}, "method"),
        ({"secrets": {"a b": "x"}}, "secrets.a b"),
        ({"agent": 3}, "agent"),
        ({"nonsense": 1}, "nonsense"),
    ],
    ids=str,
)
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_what_cant_work_is_refused_by_name(api: Api, agent: Agent, path: str, method: str, change: Any, attr: str):
    if method == "PATCH":
        path = f"{path}/{Action.objects.create(agent=agent, **ABOUT).pk}"
    answer = api(method, path, {**(ABOUT if method == "POST" else {}), **change})
    assert (answer.status, [problem[1] for problem in answer.problems]) == (400, [attr])


def test_a_slug_is_taken_once(api: Api, agent: Agent, path: str):
    Action.objects.create(agent=agent, **ABOUT)
    assert api("POST", path, ABOUT).status == 409


def test_a_foreign_action_isnt_found_below_ones_own_agent(other_api: Api, other_agent: Agent, agent: Agent):
    action = Action.objects.create(agent=agent, **ABOUT)
    assert other_api("GET", f"agents/{other_agent.pk}/actions/{action.pk}").status == 404
