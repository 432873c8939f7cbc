"""“Test connection”: who we are there, what we may do, and whether Zendesk's webhook comes through to us."""

import json
from typing import Any
from uuid import uuid4

from gateways.adapters.zendesk.calls import CallError, Calls
from gateways.adapters.zendesk.connect import WEBHOOKS, Hooks
from gateways.base import Health
from gateways.errors import DeliveryError

TEST = "aissist:test"  # type of what Zendesk is to send us
ADMIN, AGENT = "admin", "agent"


def check(calls: Calls, hooks: Hooks, fills_gaps: bool) -> Health:
    try:
        me = calls.get("/api/v2/users/me").get("user")
        if not isinstance(me, dict) or not me.get("id"):  # answered so to whoever isn't signed in
            return Health(ok=False, message="Zendesk doesn't take our sign-in: to it we are nobody. Check the token.")
        who, role = str(me.get("name") or me["id"]), str(me.get("role") or "?")
        if role not in (ADMIN, AGENT):
            sentence = f"We are signed in as {who}, who is no agent there ({role}). Use the sign-in of one."
            return Health(ok=False, message=sentence)
        signed_in = f"We are signed in as {who} ({role})."
        hook = _webhook(calls, hooks, role)
        return Health(ok=hook.ok, message=" ".join(filter(None, (signed_in, hook.message, _gaps(fills_gaps, role)))))
    except DeliveryError as error:
        return Health(ok=False, message=error.public)


def _gaps(fills_gaps: bool, role: str) -> str:
    if not fills_gaps or role == ADMIN:
        return ""
    return "Gaps can't be filled: Zendesk exports tickets to administrators only. Use one's sign-in, or switch it off."


def _webhook(calls: Calls, hooks: Hooks, role: str) -> Health:
    try:
        found = hooks.find()
    except CallError as error:
        if error.status != 403:
            raise
        return Health(ok=True, message="Whether the webhook is there, only an administrator's sign-in can see.")
    if found is None:
        return Health(ok=False, message="There is no webhook for this gateway yet. Press “Connect”.")
    if found.get("status") != "active":
        return Health(ok=False, message="The webhook is there, but not active. Press “Connect”.")
    status = _tried(calls, found)
    if status is None:
        return Health(ok=True, message="The webhook is there and active; Zendesk didn't say how a test of it went.")
    if 200 <= status < 300:
        return Health(ok=True, message="The webhook is there, and a test came through.")
    if status == 401:
        return Health(ok=False, message="A test came with a signature that we refused. Press “Connect” again.")
    return Health(ok=False, message=f"The webhook is there, but a test of it ended with {status}.")


def _tried(calls: Calls, webhook: dict[str, Any]) -> int | None:
    """The status that our address answered to a test. None: Zendesk can't or won't tell.

    https://developer.zendesk.com/api-reference/webhooks/webhooks-api/webhooks/#test-webhook
    """
    request = {
        "endpoint": webhook.get("endpoint"),
        "http_method": "POST",
        "request_format": "json",
        "payload": json.dumps({"type": TEST, "id": uuid4().hex}),
    }
    try:
        answer = calls.call("POST", f"{WEBHOOKS}/test", {"webhook_id": webhook["id"]}, {"request": request})
    except DeliveryError:
        return None
    told = answer.get("response")
    status = told.get("status") if isinstance(told, dict) else None
    return status if isinstance(status, int) else None
