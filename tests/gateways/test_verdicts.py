"""Every event that arrives has a verdict, in one word too; repeats are counted."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from conversations.models import Conversation, Delivery
from gateways.models import Gateway, InboundEvent
from gateways.reasons import Reason
from gateways.verdicts import repeats, tallies
from tests.conftest import Walk

AFTER_HELLO: dict[str, tuple[dict[str, Any], Reason]] = {
    "a customer": ({"event": "CustomerSaid", "text": "And?"}, Reason.HANDLED),
    "a person": ({"event": "StaffSaid", "text": "Bo here."}, Reason.PERSON_ACTED),
    "a note": ({"event": "StaffSaid", "text": "Hm.", "internal": True}, Reason.NOTED),
    "our echo": ({"event": "StaffSaid", "text": "re: Hello", "message_id": "m1"}, Reason.OWN_ECHO),
    "a tag": ({"event": "Tagged", "tags": ["vip"]}, Reason.NOTED),
    "an unknown conversation": ({"event": "Closed", "thread": "nobody"}, Reason.UNKNOWN_CONVERSATION),
    "staff in an unknown one": ({"event": "StaffSaid", "thread": "nobody", "text": "x"}, Reason.UNKNOWN_CONVERSATION),
    "an unknown edit": ({"event": "Edited", "message_id": "?", "text": "x"}, Reason.UNKNOWN_MESSAGE),
    "delivered": ({"event": "DeliveryReported", "message_id": "m1", "progress": "delivered"}, Reason.HANDLED),
    "sent, as we knew": ({"event": "DeliveryReported", "message_id": "m1", "progress": "sent"}, Reason.NOTHING_NEW),
    "of a message not ours": (
        {"event": "DeliveryReported", "message_id": "?", "progress": "sent"},
        Reason.UNKNOWN_MESSAGE,
    ),
    "closed": ({"event": "Closed"}, Reason.PERSON_ACTED),
    "ignored": ({"event": "Ignored", "why": "A heartbeat."}, Reason.NOT_FOR_US),
}


@pytest.mark.parametrize(("event", "reason"), AFTER_HELLO.values(), ids=AFTER_HELLO)
def test_what_came_after_the_first_answer(walk: Walk, event: dict[str, Any], reason: Reason):
    walk.answer("Hello")
    assert Delivery.objects.get().external_id == "m1"
    about = {} if event["event"] in ("DeliveryReported", "Ignored") else {"thread": "t1"}
    walk.receive({**about, **event})
    walk.ingest()
    assert InboundEvent.objects.order_by("-pk").values_list("reason", flat=True)[0] == reason


STATES: dict[str, tuple[dict[str, Any], dict[str, Any], Reason]] = {
    "off": ({"mode": "off"}, {}, Reason.SWITCHED_OFF),
    "suspended": ({}, {"status": "suspended", "owner": "nobody"}, Reason.SUSPENDED),
    "people's": ({}, {"owner": "human"}, Reason.PERSON_OWNS),
}


@pytest.mark.parametrize(("gateway_fields", "fields", "reason"), STATES.values(), ids=STATES)
def test_why_a_customer_isnt_answered(
    walk: Walk, gateway_fields: dict[str, Any], fields: dict[str, Any], reason: Reason
):
    walk.answer("Hello")
    Gateway.objects.update(**{"name": "Desk", **gateway_fields})
    Conversation.objects.update(**{"subject": "", **fields})
    assert walk.answer("And?") == []
    assert InboundEvent.objects.order_by("-pk").values_list("reason", flat=True)[0] == reason


def test_repeats_are_counted_on_the_first_copy(walk: Walk):
    walk.customer("Hello", key="a")
    walk.ingest()
    walk.customer("Hello", key="a"), walk.customer("Hello", key="a")
    walk.customer("Other", key="b", thread="t2"), walk.customer("Other", key="b", thread="t2")
    walk.receive({"event": "Tagged", "thread": "t1", "tags": [], "key": "c"})
    walk.ingest()
    assert dict(InboundEvent.objects.values_list("key", "duplicates")) == {"a": 2, "b": 1, "c": 0}
    assert set(InboundEvent.objects.exclude(duplicated_at=None).values_list("key", flat=True)) == {"a", "b"}
    assert Conversation.objects.count() == 2
    assert repeats(walk.gateway, timezone.now() - timedelta(hours=1)) == 3


def test_repeats_within_one_request_count(walk: Walk):
    event = {"event": "CustomerSaid", "thread": "t1", "text": "Hello", "key": "a"}
    walk.receive(dict(event), dict(event), dict(event))
    walk.run()
    assert InboundEvent.objects.get().duplicates == 2
    assert walk.told() == ["re: Hello"]


def test_tallies_add_up_the_reasons_of_one_gateway_since_then(walk: Walk, make_gateway: Any):
    walk.answer("Hello"), walk.answer("And?")
    walk.receive({"event": "Closed", "thread": "t1"})
    walk.run()
    now = timezone.now()
    found = [(tally.reason, tally.count) for tally in tallies(walk.gateway, now - timedelta(hours=1))]
    assert found == [(Reason.HANDLED, 2), (Reason.PERSON_ACTED, 1)]
    assert tallies(walk.gateway, now + timedelta(hours=1)) == []
    assert tallies(make_gateway(name="Second"), now - timedelta(hours=1)) == []
