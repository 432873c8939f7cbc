"""What tests of the API need: clients that hold a key, or are signed in."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.cache import cache
from django.test import Client

from agents.models import Agent, ApiKey


@dataclass(frozen=True)
class Answer:
    status: int
    json: Any
    headers: Any = field(compare=False)

    @property
    def problems(self) -> list[tuple[str, str | None, str]]:
        """The errors as (code, attr, detail)."""
        return [(each["code"], each["attr"], each["detail"]) for each in self.json["errors"]]


@dataclass(frozen=True)
class Api:
    """Asks as whoever holds `key`, or as nobody."""

    key: str = ""
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    def __call__(self, method: str, path: str, body: Any = None, /, **options: Any) -> Answer:
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        headers.update(options.pop("headers", {}))
        sent = body if isinstance(body, (bytes, str)) else b"" if body is None else json.dumps(body)
        options.setdefault("content_type", "application/json")
        response = self.client.generic(method, f"/api/{path}", sent, headers=headers, **options)
        return Answer(
            response.status_code,
            response.json() if response.content and "json" in response["Content-Type"] else None,
            response.headers,
        )


@pytest.fixture(autouse=True)
def no_requests_yet() -> None:
    cache.clear()  # where throttles count


@pytest.fixture
def api(agent: Agent) -> Api:
    """A client with a key of `agent`."""
    return Api(ApiKey.objects.create_key(agent=agent, name="Tests")[1])


@pytest.fixture
def other_agent(db: None) -> Agent:
    return Agent.objects.create(name="Other shop")


@pytest.fixture
def other_api(other_agent: Agent) -> Api:
    """A client with a key of another agent."""
    return Api(ApiKey.objects.create_key(agent=other_agent, name="Other")[1])


@pytest.fixture
def staff(db: None) -> User:
    return User.objects.create_user("grace", is_staff=True, first_name="Grace", last_name="Hopper")


@pytest.fixture
def signed_in(staff: User) -> Api:
    """A client that is signed in as `staff`."""
    api = Api()
    api.client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    return api


def allow(user: User, *permissions: str) -> None:
    for name in permissions:
        app, _, codename = name.partition(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))


def invalid(*problems: tuple[str, str, str]) -> dict[str, Any]:
    """The answer to a request with these problems, each (code, detail, attr)."""
    names = ("code", "detail", "attr")
    return {"type": "validation_error", "errors": [dict(zip(names, each, strict=True)) for each in problems]}


def refused(code: str, detail: str) -> dict[str, Any]:
    """The answer to a request that isn't carried out."""
    return {"type": "client_error", "errors": [{"code": code, "detail": detail, "attr": None}]}
