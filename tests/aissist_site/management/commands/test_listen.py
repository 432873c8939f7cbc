import json
import threading
from http.server import HTTPServer

import pytest
from django.core.management import CommandError

from agents.http import Http, Policy
from aissist_site.management.commands.listen import Inbox, describe, find, handler, secrets_of
from gateways import signatures
from gateways.models import Secret

KEY = "whsec_" + "b3V0" * 8
BODY = json.dumps({"type": "message.created", "data": {"conversation": "c", "content": "Hello", "purpose": "reply"}})

LINES = {
    "reply": (
        {
            "type": "message.created",
            "data": {"conversation": "c-1", "content": "Hello\nthere", "author": "Ada", "purpose": "thinking"},
        },
        "message.created [c-1] (thinking) Ada: Hello there",
    ),
    "note": ({"type": "note.created", "data": {"conversation": "c-1", "content": "Psst"}}, "note.created [c-1] Psst"),
    "assignment": (
        {
            "type": "conversation.assigned",
            "data": {"conversation": "c-1", "destination": {"id": "b", "name": "Billing"}, "reason": "A refund"},
        },
        "conversation.assigned [c-1] to Billing: A refund",
    ),
    "assignment to nobody": (
        {"type": "conversation.assigned", "data": {"destination": None, "reason": "A refund"}},
        "conversation.assigned to nobody in particular: A refund",
    ),
    "ping": ({"type": "ping", "data": {"gateway": "demo"}}, "ping"),
    "tags": (
        {"type": "conversation.tagged", "data": {"conversation": "c-1", "add": ["refund"], "remove": ["new"]}},
        "conversation.tagged [c-1] +refund -new",
    ),
    "control characters": ({"type": "note.created", "data": {"content": "\x1b[2Jx"}}, "note.created  [2Jx"),
    "something else": ([1], "not a message of ours: b'[1]'"),
}


@pytest.mark.parametrize(("message", "line"), LINES.values(), ids=LINES)
def test_a_delivery_is_told_in_one_line(message, line):
    assert describe(json.dumps(message).encode()) == line


def test_repeats_are_dropped_and_said_to_be():
    lines = []
    inbox = Inbox(lines.append)
    answers = [inbox.take({"webhook-id": message_id}, BODY.encode()) for message_id in ("a", "a", "b")]
    assert answers == [(200, {"id": "a"}), (200, {"id": "a"}), (200, {"id": "b"})]
    hello = "message.created [c] (reply) : Hello"
    assert lines == [hello, "repeat of a: dropped", hello]


def test_a_wrong_signature_is_refused_and_does_not_count():
    lines = []
    inbox = Inbox(lines.append, (KEY,))
    good = signatures.sign([KEY], "a", BODY.encode())
    assert inbox.take(good | {"webhook-signature": "v1,AAAA"}, BODY.encode())[0] == 401
    assert inbox.take(good, BODY.encode()) == (200, {"id": "a"})
    assert [line.split(":")[0] for line in lines] == ["refused", "message.created [c] (reply) "]


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_deliveries_are_taken_over_http(method):
    lines = []
    with HTTPServer(("127.0.0.1", 0), handler(Inbox(lines.append))) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        response = Http(Policy.of(["127.0.0.0/8"])).request(
            method, f"http://127.0.0.1:{server.server_port}/", headers={"webhook-id": "a"}, body=BODY.encode()
        )
        thread.join(5)
    assert (response.status, json.loads(response.body)) == (200, {"id": "a"})
    assert lines == ["message.created [c] (reply) : Hello"]


def test_a_gateway_is_found_by_its_public_id_or_its_name(make_gateway):
    made = make_gateway(platform="webhook", name="Shop webhook", public_id="demo-webhook")
    make_gateway(platform="webchat", name="Shop chat", public_id="demo-chat")
    assert find("demo-webhook") == find("Shop webhook") == made
    with pytest.raises(CommandError) as caught:
        find("demo-chat")
    assert str(caught.value) == "There is no webhook gateway “demo-chat”. Choose one of: demo-webhook."


def test_the_secrets_of_a_gateway_are_needed(make_gateway):
    gateway = make_gateway(platform="webhook", name="Shop webhook")
    with pytest.raises(CommandError, match="has no outbound_secret yet"):
        secrets_of(gateway, "outbound_secret")
    Secret.objects.create(gateway=gateway, name="outbound_secret", value=KEY)
    assert secrets_of(gateway, "outbound_secret") == (KEY,)
