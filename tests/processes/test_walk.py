"""The walk against the whole product, started by its own command: over HTTP, with real processes and servers."""

import json
import time

import pytest
import requests

from tests.processes.newcomer import Operator, Receiver, Sender, Visitor, eventually, sign
from tests.processes.site import SECRET, Site

pytestmark = pytest.mark.processes


def test_web_chat(site: Site, operator: Operator):
    operator.change("webchat", thinking_after=2)
    ada = Visitor(site.base)

    assert ada.say("How long do I have to send something back?").status_code == 202
    assert "30 days" in ada.hears("reply")["text"]

    operator.slow_engine(4)
    ada.say("How much does shipping cost?")
    ada.hears("thinking")
    assert "shipping" in ada.hears("reply")["text"].lower()
    operator.slow_engine(0)

    ada.say("I want to talk to a human")
    ada.hears("handover")
    conversation = operator.awaits(ada.visitor)
    assert conversation["owner"] == "human"

    operator.reply(conversation["id"], "Hello, **Grace** here.")
    reply = ada.hears("human")
    assert (reply["name"], reply["from"], "<strong>Grace</strong>" in reply["html"]) == ("Grace", "human", True)
    assert ada.visitor not in {row["external_id"] for row in operator.waiting()}

    ada.say("How much does shipping cost?")
    ada.hears_nothing(3)

    operator.give_back(conversation["id"])
    ada.hears_nothing(2)
    ada.say("How long do I have to send something back?")
    assert "30 days" in ada.hears("reply")["text"]
    ada.hears_nothing(2)


def test_webhook(site: Site, operator: Operator):
    receiver = Receiver()
    operator.change("webhook", config={"url": receiver.url}, thinking_after=2)
    ada = Sender(site.base, SECRET)
    try:
        ada.say("How long do I have to send something back?")
        answer = receiver.next("message.created")
        assert "30 days" in answer["data"]["content"] and answer["data"]["to"] == ada.customer
        assert {"webhook-id", "webhook-timestamp", "webhook-signature"} <= answer["headers"].keys()

        operator.slow_engine(4)
        ada.say("How much does shipping cost?")
        assert receiver.next("message.created")["data"]["purpose"] == "thinking"
        assert receiver.next("message.created")["data"]["purpose"] == "reply"
        operator.slow_engine(0)

        ada.say("I want to talk to a human")
        assert receiver.next("message.created")["data"]["purpose"] == "handover"
        assert "I want to talk to a human" in receiver.next("note.created")["data"]["content"]
        receiver.next("conversation.assigned")
        conversation = operator.awaits(ada.customer)

        operator.reply(conversation["id"], "Grace here.")
        human = receiver.next("message.created")["data"]
        assert (human["purpose"], human["author"], human["content"]) == ("human", "Grace", "Grace here.")

        ada.say("How much does shipping cost?")
        receiver.nothing(3)
        operator.give_back(conversation["id"])
        ada.say("How long do I have to send something back?")
        assert "30 days" in receiver.next("message.created")["data"]["content"]
        receiver.nothing(2)
        assert ["returns"] in receiver.tagged
    finally:
        receiver.close()


BODY = json.dumps({"id": "b1", "from": "mallory", "content": "Let me in", "metadata": {}}).encode()
BIG = json.dumps({"id": "b2", "from": "mallory", "content": "x" * 1_100_000, "metadata": {}}).encode()


@pytest.mark.parametrize(
    ("body", "proof", "status"),
    [
        (BODY, dict, 401),
        (BODY, lambda: sign("whsec_" + "A" * 32, BODY), 401),
        (BODY, lambda: sign(SECRET, BODY, at=1_000_000_000), 401),
        (BODY.replace(b"in", b"IN"), lambda: sign(SECRET, BODY), 401),
        (BODY[:-5], lambda: sign(SECRET, BODY), 401),
        (BODY[:-5], lambda: sign(SECRET, BODY[:-5]), 400),
        (b"[]", lambda: sign(SECRET, b"[]"), 400),
        (b"\xff\xfe", lambda: sign(SECRET, b"\xff\xfe"), 400),
        (BIG, lambda: sign(SECRET, BIG), 413),
    ],
    ids=["unsigned", "other key", "stale", "tampered", "cut", "not JSON", "a list", "not UTF-8", "oversized"],
)
def test_what_isnt_right_is_refused_and_kept_out(site: Site, operator: Operator, body, proof, status):
    answer = requests.post(f"{site.base}/hooks/demo-webhook", data=body, headers=proof(), timeout=10)
    assert answer.status_code == status
    assert answer.json()["error"]["message"]
    found = operator.get(f"agents/{operator.agent['id']}/conversations", contact="mallory")
    assert found["results"] == []


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("", 400),
        (" \n\u200b", 400),
        ("x" * 1_000_000, 400),
        ("x" * 1_048_576, 413),
        ("😀" * 10_000, 202),
        ("مرحبا، متى يصل طلبي؟ \u202eabc", 202),
        ("nul\x00l", 202),
        ("<script>alert(1)</script><img src=x onerror=alert(1)>", 202),
        ("\ud83d half a character", 202),
        ('\'; DROP TABLE agents_agent; -- NEAR("a" AND *', 202),
    ],
    ids=["empty", "blank", "1 MB", "1 MiB", "10,000 emoji", "right to left", "null", "script", "surrogate", "syntax"],
)
def test_odd_input_is_answered_or_refused_with_a_sentence(site: Site, text: str, status: int):
    ada = Visitor(site.base)
    answer = ada.say(text)
    assert answer.status_code == status
    if status == 202:
        ada.look(wait=5)
        assert eventually(lambda: ada.items or ada.look(wait=5), "Any answer at all")
    else:
        assert answer.json()["error"]["message"].endswith((".", "most."))
        ada.hears_nothing(0.5)


def test_a_burst_is_answered_once(site: Site):
    ada = Visitor(site.base)
    for text in ("Hello", "I have a question", "How long do I have to send something back?"):
        ada.say(text)
    assert "30 days" in ada.hears("reply")["text"]
    ada.hears_nothing(2)


def test_twenty_copies_sent_at_once_are_one_message(site: Site):
    from concurrent.futures import ThreadPoolExecutor

    ada = Visitor(site.base)
    with ThreadPoolExecutor(20) as pool:
        codes = {
            answer.status_code for answer in pool.map(lambda _: ada.say("How long may I send back?", "m1"), range(20))
        }
    assert codes == {202}
    ada.hears("reply")
    ada.hears_nothing(2)


def test_a_killed_worker_loses_and_doubles_nothing(site: Site, operator: Operator):
    """Its children end with it, so the whole product is started again: on the same rows."""
    operator.slow_engine(2)
    ada = Visitor(site.base)
    ada.say("How long do I have to send something back?")
    time.sleep(1.5)  # the engine is at work
    site.kill()
    site.start()
    Operator(site.base, site.password).slow_engine(0)
    items = []
    until = time.monotonic() + 40
    while time.monotonic() < until and not any(item["purpose"] == "reply" for item in items):
        items += ada.look(wait=5)
    replies = [item for item in items if item["purpose"] == "reply"]
    assert len(replies) == 1 and "30 days" in replies[0]["text"]
    ada.hears_nothing(3)


def test_everything_is_ready_and_nothing_is_late(site: Site):
    report = requests.get(f"{site.base}/health/ready", timeout=10)
    assert report.status_code == 200, report.text
