"""Whose move it is, said on the platform: when, in which order, and what isn't taken for people's act."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from agents.engines.base import After, Escalation, Reason
from conversations import limbo
from conversations.models import AuditEvent, Delivery
from gateways.errors import DeliveryError, Failure
from gateways.messages import Assign, Note, Reply, SetStatus, Tag, TicketStatus
from gateways.models import Gateway, InboundEvent
from handover import desk
from handover.models import Handover
from tests.conftest import Walk
from tests.fakes import ScriptedEngine, escalate, said

pytestmark = pytest.mark.django_db
KIM = {"user": None, "author": "Kim"}


@pytest.fixture(autouse=True)
def statuses(platform: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fake platform's conversations have a status."""
    monkeypatch.setattr(platform, "capabilities", replace(platform.capabilities, statuses=True))


def set_to(walk: Walk) -> list[str]:
    return [sent.effect.status.value for sent in walk.platform.outbox if isinstance(sent.effect, SetStatus)]


def kinds(walk: Walk) -> list[type[Any]]:
    return [type(sent.effect) for sent in walk.platform.outbox]


DECISIONS = {
    "a reply": (said("On Monday."), ["pending"]),
    "a question back": (said("Which one?", clarifies=True), ["pending"]),
    "an offer": (said("A colleague?", escalation=Escalation.OFFERED, reason=Reason.POSSIBLE), ["pending"]),
    "a last word": (said("Bye.", after=After.CLOSE), ["solved"]),
    "closed without a word": (said("", after=After.CLOSE), ["solved"]),
    "a last word before falling silent": (said("Somebody will look.", after=After.SUSPEND), ["pending"]),
    "silence": (said(""), []),
    "a handover": (escalate(), ["open"]),
}


@pytest.mark.parametrize(("decision", "then"), DECISIONS.values(), ids=DECISIONS)
def test_what_is_decided_says_whose_move_it_is(walk: Walk, engine: ScriptedEngine, decision: Any, then: list[str]):
    engine.script.append(decision)
    walk.answer("Where is it?")
    assert set_to(walk) == then


def test_it_comes_after_the_words_and_what_else_is_done(walk: Walk, engine: ScriptedEngine):
    engine.script.extend([said("On Monday."), escalate()])
    walk.answer("Where is it?"), walk.answer("A person, please")
    assert kinds(walk) == [Reply, SetStatus, Reply, Note, Assign, Tag, SetStatus]


@pytest.mark.parametrize(
    ("setting", "decision"),
    [
        ("status_after_answer", said("On Monday.")),
        ("status_at_handover", escalate()),
        ("status_at_close", said("Bye.", after=After.CLOSE)),
    ],
)
def test_it_is_left_where_the_operator_says_so(walk: Walk, engine: ScriptedEngine, setting: str, decision: Any):
    Gateway.objects.update(**{setting: "leave"})
    engine.script.append(decision)
    walk.answer("Where is it?")
    assert set_to(walk) == []


