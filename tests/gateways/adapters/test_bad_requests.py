"""The table of bad requests, held against every adapter that takes requests from outside."""

import time
from datetime import UTC, datetime

import pytest

from agents import signatures as agent_signatures
from agents.http import Http, Policy
from gateways import config, signatures
from gateways.adapters.email import Email
from gateways.adapters.request_tracker.adapter import RequestTracker
from gateways.adapters.telegram.adapter import SECRET_HEADER, Telegram
from gateways.adapters.webhook import Webhook
from gateways.adapters.zendesk import proof
from gateways.adapters.zendesk.adapter import Zendesk
from gateways.base import Account
from gateways.registry import ADAPTERS
from tests.gateways.adapters import bad_requests
from tests.gateways.adapters.bad_requests import REFUSED, UNREADABLE, Case
from tests.loopback.telegram import TOKEN

ACCOUNT = Account(id=1, public_id="public", name="Gateway")
KEY = "whsec_" + "aW5h" * 8


def built(kind, **values):
    return kind(ACCOUNT, config.load(kind.Config, values), values, Http(Policy()))


def sign_as_standard_webhooks_does(body: bytes, age: float) -> dict[str, str]:
    timestamp = str(int(time.time() - age))
    signature = signatures.sign([KEY], "msg_1", body)[signatures.SIGNATURE]
    if age:
        signature = f"v1,{agent_signatures.signature(agent_signatures.key_of(KEY), 'msg_1', timestamp, body)}"
    return {signatures.ID: "msg_1", signatures.TIMESTAMP: timestamp, signatures.SIGNATURE: signature}


def sign_as_svix_does(body: bytes, age: float) -> dict[str, str]:
    return {name.replace("webhook", "svix"): value for name, value in sign_as_standard_webhooks_does(body, age).items()}


