"""Handover rules and settings over the API."""

from typing import Any

import pytest

from agents.models import Agent, SubAgent
from gateways.models import Destination, Gateway
from handover.models import HandoverRule, HandoverSettings
from tests.agents.api.fixtures import Api


@pytest.fixture
def desk(gateway: Gateway) -> Destination:
    return Destination.objects.create(gateway=gateway, external_id="d", name="Desk")


def path(gateway: Gateway, rest: str) -> str:
    return f"agents/{gateway.agent_id}/gateways/{gateway.pk}/{rest}"


def test_a_rule_is_made_changed_and_deleted(api: Api, gateway: Gateway, desk: Destination):
    made = api("POST", path(gateway, "handover-rules"), {"destination": desk.pk, "language": "de-AT", "tag": "vip"})
    assert (made.status, made.json["language"], made.json["sub_agent"]) == (201, "de", None)
    one = path(gateway, f"handover-rules/{made.json['id']}")
    assert api("PATCH", one, {"hours": "mon-fri 09:00-17:00"}).json["hours"] == "mon-fri 09:00-17:00"
    assert [each["id"] for each in api("GET", path(gateway, "handover-rules")).json["results"]] == [made.json["id"]]
    assert api("GET", one).json["tag"] == "vip"
    assert api("DELETE", one).status == 204 and not HandoverRule.objects.exists()


@pytest.mark.parametrize("field", ["hours", "language", "destination", "sub_agent"])
def test_what_wont_do_is_refused(api: Api, gateway: Gateway, desk: Destination, make_gateway: Any, field: str):
    stranger = SubAgent.objects.create(
        agent=Agent.objects.create(name="B", display_name="B"), name="S", slug="s", scenario="s"
    )
    elsewhere = Destination.objects.create(gateway=make_gateway(), external_id="x", name="X")
    wrong = {"hours": "always", "language": "german", "destination": elsewhere.pk, "sub_agent": stranger.pk}
    answer = api("POST", path(gateway, "handover-rules"), {"destination": desk.pk, field: wrong[field]})
    assert (answer.status, answer.json["errors"][0]["attr"]) == (400, field)


def test_settings_are_read_and_changed(api: Api, gateway: Gateway):
    there = path(gateway, "handover-settings")
    assert api("GET", there).json["transfer_tag"] == "transfer_to_human" and not HandoverSettings.objects.exists()
    answer = api("PATCH", there, {"notify": "kim@example.com", "accept_within": 5, "operators_language": "de"})
    assert answer.status == 200
    assert HandoverSettings.objects.values_list("notify", "accept_within", "operators_language").get() == (
        "kim@example.com",
        5,
        "de",
    )


def test_what_is_no_address_is_refused(api: Api, gateway: Gateway):
    answer = api("PATCH", path(gateway, "handover-settings"), {"notify": "kim"})
    assert (answer.status, answer.json["errors"][0]["attr"]) == (400, "notify")
