"""Reading destinations and people from a platform: what is kept, what is gone, what a failure leaves."""

from typing import Any

import pytest

from agents.http import NotSent
from gateways import read_places
from gateways.base import Capabilities, Health
from gateways.errors import DeliveryError, Failure
from gateways.messages import Place, Teammate
from gateways.models import Destination, Gateway
from gateways.models import Teammate as Row
from gateways.registry import adapter
from tests.fakes import FakePlatform

SUPPORT, SALES, VIP = Place("inbox", "1", "Support"), Place("inbox", "2", "Sales"), Place("tag", "1", "vip")
ADA = Teammate("7", "Ada", "ada@shop.example", "https://shop.example/ada.png")


def rows(gateway: Gateway) -> list[tuple[str, str, str, bool]]:
    return sorted(Destination.objects.filter(gateway=gateway).values_list("kind", "external_id", "name", "gone"))


def test_what_is_listed_is_kept(gateway: Gateway, platform: type[FakePlatform]):
    platform.listed[:] = [SUPPORT, SALES, VIP, ADA]
    assert read_places.read_places(gateway) == Health(True, "Read from Fake: inbox: 2, tag: 1, people: 1.")
    assert rows(gateway) == [
        ("inbox", "1", "Support", False),
        ("inbox", "2", "Sales", False),
        ("tag", "1", "vip", False),
    ]
    assert Row.objects.values_list("external_id", "name", "email", "avatar", "gone").get() == (
        *("7", "Ada", "ada@shop.example", "https://shop.example/ada.png"),
        False,
    )
    gateway.refresh_from_db()
    assert gateway.places_read_at is not None and gateway.places_error == ""


def test_what_vanished_is_gone_and_not_deleted_and_may_come_back(gateway: Gateway, platform: type[FakePlatform]):
    platform.listed[:] = [SUPPORT, SALES, ADA]
    read_places.read_places(gateway)
    platform.listed[:] = [Place("inbox", "1", "Help")]
    read_places.read_places(gateway)
    assert rows(gateway) == [("inbox", "1", "Help", False), ("inbox", "2", "Sales", True)]
    assert Row.objects.get().gone
    assert str(Destination.objects.get(name="Sales")) == "Sales (inbox), gone from the platform"
    platform.listed[:] = [SUPPORT, SALES]
    read_places.read_places(gateway)
    assert rows(gateway) == [("inbox", "1", "Support", False), ("inbox", "2", "Sales", False)]


def test_what_was_typed_in_by_hand_stays_until_it_is_listed(gateway: Gateway, platform: type[FakePlatform]):
    for external_id in ("1", "3"):
        Destination.objects.create(gateway=gateway, kind="inbox", external_id=external_id, name="By hand")
    Destination.objects.create(gateway=gateway, kind="people", external_id="1", name="Billing desk")
    platform.listed[:] = [SUPPORT, Place("people", "1", "Not ours to take"), Place("inbox", "", "No id")]
    read_places.read_places(gateway)
    assert rows(gateway) == [
        ("inbox", "1", "Support", False),
        ("inbox", "3", "By hand", False),
        ("people", "1", "Billing desk", False),
    ]


def test_other_gateways_have_their_own(gateway: Gateway, platform: type[FakePlatform], make_gateway: Any):
    second = make_gateway(name="Second")
    platform.listed[:] = [SUPPORT]
    read_places.read_places(gateway), read_places.read_places(second)
    platform.listed[:] = []
    read_places.read_places(gateway)
    assert (rows(gateway), rows(second)) == ([("inbox", "1", "Support", True)], [("inbox", "1", "Support", False)])


FAILURES = {
    "refused": (DeliveryError(Failure.CREDENTIALS, "The token was refused."), "The token was refused."),
    "no way there": (NotSent("The name couldn't be resolved."), "The name couldn't be resolved."),
}


@pytest.mark.parametrize(("error", "why"), FAILURES.values(), ids=FAILURES)
def test_a_failure_changes_nothing_and_says_why(gateway: Gateway, platform: type[FakePlatform], error: Any, why: str):
    platform.listed[:] = [SUPPORT]
    read_places.read_places(gateway)
    platform.listed[:] = [SALES, error]
    health = read_places.read_places(gateway)
    assert health == Health(
        False, f"Fake couldn't be read. {why} Type destinations in by hand: see “Destinations” below."
    )
    assert rows(gateway) == [("inbox", "1", "Support", False)]
    gateway.refresh_from_db()
    assert gateway.places_error == f"Fake couldn't be read. {why}"


def test_what_takes_too_long_is_kept_as_far_as_it_goes(
    gateway: Gateway, platform: type[FakePlatform], monkeypatch: pytest.MonkeyPatch
):
    platform.listed[:] = [SUPPORT]
    read_places.read_places(gateway)
    monkeypatch.setattr(read_places, "MOST", 1)
    platform.listed[:] = [SALES, VIP]
    health = read_places.read_places(gateway)
    assert health == Health(False, "Fake wasn't read to the end. It has more than 1. Read from Fake: inbox: 1.")
    assert rows(gateway) == [("inbox", "1", "Support", False), ("inbox", "2", "Sales", False)]
    monkeypatch.setattr(read_places, "LIMIT", -1.0)
    assert "It took longer than" in read_places.read_places(gateway).message


def test_each_request_has_a_short_time(gateway: Gateway, platform: type[FakePlatform], monkeypatch: pytest.MonkeyPatch):
    seen = []
    monkeypatch.setattr(platform, "places", lambda self: seen.append(self.http.policy) or [])
    read_places.read_places(gateway)
    assert (seen[0].read_timeout, seen[0].total_timeout) == (8.0, 8.0)
    assert seen[0].allowed == adapter(gateway).http.policy.allowed


def test_a_platform_that_lists_nothing_isnt_asked(
    gateway: Gateway, platform: type[FakePlatform], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(platform, "capabilities", Capabilities())
    assert read_places.read_places(gateway) == Health(
        False,
        "This platform can't be asked what destinations it has. Type destinations in by hand: "
        "see “Destinations” below.",
    )


def test_the_adapter_knows_who_the_agent_is(gateway: Gateway, platform: type[FakePlatform]):
    assert adapter(gateway).account.teammate is None
    platform.listed[:] = [ADA]
    read_places.read_places(gateway)
    gateway.teammate_id = "7"
    gateway.know_teammate()
    assert adapter(gateway).account.teammate == Teammate("7", "Ada", avatar="https://shop.example/ada.png")
    gateway.teammate_id = ""
    gateway.know_teammate()
    assert (gateway.teammate_name, gateway.teammate_avatar) == ("", "")
