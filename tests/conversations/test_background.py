"""What a platform knows from before us: read once, told to the engine as data, kept, and never in the answer's way."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from agents.engines.base import Speaker as Who
from aissist_site import pipeline
from conversations import background
from conversations.models import AuditEvent, Message
from conversations.models_background import Background as Row
from gateways import read_past
from gateways.errors import DeliveryError, Failure
from gateways.messages import Allowance, Background, Past, Speaker
from gateways.models import Bucket, Gateway
from handover import desk
from handover.models import Handover
from tests.conftest import Walk
from tests.fakes import ScriptedEngine, escalate, said

pytestmark = pytest.mark.django_db
KIM = {"user": None, "author": "Kim"}
AT = datetime(2026, 1, 31, 12, tzinfo=UTC)
ASKED = Past(Speaker.CUSTOMER, "My kettle leaks.", "c1", "Ada", AT)
PROMISED = Past(Speaker.STAFF, "We'll send you a new one.", "c2", "Grace", AT)
NOTED = Past(Speaker.NOTE, "Second time. Be generous.", "c3", "Grace", AT)
TOLD = Background((ASKED, PROMISED, NOTED), {"plan": "Gold"})


class Platform:
    """What the fake platform tells of the past, and how often it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.tells: Background | Exception | Callable[[], Background] = TOLD
        self.allowance: Allowance | None = None

    def read(self, thread: str) -> Background:
        self.asked.append(thread)
        if isinstance(self.tells, Exception):
            raise self.tells
        return self.tells() if callable(self.tells) else self.tells


@pytest.fixture
def past(platform: Any, monkeypatch: pytest.MonkeyPatch) -> Platform:
    known = Platform()

    def read(self: Any, thread: str) -> Background:
        self.allowance = known.allowance
        return known.read(thread)

    monkeypatch.setattr(platform, "capabilities", replace(platform.capabilities, reads=True))
    monkeypatch.setattr(platform, "read", read)
    return known


def logged(kind: str) -> list[str]:
    return list(AuditEvent.objects.filter(kind=kind).values_list("why", flat=True))


# --- What the engine knows --------------------------------------------------------------------------------------------


def test_what_was_said_before_is_context_and_no_message(walk: Walk, engine: ScriptedEngine, past: Platform):
    assert walk.answer("Where is it?") == ["re: Where is it?"]
    [brief] = engine.briefs
    assert [(line.speaker, line.text, line.at) for line in brief.past] == [
        (Who.CUSTOMER, "My kettle leaks.", AT),
        (Who.HUMAN, "We'll send you a new one.", AT),
    ]
    assert brief.notes == ("Second time. Be generous.",) and brief.customer == {"plan": "Gold"}
    assert [line.text for line in brief.transcript] == ["Where is it?"] and brief.new == 1
    assert Message.objects.count() == 2
    assert logged("past_read") == [
        "Read from before us: 2 message(s), 1 note(s), and 1 thing(s) known of the customer."
    ]


def test_it_is_read_once_and_known_in_later_turns(walk: Walk, engine: ScriptedEngine, past: Platform):
    walk.answer("Where is it?"), walk.answer("And when?")
    assert past.asked == ["t1"]
    assert engine.briefs[1].past == engine.briefs[0].past and engine.briefs[1].customer == {"plan": "Gold"}
    assert engine.briefs[1].notes == ("Second time. Be generous.",)


def test_it_is_read_again_when_people_gave_the_conversation_back(walk: Walk, engine: ScriptedEngine, past: Platform):
    engine.script.append(escalate())
    walk.answer("A person, please")
    later = Past(Speaker.NOTE, "Refunded by phone.", "c9", "Grace", AT)
    past.tells = Background((*TOLD.said, later), {"plan": "Platinum"})
    desk.give_back(walk.conversation().pk, **KIM)
    walk.answer("Hello again")
    assert past.asked == ["t1", "t1"]
    assert engine.briefs[-1].notes == ("Second time. Be generous.", "Refunded by phone.")
    assert engine.briefs[-1].customer == {"plan": "Platinum"}
    assert Row.objects.get().epoch == walk.conversation().epoch