def test_a_platform_without_statuses_is_told_none(walk: Walk, platform: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(platform, "capabilities", replace(platform.capabilities, statuses=False))
    walk.answer("Where is it?")
    assert kinds(walk) == [Reply]


def test_nothing_is_the_customers_move_while_they_have_written_on(walk: Walk, engine: ScriptedEngine):
    def writes_on(brief: Any) -> None:
        walk.customer("And the other one?")
        walk.ingest()

    Gateway.objects.update(longest_wait=0)  # no time is left to take it in
    engine.script.append(writes_on)
    walk.customer("Where is it?"), walk.ingest(), walk.turns(), walk.deliver(), walk.deliver()
    assert kinds(walk) == [Reply]
    walk.run()
    assert kinds(walk) == [Reply, Reply, SetStatus]


def test_a_draft_changes_no_status(walk: Walk):
    Gateway.objects.update(mode="draft")
    walk.answer("Where is it?")
    assert set_to(walk) == []


def test_closing_it_here_solves_it_there(walk: Walk):
    walk.answer("Where is it?")
    desk.close(walk.conversation().pk, **KIM)
    walk.run()
    assert set_to(walk) == ["pending", "solved"]


def test_a_person_who_acts_first_is_not_overruled(walk: Walk):
    walk.customer("Where is it?"), walk.ingest(), walk.turns(), walk.deliver()
    walk.staff("I'll look into it."), walk.ingest(), walk.run()
    assert kinds(walk) == [Reply]
    assert Delivery.objects.get(kind="status").status == "cancelled"


# --- When it fails ----------------------------------------------------------------------------------------------------


def test_a_status_that_is_refused_hands_nothing_over(walk: Walk):
    walk.platform.script.extend([None, DeliveryError(Failure.REJECTED, "A field is missing.")])
    walk.answer("Where is it?")
    assert Delivery.objects.get(kind="status").status == "failed"
    assert walk.conversation().owner == "agent" and not Handover.objects.exists()
    assert AuditEvent.objects.get(kind="delivery_failed").why == "A field is missing."


def test_a_status_whose_outcome_is_unknown_is_just_set_again(walk: Walk):
    walk.platform.script.extend([None, DeliveryError(Failure.UNKNOWN, "No answer came.")])
    walk.answer("Where is it?")
    Delivery.objects.filter(status="pending").update(due_at=timezone.now())
    walk.run()
    assert set_to(walk) == ["pending"]
    assert Delivery.objects.get(kind="status").status == "sent"


def test_one_that_may_have_been_set_is_let_go_when_it_is_outdated(walk: Walk):
    walk.platform.script.extend([None, DeliveryError(Failure.UNKNOWN, "No answer came.")])
    walk.answer("Where is it?")
    desk.take_over(walk.conversation().pk, **KIM)
    Delivery.objects.filter(status="pending").update(due_at=timezone.now())
    walk.run()
    assert set_to(walk) == []
    assert Delivery.objects.get(kind="status").status == "cancelled"


# --- Our own, told to us ----------------------------------------------------------------------------------------------


@pytest.fixture
def solved(walk: Walk, engine: ScriptedEngine) -> Walk:
    """The agent has said its last words, and the ticket is solved."""
    engine.script.append(said("Bye.", after=After.CLOSE))
    walk.answer("Thanks")
    return walk


def closed(walk: Walk) -> InboundEvent:
    """The platform tells that the ticket was solved."""
    walk.receive({"event": "Closed", "thread": "t1"})
    walk.ingest()
    return InboundEvent.objects.latest("pk")


def is_ours(event: InboundEvent) -> bool:
    return (event.verdict, event.reason) == ("ignored", "own_echo")


def test_our_own_solved_is_known_for_ours_once(solved: Walk):
    assert is_ours(closed(solved))
    assert not is_ours(closed(solved))
    assert solved.conversation().status == "closed"


def test_ours_told_late_does_not_close_what_the_customer_has_opened(solved: Walk):
    solved.customer("One more thing"), solved.ingest()
    assert is_ours(closed(solved))
    solved.run()
    assert solved.told() == ["Bye.", "re: One more thing"]
    assert solved.conversation().status == "open" and not limbo.in_limbo().exists()


def test_nor_when_that_is_answered_already(solved: Walk):
    solved.answer("One more thing")
    assert is_ours(closed(solved))
    assert solved.conversation().status == "open"


def test_nor_what_has_been_handed_over_since(solved: Walk, engine: ScriptedEngine):
    engine.script.append(escalate())
    solved.answer("A person, please")
    assert is_ours(closed(solved))
    assert solved.conversation().owner == "human" and Handover.objects.get().state == "waiting"


NOT_OURS: dict[str, Callable[[Walk], object]] = {
    "it wasn't sent yet": lambda walk: Delivery.objects.filter(kind="status").update(status="pending", done_at=None),
    "it was withdrawn": lambda walk: Delivery.objects.filter(kind="status").update(status="cancelled"),
    "it was refused": lambda walk: Delivery.objects.filter(kind="status").update(status="failed"),
    "it is too long ago": lambda walk: Delivery.objects.update(done_at=timezone.now() - timedelta(hours=1)),
    "only “pending” was ever set": lambda walk: Delivery.objects.filter(kind="status").update(
        payload={"status": TicketStatus.PENDING.value}
    ),
}


@pytest.mark.parametrize("happened", NOT_OURS.values(), ids=NOT_OURS)
def test_what_is_not_ours_is_peoples_and_closes_it(solved: Walk, happened: Callable[[Walk], object]):
    Gateway.objects.update(status_after_answer="leave")
    solved.answer("One more thing")
    happened(solved)
    assert not is_ours(closed(solved))
    assert solved.conversation().status == "closed"
