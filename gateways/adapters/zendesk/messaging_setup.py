"""Set messaging up on the platform: a custom integration with our webhook, and its place on the switchboard.

https://developer.zendesk.com/api-reference/conversations/#operation/CreateIntegration
https://developer.zendesk.com/api-reference/conversations/#operation/CreateSwitchboardIntegration
"""

from collections.abc import Mapping
from typing import Any

from gateways.adapters.zendesk.messaging_calls import Calls
from gateways.adapters.zendesk.messaging_events import TRIGGERS
from gateways.adapters.zendesk.messaging_options import Config
from gateways.base import Account, Connection, Health
from gateways.errors import DeliveryError, Failure

SECRET = "messaging_webhook_secret"  # noqa: S105 - an option's name


def connect(calls: Calls, config: Config, account: Account, address: str, state: Mapping[str, Any]) -> Connection:
    """Twice is once: what is there already is found by `state`, else by its name. Raises DeliveryError."""
    integration = _integration(calls, f"Aissist {account.public_id}", state) or _created(calls, account, address)
    webhook = _webhook(calls, integration, address)
    place, steps = _switchboard(calls, config, integration)
    secret = webhook.get("secret")
    if not isinstance(secret, str) or not secret:
        raise DeliveryError(Failure.REJECTED, "Zendesk made a webhook for messaging and doesn't tell its secret.")
    return Connection(state={"integration": integration, **place}, secrets={SECRET: secret}, steps=steps)


def disconnect(calls: Calls, state: Mapping[str, Any]) -> None:
    """Off the switchboard first, so that no conversation waits for who isn't there any more."""
    if state.get("switchboard") and state.get("place"):
        path = ("switchboards", state["switchboard"], "switchboardIntegrations", state["place"])
        _delete(calls, *path)
    if state.get("integration"):
        _delete(calls, "integrations", state["integration"])


def check(calls: Calls, config: Config) -> Health:
    """Whether the key works, and who is in control when a conversation begins. Raises DeliveryError."""
    switchboard, places = _places(calls)
    ours = _named(places, config.messaging_integration)
    if not switchboard:
        return Health(ok=False, message="Messaging has no switchboard, so conversations can't be passed to people.")
    if not ours:
        name = config.messaging_integration
        return Health(ok=False, message=f"The switchboard of messaging has nothing called “{name}”. Press “Connect”.")
    if not ours.get("deliverStandbyEvents"):
        sentence = f"“{ours['name']}” isn't told what people write (deliverStandbyEvents). Press “Connect”."
        return Health(ok=False, message=sentence)
    if not config.messaging_webhook_secret:
        return Health(ok=False, message="Messaging has no webhook secret yet. Press “Connect”.")
    begins = _begins(switchboard, ours)
    return Health(ok=True, message=f"Messaging works. {begins}".strip())


# --- The integration --------------------------------------------------------------------------------------------------


def _integration(calls: Calls, name: str, state: Mapping[str, Any]) -> str:
    """Ours that is there from before, "" for none: it may have been made, and the answer lost."""
    known = {str(each.get("id")): each for each in calls.all("integrations", name="integrations")}
    if state.get("integration") in known:
        return str(state["integration"])
    named = (id_ for id_, each in known.items() if each.get("type") == "custom" and each.get("displayName") == name)
    return next(named, "")


def _created(calls: Calls, account: Account, address: str) -> str:
    body = {
        "type": "custom",
        "displayName": f"Aissist {account.public_id}",
        "webhooks": [{"target": address, "triggers": list(TRIGGERS), "includeFullUser": True}],
    }
    made = calls.call("POST", "integrations", body=body).get("integration") or {}
    if not made.get("id"):
        raise DeliveryError(Failure.UNKNOWN, "Zendesk answered without an integration. Press “Connect” again.")
    return str(made["id"])


def _webhook(calls: Calls, integration: str, address: str) -> dict[str, Any]:
    """The integration's one webhook, led to our address and told all that we want to hear."""
    path = ("integrations", integration, "webhooks")
    wanted = {"target": address, "triggers": list(TRIGGERS), "includeFullUser": True}
    found: dict[str, Any] = next(calls.all(*path, name="webhooks"), {})
    if not found:
        return dict(calls.call("POST", *path, body=wanted).get("webhook") or {})
    if any(found.get(name) != value for name, value in wanted.items()):
        calls.call("PATCH", *path, str(found["id"]), body=wanted)
    return found


# --- The switchboard --------------------------------------------------------------------------------------------------


def _switchboard(calls: Calls, config: Config, integration: str) -> tuple[dict[str, str], tuple[str, ...]]:
    """Where we stand there, and what is left for an operator to do."""
    switchboard, places = _places(calls)
    if not switchboard:
        return {}, ("Messaging has no switchboard: enable the Agent Workspace for messaging, then connect again.",)
    ours = _named(places, config.messaging_integration)
    if ours and ours.get("integrationId") != integration:
        sentence = f"The switchboard has another “{config.messaging_integration}”. Choose another name for ours."
        raise DeliveryError(Failure.REJECTED, sentence)
    path = ("switchboards", str(switchboard["id"]), "switchboardIntegrations")
    if not ours:
        people = {"nextSwitchboardIntegrationId": str(_named(places, config.messaging_people).get("id") or "")}
        body = {"name": config.messaging_integration, "integrationId": integration, "deliverStandbyEvents": True}
        body |= people if people["nextSwitchboardIntegrationId"] else {}
        ours = calls.call("POST", *path, body=body).get("switchboardIntegration") or {}
    elif not ours.get("deliverStandbyEvents"):
        calls.call("PATCH", *path, str(ours["id"]), body={"deliverStandbyEvents": True})
    begins = _begins(switchboard, ours)
    return {"switchboard": str(switchboard["id"]), "place": str(ours.get("id", ""))}, ((begins,) if begins else ())


def _places(calls: Calls) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The app's switchboard, of which there is one at most, and all that is on it."""
    switchboard = next(calls.all("switchboards", name="switchboards"), {})
    if not switchboard:
        return {}, []
    path = ("switchboards", str(switchboard["id"]), "switchboardIntegrations")
    return switchboard, list(calls.all(*path, name="switchboardIntegrations"))


def _named(places: list[dict[str, Any]], name: str) -> dict[str, Any]:
    known = ("id", "name", "integrationId", "integrationType")
    return next((place for place in places if name in [place.get(each) for each in known]), {})


def _begins(switchboard: Mapping[str, Any], ours: Mapping[str, Any]) -> str:
    """What to do so that the agent is the first to answer, as a sentence; "" if it is."""
    if switchboard.get("defaultSwitchboardIntegrationId") == ours.get("id"):
        return ""
    return (
        f"New conversations still begin with another integration: to have the agent begin, set "
        f"defaultSwitchboardIntegrationId of the switchboard {switchboard['id']} to {ours.get('id')}."
    )


def _delete(calls: Calls, *path: str) -> None:
    try:
        calls.call("DELETE", *path)
    except DeliveryError as error:
        if error.vendor_code != "404":
            raise