def test_what_we_know_ourselves_is_left_out(walk: Walk, engine: ScriptedEngine, past: Platform):
    walk.customer("Where  is it?", message_id="m-1"), walk.run()
    sent = walk.conversation().deliveries.get(kind="reply").external_id
    desk.take_over(walk.conversation().pk, **KIM), desk.give_back(walk.conversation().pk, **KIM)
    past.tells = Background(
        (
            ASKED,
            Past(Speaker.CUSTOMER, "Where is it? (edited by the platform)", "m-1"),
            Past(Speaker.CUSTOMER, "*where is it*", "another-id"),
            Past(Speaker.STAFF, "<p>as it looks there</p>", sent),
        )
    )
    walk.answer("And when?")
    assert [line.text for line in engine.briefs[-1].past] == ["My kettle leaks."]


def test_what_came_in_while_it_was_read_is_said_once(walk: Walk, engine: ScriptedEngine, past: Platform):
    def meanwhile() -> Background:
        walk.customer("By the way", message_id="m-2")
        walk.ingest()
        return Background((ASKED, Past(Speaker.CUSTOMER, "By the way", "m-2")))

    past.tells = meanwhile
    walk.answer("Where is it?")
    last = engine.briefs[-1]
    assert [line.text for line in last.past] == ["My kettle leaks."]
    assert [line.text for line in last.transcript][-1] == "By the way"


def test_commands_before_us_are_no_notes(walk: Walk, engine: ScriptedEngine, past: Platform):
    past.tells = Background((Past(Speaker.NOTE, "/draft be nice"), NOTED))
    walk.answer("Where is it?")
    assert engine.briefs[0].notes == ("Second time. Be generous.",)


def test_an_agent_that_may_not_read_notes_is_told_only_what_was_said(
    walk: Walk, engine: ScriptedEngine, past: Platform
):
    Gateway.objects.update(notes_as_context=False)
    walk.answer("Where is it?")
    assert len(engine.briefs[0].past) == 2 and engine.briefs[0].notes == () and engine.briefs[0].customer == {}


def test_a_reply_that_quotes_what_people_know_of_the_customer_goes_to_people(
    walk: Walk, engine: ScriptedEngine, past: Platform
):
    remark = "Has threatened us with her lawyer twice and never pays in time"
    past.tells = Background((), {"plan": "Gold for very good customers", "remarks": remark})
    engine.script.append(said("You have the plan Gold for very good customers."))
    assert walk.answer("What do you know?") == ["You have the plan Gold for very good customers."]
    engine.script.append(said(f"It says: {remark}."))
    walk.answer("And what else?")
    assert remark not in " ".join(walk.told())
    assert Handover.objects.get().reason == "quoted_note"


def test_a_platform_that_tells_nothing_costs_no_query_and_no_log(walk: Walk, engine: ScriptedEngine, past: Platform):
    past.tells = Background()
    walk.answer("Where is it?")
    assert engine.briefs[0].past == () and logged("past_read") == []


# --- When it can't be read --------------------------------------------------------------------------------------------

FAILURES = {
    "refused": (DeliveryError(Failure.REJECTED, "It is too old."), "It is too old."),
    "not reachable": (DeliveryError(Failure.UNREACHABLE, "It isn't working."), "It isn't working."),
    "our mistake": (KeyError("comments"), "Our code for this platform failed (KeyError); the log says where."),
}


@pytest.mark.parametrize(("error", "why"), FAILURES.values(), ids=FAILURES)
def test_the_answer_is_made_without(walk: Walk, engine: ScriptedEngine, past: Platform, error: Exception, why: str):
    past.tells = error
    assert walk.answer("Where is it?") == ["re: Where is it?"]
    assert engine.briefs[0].past == ()
    assert logged("past_unread") == [f"What was said before us couldn't be read, so the agent doesn't know it: {why}"]


def test_it_is_tried_again_after_a_while_and_not_at_every_turn(walk: Walk, engine: ScriptedEngine, past: Platform):
    past.tells = DeliveryError(Failure.UNREACHABLE, "It isn't working.")
    walk.answer("One"), walk.answer("Two")
    assert len(past.asked) == 1
    past.tells = TOLD
    Row.objects.update(read_at=timezone.now() - timedelta(minutes=11))
    walk.answer("Three")
    assert len(past.asked) == 2 and len(engine.briefs[-1].past) == 2
    assert Row.objects.get().error == ""


