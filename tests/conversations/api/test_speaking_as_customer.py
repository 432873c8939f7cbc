import json
from dataclasses import replace
from typing import Any

import pytest

from aissist_site import pipeline
from conversations.models import Message
from gateways.base import InboundRequest
from gateways.errors import Malformed
from gateways.models import Gateway, Receipt
from tests.agents.api.fixtures import Api, invalid, refused
from tests.conftest import Rings
from tests.fakes import FakePlatform

MESSAGE = {"id": "msg-1", "from": {"id": "ann", "name": "Ann"}, "to": "t1", "content": "Hello", "metadata": {"a": 1}}


@pytest.fixture
def talkative(platform: type[FakePlatform], gateway: Gateway) -> Gateway:
    """A gateway whose platform takes messages from API clients."""
    platform.capabilities = replace(FakePlatform.capabilities, api_messages=True)
    return gateway


def test_what_a_customer_says_is_kept_like_a_webhook(api: Api, talkative: Gateway, rings: Rings) -> None:
    answer = api("POST", f"agents/{talkative.agent_id}/messages", {"gateway": talkative.pk, **MESSAGE})
    receipt = Receipt.objects.get()
    assert (answer.status, answer.json) == (202, {"receipt": receipt.pk, "id": "msg-1"})
    assert (receipt.gateway, receipt.status, receipt.headers) == (
        talkative,
        "pending",
        {"content-type": "application/json"},
    )
    assert json.loads(bytes(receipt.body)) == MESSAGE


@pytest.mark.django_db(transaction=True)
def test_a_worker_is_woken(api: Api, talkative: Gateway, rings: Rings) -> None:
    api("POST", f"agents/{talkative.agent_id}/messages", {"gateway": talkative.pk, **MESSAGE})
    assert rings.heard == [("ingest", talkative.pk, 0.0)]


@pytest.mark.parametrize(
    ("change", "json"),
    [
        pytest.param(
            {"gateway": 0},
            invalid(("min_value", "Ensure this value is greater than or equal to 1.", "gateway")),
            id="no number of a gateway",
        ),
        pytest.param(
            {"gateway": 999},
            invalid(("does_not_exist", "This agent has no such gateway.", "gateway")),
            id="no such gateway",
        ),
        pytest.param({"id": None}, invalid(("null", "This field may not be null.", "id")), id="no id"),
        pytest.param({"content": ""}, invalid(("blank", "This field may not be blank.", "content")), id="no content"),
        pytest.param({"text": "x"}, invalid(("unknown", "There is no such field.", "text")), id="an unknown field"),
        pytest.param(
            {"metadata": []},
            invalid(("not_a_dict", 'Expected a dictionary of items but got type "list".', "metadata")),
            id="metadata is a list",
        ),
    ],
)
def test_what_cant_be_said_is_refused_by_name(
    api: Api, talkative: Gateway, change: dict[str, Any], json: dict[str, Any]
) -> None:
    body = {"gateway": talkative.pk, **MESSAGE, **change}
    answer = api("POST", f"agents/{talkative.agent_id}/messages", body)
    assert (answer.status, answer.json) == (400, json)
    assert not Receipt.objects.exists()


def test_everything_that_is_needed_is_named(api: Api, talkative: Gateway) -> None:
    needed = [(code, attr) for code, attr, _ in api("POST", f"agents/{talkative.agent_id}/messages", {}).problems]
    assert sorted(needed, key=str) == [("required", each) for each in ("content", "from", "gateway", "id")]


def test_the_gateway_of_another_agent_doesnt_exist(
    api: Api, talkative: Gateway, make_gateway: Any, other_agent: Any
) -> None:
    foreign = make_gateway(agent=other_agent)
    answer = api("POST", f"agents/{talkative.agent_id}/messages", {"gateway": foreign.pk, **MESSAGE})
    assert answer.json == invalid(("does_not_exist", "This agent has no such gateway.", "gateway"))


def test_a_platform_that_takes_no_messages_from_the_api_says_so(api: Api, gateway: Gateway) -> None:
    answer = api("POST", f"agents/{gateway.agent_id}/messages", {"gateway": gateway.pk, **MESSAGE})
    sentence = "Messages of Fake gateways can't be sent through the API. Choose another gateway."
    assert (answer.status, answer.json) == (422, refused("not_supported", sentence))


def test_what_the_adapter_doesnt_admit_is_refused_in_its_words(
    api: Api, talkative: Gateway, platform: type[FakePlatform], monkeypatch: pytest.MonkeyPatch
) -> None:
    def admit(self: FakePlatform, request: InboundRequest) -> None:
        raise Malformed("`from` must name the customer.")

    monkeypatch.setattr(platform, "admit", admit)
    answer = api("POST", f"agents/{talkative.agent_id}/messages", {"gateway": talkative.pk, **MESSAGE})
    assert (answer.status, answer.json) == (
        400,
        {
            "type": "validation_error",
            "errors": [{"code": "refused", "detail": "`from` must name the customer.", "attr": None}],
        },
    )
    assert not Receipt.objects.exists()


def test_a_webhook_gateway_hears_it_once_however_often_it_is_sent(api: Api, make_gateway: Any, platform: Any) -> None:
    created = api("POST", f"agents/{make_gateway().agent_id}/gateways", {"platform": "webhook", "name": "Hook"}).json
    body = {"gateway": created["id"], **MESSAGE, "conversation": "c9", "subject": "Shoes"}
    answers = [api("POST", f"agents/{created['agent']}/messages", body) for _ in range(2)]
    pipeline.ingest(created["id"])
    assert [answer.status for answer in answers] == [202, 202]
    found = Message.objects.select_related("conversation__identity__contact").get()
    assert (found.text, found.metadata, found.conversation.external_id) == ("Hello", {"a": 1}, "c9")
    assert found.conversation.identity.contact.name == "Ann"


def test_a_gateway_that_isnt_configured_takes_nothing(api: Api, talkative: Gateway) -> None:
    Gateway.objects.update(config={"region": "mars"})
    answer = api("POST", f"agents/{talkative.agent_id}/messages", {"gateway": talkative.pk, **MESSAGE})
    sentence = "The gateway isn't fully configured. region: Choose one of: eu, us."
    assert (answer.status, answer.json) == (409, refused("conflict", sentence))
