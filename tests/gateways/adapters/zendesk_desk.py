"""What the tests of the Zendesk adapter have in common: an adapter, events and requests in its words."""

import copy
import datetime
import json
from pathlib import Path

from agents.http import Http, Policy
from gateways import config
from gateways.adapters.zendesk import proof
from gateways.adapters.zendesk.adapter import Zendesk
from gateways.base import Account, InboundRequest
from gateways.messages import Outgoing, Purpose, Reply, Teammate

# https://developer.zendesk.com/documentation/webhooks/verifying/: signs what is tested before there is a webhook
SECRET = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="
API = "https://shop.zendesk.com"
HOOK = "https://support.example.com/hooks/pub1"
AGENT = Teammate("900", "Shop's agent")
PAYLOADS = Path(__file__).parents[2] / "payloads" / "zendesk"
AT = datetime.datetime(2025, 1, 8, 14, 25, 30, 123456, tzinfo=datetime.UTC)
SIGNED_IN = {"email": "ops@shop.example", "api_token": "t0ken"}
OAUTH = {"auth": "oauth", "client_id": "aissist", "client_secret": "cl1ent"}


def zendesk(teammate=AGENT, secrets=None, **values):
    given = {"subdomain": "shop", "webhook_secret": SECRET, **(SIGNED_IN if "auth" not in values else {}), **values}
    made = config.load(Zendesk.Config, given)
    return Zendesk(Account(1, "pub1", "Desk", teammate), made, {**given, **(secrets or {})}, Http(Policy()))


def payload(name):
    return json.loads((PAYLOADS / f"{name}.json").read_text("utf-8"))


def changed(body, **changes):
    """The body with other values at paths like `detail__group_id`; None takes one away."""
    body = copy.deepcopy(body)
    for path, value in changes.items():
        *above, name = path.split("__")
        where = body
        for step in above:
            where = where[step]
        where[name] = value
    return body


def parsed(body, adapter=None, **headers):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return list((adapter or zendesk()).parse(InboundRequest("POST", headers, raw)))


def happened(kind, event=None, **detail):
    """An event of this kind about ticket 5158, with these values in its detail."""
    body = payload("ticket.comment_added")
    body["detail"] |= detail
    return {**body, "type": f"zen:event-type:ticket.{kind}", "event": event or {}}


def signed(body, at, secret=SECRET):
    headers = {proof.TIMESTAMP: at, proof.SIGNATURE: proof.sign(secret, at, body)}
    return InboundRequest("POST", headers, body)


def outgoing(effect=None, thread="5158", files=()):
    effect = effect or Reply("**Hello** & <you>", Purpose.REPLY, "Ada")
    return Outgoing(effect, thread, "77", "0b4e52c1-0000-4000-8000-000000000001", files=files)


def asked(api):
    """Each request that was made: its method, its address after the host, and its JSON."""
    return [
        (call.request.method, call.request.url.removeprefix(API), json.loads(call.request.body or "null"))
        for call in api.calls
    ]