def sign_as_zendesk_does(body: bytes, age: float) -> dict[str, str]:
    at = datetime.fromtimestamp(time.time() - age, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {proof.TIMESTAMP: at, proof.SIGNATURE: proof.sign(KEY, at, body)}


CASES = {
    "webhook": Case(
        built(Webhook, signing_secret=KEY, outbound_secret=KEY),
        sign_as_standard_webhooks_does,
        good={
            "id": "m1",
            "from": {"id": "ada", "name": "Ada"},
            "content": "Hello",
            "timestamp": "2026-01-31T12:00:00Z",
        },
        unknown={"id": "m1", "type": "shipment.sent"},
    ),
    "email": Case(
        built(Email, address="support@shop.example", signing_key=KEY, resend_webhook_secret=KEY),
        sign_as_svix_does,
        good={
            "type": "email.bounced",
            "created_at": "2026-01-31T12:00:00Z",
            "data": {
                "email_id": "e1",
                "headers": [{"name": "References", "value": "<a@b.c>"}],
                "bounce": {"message": "Gone", "type": "Permanent", "diagnosticCode": ["550"]},
            },
        },
        unknown={"type": "domain.created", "data": {}},
    ),
    "request_tracker": Case(
        built(RequestTracker, url="https://rt.example.com", token="1-31-" + "9d" * 16, webhook_secret=KEY),
        sign_as_standard_webhooks_does,
        good={
            "transaction": {"id": "7", "type": "Create", "field": "", "created": "2026-01-31T12:00:00Z", "ticket": "3"},
            "ticket": {
                "id": "3",
                "subject": "My order",
                "queue": {"id": "1", "name": "General"},
                "addresses": ["support@shop.example"],
                "owner": {"id": "6", "login": "Nobody"},
                "requestors": [{"id": "33", "login": "ada", "email": "ada@customer.example", "privileged": False}],
            },
            "by": {"id": "33", "login": "ada", "name": "Ada", "email": "ada@customer.example", "privileged": False},
            "now": None,
            "parts": [
                {"id": "5", "type": "text/plain", "headers": "X-RT-Interface: Email\nSubject: Hi", "content": "Hello"},
                {"id": "6", "type": "image/png", "file": "a.png", "length": 8, "headers": "", "content": ""},
            ],
        },
        unknown={"transaction": {"id": "8", "type": "SetWatcher", "field": "Owner", "ticket": "3"}},
    ),
    "telegram": Case(
        built(Telegram, token=TOKEN, webhook_secret="A-secret-of-our-own"),
        lambda body, age: {SECRET_HEADER: "A-secret-of-our-own"},
        good={
            "update_id": 7,
            "message": {
                "message_id": 5,
                "date": 1441645532,
                "chat": {"id": 1111, "type": "private", "first_name": "Ada"},
                "from": {"id": 1111, "is_bot": False, "first_name": "Ada", "language_code": "en"},
                "text": "Hello",
                "entities": [{"type": "text_link", "offset": 0, "length": 5, "url": "https://a.example"}],
                "photo": [{"file_id": "f1", "width": 90, "height": 60, "file_size": 100}],
                "reply_to_message": {"message_id": 4, "from": {"id": 2}, "text": "Hi"},
            },
        },
        unknown={"update_id": 8, "poll_answer": {"poll_id": "1"}},
        signs_body=False,
        signs_time=False,
    ),
    "zendesk": Case(
        built(Zendesk, subdomain="shop", webhook_secret=KEY),
        sign_as_zendesk_does,
        good={
            "type": "zen:event-type:ticket.comment_added",
            "id": "d4f5c389",
            "time": "2025-01-08T14:25:30.123456789Z",
            "subject": "zen:ticket:5158",
            "detail": {
                "id": "5158",
                "requester_id": "77",
                "actor_id": "77",
                "group_id": "5",
                "assignee_id": None,
                "subject": "Login",
                "description": "Hello",
                "created_at": "2025-01-08T14:25:30Z",
                "tags": ["vip"],
                "via": {"channel": "email"},
            },
            "event": {"comment": {"id": "9", "body": "Hello", "is_public": True, "author": {"id": "77", "name": "A"}}},
        },
        unknown={"type": "zen:event-type:user.created", "id": "e1", "detail": {"id": "7"}},
    ),
    "zendesk messaging": Case(
        built(Zendesk, subdomain="shop", webhook_secret=KEY, messaging_webhook_secret="a-secret-that-zendesk-made"),
        lambda body, age: {"x-api-key": "a-secret-that-zendesk-made"},
        good={
            "app": {"id": "64aa00000000000000000001"},
            "events": [
                {
                    "id": "64aa00000000000000000002",
                    "type": "conversation:message",
                    "payload": {
                        "conversation": {
                            "id": "64aa0000000000000000c1",
                            "activeSwitchboardIntegration": {"name": "aissist"},
                        },
                        "message": {
                            "id": "64aa0000000000000000e1",
                            "received": "2026-01-31T12:00:00.000Z",
                            "author": {
                                "type": "user",
                                "userId": "u1",
                                "user": {"id": "u1", "profile": {"email": "a@b.c"}},
                            },
                            "content": {
                                "type": "file",
                                "text": "Hello",
                                "mediaUrl": "https://a.zendesk.com/b",
                                "mediaSize": 1,
                            },
                            "source": {"type": "web"},
                        },
                    },
                }
            ],
        },
        unknown={"app": {}, "events": [{"id": "e1", "type": "conversation:folded", "payload": {}}]},
        signs_body=False,
        signs_time=False,
    ),
}


def test_no_adapter_is_forgotten():
    hosted = {name for name, kind in ADAPTERS.items() if kind.capabilities.hosted}
    assert {name.partition(" ")[0] for name in CASES} == set(ADAPTERS) - hosted


@pytest.mark.parametrize("kind", REFUSED)
@pytest.mark.parametrize("platform", CASES)
def test_what_is_not_surely_the_platforms_is_refused(platform, kind):
    bad_requests.refuses(CASES[platform], kind)


@pytest.mark.parametrize("kind", UNREADABLE)
@pytest.mark.parametrize("platform", CASES)
def test_what_cannot_be_read_is_refused_with_a_sentence(platform, kind):
    assert bad_requests.read(CASES[platform], UNREADABLE[kind]) is None


@pytest.mark.parametrize("platform", CASES)
def test_truncated_mistyped_huge_and_unknown_bodies_break_nothing(platform):
    bad_requests.survives(CASES[platform])
