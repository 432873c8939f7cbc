"""Our webhook in Zendesk, and the rules that call it where there are no ticket events; made once, and taken away.

Webhooks: https://developer.zendesk.com/api-reference/webhooks/webhooks-api/webhooks/
Triggers: https://developer.zendesk.com/api-reference/ticketing/business-rules/triggers/

A webhook either subscribes to events or is called by triggers, and can't change from one to the other.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from gateways.adapters.zendesk import triggers
from gateways.adapters.zendesk.calls import CallError, Calls
from gateways.adapters.zendesk.config import TRIGGERS
from gateways.adapters.zendesk.events import SUBSCRIPTIONS
from gateways.base import Connection
from gateways.errors import DeliveryError, Failure

WEBHOOKS, RULES = "/api/v2/webhooks", "/api/v2/triggers"
BY_TRIGGERS = ("conditional_ticket_events",)
Made = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Hooks:
    calls: Calls
    public_id: str  # the gateway's: names what is made
    receive: str

    @property
    def name(self) -> str:
        return f"Aissist {self.public_id}"

    def connect(self, address: str, state: Mapping[str, Any], known: Mapping[str, str]) -> Connection:
        """`known`: the gateway's secrets as they are now. Raises DeliveryError."""
        try:
            webhook = self._webhook(address, state)
            rules = self._rules(webhook, state)
            secret = self._secret(webhook)
        except CallError as error:
            if error.status == 403:
                raise DeliveryError(Failure.REJECTED, self._by_hand(address), vendor_code="403") from error
            if error.status in (400, 422):
                raise DeliveryError(Failure.REJECTED, self._refused(address), vendor_code=error.vendor_code) from error
            raise
        old = known.get("webhook_secret", "")
        previous = {"previous_webhook_secret": old} if old and old != secret else {}
        return Connection({"webhook": webhook, "triggers": rules}, {"webhook_secret": secret, **previous})

    def disconnect(self, state: Mapping[str, Any]) -> None:
        """Rules first: Zendesk keeps a webhook that a rule calls."""
        for rule in _ids(state).values():
            self._remove(f"{RULES}/{rule}")
        if webhook := str(state.get("webhook") or ""):
            self._remove(f"{WEBHOOKS}/{quote(webhook, safe='')}")

    def find(self) -> Made | None:
        """This gateway's webhook, by the end of the address that it calls."""
        return self._listed(lambda endpoint: urlsplit(endpoint).path.endswith(f"/hooks/{self.public_id}"))

    # --- The webhook ---

    def _webhook(self, address: str, state: Mapping[str, Any]) -> str:
        """Its id, of the one that there is or of a new one."""
        found = self._kept(state) or self._listed(lambda endpoint: endpoint == address)
        if found and (tuple(found.get("subscriptions") or ()) == BY_TRIGGERS) != (self.receive == TRIGGERS):
            self.disconnect({**state, "webhook": found["id"]})
            found = None
        wanted = self._wanted(address)
        if found is None:
            made = self.calls.call("POST", WEBHOOKS, body={"webhook": wanted}).get("webhook")
            if not isinstance(made, dict) or not made.get("id"):
                raise DeliveryError(Failure.UNKNOWN, "Zendesk didn't say which webhook it made. Connect again.")
            return str(made["id"])
        changed = {name: value for name, value in wanted.items() if not _same(found.get(name), value)}
        if changed:
            self.calls.call("PATCH", f"{WEBHOOKS}/{quote(str(found['id']), safe='')}", body={"webhook": changed})
        return str(found["id"])

    def _wanted(self, address: str) -> Made:
        return {
            "name": self.name,
            "endpoint": address,
            "http_method": "POST",
            "request_format": "json",
            "status": "active",
            "subscriptions": list(BY_TRIGGERS if self.receive == TRIGGERS else SUBSCRIPTIONS),
        }

    def _kept(self, state: Mapping[str, Any]) -> Made | None:
        kept = str(state.get("webhook") or "")
        found = self._look(f"{WEBHOOKS}/{quote(kept, safe='')}", "webhook") if kept else None
        return found if found and found.get("id") else None

    def _listed(self, fits: Callable[[str], bool]) -> Made | None:
        for webhook in self.calls.pages(WEBHOOKS, "webhooks"):
            if webhook.get("id") and isinstance(webhook.get("endpoint"), str) and fits(webhook["endpoint"]):
                return webhook
        return None

    def _secret(self, webhook: str) -> str:
        """https://developer.zendesk.com/api-reference/webhooks/webhooks-api/webhooks/#show-webhook-signing-secret"""
        told = self.calls.get(f"{WEBHOOKS}/{quote(webhook, safe='')}/signing_secret").get("signing_secret")
        secret = told.get("secret") if isinstance(told, dict) else None
        if not isinstance(secret, str) or not secret:
            raise DeliveryError(Failure.UNREACHABLE, "Zendesk didn't tell the webhook's signing secret. Connect again.")
        return secret

    # --- Rules ---

    def _rules(self, webhook: str, state: Mapping[str, Any]) -> dict[str, str]:
        """The ids of our rules by what they tell of; none where events tell."""
        if self.receive != TRIGGERS:
            for rule in _ids(state).values():
                self._remove(f"{RULES}/{rule}")
            return {}
        there = {str(rule.get("title")): rule for rule in self.calls.pages(RULES, "triggers")}
        return {what: self._rule(what, webhook, there.get(self._title(what))) for what in triggers.CONDITIONS}

    def _title(self, what: str) -> str:
        return f"{self.name}: {what}"

    def _rule(self, what: str, webhook: str, there: Made | None) -> str:
        action = {"field": "notification_webhook", "value": [webhook, triggers.body(what)]}
        wanted = {
            "title": self._title(what),
            "active": True,
            "conditions": {"all": [dict(each) for each in triggers.CONDITIONS[what]], "any": []},
            "actions": [action],
        }
        if there is None:
            made = self.calls.call("POST", RULES, body={"trigger": wanted}).get("trigger")
            if not isinstance(made, dict) or not made.get("id"):
                raise DeliveryError(Failure.UNKNOWN, "Zendesk didn't say which trigger it made. Connect again.")
            return str(made["id"])
        if there.get("active") is not True or there.get("actions") != [action]:
            self.calls.call("PUT", f"{RULES}/{there['id']}", body={"trigger": wanted})
        return str(there["id"])

    # --- Both ---

    def _look(self, path: str, name: str) -> Made | None:
        """None for what is gone."""
        try:
            found = self.calls.get(path).get(name)
        except CallError as error:
            if error.status != 404:
                raise
            return None
        return found if isinstance(found, dict) else None

    def _remove(self, path: str) -> None:
        try:
            self.calls.call("DELETE", path)
        except CallError as error:
            if error.status != 404:
                raise

    def _refused(self, address: str) -> str:
        if self.receive == TRIGGERS:
            return f"Zendesk doesn't take {address} for a webhook that triggers call. It calls public addresses only."
        return (
            f"Zendesk doesn't let {address} subscribe to ticket events. It calls public addresses only. Where a plan "
            "has no ticket events, set “Hear of tickets by” to “triggers” and connect again."
        )

    def _by_hand(self, address: str) -> str:
        common = (
            "Our user may not set up webhooks: it isn't an administrator. Let one do this in Admin Center > Apps and "
            f"integrations > Webhooks > Create webhook: endpoint URL {address}, request method POST, request format "
            "JSON, no authentication; then “Reveal secret”, and put it into “Webhook signing secret” here. "
        )
        if self.receive == TRIGGERS:
            rules = " ".join(f"“{what}”: {_in_words(what)}" for what in triggers.CONDITIONS)
            return (
                f"{common}Connect it to triggers. For each of these one trigger that notifies the webhook, each with "
                f"its word for “aissist” in the body: {rules} The body: {triggers.body('comment')}"
            )
        return f"{common}Subscribe it to these Zendesk events: {', '.join(SUBSCRIPTIONS)}."


def _in_words(what: str) -> str:
    return ", ".join(" ".join(each.values()) for each in triggers.CONDITIONS[what]) + "."


def _same(one: Any, other: Any) -> bool:
    return sorted(one) == sorted(other) if isinstance(one, list) and isinstance(other, list) else bool(one == other)


def _ids(state: Mapping[str, Any]) -> dict[str, int]:
    rules = state.get("triggers")
    return {what: int(rule) for what, rule in rules.items() if str(rule).isdecimal()} if isinstance(rules, dict) else {}
