from typing import Any

import pytest
from django.db import OperationalError

from agents.api import scope
from agents.models import Agent
from tests.agents.api.fixtures import Api, refused

FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("method", "path", "options", "status", "json"),
    [
        pytest.param(
            "GET",
            "nothing/here",
            {},
            404,
            refused("not_found", "The API has no such path. See /api/docs."),
            id="a path that isn't one",
        ),
        pytest.param(
            "DELETE",
            "agents/",
            {},
            404,
            refused("not_found", "The API has no such path. Its paths don't end with a slash. See /api/docs."),
            id="a slash too many",
        ),
        pytest.param(
            "GET",
            "agents/one",
            {},
            404,
            refused("not_found", "The API has no such path. See /api/docs."),
            id="an id that isn't a number",
        ),
        pytest.param(
            "GET",
            f"agents/{10**30}",
            {},
            404,
            refused("not_found", "There is no such agent."),
            id="an id beyond every database",
        ),
        pytest.param(
            "GET",
            f"conversations/{10**30}",
            {},
            404,
            refused("not_found", "There is no such conversation."),
            id="another one",
        ),
        pytest.param(
            "DELETE",
            "agents/{agent}",
            {},
            405,
            refused("method_not_allowed", 'Method "DELETE" not allowed.'),
            id="no such method",
        ),
        pytest.param(
            "PUT",
            "agents/{agent}",
            {},
            405,
            refused("method_not_allowed", 'Method "PUT" not allowed.'),
            id="PUT, as there is PATCH",
        ),
        pytest.param(
            "OPTIONS",
            "agents",
            {},
            405,
            refused("method_not_allowed", 'Method "OPTIONS" not allowed.'),
            id="OPTIONS, as there is the schema",
        ),
        pytest.param(
            "PATCH",
            "agents/{agent}",
            {"content_type": FORM, "body": "display_name=Eve"},
            415,
            refused("unsupported_media_type", f'Unsupported media type "{FORM}" in request.'),
            id="a form",
        ),
        pytest.param(
            "GET",
            "agents",
            {"headers": {"Accept": "text/html"}},
            406,
            refused("not_acceptable", "Could not satisfy the request Accept header."),
            id="as HTML",
        ),
    ],
)
def test_every_error_has_the_same_shape(
    api: Api, agent: Agent, method: str, path: str, options: dict[str, Any], status: int, json: dict[str, Any]
) -> None:
    body = options.get("body")
    rest = {name: value for name, value in options.items() if name != "body"}
    answer = api(method, path.format(agent=agent.pk), body, **rest)
    assert (answer.status, answer.json) == (status, json)
    assert answer.headers["Content-Type"] == "application/json"


def test_a_mistake_of_ours_tells_nothing(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(request: object) -> None:
        raise RuntimeError("s3cret")

    monkeypatch.setattr(scope, "agents", fail)
    answer = api("GET", "agents")
    assert (answer.status, answer.json) == (
        500,
        {"type": "server_error", "errors": [{"code": "error", "detail": "Server Error (500)", "attr": None}]},
    )


def test_a_database_that_is_away_is_503(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(request: object) -> None:
        raise OperationalError("connection to 10.0.0.7 failed")

    monkeypatch.setattr(scope, "agents", fail)
    answer = api("GET", "agents")
    sentence = "The database can't be reached right now. Send the request again later."
    assert (answer.status, answer.json["errors"]) == (
        503,
        [{"code": "unavailable", "detail": sentence, "attr": None}],
    )
    assert answer.headers["Retry-After"] == "10"


def test_head_answers_without_a_body(api: Api, agent: Agent) -> None:
    assert (api("HEAD", "agents").status, api("HEAD", "agents").json) == (200, None)
