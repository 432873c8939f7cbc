"""Yes, no, the end of the time and a person's act, at the same moment: whichever comes first, it happens once."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from agents.engines.base import Escalation, Reason
from aissist_site import pipeline
from conversations import limbo
from conversations.models import AuditEvent, Message, Offer
from gateways.models import Gateway
from handover import desk
from handover.models import Handover
from tests.aissist_site.test_twice import at_once
from tests.conftest import Walk
from tests.fakes import ScriptedEngine, said

pytestmark = pytest.mark.django_db(transaction=True)

OFFER = said("Would you like a colleague?", escalation=Escalation.OFFERED, reason=Reason.POSSIBLE)


@pytest.fixture
def answering(walk: Walk, engine: ScriptedEngine) -> Callable[[str], Walk]:
    """An offer whose time is just over, and whose answer is about to be acted on."""

    def answering(text: str) -> Walk:
        engine.script.append(OFFER)
        walk.answer("Something about a payment")
        walk.customer(text)
        walk.ingest()
        Offer.objects.update(due_at=timezone.now() - timedelta(seconds=1))
        return walk

    return answering


@pytest.mark.parametrize("on_silence", Gateway.OnSilence.values)
@pytest.mark.parametrize("attempt", range(3))
def test_a_yes_while_the_time_runs_out_brings_people_once(
    answering: Callable[[str], Walk], on_silence: str, attempt: int
):
    Gateway.objects.update(on_silence=on_silence)
    walk = answering("Yes please")
    gateway = walk.gateway.pk
    at_once([lambda: pipeline.fire(gateway), lambda: pipeline.TURNS.drain(gateway), lambda: pipeline.fire(gateway)])
    walk.run()
    assert Handover.objects.count() == 1
    assert Message.objects.filter(kind="handover").count() == 1
    assert Offer.objects.get().state == "accepted"
    assert AuditEvent.objects.filter(kind="offer_accepted").count() == 1
    assert not limbo.in_limbo().exists()


@pytest.mark.parametrize("on_silence", Gateway.OnSilence.values)
def test_a_no_while_the_time_runs_out_brings_nobody(answering: Callable[[str], Walk], on_silence: str):
    Gateway.objects.update(on_silence=on_silence)
    walk = answering("No thanks")
    gateway = walk.gateway.pk
    at_once([lambda: pipeline.TURNS.drain(gateway), lambda: pipeline.fire(gateway)])
    walk.run()
    assert (Handover.objects.count(), Offer.objects.get().state) == (0, "declined")
    assert walk.told()[-1] == "re: No thanks"


def test_silence_that_is_rung_for_five_times_brings_people_once(walk: Walk, engine: ScriptedEngine):
    Gateway.objects.update(on_silence="hand_over")
    engine.script.append(OFFER)
    walk.answer("Something about a payment")
    Offer.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    at_once([lambda: pipeline.fire(walk.gateway.pk)] * 5)
    assert (Handover.objects.count(), Message.objects.filter(kind="handover").count()) == (1, 1)
    assert AuditEvent.objects.filter(kind="offer_expired").count() == 1


def test_a_person_who_takes_over_while_the_customer_says_yes_has_it_alone(answering: Callable[[str], Walk]):
    walk = answering("Yes")
    conversation, gateway = walk.conversation().pk, walk.gateway.pk
    at_once(
        [
            lambda: desk.take_over(conversation, user=None, author="Bo"),
            lambda: pipeline.TURNS.drain(gateway),
            lambda: pipeline.fire(gateway),
        ]
    )
    walk.run()
    assert walk.conversation().owner == "human"
    assert Handover.objects.count() <= 1
    assert Offer.objects.get().state in ("accepted", "withdrawn", "expired")
    assert not limbo.in_limbo().exists()
