"""The modes beside Auto-Pilot, walked through on a fake platform: who is told what, and who has the conversation."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import time, timedelta

import pytest
from django.utils import timezone

from agents.engines.base import EngineError
from agents.models import SubAgent
from conversations import limbo
from conversations.models import Conversation, Draft, MessageTemplate, Timer, Turn
from gateways.errors import DeliveryError, Failure
from gateways.messages import Draft as NativeDraft
from gateways.messages import Note, Outdate, Reply, Typing
from gateways.models import Gateway, Hours, InboundEvent
from gateways.schedule import WEEKDAYS
from handover import desk, promotion
from handover.desk import DeskError
from handover.models import Handover
from tests.conftest import Walk
from tests.fakes import FakePlatform, ScriptedEngine, escalate, said

pytestmark = pytest.mark.django_db
BO = {"user": None, "author": "Bo"}


@pytest.fixture(autouse=True)
def no_limbo(db) -> Iterator[None]:
    yield
    assert not limbo.in_limbo().exists()


@pytest.fixture
def drafting(walk: Walk) -> Walk:
    return in_mode(walk, "draft")


@pytest.fixture
def native(walk: Walk) -> Walk:
    walk.platform.capabilities = replace(walk.platform.capabilities, drafts=True)
    return in_mode(walk, "draft")


def in_mode(walk: Walk, mode: str, **fields) -> Walk:
    Gateway.objects.filter(pk=walk.gateway.pk).update(mode=mode, **fields)
    return walk


def effects(walk: Walk) -> list:
    return [sent.effect for sent in walk.platform.outbox]


def pending(walk: Walk) -> int:
    return Draft.objects.get(state="pending").pk


def states() -> list[str]:
    return list(Draft.objects.order_by("pk").values_list("state", flat=True))


def trail(walk: Walk) -> list[str]:
    return list(walk.conversation().audit_events.values_list("kind", flat=True))


class TestAutoDraft:
    def test_leaves_a_note_that_says_what_it_is_and_tells_the_customer_nothing(self, drafting: Walk):
        assert drafting.answer("Where is it?") == []
        assert effects(drafting) == [Note("**Draft of a reply, not sent to the customer:**\n\nre: Where is it?")]
        conversation = drafting.conversation()
        assert (conversation.owner, conversation.has_draft, conversation.answered_seq) == ("agent", True, 0)
        assert conversation.turns.get().outcome == "drafted"
        assert conversation.messages.get(kind="draft").author == "agent"
        assert InboundEvent.objects.get().why == "The agent drafts an answer for people to send."

    def test_leaves_a_draft_where_the_platform_has_such_a_thing(self, native: Walk):
        native.answer("Where is it?")
        assert effects(native) == [NativeDraft("re: Where is it?", "Ada")]

    def test_drafts_anew_with_all_that_nobody_has_answered(self, native: Walk):
        native.answer("Where is it?")
        native.answer("It was a tent")
        first = native.platform.outbox[0]
        assert effects(native)[1:] == [
            Outdate("m1", first.client_ref, "The customer wrote again."),
            NativeDraft("re: Where is it?\nIt was a tent", "Ada"),
        ]
        assert states() == ["outdated", "pending"]

    def test_says_in_a_note_that_a_draft_is_outdated(self, drafting: Walk):
        drafting.answer("Where is it?")
        drafting.answer("It was a tent")
        assert effects(drafting)[1] == Note("**The draft above is outdated.** The customer wrote again.")

    def test_that_hasnt_left_yet_never_does(self, native: Walk):
        native.customer("Where is it?")
        native.ingest(), native.turns()
        native.customer("It was a tent")
        native.run()
        assert effects(native) == [NativeDraft("re: Where is it?\nIt was a tent", "Ada")]

    def test_keeps_what_the_engine_fails_at_from_the_customer(self, drafting: Walk, engine: ScriptedEngine):
        engine.script.extend([EngineError("No."), EngineError("No.")])
        drafting.customer("Hello")
        drafting.run()
        Turn.objects.filter(state="due").update(due_at="2020-01-01T00:00:00Z")
        drafting.run()
        assert drafting.told() == [] and drafting.conversation().owner == "human"

    def test_hands_over_without_a_word_and_leaves_the_words_as_a_draft(self, drafting: Walk, engine: ScriptedEngine):
        engine.script.append(escalate(reply="I can't see your invoice."))
        assert drafting.answer("Invoice?") == []
        conversation = drafting.conversation()
        assert (conversation.owner, conversation.has_draft, Handover.objects.count()) == ("human", True, 1)
        desk.send_draft(conversation.pk, **BO, draft=pending(drafting))
        drafting.run()
        assert drafting.told() == ["I can't see your invoice."]
        assert drafting.conversation().owner == "human"

    def test_says_no_thinking_message(self, drafting: Walk):
        in_mode(drafting, "draft", thinking_after=5)
        drafting.customer("Hello")
        drafting.ingest()
        assert not Timer.objects.exists()

    def test_that_the_platform_refuses_goes_to_people_without_a_word(self, native: Walk):
        native.platform.script.append(DeliveryError(Failure.REJECTED, "No drafts today."))
        assert native.answer("Hello") == []
        assert native.conversation().owner == "human" and Handover.objects.get().reason == "undeliverable"
        assert native.conversation().has_draft

    def test_isnt_seen_by_the_engine_as_something_said(self, drafting: Walk, engine: ScriptedEngine):
        drafting.answer("One")
        drafting.answer("Two")
        assert [line.text for line in engine.briefs[-1].transcript] == ["One", "Two"]

    def test_in_a_chat_of_our_own_stays_in_admin(self, drafting: Walk):
        drafting.platform.capabilities = replace(drafting.platform.capabilities, notes=False)
        drafting.answer("Hello")
        assert effects(drafting) == []
        assert drafting.conversation().messages.get(kind="draft").status == "received"


class TestADraftThatPeopleDealWith:
    def test_sent_as_it_is_leaves_the_conversation_to_the_next_draft(self, native: Walk):
        native.answer("Where is it?")
        desk.send_draft(native.conversation().pk, **BO, draft=pending(native))
        native.run()
        assert native.told() == ["re: Where is it?"]
        conversation = native.conversation()
        said = conversation.messages.get(kind="message", author="human")
        assert (said.author_name, Draft.objects.get().became, states()) == ("Bo", said, ["sent"])
        assert (conversation.owner, conversation.has_draft, conversation.epoch) == ("agent", False, 2)
        assert isinstance(effects(native)[-1], (Outdate, Reply)) and Outdate in map(type, effects(native))
        assert native.answer("And the tent?") == []
        assert effects(native)[-1] == NativeDraft("re: And the tent?", "Ada")

    def test_edited_is_sent_as_edited(self, drafting: Walk):
        drafting.answer("Where is it?")
        desk.send_draft(drafting.conversation().pk, **BO, draft=pending(drafting), text="It is on its way.")
        drafting.run()
        assert (drafting.told(), states()) == (["It is on its way."], ["edited"])

    def test_discarded_makes_the_conversation_theirs(self, native: Walk):
        native.answer("Where is it?")
        desk.discard_draft(native.conversation().pk, **BO, draft=pending(native))
        native.run()
        assert native.told() == [] and isinstance(effects(native)[-1], Outdate)
        assert (native.conversation().owner, states()) == ("human", ["discarded"])

    @pytest.mark.parametrize(
        ("words", "state", "owner"),
        [
            ("re: Where is my big green tent?", "sent", "agent"),
            ("Re  where is my big green TENT", "sent", "agent"),
            ("Re: Where is my big green tent, please?", "edited", "agent"),
            ("No idea, sorry.", "ignored", "human"),
        ],
        ids=["as it was", "spaces and marks", "edited", "other words"],
    )
    def test_on_the_platform_itself(self, native: Walk, words: str, state: str, owner: str):
        native.answer("Where is my big green tent?")
        native.staff(words, author="Bo")
        native.run()
        conversation = native.conversation()
        assert (states(), conversation.owner, conversation.epoch) == ([state], owner, 2)
        assert (Outdate in map(type, effects(native))) is (state == "ignored")
        assert conversation.answered_seq == conversation.last_seq

    def test_on_a_platform_where_it_keeps_its_id(self, native: Walk):
        native.answer("Where is it?")
        native.staff("re: Where is it?", author="Bo", message_id="m1")
        native.run()
        assert (states(), native.conversation().answered_seq) == (["sent"], 3)

    def test_in_admin_comes_back_as_our_own(self, native: Walk):
        native.answer("Where is it?")
        desk.send_draft(native.conversation().pk, **BO, draft=pending(native))
        native.run()
        native.staff("re: Where is it?", client_ref=native.platform.outbox[-1].client_ref)
        native.staff("re: Where is it?", client_ref=native.platform.outbox[1].client_ref)
        native.run()
        assert (native.conversation().owner, native.conversation().messages.count()) == ("agent", 3)

    def test_in_admin_with_words_of_their_own_is_ignored(self, drafting: Walk):
        drafting.answer("Where is it?")
        desk.reply(drafting.conversation().pk, **BO, text="Bo here, I'll look.")
        assert (drafting.conversation().owner, states()) == ("human", ["ignored"])

    def test_is_kept_for_whoever_takes_over(self, drafting: Walk):
        drafting.answer("Where is it?")
        desk.take_over(drafting.conversation().pk, **BO)
        desk.send_draft(drafting.conversation().pk, **BO, draft=pending(drafting))
        drafting.run()
        assert drafting.told() == ["re: Where is it?"] and drafting.conversation().owner == "human"

    @pytest.mark.parametrize("act", [desk.suspend, desk.close], ids=["suspended", "closed"])
    def test_is_outdated_with_the_conversation(self, drafting: Walk, act):
        drafting.answer("Where is it?")
        act(drafting.conversation().pk, **BO)
        assert (states(), drafting.conversation().has_draft) == (["outdated"], False)

    @pytest.mark.parametrize("act", [desk.send_draft, desk.discard_draft], ids=["send", "discard"])
    def test_has_to_be_the_one_that_they_saw(self, drafting: Walk, act):
        drafting.answer("Where is it?")
        seen = pending(drafting)
        drafting.answer("It was a tent")
        with pytest.raises(DeskError, match="another draft meanwhile"):
            act(drafting.conversation().pk, **BO, draft=seen)
        act(drafting.conversation().pk, **BO, draft=pending(drafting))
        with pytest.raises(DeskError, match="isn't there any more"):
            act(drafting.conversation().pk, **BO, draft=seen)

    def test_is_all_on_the_record(self, drafting: Walk):
        drafting.answer("Where is it?")
        desk.send_draft(drafting.conversation().pk, **BO, draft=pending(drafting))
        assert trail(drafting) == ["drafted", "draft_sent"]


class TestAPromotedSubAgent:
    @pytest.fixture
    def returns(self, drafting: Walk) -> SubAgent:
        return SubAgent.objects.create(agent=drafting.gateway.agent, slug="returns", name="Returns")

    def test_answers_by_itself_while_others_draft(self, drafting: Walk, engine: ScriptedEngine, returns: SubAgent):
        promotion.promote(drafting.gateway, returns, "Bo")
        engine.script.append(said("In 30 days.", sub_agent="returns"))
        assert drafting.answer("Return it?") == ["In 30 days."]
        assert drafting.answer("And?") == []
        promotion.demote(drafting.gateway, returns)
        engine.script.append(said("In 30 days.", sub_agent="returns"))
        assert drafting.answer("Return it?") == []

    def test_has_the_evidence_beside_it(self, drafting: Walk, engine: ScriptedEngine, returns: SubAgent):
        for number in range(4):
            engine.script.append(said("In 30 days.", sub_agent="returns"))
            drafting.answer("Return it?", thread=f"t{number}")
        for number, text in enumerate([None, None, "Within thirty days, exceptionally."]):
            conversation = drafting.conversation(f"t{number}")
            desk.send_draft(conversation.pk, **BO, draft=conversation.drafts.get().pk, text=text)
        drafting.answer("Hello?", thread="t3")
        found = promotion.evidence(drafting.gateway)
        assert [(each.sub_agent, each.counts, each.judged, each.unchanged) for each in found] == [
            (returns, {"sent": 2, "edited": 1, "outdated": 1}, 3, 67),
            (None, {"pending": 1}, 0, None),
        ]


class TestCoPilot:
    def test_does_nothing_by_itself(self, walk: Walk, engine: ScriptedEngine):
        in_mode(walk, "copilot")
        assert walk.answer("Hello") == [] and engine.briefs == []
        assert (
            InboundEvent.objects.get().why == "The gateway is in Co-Pilot: the agent drafts only when people ask it to."
        )

    @pytest.mark.parametrize("mode", ["copilot", "off", "draft", "shadow", "auto"])
    def test_drafts_when_asked_whatever_the_mode_and_the_owner(self, walk: Walk, engine: ScriptedEngine, mode: str):
        walk.answer("Hello")
        desk.take_over(walk.conversation().pk, **BO)
        in_mode(walk, mode)
        before = walk.conversation()
        desk.ask_for_draft(before.pk, **BO, instruction="Be brief.")
        told = walk.told()
        walk.run()
        after = walk.conversation()
        assert (after.owner, after.epoch, after.has_draft, walk.told()) == ("human", before.epoch, True, told)
        assert (engine.briefs[-1].instruction, engine.briefs[-1].question) == ("Be brief.", "Hello")
        assert after.audit_events.get(kind="drafted").why.startswith("Bo asked for a draft.")

    def test_asked_twice_drafts_once(self, walk: Walk):
        in_mode(walk, "copilot").answer("Hello")
        for _ in range(2):
            desk.ask_for_draft(walk.conversation().pk, **BO)
        walk.run()
        assert states() == ["pending"]

    def test_asked_again_replaces_the_draft(self, walk: Walk):
        in_mode(walk, "copilot").answer("Hello")
        for _ in range(2):
            desk.ask_for_draft(walk.conversation().pk, **BO)
            walk.run()
        assert states() == ["outdated", "pending"]

    @pytest.mark.parametrize("decision", [escalate(), said("")], ids=["would hand over", "would be silent"])
    def test_that_has_nothing_to_say_says_so(self, walk: Walk, engine: ScriptedEngine, decision):
        in_mode(walk, "copilot").answer("Hello")
        engine.script.append(decision)
        desk.ask_for_draft(walk.conversation().pk, **BO)
        walk.run()
        assert trail(walk) == ["left_alone", "no_draft"]
        assert (walk.conversation().owner, walk.told(), Handover.objects.count()) == ("agent", [], 0)

    def test_is_over_when_the_person_answers_first(self, walk: Walk, engine: ScriptedEngine):
        def person_replies(brief):
            desk.reply(walk.conversation().pk, **BO, text="Bo here")

        in_mode(walk, "copilot").answer("Hello")
        desk.ask_for_draft(walk.conversation().pk, **BO)
        engine.script.append(person_replies)
        walk.run()
        assert (walk.told(), states()) == (["Bo here"], [])

    def test_in_auto_pilot_doesnt_keep_the_customers_next_message_from_its_answer(self, walk: Walk, engine):
        def customer_writes(brief):
            walk.customer("And the tent?")
            walk.ingest()

        walk.answer("Hello")
        desk.ask_for_draft(walk.conversation().pk, **BO)
        engine.script.append(customer_writes)
        walk.run()
        assert walk.told() == ["re: Hello", "re: And the tent?"]

    @pytest.mark.parametrize(
        ("prepare", "sentence"),
        [
            (lambda walk: desk.close(walk.conversation().pk, **BO), "The conversation is closed."),
            (lambda walk: (walk.customer("And?"), walk.ingest()), "The agent is dealing with"),
        ],
        ids=["closed", "busy"],
    )
    def test_that_makes_no_sense_is_refused(self, walk: Walk, prepare, sentence: str):
        walk.answer("Hello")
        prepare(walk)
        with pytest.raises(DeskError, match=sentence):
            desk.ask_for_draft(walk.conversation().pk, **BO)
        walk.run()


class TestOutsideTheSchedule:
    @pytest.fixture(autouse=True)
    def always(self, walk: Walk) -> None:
        in_mode(walk, "auto", scheduled=True)
        self.row = Hours.objects.create(
            gateway=walk.gateway, what="off", days=list(WEEKDAYS), starts=time(0), ends=time(0)
        )

    def test_is_a_verdict(self, walk: Walk):
        assert walk.answer("Hello") == []
        assert InboundEvent.objects.get().why == "This is outside of the gateway's schedule."

    def test_counts_at_the_moment_of_the_decision(self, walk: Walk, engine: ScriptedEngine):
        def switched_off(brief):
            Gateway.objects.update(scheduled=False, mode="off")

        Hours.objects.update(what="auto")
        engine.script.append(switched_off)
        assert walk.answer("Hello") == []
        assert (walk.conversation().turns.get().outcome, trail(walk)) == ("left", ["left_alone"])

    def test_people_are_away_and_the_customer_is_told_so(self, walk: Walk, engine: ScriptedEngine):
        MessageTemplate.objects.create(gateway=walk.gateway, kind="away", text="We are back tomorrow.")
        Hours.objects.update(what="people_away")
        engine.script.append(escalate())
        assert walk.answer("A human!") == ["We are back tomorrow."]

    def test_people_are_there_and_the_customer_isnt_told_otherwise(self, walk: Walk, engine: ScriptedEngine):
        MessageTemplate.objects.create(gateway=walk.gateway, kind="away", text="We are back tomorrow.")
        Hours.objects.update(what="people_here")
        engine.script.append(escalate())
        assert walk.answer("A human!") != ["We are back tomorrow."]


class TestDelays:
    @pytest.mark.parametrize(("earlier", "seconds"), [(False, 30), (True, 5)], ids=["first", "later"])
    def test_come_before_the_reply(self, walk: Walk, earlier: bool, seconds: int):
        if earlier:
            walk.answer("Hello")
        in_mode(walk, "auto", first_delay=30, later_delay=5, burst_window=1, thinking_after=8)
        before = timezone.now()
        walk.customer("And?")
        walk.ingest()
        turn = Turn.objects.get(state="due")
        assert timedelta(seconds=seconds + 1) <= turn.due_at - before < timedelta(seconds=seconds + 3)
        assert timedelta(seconds=seconds + 8) <= Timer.objects.get().due_at - before < timedelta(seconds=seconds + 10)

    def test_arent_shortened_by_another_message(self, walk: Walk):
        in_mode(walk, "auto", first_delay=30)
        walk.customer("One")
        walk.ingest()
        due = Turn.objects.get().due_at
        walk.customer("Two")
        walk.ingest()
        assert Turn.objects.get().due_at == due

    def test_end_with_a_takeover(self, walk: Walk):
        in_mode(walk, "auto", first_delay=30)
        walk.customer("One")
        walk.ingest()
        desk.take_over(walk.conversation().pk, **BO)
        assert Turn.objects.get().outcome == "overtaken"


class TestWhatACustomerSeesMeanwhile:
    @pytest.fixture
    def able(self, walk: Walk) -> type[FakePlatform]:
        walk.platform.capabilities = replace(walk.platform.capabilities, edits=True, typing=True)
        return walk.platform

    def test_nothing_of_a_quick_answer(self, walk: Walk, able):
        assert walk.answer("Hello") == ["re: Hello"]
        assert [type(effect) for effect in effects(walk)] == [Reply]

    def test_is_typing_once_a_moment_has_passed(self, walk: Walk, able, engine: ScriptedEngine):
        def takes_a_moment(brief):
            walk.conversation().deliveries.update(due_at=timezone.now())
            walk.deliver()

        engine.script.append(takes_a_moment)
        walk.answer("Hello")
        assert [type(effect) for effect in effects(walk)] == [Typing, Reply]

    @pytest.mark.parametrize("failure", list(Failure), ids=str)
    def test_is_nothing_where_typing_fails(self, walk: Walk, able, engine: ScriptedEngine, failure: Failure):
        def takes_a_moment(brief):
            able.script.append(DeliveryError(failure, "No."))
            walk.conversation().deliveries.update(due_at=timezone.now())
            walk.deliver()

        engine.script.append(takes_a_moment)
        assert walk.answer("Hello") == ["re: Hello"]
        typing = walk.conversation().deliveries.get(kind="typing")
        assert (typing.status, typing.error, typing.attempts.count()) == ("cancelled", "", 0)
        assert (Gateway.objects.get().status, trail(walk)) == ("ok", ["replied"])

    def test_is_no_typing_after_a_takeover(self, walk: Walk, able, engine: ScriptedEngine):
        def taken_over(brief):
            desk.take_over(walk.conversation().pk, **BO)
            walk.conversation().deliveries.update(due_at=timezone.now())

        engine.script.append(taken_over)
        walk.answer("Hello")
        assert effects(walk) == [] and "withdrawn" not in trail(walk)

    def test_is_a_thinking_message_that_becomes_the_answer(self, walk: Walk, able, engine: ScriptedEngine):
        def takes_long(brief):
            Timer.objects.update(due_at="2020-01-01T00:00:00Z")
            walk.conversation().deliveries.filter(kind="typing").delete()
            walk.timers(), walk.deliver()

        in_mode(walk, "auto", thinking_after=5)
        engine.script.append(takes_long)
        walk.customer("Hello")
        walk.ingest()
        Turn.objects.update(created_at="2020-01-01T00:00:00Z")
        walk.run()
        assert [(effect.purpose, effect.replaces) for effect in effects(walk)] == [("thinking", ""), ("reply", "m1")]


class TestShadow:
    @pytest.fixture(autouse=True)
    def shadow(self, walk: Walk) -> None:
        in_mode(walk, "shadow", thinking_after=5)

    def test_decides_and_sends_nothing(self, walk: Walk, engine: ScriptedEngine):
        engine.script.append(escalate(reply="Sorry."))
        assert walk.answer("Hello") == [] and effects(walk) == []
        conversation = walk.conversation()
        turn = conversation.turns.get()
        assert (turn.outcome, turn.decision["choice"]["destination"]) == ("shadow", None)
        assert (conversation.owner, Handover.objects.count(), Timer.objects.count()) == ("agent", 0, 0)

    def test_goes_on_in_a_persons_conversation_without_a_word(self, walk: Walk):
        walk.answer("Hello")
        walk.staff("Bo here")
        assert walk.answer("And the tent?") == [] and effects(walk) == []
        assert list(walk.conversation().turns.values_list("outcome", flat=True)) == ["shadow", "shadow"]

    def test_that_ends_never_speaks_in_a_persons_conversation(self, walk: Walk, engine: ScriptedEngine):
        walk.answer("Hello")
        walk.staff("Bo here")
        engine.script.append(lambda brief: Gateway.objects.update(mode="auto") and None)
        assert walk.answer("And the tent?") == []
        assert Turn.objects.latest("pk").outcome == "left"


def test_a_conversation_with_a_draft_isnt_in_limbo_but_one_that_lost_it_is(walk: Walk):
    in_mode(walk, "draft").answer("Hello")
    Conversation.objects.update(has_draft=False)
    assert limbo.in_limbo().count() == 1
    Conversation.objects.update(has_draft=True)
