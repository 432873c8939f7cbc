"""The webhook gateway as a helpdesk: it tells the past, is told whose move it is, and says how much more it takes."""

import json
from typing import Any

import pytest
import requests
import responses
from django.test import Client

from agents.engines.base import After
from conversations.models import AuditEvent, Conversation
from gateways.models import Bucket, Exchange, Gateway, InboundEvent
from tests.fakes import ScriptedEngine, escalate, said
from tests.handover.test_obey_webhook import URL, post, run
from tests.handover.test_obey_webhook import webhook as webhook  # the gateway, as a fixture

pytestmark = pytest.mark.django_db
TOLD = {
    "messages": [
        {"id": "c1", "from": "customer", "content": "My kettle leaks.", "author": "Ann"},
        {"id": "c2", "from": "note", "content": "Second time."},
        {"id": "1", "from": "customer", "content": "Where is it?"},
    ],
    "customer": {"plan": "Gold"},
}


@pytest.fixture
def helpdesk(webhook: Gateway) -> Gateway:
    webhook.config = {"url": URL, "statuses": True, "past": True}
    webhook.save()
    return webhook


def answered(told: Any = TOLD, status: int = 200, headers: dict[str, str] | None = None) -> None:
    """The helpdesk takes everything, and answers so when it is asked for the past."""

    def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        asked = json.loads(request.body or b"{}")["type"] == "conversation.read"
        return (status if asked else 200, headers or {}, json.dumps(told) if asked else "")

    responses.add_callback(responses.POST, URL, answer)


def said_by_us() -> list[str]:
    bodies = (json.loads(call.request.body or b"{}") for call in responses.calls)
    return [f"{body['type']} {body['data'].get('status', '')}".strip() for body in bodies]


MESSAGE = {"type": "message", "id": "1", "conversation": "c1", "from": "ann", "content": "Where is it?"}


@responses.activate
def test_an_answer_knows_the_past_and_leaves_it_pending(client: Client, helpdesk: Gateway, engine: ScriptedEngine):
    answered()
    post(client, helpdesk, "e1", **MESSAGE)
    run(helpdesk)
    assert said_by_us() == ["conversation.read", "message.created", "conversation.status_changed pending"]
    [brief] = engine.briefs
    assert [line.text for line in brief.past] == ["My kettle leaks."]
    assert (brief.notes, brief.customer) == (("Second time.",), {"plan": "Gold"})
    assert Exchange.objects.count() == 3


@responses.activate
def test_a_handover_opens_it_and_the_end_solves_it(client: Client, helpdesk: Gateway, engine: ScriptedEngine):
    answered()
    engine.script.extend([escalate(), said("Bye.", after=After.CLOSE)])
    post(client, helpdesk, "e1", **MESSAGE)
    run(helpdesk)
    assert said_by_us()[-1] == "conversation.status_changed open"
    post(client, helpdesk, "e2", type="given_back", id="g1", conversation="c1")
    post(client, helpdesk, "e3", **{**MESSAGE, "id": "2", "content": "Thanks"})
    run(helpdesk)
    assert said_by_us()[-3:] == ["conversation.read", "message.created", "conversation.status_changed solved"]
    post(client, helpdesk, "e4", type="closed", id="x1", conversation="c1")
    run(helpdesk)
    assert InboundEvent.objects.get(key="x1").reason == "own_echo"
    assert Conversation.objects.get().status == "closed"


@responses.activate
def test_a_helpdesk_that_does_not_tell_gets_its_answer_all_the_same(
    client: Client, helpdesk: Gateway, engine: ScriptedEngine
):
    answered(status=500)
    post(client, helpdesk, "e1", **MESSAGE)
    run(helpdesk)
    assert said_by_us()[1:] == ["message.created", "conversation.status_changed pending"]
    assert AuditEvent.objects.get(kind="past_unread").why.endswith("The URL answered 500: it isn't working now.")


@responses.activate
def test_what_it_still_takes_is_heeded(client: Client, helpdesk: Gateway, engine: ScriptedEngine):
    answered(headers={"RateLimit-Remaining": "3", "RateLimit-Reset": "60"})
    post(client, helpdesk, "e1", **MESSAGE)
    run(helpdesk)
    assert said_by_us() == ["conversation.read", "message.created"], "the status waits: one in twenty seconds"
    assert Bucket.objects.get().left == 2


@responses.activate
def test_a_system_that_wants_neither_gets_neither(client: Client, webhook: Gateway, engine: ScriptedEngine):
    answered()
    post(client, webhook, "e1", **MESSAGE)
    run(webhook)
    assert said_by_us() == ["message.created"]
