from typing import Any

import pytest

from agents.models import Agent
from tests.agents.api.fixtures import Api, invalid, refused


def shown(agent: Agent, **changes: Any) -> dict[str, Any]:
    agent.refresh_from_db()
    return {
        "id": agent.pk,
        "name": "Shop",
        "display_name": "Ada",
        "instructions": "",
        "character": "",
        "language": "",
        "greeting": "",
        "closing": "",
        "avatar_url": "",
        "otherwise": "answer",
        "memory_days": 365,
        "engine": "scripted",
        "engine_delay": 0.0,
        "conversation_tokens": None,
        "is_active": True,
        "warnings": [],
        "created_at": agent.created_at.isoformat().replace("+00:00", "Z"),
        "updated_at": agent.updated_at.isoformat().replace("+00:00", "Z"),
        **changes,
    }


def test_an_agent_is_read(api: Api, agent: Agent) -> None:
    answer = api("GET", f"agents/{agent.pk}")
    assert (answer.status, answer.json) == (200, shown(agent))


def test_a_key_lists_its_agent_alone(api: Api, agent: Agent, other_agent: Agent) -> None:
    assert api("GET", "agents").json == {"next": None, "previous": None, "results": [shown(agent)]}


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Shop 2"},
        {"display_name": "Grace", "greeting": "Hello!"},
        {"instructions": "Be brief."},
        {"instructions": ""},
        {"engine": "offline", "engine_delay": 1.5},
        {"is_active": False},
        {"character": "Warm.", "closing": "Goodbye!", "otherwise": "hand_over", "language": "de"},
        {"avatar_url": "https://shop.example.com/ada.png"},
        {},
    ],
    ids=str,
)
def test_an_agent_is_changed(api: Api, agent: Agent, change: dict[str, Any]) -> None:
    answer = api("PATCH", f"agents/{agent.pk}", change)
    assert (answer.status, answer.json) == (200, shown(agent, **change))
    assert api("GET", f"agents/{agent.pk}").json == answer.json


def test_what_isnt_sent_isnt_written(api: Api, agent: Agent, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(6) as queries:  # key, savepoint around one update, is the name free, and engines
        api("PATCH", f"agents/{agent.pk}", {"name": "Shop 2"})
    update = next(query["sql"] for query in queries.captured_queries if query["sql"].startswith("UPDATE"))
    assert '"name"' in update and '"updated_at"' in update and '"instructions"' not in update


@pytest.mark.parametrize(
    ("body", "status", "json"),
    [
        pytest.param(
            {"nmae": "x"}, 400, invalid(("unknown", "There is no such field.", "nmae")), id="a field that isn't one"
        ),
        pytest.param(
            {"id": 7, "created_at": None},
            400,
            invalid(
                ("read_only", "This can't be changed.", "id"), ("read_only", "This can't be changed.", "created_at")
            ),
            id="fields that are fixed",
        ),
        pytest.param(
            {"is_active": "perhaps"},
            400,
            invalid(("invalid", "Must be a valid boolean.", "is_active")),
            id="no boolean",
        ),
        pytest.param(
            {"engine": "steam"},
            400,
            invalid(("invalid_choice", '"steam" is not a valid choice.', "engine")),
            id="engine",
        ),
        pytest.param(
            {"engine_delay": -1},
            400,
            invalid(("min_value", "Ensure this value is greater than or equal to 0.", "engine_delay")),
            id="a delay before now",
        ),
        pytest.param(
            b'{"engine_delay": 1e999}',
            400,
            invalid(("invalid", "A valid number is required.", "engine_delay")),
            id="a delay without end",
        ),
        pytest.param({"name": ""}, 400, invalid(("blank", "This field may not be blank.", "name")), id="no name"),
        pytest.param(
            {"name": "Other shop"},
            400,
            invalid(("unique", "agent with this name already exists.", "name")),
            id="a name that is taken",
        ),
        pytest.param(
            [1],
            400,
            invalid(("invalid", "Invalid data. Expected a dictionary, but got list.", "non_field_errors")),
            id="a list",
        ),
        pytest.param(
            b"{",
            400,
            refused(
                "parse_error",
                "This isn't JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
            ),
            id="half an object",
        ),
        pytest.param(
            b'{"engine_delay": NaN}',
            400,
            refused("parse_error", "This isn't JSON: Out of range float values are not JSON compliant: 'NaN'"),
            id="NaN",
        ),
        pytest.param(
            b'{"name": "\xff"}',
            400,
            refused(
                "parse_error",
                "This isn't JSON: 'utf-8' codec can't decode byte 0xff in position 10: invalid start byte",
            ),
            id="not UTF-8",
        ),
        pytest.param(
            b'{"name": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
            400,
            refused("parse_error", "The JSON is nested too deeply."),
            id="nested beyond reason",
        ),
        pytest.param(
            b'{"instructions": "a\\u0000b"}',
            400,
            refused("parse_error", "Texts can't hold the character NUL or half of a surrogate pair."),
            id="NUL",
        ),
        pytest.param(
            b'{"instructions": "\\ud83d"}',
            400,
            refused("parse_error", "Texts can't hold the character NUL or half of a surrogate pair."),
            id="half a surrogate pair",
        ),
        pytest.param(
            b'{"instructions": "' + b"x" * 1_100_000 + b'"}',
            413,
            refused("too_large", "The request is larger than this server takes."),
            id="too large",
        ),
    ],
)
def test_what_cant_be_is_refused_by_name(
    api: Api, agent: Agent, other_agent: Agent, body: Any, status: int, json: dict[str, Any]
) -> None:
    before = shown(agent)
    answer = api("PATCH", f"agents/{agent.pk}", body)
    assert (answer.status, answer.json) == (status, json)
    assert shown(agent) == before
