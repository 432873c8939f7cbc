"""Destinations, people, verdicts and managing points over the API."""

from typing import Any

import pytest

from gateways.errors import DeliveryError, Failure
from gateways.messages import Place, Teammate
from gateways.models import Destination, Gateway, ManagingPoint
from tests.agents.api.fixtures import Api
from tests.conftest import Walk
from tests.fakes import FakePlatform


@pytest.fixture(autouse=True)
def listed(platform: type[FakePlatform]) -> list[Any]:
    platform.listed[:] = [Place("inbox", "1", "Support"), Place("tag", "t", "vip"), Teammate("7", "Ada", "a@b.c")]
    return platform.listed


def below(gateway: Gateway, rest: str = "") -> str:
    return f"agents/{gateway.agent_id}/gateways/{gateway.pk}{rest}"


@pytest.fixture
def support(api: Api, gateway: Gateway) -> Destination:
    api("POST", below(gateway, "/destinations/read"))
    return Destination.objects.get(name="Support")


def test_reading_tells_what_was_read(api: Api, gateway: Gateway):
    answer = api("POST", below(gateway, "/destinations/read"))
    assert (answer.status, answer.json) == (
        200,
        {"ok": True, "message": "Read from Fake: inbox: 1, tag: 1, people: 1."},
    )
    found = api("GET", below(gateway, "/destinations")).json["results"]
    assert [(each["kind"], each["external_id"], each["name"], each["gone"]) for each in found] == [
        ("inbox", "1", "Support", False),
        ("tag", "t", "vip", False),
    ]
    people = api("GET", below(gateway, "/teammates")).json["results"]
    assert [(each["external_id"], each["name"], each["email"]) for each in people] == [("7", "Ada", "a@b.c")]
    assert api("GET", below(gateway)).json["places_read_at"] is not None


def test_a_failure_to_read_stays_with_the_gateway(api: Api, gateway: Gateway, listed: list[Any]):
    listed[:] = [DeliveryError(Failure.CREDENTIALS, "The token was refused.")]
    assert api("POST", below(gateway, "/destinations/read")).json["ok"] is False
    assert api("GET", below(gateway)).json["places_error"] == "Fake couldn't be read. The token was refused."


@pytest.mark.parametrize(
    ("query", "names"),
    [("?kind=tag", ["vip"]), ("?name=upp", ["Support"]), ("?gone=true", []), ("?gone=false", ["Support", "vip"])],
)
def test_destinations_can_be_narrowed(api: Api, gateway: Gateway, support: Destination, query: str, names: list[str]):
    found = api("GET", below(gateway, f"/destinations{query}")).json["results"]
    assert [each["name"] for each in found] == names


def test_a_destination_can_be_typed_in(api: Api, gateway: Gateway):
    body = {"kind": "inbox", "external_id": "9", "name": "By hand"}
    made = api("POST", below(gateway, "/destinations"), body)
    assert (made.status, made.json) == (
        201,
        {**body, "id": Destination.objects.get().pk, "refreshed_at": None, "gone": False},
    )
    again = api("POST", below(gateway, "/destinations"), body)
    assert again.problems == [("invalid", "external_id", "This gateway has that destination already.")]


def test_managing_points_are_set_as_a_whole(api: Api, gateway: Gateway, support: Destination):
    vip = Destination.objects.get(name="vip")
    for ids in ([support.pk], [support.pk, vip.pk], [vip.pk], []):
        answer = api("PATCH", below(gateway), {"managing_points": ids})
        assert (answer.status, answer.json["managing_points"]) == (200, ids)
        assert list(ManagingPoint.objects.order_by("destination").values_list("destination", flat=True)) == ids


def test_limits_and_the_teammate_are_set(api: Api, gateway: Gateway, support: Destination):
    limits = {
        "excluded_tags": ["spam"],
        "only_channels": ["email"],
        "only_senders": ["!example.org"],
        "only_brands": ["Acme"],
        "only_languages": ["de"],
        "answers_assigned": True,
        "teammate_id": "7",
    }
    answer = api("PATCH", below(gateway), limits)
    assert {name: answer.json[name] for name in (*limits, "teammate_name")} == {**limits, "teammate_name": "Ada"}


