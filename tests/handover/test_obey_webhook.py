"""A command over the webhook gateway, from the signed request to the signed answer."""

import datetime
import json
import time

import pytest
import responses
import standardwebhooks
from django.test import Client

from agents.models import Agent
from aissist_site import pipeline
from conversations.models import Conversation, Draft
from gateways.models import Gateway, Receipt, Secret
from tests.fakes import ScriptedEngine

pytestmark = pytest.mark.django_db
IN, OUT = ("whsec_" + four * 8 for four in ("aW5h", "b3V0"))
URL = "https://desk.example.com/hooks"


@pytest.fixture
def webhook(agent: Agent) -> Gateway:
    made = Gateway.objects.create(
        agent=agent, name="Hook", platform="webhook", config={"url": URL}, burst_window=0, thinking_after=0
    )
    for name, value in (("signing_secret", IN), ("outbound_secret", OUT)):
        Secret.objects.create(gateway=made, name=name, value=value)
    return made


def post(client: Client, gateway: Gateway, key: str, **event: object) -> int:
    body, at = json.dumps(event), datetime.datetime.fromtimestamp(int(time.time()), datetime.UTC)
    signed = {
        "webhook-id": key,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": standardwebhooks.Webhook(IN).sign(key, at, body),
    }
    answer = client.post(f"/hooks/{gateway.public_id}", body, content_type="application/json", headers=signed)
    return answer.status_code


def run(gateway: Gateway) -> None:
    for _ in range(20):
        steps = (pipeline.ingest(gateway.pk), pipeline.TURNS.drain(gateway.pk), pipeline.DELIVERIES.drain(gateway.pk))
        if not any(steps):
            return


@responses.activate
def test_from_the_request_to_the_note(client: Client, webhook: Gateway, engine: ScriptedEngine):
    responses.post(URL, json={"id": "x"})
    engine.help_script.append("Where is my tent?")
    hello = {"type": "message", "id": "1", "conversation": "c1", "from": "ann", "content": "Wo ist mein Zelt?"}
    note = {"type": "note", "id": "n1", "conversation": "c1", "author": "Kim", "content": "&#47;translate en"}
    assert post(client, webhook, "e1", **hello) == 202
    run(webhook)
    for _ in range(2):
        assert post(client, webhook, "e2", **note) in (200, 202)
    assert engine.helped == [], "nothing is done while the platform waits"
    run(webhook)
    assert engine.helped == [("translate", "Wo ist mein Zelt?", "en")]
    sent = [json.loads(call.request.body) for call in responses.calls]
    assert [(one["type"], one["data"]["content"]) for one in sent] == [
        ("message.created", "re: Wo ist mein Zelt?"),
        ("note.created", "**Translation, for Kim:**\n\nWhere is my tent?"),
    ]
    assert Receipt.objects.count() == 3 and not Draft.objects.exists()
    assert Conversation.objects.get().owner == "agent"
