from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from agents.models import Agent, ApiKey
from tests.agents.api.fixtures import Api, allow, refused

MISSING = "Send an API key as “Authorization: Bearer <key>”, or sign in to admin."
WRONG = "There is no such API key. Check that it was copied whole."


@pytest.mark.parametrize(
    ("authorization", "code", "detail"),
    [
        pytest.param("", "not_authenticated", MISSING, id="no header"),
        pytest.param("Bearer", "authentication_failed", WRONG, id="no key"),
        pytest.param("Bearer nonsense", "authentication_failed", WRONG, id="nonsense"),
        pytest.param("Bearer {prefix}.wrong", "authentication_failed", WRONG, id="right prefix, wrong secret"),
        pytest.param("Bearer {key}x", "authentication_failed", WRONG, id="one character too many"),
        pytest.param("Bearer {hashed}", "authentication_failed", WRONG, id="the hash in the database"),
        pytest.param(
            "Basic {key}",
            "authentication_failed",
            "Send the key as “Authorization: Bearer <key>”.",
            id="another scheme",
        ),
    ],
)
def test_who_has_no_usable_key_is_told_so(api: Api, agent: Agent, authorization: str, code: str, detail: str) -> None:
    key = ApiKey.objects.get()
    header = authorization.format(key=api.key, prefix=key.prefix, hashed=key.id)
    answer = Api()("GET", "agents", headers={"Authorization": header} if header else {})
    assert (answer.status, answer.json) == (401, refused(code, detail))
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        pytest.param({"revoked": True}, "This API key was revoked. Ask for a new one.", id="revoked"),
        pytest.param(
            {"expiry_date": timezone.now() - timedelta(seconds=1)},
            "This API key has expired. Ask for a new one.",
            id="expired",
        ),
    ],
)
def test_a_key_can_end(api: Api, change: dict[str, Any], detail: str) -> None:
    assert api("GET", "agents").status == 200
    ApiKey.objects.update(**change)
    answer = api("GET", "agents")
    assert (answer.status, answer.json) == (401, refused("authentication_failed", detail))


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "Api-Key", "API-KEY"])
def test_a_key_is_taken_in_either_scheme(api: Api, scheme: str) -> None:
    assert Api()("GET", "agents", headers={"Authorization": f"{scheme} {api.key}"}).status == 200


def test_a_key_costs_one_query_and_writes_nothing(api: Api, agent: Agent, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2) as queries:  # the other one is for the engines, which the warnings look at
        assert api("GET", f"agents/{agent.pk}").status == 200
    assert [query["sql"][:6] for query in queries.captured_queries] == ["SELECT", "SELECT"]


def test_a_key_is_kept_as_a_hash_only(api: Api) -> None:
    stored = ApiKey.objects.values().get()
    assert api.key.partition(".")[2] not in str(stored)


@pytest.mark.parametrize(
    ("permissions", "method", "status"),
    [
        pytest.param([], "GET", 403, id="may nothing"),
        pytest.param(["agents.view_agent"], "GET", 200, id="may view, views"),
        pytest.param(["agents.view_agent"], "PATCH", 403, id="may view, changes"),
        pytest.param(["agents.change_agent"], "PATCH", 200, id="may change, changes"),
        pytest.param(["agents.change_agent"], "PUT", 405, id="there is no such method"),
    ],
)
def test_staff_may_what_admin_allows_them(
    signed_in: Api, staff: User, agent: Agent, permissions: list[str], method: str, status: int
) -> None:
    allow(staff, *permissions)
    assert signed_in(method, f"agents/{agent.pk}", {} if method == "PATCH" else None).status == status


def test_staff_see_all_agents(signed_in: Api, staff: User, agent: Agent, other_agent: Agent) -> None:
    allow(staff, "agents.view_agent")
    assert [each["id"] for each in signed_in("GET", "agents").json["results"]] == [agent.pk, other_agent.pk]


def test_who_is_signed_in_and_not_staff_is_nobody_here(agent: Agent) -> None:
    api = Api()
    api.client.force_login(
        User.objects.create_user("eve", is_superuser=True), backend="django.contrib.auth.backends.ModelBackend"
    )
    assert api("GET", "agents").json == refused("not_authenticated", MISSING)


def test_a_session_changes_nothing_without_the_csrf_token(staff: User, agent: Agent) -> None:
    allow(staff, "agents.change_agent")
    api = Api(client=Client(enforce_csrf_checks=True))
    api.client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    answer = api("PATCH", f"agents/{agent.pk}", {"display_name": "Eve"})
    assert (answer.status, answer.json) == (403, refused("permission_denied", "CSRF Failed: CSRF cookie not set."))
    token = "a" * 32
    api.client.cookies["csrftoken"] = token
    assert api("PATCH", f"agents/{agent.pk}", {"display_name": "Eve"}, headers={"X-CSRFToken": token}).status == 200


def test_a_key_wins_over_a_session(signed_in: Api, other_api: Api, other_agent: Agent) -> None:
    answer = signed_in("GET", "agents", headers={"Authorization": f"Bearer {other_api.key}"})
    assert [each["id"] for each in answer.json["results"]] == [other_agent.pk]
