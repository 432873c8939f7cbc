"""What nobody was woken for is found, and what nobody is on is repaired."""

from datetime import timedelta

import pytest
from django.utils import timezone

from aissist_site import sweep
from conversations import limbo
from conversations.models import Conversation, Delivery, Timer, Turn
from gateways.doorbell import Step
from gateways.models import Gateway, Receipt
from tests.conftest import Walk

pytestmark = pytest.mark.django_db

NOTHING: dict[Step, list[int]] = {step: [] for step in Step}


def ago(seconds: float):
    return timezone.now() - timedelta(seconds=seconds)


def test_nothing_is_due_in_an_idle_system(walk: Walk):
    walk.answer("Hello")
    assert sweep.due() == NOTHING


def test_each_step_that_was_missed_is_found(walk: Walk):
    Gateway.objects.update(thinking_after=1)
    walk.customer("Hello")
    Receipt.objects.update(received_at=ago(5))
    assert sweep.due() == {**NOTHING, Step.INGEST: [walk.gateway.pk]}
    walk.ingest()
    turn = Turn.objects.get()
    Turn.objects.update(due_at=ago(5))
    Timer.objects.update(due_at=ago(5))
    assert sweep.due() == {**NOTHING, Step.TURN: [turn.gateway_id], Step.TIMER: [turn.gateway_id]}
    walk.turns()
    Delivery.objects.update(due_at=ago(5))
    assert sweep.due() == {**NOTHING, Step.DELIVER: [turn.gateway_id]}


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"state": "running", "lease_until": ago(5)}, True),
        ({"state": "running", "lease_until": ago(-3600)}, False),
        ({"state": "due", "due_at": ago(-3600)}, False),
    ],
    ids=["its worker died", "its worker lives", "not yet due"],
)
def test_turns(walk: Walk, fields, found):
    walk.customer("Hello")
    walk.ingest()
    Turn.objects.update(**fields)
    assert bool(sweep.due()[Step.TURN]) is found


class TestLimbo:
    @pytest.fixture
    def lost(self, walk: Walk) -> Conversation:
        """A customer waits and nobody is on it. It takes a hand in the database to get there."""
        walk.customer("Hello")
        walk.ingest()
        Turn.objects.all().delete()
        Conversation.objects.update(last_message_at=ago(60))
        return walk.conversation()

    def test_is_seen(self, lost):
        assert list(limbo.in_limbo()) == [lost]

    def test_is_repaired_and_said_so(self, walk: Walk, lost):
        assert limbo.repair() == 1
        walk.run()
        assert walk.told() == ["re: Hello"]
        assert lost.audit_events.filter(kind="repaired").exists()
        assert not limbo.in_limbo().exists()

    @pytest.mark.parametrize("owner", ["human", "nobody"])
    def test_isnt_where_the_agent_isnt_the_owner(self, lost, owner):
        Conversation.objects.update(owner=owner)
        assert not limbo.in_limbo().exists()
