from datetime import UTC, datetime
from typing import Any

import pytest

from agents.models import Agent, SubAgent
from tests.agents.api.fixtures import Api

PLAIN = {
    "name": "Billing",
    "slug": "billing",
    "kind": "workflow",
    "trigger": "customer",
    "scenario": "Bills",
    "examples": ["A wrong bill"],
    "instructions": "",
    "acknowledgement": "",
    "facts": [],
    "after": "reply",
    "summary_template": "",
    "tag": "",
    "priority": 100,
    "expires_at": None,
    "is_active": True,
    "warnings": [],
}
ORDER = {"name": "order", "question": "Which order?", "pattern": "BT-[0-9]{5}"}


@pytest.fixture
def billing(agent: Agent) -> SubAgent:
    return SubAgent.objects.create(
        agent=agent, name="Billing", slug="billing", scenario="Bills", examples=["A wrong bill"]
    )


def shown(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name not in ("id", "created_at", "updated_at")}


def test_sub_agents_are_listed(api: Api, agent: Agent, other_agent: Agent, billing: SubAgent) -> None:
    SubAgent.objects.create(agent=other_agent, name="Theirs", slug="theirs", scenario="s")
    answer = api("GET", f"agents/{agent.pk}/sub-agents")
    assert (answer.status, [shown(each) for each in answer.json["results"]]) == (200, [PLAIN])


@pytest.mark.parametrize(
    "change",
    [
        {"facts": [ORDER]},
        {"after": "close", "tag": "money", "summary_template": "{facts}", "acknowledgement": "Sorry."},
        {"kind": "ignore"},
        {"trigger": "agent", "examples": ["We will refund you"]},
        {"expires_at": "2026-12-24T12:00:00Z"},
    ],
    ids=lambda change: ", ".join(change),
)
def test_a_sub_agent_is_changed(api: Api, agent: Agent, billing: SubAgent, change: dict[str, Any]) -> None:
    answer = api("PATCH", f"agents/{agent.pk}/sub-agents/{billing.pk}", change)
    assert (answer.status, shown(answer.json)) == (200, {**PLAIN, **change})
    assert api("GET", f"agents/{agent.pk}/sub-agents/{billing.pk}").json == answer.json


@pytest.mark.parametrize(
    ("change", "attr", "detail"),
    [
        ({"facts": [{**ORDER, "pattern": "(a+)+"}]}, "facts", "Fact 1: A group in parentheses can't be repeated here."),
        ({"facts": [{"name": "order"}]}, "facts", "Fact 1: its question must have 1 to 500 characters."),
        ({"summary_template": "{x}"}, "summary_template", "There is no placeholder {x}."),
        ({"kind": "ignore", "trigger": "both"}, "trigger", "What is ignored is the customer's message."),
        ({"slug": "bills"}, "slug", "This can't be changed."),
        ({"after": "explode"}, "after", '"explode" is not a valid choice.'),
    ],
    ids=["pattern", "question", "placeholder", "trigger", "slug", "after"],
)
def test_what_wont_do_is_refused(
    api: Api, agent: Agent, billing: SubAgent, change: dict[str, Any], attr: str, detail: str
) -> None:
    answer = api("PATCH", f"agents/{agent.pk}/sub-agents/{billing.pk}", change)
    (problem,) = answer.problems
    assert (answer.status, problem[1]) == (400, attr)
    assert problem[2].startswith(detail)


def test_warnings_are_told_and_refuse_nothing(api: Api, agent: Agent, billing: SubAgent) -> None:
    change = {"acknowledgement": "I'll pass this on to my colleagues of [team name]."}
    answer = api("PATCH", f"agents/{agent.pk}/sub-agents/{billing.pk}", change)
    assert answer.status == 200
    assert [(each["code"], each["field"]) for each in answer.json["warnings"]] == [
        ("placeholder", "acknowledgement"),
        ("promise", "acknowledgement"),
    ]
    answer = api("PATCH", f"agents/{agent.pk}", {"instructions": "Never hand over to people."})
    assert [each["code"] for each in answer.json["warnings"]] == ["contradiction"]


def test_expiry_is_kept(api: Api, agent: Agent, billing: SubAgent) -> None:
    api("PATCH", f"agents/{agent.pk}/sub-agents/{billing.pk}", {"expires_at": "2026-12-24T12:00:00Z"})
    billing.refresh_from_db()
    assert billing.expires_at == datetime(2026, 12, 24, 12, tzinfo=UTC)