def test_what_was_read_before_stays_when_it_fails_later(walk: Walk, engine: ScriptedEngine, past: Platform):
    walk.answer("One")
    desk.take_over(walk.conversation().pk, **KIM), desk.give_back(walk.conversation().pk, **KIM)
    past.tells = DeliveryError(Failure.UNREACHABLE, "It isn't working.")
    walk.answer("Two")
    assert len(past.asked) == 2 and len(engine.briefs[-1].past) == 2


def test_what_was_read_is_kept_though_the_engine_fails(walk: Walk, engine: ScriptedEngine, past: Platform):
    engine.script.append(RuntimeError("down"))
    walk.customer("Where is it?"), walk.ingest(), walk.turns()
    assert len(Row.objects.get().said) == 3


def test_an_answer_does_not_wait_for_what_cannot_be_kept(walk: Walk, past: Platform, monkeypatch: pytest.MonkeyPatch):
    def fail(found: Any) -> None:
        raise ValueError("no")

    monkeypatch.setattr(background, "keep", fail)
    assert walk.answer("Where is it?") == ["re: Where is it?"]


def test_what_the_platform_takes_is_heeded(walk: Walk, past: Platform):
    past.allowance = Allowance(40, 20)
    walk.customer("Where is it?"), walk.ingest(), walk.turns()
    assert Bucket.objects.get().left == 40


# --- How it is read ---------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_no_connection_is_held_meanwhile(walk: Walk, past: Platform):
    held: list[bool] = []

    def tell() -> Background:
        held.append(connection.in_atomic_block)
        return TOLD

    past.tells = tell
    walk.customer("Where is it?"), walk.ingest()
    [question] = pipeline.TURNS._claim(walk.gateway.pk, 5)
    with connection.execute_wrapper(refuse):
        responded = pipeline.TURNS._work(question)
    pipeline.TURNS._settle([responded])
    assert held == [False] and Row.objects.get().customer == {"plan": "Gold"}


def refuse(*args: Any) -> None:
    raise AssertionError("The database is asked something.")


def test_only_the_latest_is_kept_and_nothing_that_cannot_be():
    said_before = tuple(Past(Speaker.CUSTOMER, f"Line {number}", f"c{number}") for number in range(60))
    told = Background(
        (*said_before, Past(Speaker.STAFF, "x\x00y" + "z" * 9_999), Past(Speaker.NOTE, " \n ")),
        {"a\nname": "1\x00", "empty": " ", "long": "x" * 9_999},
    )
    kept = read_past.bounded(told)
    assert len(kept.said) == read_past.MOST and kept.said[0].text == "Line 11"
    assert kept.said[-1].text.startswith("xyz") and len(kept.said[-1].text) == read_past.LONGEST
    assert kept.customer == {"a name": "1", "long": "x" * read_past.LONGEST_KNOWN}


# --- Who else is told -------------------------------------------------------------------------------------------------


def test_people_who_get_it_are_told(walk: Walk, engine: ScriptedEngine, past: Platform):
    engine.script.append(escalate())
    walk.answer("A person, please")
    summary = Handover.objects.get().summary
    assert "**Known on the platform:**\n- plan: Gold" in summary
    assert "**Before the agent:**\n- Ada: My kettle leaks.\n- Grace: We'll send you a new one." in summary


def test_a_colleague_who_wants_a_summary_gets_it_of_everything(walk: Walk, engine: ScriptedEngine, past: Platform):
    walk.answer("Where is it?")
    walk.staff("/summarize", internal=True), walk.run()
    [(kind, text, _)] = engine.helped
    assert kind == "summarize" and text.startswith("customer: My kettle leaks.\n\nhuman: We'll send you a new one.\n\n")
    assert text.endswith("Where is it?")


def test_operators_see_it_on_the_conversations_page(walk: Walk, past: Platform, admin_client: Any):
    past.tells = Background((ASKED, replace(NOTED, text="<b>Second</b> time")), {"plan": "Gold <1>"})
    walk.answer("Where is it?")
    page = admin_client.get(f"/admin/conversations/conversation/{walk.conversation().pk}/change/").content.decode()
    assert "Before us: 2 things said on the platform" in page and "My kettle leaks." in page
    assert "&lt;b&gt;Second&lt;/b&gt; time" in page and "<b>Second" not in page
    assert "Known on the platform" in page and "Gold &lt;1&gt;" in page