def test_an_overlap_is_refused_with_the_others_name(
    api: Api, gateway: Gateway, support: Destination, make_gateway: Any
):
    ManagingPoint.objects.create(gateway=gateway, destination=support)
    second = make_gateway(name="Second")
    same = Destination.objects.create(gateway=second, kind="inbox", external_id="1", name="Support")
    why = (
        "Gateway “Desk” handles “Support” already. Remove this managing point there, or switch that gateway off, "
        "before you save this."
    )
    refused = api("PATCH", below(second), {"managing_points": [same.pk]})
    assert (refused.status, refused.problems) == (400, [("invalid", "managing_points", why)])
    assert api("PATCH", below(second), {"managing_points": [same.pk], "mode": "off"}).status == 200
    refused = api("PATCH", below(second), {"mode": "auto"})
    assert (refused.status, refused.problems) == (400, [("invalid", "mode", why)])
    second.refresh_from_db()
    assert second.mode == "off"
    assert api("PATCH", below(gateway), {"mode": "off"}).status == 200
    assert api("PATCH", below(second), {"mode": "auto"}).status == 200


WRONG = {
    "not the gateway's": ({"managing_points": [0]}, "managing_points.0"),
    "unknown": ({"managing_points": [999]}, "managing_points"),
    "no language": ({"only_languages": ["German"]}, "only_languages"),
    "no list": ({"excluded_tags": "spam"}, "excluded_tags"),
    "empty text": ({"excluded_tags": [""]}, "excluded_tags.0"),
    "ours": ({"places_error": "x"}, "places_error"),
}


@pytest.mark.parametrize(("body", "attr"), WRONG.values(), ids=WRONG)
def test_what_wont_do_is_refused(api: Api, gateway: Gateway, body: dict[str, Any], attr: str):
    answer = api("PATCH", below(gateway), body)
    assert (answer.status, [each[1] for each in answer.problems]) == (400, [attr])


def test_a_waiting_list_is_no_managing_point(api: Api, gateway: Gateway):
    ours = Destination.objects.create(gateway=gateway, external_id="b", name="Billing desk")
    answer = api("PATCH", below(gateway), {"managing_points": [ours.pk]})
    assert answer.problems[0][2].startswith("Conversations on Fake can't be limited to “people”.")


def test_a_new_gateway_has_no_points_yet(api: Api, gateway: Gateway):
    body = {"platform": "webchat", "name": "Chat", "managing_points": [1]}
    assert api("POST", f"agents/{gateway.agent_id}/gateways", body).problems == [
        ("read_only", "managing_points", "This can't be changed.")
    ]


def test_a_new_gateway_may_have_limits(api: Api, gateway: Gateway):
    body = {"platform": "webchat", "name": "Chat", "only_languages": ["de"]}
    made = api("POST", f"agents/{gateway.agent_id}/gateways", body)
    assert (made.status, made.json["only_languages"], made.json["managing_points"]) == (201, ["de"], [])


def test_events_can_be_narrowed_to_a_reason(api: Api, walk: Walk):
    walk.answer("Hello")
    walk.receive({"event": "Closed", "thread": "nobody"})
    walk.ingest()
    walk.customer("Hello", key="k1")
    walk.ingest()
    found = api("GET", below(walk.gateway, "/events?reason=handled")).json["results"]
    assert [(each["key"], each["verdict"], each["reason"], each["why"], each["duplicates"]) for each in found] == [
        ("k1", "handled", "handled", "The agent answers.", 1)
    ]
    ignored = api("GET", below(walk.gateway, "/events?verdict=ignored")).json["results"]
    assert [each["reason"] for each in ignored] == ["unknown_conversation"]
    assert api("GET", below(walk.gateway, "/events?reason=moon")).status == 400
