"""Turns as rows: when they are due, who may take them, when they are lost to another worker."""

from datetime import timedelta

import pytest
from django.utils import timezone

from conversations import leases, turns
from conversations.models import Turn
from gateways.models import Gateway
from tests.conftest import Rings, Walk

pytestmark = pytest.mark.django_db


@pytest.fixture
def turn(walk: Walk) -> Turn:
    walk.customer("Hello")
    walk.ingest()
    return Turn.objects.get()


def ago(seconds: float):
    return timezone.now() - timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("fields", "claimed"),
    [
        ({"state": "due", "due_at": ago(1)}, True),
        ({"state": "due", "due_at": ago(-3600)}, False),
        ({"state": "running", "lease_until": ago(-3600)}, False),
        ({"state": "running", "lease_until": ago(1)}, True),
        ({"state": "done"}, False),
    ],
    ids=["due", "not yet due", "leased", "lease ended", "done"],
)
def test_who_may_take_it(turn: Turn, fields: dict, claimed: bool):
    Turn.objects.update(**fields)
    assert bool(turns.claim(turn.gateway_id, 1)) is claimed


def test_each_claim_has_its_number(turn: Turn):
    numbers = []
    for _ in range(3):
        numbers.append(turns.claim(turn.gateway_id, 1)[0].claims)
        Turn.objects.update(lease_until=ago(1))
    assert numbers == [1, 2, 3]


def test_a_burst_waits_for_its_window_but_not_longer_than_the_longest_wait(walk: Walk):
    Gateway.objects.update(burst_window=5, longest_wait=8)
    walk.customer("One")
    walk.ingest()
    first = Turn.objects.get()
    Turn.objects.update(due_at=ago(-1), answer_by=ago(-2))
    walk.customer("Two")
    walk.ingest()
    second = Turn.objects.get()
    assert 4.5 < (first.due_at - first.created_at).total_seconds() < 5.5
    assert second.due_at == second.answer_by


def test_a_ring_that_comes_a_moment_too_early_rings_again(
    walk: Walk, turn: Turn, rings: Rings, django_capture_on_commit_callbacks
):
    Turn.objects.update(due_at=ago(-0.1))
    rings.heard.clear()
    with django_capture_on_commit_callbacks(execute=True):
        assert walk.turns() == 0
    [(step, gateway_id, after)] = rings.heard
    assert (step, gateway_id) == ("turn", turn.gateway_id) and 0 < after < 0.2


def test_renewing_keeps_live_leases_and_no_others(turn: Turn):
    Turn.objects.update(state="running", lease_until=ago(-1))
    assert leases.renew((turn.pk,)) == 1
    turn.refresh_from_db()
    assert turn.lease_until > timezone.now() + timedelta(seconds=10)
    Turn.objects.update(lease_until=ago(1))
    assert leases.renew((turn.pk,)) == 0


def test_a_turn_that_was_begun_too_often_goes_to_people(walk: Walk, turn: Turn, engine):
    Turn.objects.update(claims=turns.MOST_CLAIMS, failures=1)
    walk.run()
    assert engine.briefs == []
    assert walk.conversation().owner == "human"
