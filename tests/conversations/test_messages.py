"""A message's status only moves forward, whatever the order of the reports."""

from itertools import permutations

import pytest

from conversations.models import Delivery, Message
from tests.conftest import Walk

pytestmark = pytest.mark.django_db


def reported(*order: str) -> list[dict]:
    return [{"event": "DeliveryReported", "message_id": "m1", "progress": progress} for progress in order]


@pytest.mark.parametrize("order", list(permutations(["sent", "delivered", "read"])), ids="-".join)
def test_reports_in_any_order_end_at_the_furthest(walk: Walk, order):
    walk.answer("Hello")
    walk.receive(*reported(*order))
    walk.run()
    assert Message.objects.get(author="agent").status == "read"


@pytest.mark.parametrize(
    ("order", "status"),
    [(("failed",), "failed"), (("delivered", "failed"), "delivered"), (("read", "failed"), "read")],
    ids=["failed after sent", "failed after delivered", "failed after read"],
)
def test_what_was_delivered_cant_fail_any_more(walk: Walk, order, status):
    walk.answer("Hello")
    walk.receive(*reported(*order))
    walk.run()
    assert Message.objects.get(author="agent").status == status


def test_a_report_about_an_unknown_message_is_ignored(walk: Walk):
    receipt = walk.receive(*reported("read"))
    walk.run()
    assert receipt.events.get().verdict == "ignored"
    assert not Delivery.objects.exists()
