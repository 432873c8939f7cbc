"""Two active gateways on one managing point would both answer."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from gateways.models import Destination, Gateway, ManagingPoint
from gateways.overlap import overlap, problem
from tests.fakes import FakePlatform

Make = Callable[..., Gateway]


def inbox(gateway: Gateway, external_id: str = "support", kind: str = "inbox") -> Destination:
    return Destination.objects.create(gateway=gateway, kind=kind, external_id=external_id, name="Support")


@pytest.fixture
def second(gateway: Gateway, make_gateway: Make) -> Gateway:
    """Beside “Desk”, which handles the inbox “support”."""
    ManagingPoint.objects.create(gateway=gateway, destination=inbox(gateway))
    return make_gateway(name="Second")


def test_a_point_of_another_active_gateway_is_refused_with_its_name(second: Gateway):
    point = ManagingPoint(gateway=second, destination=inbox(second))
    with pytest.raises(ValidationError) as refused:
        point.full_clean()
    assert refused.value.message_dict == {
        "destination": [
            "Gateway “Desk” handles “Support” already. Remove this managing point there, or switch that gateway off, "
            "before you save this."
        ]
    }


FREE: dict[str, dict[str, Any]] = {
    "another inbox": {"external_id": "sales"},
    "another kind": {"kind": "team"},
}


@pytest.mark.parametrize("change", FREE.values(), ids=FREE)
def test_another_destination_is_free(second: Gateway, change: dict[str, Any]):
    assert overlap(second, [inbox(second, **change)]) == ""


OTHERWISE: dict[str, Callable[[Gateway, Gateway], Any]] = {
    "the other is off": lambda first, second: Gateway.objects.filter(pk=first.pk).update(mode="off"),
    "this one is off": lambda first, second: setattr(second, "mode", "off"),
    "another account": lambda first, second: setattr(second, "config", {"region": "us"}),
    "another platform": lambda first, second: setattr(second, "platform", "webhook"),
}


@pytest.mark.parametrize("change", OTHERWISE.values(), ids=OTHERWISE)
def test_there_is_no_overlap_where(gateway: Gateway, second: Gateway, change: Callable[[Gateway, Gateway], Any]):
    change(gateway, second)
    assert overlap(second, [inbox(second)]) == ""


def test_an_adapter_may_know_an_account_by_less_than_all_options(
    second: Gateway, platform: type[FakePlatform], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(platform, "account_of", classmethod(lambda cls, config: config.get("account")))
    second.config = {"region": "us"}
    assert overlap(second, [inbox(second)]).startswith("Gateway “Desk” handles")


def test_switching_on_is_refused_where_it_would_overlap(second: Gateway):
    Gateway.objects.filter(pk=second.pk).update(mode="off")
    ManagingPoint.objects.create(gateway=second, destination=inbox(second))
    second.refresh_from_db()
    second.mode = Gateway.Mode.AUTO
    with pytest.raises(ValidationError) as refused:
        second.full_clean(exclude=["config"])
    assert list(refused.value.message_dict) == ["mode"]


def test_what_overlaps_already_can_still_be_mended(second: Gateway):
    ManagingPoint.objects.create(gateway=second, destination=inbox(second))
    second.full_clean(exclude=["config"])


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("inbox", ""),
        ("tag", ""),
        ("people", "Conversations on Fake can't be limited to “people”. Choose one of: inbox, team, tag."),
    ],
)
def test_only_what_holds_conversations_is_a_managing_point(gateway: Gateway, kind: str, why: str):
    assert problem(gateway, inbox(gateway, kind=kind)) == why


def test_a_destination_of_another_gateway_is_none(gateway: Gateway, second: Gateway):
    assert problem(second, inbox(gateway, "sales")) == "This destination belongs to another gateway."


def test_two_that_are_saved_at_once_wait_for_each_other(second: Gateway, django_assert_num_queries: Any):
    with transaction.atomic(), django_assert_num_queries(2) as queries:
        assert overlap(second, [inbox_unsaved(second)])
    locks = connection.features.has_select_for_no_key_update
    assert ("FOR NO KEY UPDATE" in queries.captured_queries[0]["sql"]) is locks


def inbox_unsaved(gateway: Gateway) -> Destination:
    return Destination(gateway=gateway, kind="inbox", external_id="support", name="Support")


@pytest.mark.django_db(transaction=True)
def test_of_two_that_are_saved_at_once_one_is_refused(gateway: Gateway, make_gateway: Make):
    if not connection.features.has_select_for_update:
        pytest.skip("On SQLite a transaction that writes is alone anyway.")
    second = make_gateway(name="Second")
    mine, theirs = inbox(gateway), inbox(second)

    def save_the_other() -> str:
        try:
            with transaction.atomic():
                return overlap(second, [theirs])
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            assert overlap(gateway, [mine]) == ""
            other = pool.submit(save_the_other)
            with pytest.raises(TimeoutError):
                other.result(timeout=0.5)  # it waits
            ManagingPoint.objects.create(gateway=gateway, destination=mine)
        assert other.result(timeout=20).startswith("Gateway “Desk” handles")
