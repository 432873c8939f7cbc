"""What the API tells of OAuth, and who may begin it there."""

import json
from datetime import timedelta
from typing import Any

import pytest
import requests
from django.contrib.auth.models import User
from django.utils import timezone

from gateways.models import Authorization, Gateway, Secret
from tests.agents.api.fixtures import Api, allow, refused
from tests.loopback.oauth import Vendor, issued

SITE = "https://support.example.com"


@pytest.fixture(autouse=True)
def public_url(settings: Any) -> None:
    settings.PUBLIC_URL = SITE


def path(gateway: Gateway, more: str = "") -> str:
    return f"agents/{gateway.agent_id}/gateways/{gateway.pk}{more}"


def test_a_gateway_says_whether_it_is_let_in_and_until_when(api: Api, connected: Gateway) -> None:
    ends = timezone.now() + timedelta(days=3)
    Authorization.objects.update(expires_at=ends)
    shown = api("GET", path(connected)).json
    assert (shown["authorized"], shown["tokens_expire_at"]) == (True, ends.isoformat().replace("+00:00", "Z"))
    assert [secret["name"] for secret in shown["secret_names"]] == ["client_secret"]
    assert "hush" not in json.dumps(shown)
    assert api("POST", path(connected, "/check")).json == {"ok": True, "message": "We are Desk."}
    Authorization.objects.update(dead_with="x")
    shown = api("GET", path(connected)).json
    assert (shown["authorized"], shown["tokens_expire_at"]) == (False, None)


def test_a_gateway_that_nobody_connected_says_so(api: Api, gate: Gateway) -> None:
    shown = api("GET", path(gate)).json
    assert (shown["authorized"], shown["tokens_expire_at"]) == (False, None)


def test_changing_secrets_leaves_the_tokens(api: Api, connected: Gateway) -> None:
    kept = issued()
    assert api("PATCH", path(connected), {"secrets": {"client_secret": "hush-other"}}).status == 200
    assert issued() == kept
    assert Secret.objects.get(name="client_secret").value == "hush-other"


def test_who_is_signed_in_begins_and_comes_back_in_the_same_session(
    signed_in: Api, staff: User, gate: Gateway, vendor: Vendor
) -> None:
    assert signed_in("POST", path(gate, "/authorize")).status == 403
    allow(staff, "gateways.change_gateway", "gateways.view_gateway", "agents.view_agent")
    answer = signed_in("POST", path(gate, "/authorize"))
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")
    assert answer.json["redirect_address"] == f"{SITE}/oauth/callback"
    back = requests.get(answer.json["address"], allow_redirects=False, timeout=10).headers["Location"]
    assert signed_in.client.get(back.removeprefix(SITE)).status_code == 302
    assert Authorization.objects.get().granted_by == "grace"
    assert issued()["access_token"] in vendor.access_tokens


def test_a_key_has_no_session_to_come_back_to(api: Api, gate: Gateway) -> None:
    answer = api("POST", path(gate, "/authorize"))
    says = "A person has to do this: sign in to admin, open the gateway and press the button there."
    assert (answer.status, answer.json) == (409, refused("conflict", says))


def test_what_cannot_be_begun_is_a_conflict(signed_in: Api, staff: User, gate: Gateway, gateway: Gateway) -> None:
    allow(staff, "gateways.change_gateway", "agents.view_agent")
    answer = signed_in("POST", path(gateway, "/authorize"))
    assert (answer.status, answer.problems[0][2][:40]) == (409, "This platform isn't connected by OAuth: ")
    Gateway.objects.filter(pk=gate.pk).update(config={})
    answer = signed_in("POST", path(gate, "/authorize"))
    assert answer.json == refused("conflict", "The configuration isn't complete. url: This is needed.")
