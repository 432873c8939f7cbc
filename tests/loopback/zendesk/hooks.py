"""Webhooks of a Zendesk account: made over the API, fired by triggers and by events, signed and tried again.

https://developer.zendesk.com/api-reference/webhooks/webhooks-api/webhooks/
https://developer.zendesk.com/documentation/webhooks/verifying/
"""

import base64
import hashlib
import hmac
import json
import queue
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.loopback.server import Reply, Request
from tests.loopback.zendesk.account import Refusal, moment
from tests.loopback.zendesk.events import ACCOUNT_ID, Events
from tests.loopback.zendesk.tickets import Update
from tests.loopback.zendesk.triggers import fires, placeholders, render, unknown

CONDITIONAL = "conditional_ticket_events"  # what a webhook subscribes to that a trigger calls
TEST_SECRET = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="  # theirs, for webhooks that aren't made yet
MOST_RETRIES = 3
LONGEST_RETRY_AFTER = 60
PATIENCE = 12.0  # seconds that a webhook may take


@dataclass
class Invocation:
    """One call of one webhook, with what was answered to each attempt; 0 for no answer."""

    webhook: str
    body: bytes
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:26].upper())
    statuses: list[int] = field(default_factory=list)


def sign(secret: str, body: bytes, timestamp: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), timestamp.encode() + body, hashlib.sha256).digest()).decode()


