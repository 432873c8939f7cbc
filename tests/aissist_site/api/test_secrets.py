"""Secrets go in and never come out."""

import json
import logging
from typing import Any

import pytest

from agents.knowledge_models import Source
from agents.models import EngineSetting, SubAgent
from aissist_site.api import document
from gateways.models import Destination, Gateway, Secret
from handover.models import HandoverRule
from tests.agents.api.fixtures import Api
from tests.conftest import Walk

GIVEN = "given-s3cret-" + "x" * 40


@pytest.fixture
def ids(walk: Walk, api: Api) -> dict[str, int]:
    """A gateway with a secret that was given and one that was made, and a conversation."""
    walk.answer("Hello")
    body = {"platform": "webhook", "name": "Hook", "secrets": {"token": GIVEN}}
    created = api("POST", f"agents/{walk.gateway.agent_id}/gateways", body)
    assert created.status == 201
    assert GIVEN not in json.dumps(created.json)
    about = {"name": "Find", "slug": "find", "description": "Finds.", "url": "https://api.example.com/"}
    action = api("POST", f"agents/{walk.gateway.agent_id}/actions", {**about, "secrets": {"token": GIVEN}})
    assert action.status == 201
    assert GIVEN not in json.dumps(action.json)
    Secret.objects.create(gateway_id=created.json["id"], name="access_token", value="issued-s3cret-1", issued=True)
    destination = Destination.objects.create(gateway_id=created.json["id"], external_id="b", name="B")
    return {
        "action_id": action.json["id"],
        "agent_id": walk.gateway.agent_id,
        "gateway_id": created.json["id"],
        "source_id": Source.objects.create(agent=walk.gateway.agent, name="Help").pk,
        "conversation_id": walk.conversation().pk,
        "sub_agent_id": SubAgent.objects.create(agent=walk.gateway.agent, name="B", slug="b", scenario="s").pk,
        "number": 1,
        "engine_id": EngineSetting.objects.create(
            agent=walk.gateway.agent, engine="openai", options={"model": "m"}, secret=GIVEN
        ).pk,
        "rule_id": HandoverRule.objects.create(gateway_id=created.json["id"], destination=destination).pk,
        "contact_id": walk.conversation().identity.contact_id,
    }


def test_no_answer_holds_a_secret(api: Api, ids: dict[str, int]) -> None:
    secrets = [secret.value for secret in Secret.objects.all()]
    assert GIVEN in secrets and len(secrets) >= 2
    shown = [
        api("GET", path.removeprefix("/api/").format(**ids)).json
        for path, operations in document()["paths"].items()
        if "get" in operations
    ]
    shown.append(api("GET", "schema").json)
    shown.append(
        api("PATCH", f"agents/{ids['agent_id']}/gateways/{ids['gateway_id']}", {"secrets": {"token": GIVEN}}).json
    )
    shown.append(api("POST", f"agents/{ids['agent_id']}/gateways/{ids['gateway_id']}/check").json)
    assert not [secret for secret in secrets if secret in json.dumps(shown)]


@pytest.mark.parametrize(
    "body",
    [
        {"secrets": {"signing_secret": GIVEN}},
        {"secrets": {"bad name": GIVEN}},
        {"secrets": {"token": [GIVEN]}},
        {"secrets": GIVEN},
        {"config": {"signing_secret": GIVEN}},
        {"config": {"method": GIVEN}},
        {"secrets": {"token": GIVEN * 200}},
    ],
    ids=lambda body: str(body)[:40],
)
def test_no_error_and_no_log_repeats_a_secret(
    api: Api, ids: dict[str, int], body: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answer = api("PATCH", f"agents/{ids['agent_id']}/gateways/{ids['gateway_id']}", body)
    assert answer.status == 400
    assert GIVEN not in json.dumps(answer.json)
    assert GIVEN not in "\n".join(
        record.getMessage() for record in caplog.records if record.name != "django.db.backends"
    )


def test_a_row_holds_no_secret(ids: dict[str, int]) -> None:
    gateway = Gateway.objects.get(pk=ids["gateway_id"])
    assert GIVEN not in str(gateway.config)