class Hooks(Events):
    """`down`: no webhook can be reached, as where the network is broken."""

    def __init__(self) -> None:
        super().__init__()
        self.webhooks: dict[str, dict[str, Any]] = {}
        self.signing: dict[str, str] = {}  # secrets by webhook
        self.triggers: dict[int, dict[str, Any]] = {}
        self.invocations: list[Invocation] = []
        self.down = False
        self.retry_pause = 0.1  # seconds, between attempts after a 409
        self._queues: dict[str, queue.Queue[Invocation]] = {}

    # --- Webhooks -----------------------------------------------------------------------------------------------------

    def all_webhooks(self, request: Request) -> Reply:
        self.who(request, admin=True)
        words = request.query.get("filter[name_contains]", "").lower()
        return self.page(
            request, "webhooks", [each for each in self.webhooks.values() if words in each["name"].lower()]
        )

    def create_webhook(self, request: Request) -> Reply:
        user = self.who(request, admin=True)
        given = self._checked(request.json().get("webhook"))
        number = f"01{uuid.uuid4().hex[:24].upper()}"
        made = {"id": number, "created_at": moment(), "created_by": str(user["id"]), "updated_at": moment()}
        self.webhooks[number] = {"description": "", **given, **made}
        self.signing[number] = base64.b64encode(uuid.uuid4().bytes * 2).decode()
        self._queues[number] = queue.Queue()
        threading.Thread(target=self._call_all, args=[self._queues[number]], daemon=True).start()
        self.lock.notify_all()
        return Reply({"webhook": self.webhooks[number]}, 201)

    def _checked(self, given: Any) -> dict[str, Any]:
        wanted = {"name": str, "endpoint": str, "http_method": str, "request_format": str, "status": str}
        if not isinstance(given, dict) or any(not isinstance(given.get(name), kind) for name, kind in wanted.items()):
            raise _refused("InvalidWebhook", f"A webhook has {', '.join(wanted)}.")
        subscriptions = given.get("subscriptions", [])
        if CONDITIONAL in subscriptions and subscriptions != [CONDITIONAL]:
            raise _refused("InvalidSubscription", "A webhook is for triggers or for events, not for both.")
        events = [each for each in subscriptions if each != CONDITIONAL]
        if events and (given["http_method"], given["request_format"]) != ("POST", "json"):
            raise _refused("InvalidSubscription", "Events are sent by POST as JSON.")
        if any(not each.startswith("zen:event-type:") for each in events) or given["status"] not in (
            "active",
            "inactive",
        ):
            raise _refused("InvalidWebhook", "No such type of event, or no such status.")
        same = ("endpoint", "http_method", "subscriptions")
        if any(all(each.get(name) == given.get(name) for name in same) for each in self.webhooks.values()):
            raise _refused("DuplicateWebhook", "There is a webhook like this already.", 409)
        return given

    def one_webhook(self, request: Request, id: str) -> Reply:
        """GET reads, PUT and PATCH change, DELETE removes."""
        self.who(request, admin=True)
        if id not in self.webhooks:
            raise _refused("WebhookNotFound", "No such webhook.", 404)
        if request.method == "GET":
            return Reply({"webhook": self.webhooks[id]})
        if request.method == "DELETE":
            if any(_hook_of(action) == id for trigger in self.triggers.values() for action in trigger["actions"]):
                raise _refused("WebhookInUse", "A trigger uses this webhook.", 403)
            del self.webhooks[id]
            self.lock.notify_all()
        else:
            self.webhooks[id].update(request.json()["webhook"], updated_at=moment())
        return Reply(b"", 204)

    def signing_secret(self, request: Request, id: str) -> Reply:
        """GET shows it, POST makes a new one."""
        self.who(request, admin=True)
        if id not in self.webhooks:
            raise _refused("WebhookNotFound", "No such webhook.", 404)
        if request.method == "POST":
            self.signing[id] = base64.b64encode(uuid.uuid4().bytes * 2).decode()
        secret = {"algorithm": "SHA256", "secret": self.signing[id]}
        return Reply({"signing_secret": secret}, 201 if request.method == "POST" else 200)

    def test_webhook(self, request: Request) -> Reply:
        """One signed request to a webhook that is there already, or to one that is yet to be made."""
        self.who(request, admin=True)
        id, asked = request.query.get("webhook_id", ""), request.json().get("request", {})
        endpoint = asked.get("endpoint") or self.webhooks.get(id, {}).get("endpoint")
        if not endpoint:
            raise _refused("InvalidWebhook", "Give an endpoint or the id of a webhook.")
        body = str(asked.get("payload", '{"test": true}')).encode()
        headers = self._headers(Invocation(id or "test", body), self.signing.get(id, TEST_SECRET))
        try:
            answer = requests.post(endpoint, data=body, headers=headers, timeout=PATIENCE)
        except requests.RequestException:
            return Reply({"response": {"status": 0, "headers": [], "payload": ""}})
        return Reply({"response": {"status": answer.status_code, "headers": [], "payload": answer.text}})

    def webhook_invocations(self, request: Request, id: str) -> Reply:
        self.who(request, admin=True)
        made = [each for each in self.invocations if each.webhook == id]
        rows = [{"id": each.id, "status": "success" if _fine(each) else "failed"} for each in made]
        return self.page(request, "invocations", rows)

    # --- Triggers -----------------------------------------------------------------------------------------------------

    def all_triggers(self, request: Request) -> Reply:
        self.who(request, staff=True)
        words = request.query.get("query", "").lower()
        return self.page(
            request, "triggers", [each for each in self.triggers.values() if words in each["title"].lower()]
        )

    def create_trigger(self, request: Request) -> Reply:
        self.who(request, admin=True)
        number = self.next()
        given = {"active": True, "description": "", **self._checked_trigger(request.json().get("trigger"))}
        made = {"id": number, "url": f"{self.url}/api/v2/triggers/{number}.json", "position": len(self.triggers) + 1}
        self.triggers[number] = {**given, **made, "created_at": moment(), "updated_at": moment(), "default": False}
        return Reply({"trigger": self.triggers[number]}, 201)

    def one_trigger(self, request: Request, id: str) -> Reply:
        self.who(request, admin=True)
        found = self._found(self.triggers, id)
        if request.method == "DELETE":
            del self.triggers[found["id"]]
            return Reply(b"", 204)
        if request.method == "PUT":
            found.update(self._checked_trigger({**found, **request.json()["trigger"]}), updated_at=moment())
        return Reply({"trigger": found})

    def _checked_trigger(self, given: Any) -> dict[str, Any]:
        if not isinstance(given, dict) or not given.get("title") or not given.get("actions"):
            raise Refusal(422, "RecordInvalid", "A trigger has a title, conditions and actions.")
        if not given.get("conditions", {}).get("all") and not given.get("conditions", {}).get("any"):
            raise Refusal(422, "RecordInvalid", "A trigger has at least one condition.")
        if wrong := unknown(given["conditions"]):
            raise Refusal(422, "RecordInvalid", f"The condition {wrong} isn't valid.")
        for action in given["actions"]:
            hook = self.webhooks.get(_hook_of(action))
            if hook is None or hook.get("subscriptions") != [CONDITIONAL]:
                raise Refusal(422, "RecordInvalid", "The action wants a webhook that is for triggers.")
        return given

    # --- Calling ------------------------------------------------------------------------------------------------------

    def happened(self, update: Update) -> None:
        for trigger in sorted(self.triggers.values(), key=lambda each: each["position"]):
            if trigger["active"] and fires(trigger["conditions"], update, self):
                for action in trigger["actions"]:
                    body = render(action["value"][1], placeholders(update, self))
                    self._invoke(self.webhooks[action["value"][0]], body.encode())
        for kind, told in self.events(update):
            payload = json.dumps(self.event(update, kind, told)).encode()
            for webhook in self.webhooks.values():
                if f"zen:event-type:ticket.{kind}" in webhook.get("subscriptions", []):
                    self._invoke(webhook, payload)

    def _invoke(self, webhook: dict[str, Any], body: bytes) -> None:
        if webhook["status"] == "active":
            self.invocations.append(Invocation(webhook["id"], body))
            self._queues[webhook["id"]].put(self.invocations[-1])

    def _call_all(self, calls: "queue.Queue[Invocation]") -> None:
        """One after the other; the real one promises no order."""
        while True:
            invocation = calls.get()
            wait: float | None = 0.0
            while wait is not None:
                time.sleep(wait)
                wait = self._call(invocation)
            with self.lock:
                self.lock.notify_all()

    def _call(self, invocation: Invocation) -> float | None:
        """Try once. Seconds until it is tried again, None for not at all: only 409, 429 and 503 are."""
        webhook, secret = self.webhooks.get(invocation.webhook), self.signing[invocation.webhook]
        status, retry_after = 0, ""
        if webhook and not self.down:
            headers = self._headers(invocation, secret)
            try:
                answer = requests.post(webhook["endpoint"], data=invocation.body, headers=headers, timeout=PATIENCE)
                status, retry_after = answer.status_code, answer.headers.get("Retry-After", "")
            except requests.RequestException:
                status = 0
        invocation.statuses.append(status)
        if len(invocation.statuses) > MOST_RETRIES:
            return None
        if status == 409:
            return self.retry_pause
        known = retry_after.isdigit() and int(retry_after) < LONGEST_RETRY_AFTER
        return float(retry_after) if status in (429, 503) and known else None

    @staticmethod
    def _headers(invocation: Invocation, secret: str) -> dict[str, str]:
        """A new timestamp with each attempt, and the same id."""
        timestamp = moment()
        return {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Zendesk Webhook",
            "X-Zendesk-Account-Id": str(ACCOUNT_ID),
            "X-Zendesk-Webhook-Id": invocation.webhook,
            "X-Zendesk-Webhook-Invocation-Id": invocation.id,
            "X-Zendesk-Webhook-Signature": sign(secret, invocation.body, timestamp),
            "X-Zendesk-Webhook-Signature-Timestamp": timestamp,
        }


def _hook_of(action: Any) -> str:
    value = action.get("value") if isinstance(action, dict) and action.get("field") == "notification_webhook" else None
    return value[0] if isinstance(value, list) and len(value) == 2 else ""


def _fine(invocation: Invocation) -> bool:
    return bool(invocation.statuses) and 200 <= invocation.statuses[-1] < 300


def _refused(code: str, detail: str, status: int = 400) -> Refusal:
    """The Webhooks API words its refusals in another way."""
    no = Refusal(status, code)
    no.body = {"errors": [{"code": code, "title": code, "detail": detail}]}
    return no
