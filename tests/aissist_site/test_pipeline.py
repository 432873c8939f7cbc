"""The walk, driven by hand on a fake platform: who says what, and what it leads to."""

import pytest
from django.db import OperationalError

from agents.engines.base import EngineError, Reason
from aissist_site import pipeline, take_in
from conversations import limbo, record
from conversations.models import Conversation, Delivery, Message, Turn
from gateways.errors import DeliveryError, Failure
from gateways.messages import Assign, Note, Tag
from gateways.models import Destination, InboundEvent, ManagingPoint, Receipt
from handover import desk
from handover.models import EscalationTarget, Handover
from tests.conftest import Walk
from tests.fakes import FakePlatform, ScriptedEngine, escalate, said

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_limbo(db):
    yield
    assert not limbo.in_limbo().exists()


def handover_words(walk: Walk) -> list[str]:
    return [text for text in walk.told() if not text.startswith("re:")]


class TestOneMessage:
    def test_is_recorded_answered_and_delivered(self, walk: Walk):
        assert walk.answer("Where is my parcel?") == ["re: Where is my parcel?"]
        conversation = walk.conversation()
        rows = conversation.messages.values_list("seq", "author", "author_name", "text", "status")
        assert list(rows) == [
            (1, "customer", f"Visitor {conversation.identity.contact_id}", "Where is my parcel?", "received"),
            (2, "agent", "Ada", "re: Where is my parcel?", "sent"),
        ]
        turn = conversation.turns.get()
        assert (turn.state, turn.outcome, turn.upto_seq) == ("done", "replied", 1)
        assert turn.decision["why"] == "An article answers it."
        assert (conversation.owner, conversation.answered_seq, conversation.customer_seq) == ("agent", 1, 1)

    def test_sent_five_times_is_answered_once(self, walk: Walk):
        for _ in range(5):
            walk.customer("Hello?", key="same")
        walk.run()
        assert walk.told() == ["re: Hello?"]
        assert InboundEvent.objects.count() == 1
        assert list(Receipt.objects.order_by("id").values_list("outcome", flat=True)) == [
            "same: Handled",
            *["same: duplicate"] * 4,
        ]

    def test_with_a_key_known_to_another_gateway_is_another_message(self, walk: Walk, make_gateway):
        other = Walk(make_gateway(), walk.platform)
        walk.customer("One", thread="a", key="same")
        other.customer("Two", thread="b", key="same")
        walk.run(), other.run()
        assert (walk.told("a"), other.told("b")) == (["re: One"], ["re: Two"])

    def test_cut_into_parts_arrives_in_order_under_one_message(self, walk: Walk, engine: ScriptedEngine):
        long = "\n\n".join(f"Paragraph {n}. " + "word " * 20 for n in range(4))
        engine.script.append(said(long))
        told = walk.answer("Tell me everything")
        assert [text.split(".")[0] for text in told] == [f"Paragraph {n}" for n in range(4)]
        reply = walk.conversation().messages.get(author="agent")
        assert list(reply.deliveries.values_list("part", "parts", "status")) == [(n, 4, "sent") for n in (1, 2, 3, 4)]
        assert reply.status == "sent"


class TestABurst:
    def test_that_arrives_before_the_turn_is_taken_gets_one_answer(self, walk: Walk, engine: ScriptedEngine):
        for text in ("Hi", "I have a question", "about my tent"):
            walk.customer(text)
        walk.run()
        assert walk.told() == ["re: Hi\nI have a question\nabout my tent"]
        assert len(engine.briefs) == 1

    def test_that_goes_on_while_the_engine_thinks_is_taken_in(self, walk: Walk, engine: ScriptedEngine):
        def writes_on(brief):
            walk.customer("and blue")
            walk.ingest()

        engine.script.append(writes_on)
        assert walk.answer("I want it red") == ["re: I want it red\nand blue"]
        assert walk.conversation().turns.count() == 1

    def test_that_goes_on_past_the_longest_wait_gets_a_second_answer(self, walk: Walk, engine: ScriptedEngine):
        def writes_on(brief):
            walk.customer("and blue")
            walk.ingest()

        walk.customer("I want it red")
        walk.ingest()
        Turn.objects.update(answer_by="2020-01-01T00:00:00Z")
        engine.script.append(writes_on)
        walk.run()
        assert walk.told() == ["re: I want it red", "re: and blue"]
        assert walk.conversation().turns.count() == 2


class TestAPerson:
    def test_who_replies_on_the_platform_silences_the_agent(self, walk: Walk):
        walk.answer("Hello")
        walk.staff("I'll take this one.", author="Bo")
        assert walk.answer("Thanks, Bo") == []
        conversation = walk.conversation()
        assert (conversation.owner, conversation.epoch) == ("human", 2)
        assert conversation.audit_events.filter(kind="left_alone").get().why == "A person owns the conversation."

    def test_who_replies_while_the_engine_thinks_silences_it(self, walk: Walk, engine: ScriptedEngine):
        def person_replies(brief):
            walk.staff("Hi, Bo here.", author="Bo")
            walk.ingest()

        engine.script.append(person_replies)
        assert walk.answer("Hello") == []
        assert walk.conversation().turns.get().outcome == Turn.Outcome.OVERTAKEN

    def test_who_replies_between_two_parts_stops_the_rest(self, walk: Walk, engine: ScriptedEngine):
        def person_replies(outgoing):
            desk.reply(walk.conversation().pk, user=None, author="Bo", text="I'll do it.")

        engine.script.append(said("first " * 30 + "\n\n" + "second " * 25))
        walk.platform.script.append(person_replies)
        told = walk.answer("Tell me")
        assert [text.split()[0] for text in told] == ["first", "I'll"]

    def test_whose_reply_is_our_own_echo_changes_nothing(self, walk: Walk):
        walk.answer("Hello")
        sent = walk.platform.outbox[0]
        walk.staff("re: Hello", message_id="m1")
        walk.staff("re: Hello", client_ref=sent.client_ref)
        walk.run()
        assert walk.conversation().owner == "agent"
        assert walk.answer("And now?") == ["re: And now?"]

    @pytest.mark.parametrize(
        ("heard", "owner"),
        [
            ("Your tent ships today (https://shop.example/t)", "agent"),
            ("Hi, Bo here: your tent ships next week.", "human"),
        ],
        ids=["ours", "a person's"],
    )
    def test_whose_words_come_back_before_we_know_their_id(self, walk: Walk, engine: ScriptedEngine, heard, owner):
        def echoes(outgoing):
            walk.staff(heard, message_id="not-known-yet")
            walk.ingest()

        engine.script.append(said("Your **tent** ships [today](https://shop.example/t)"))
        walk.platform.script.append(echoes)
        assert walk.answer("Where is it?") == ["Your **tent** ships [today](https://shop.example/t)"]
        assert walk.conversation().owner == owner

    def test_whose_buttons_come_back_written_out(self, walk: Walk):
        walk.answer("Hello")
        payload = {"text": "Shall I get you a person?", "purpose": "reply", "choices": ["Yes, please", "No, thanks"]}
        Delivery.objects.filter(kind="reply").update(status="sending", external_id="", payload=payload)
        walk.staff("Shall I get you a person?\n\n- Yes, please\n- No, thanks", message_id="not-known-yet")
        walk.run()
        assert walk.conversation().owner == "agent"

    def test_whose_words_come_back_just_as_we_learn_their_id(self, walk: Walk, monkeypatch):
        """However the look at what we send falls: it is under way before it, and has arrived after it."""
        walk.answer("Hello")
        ours, under_way = Delivery.objects.filter(kind="reply"), record._is_under_way
        ours.update(status="sending", external_id="")

        def arrives_first(*args):
            ours.update(status="sent", external_id="m7")
            return under_way(*args)

        monkeypatch.setattr(record, "_is_under_way", arrives_first)
        walk.staff("re: Hello", message_id="m7")
        walk.run()
        assert walk.conversation().owner == "agent"

    def test_who_leaves_a_note_silences_nobody(self, walk: Walk):
        walk.answer("Hello")
        walk.staff("Watch this one", internal=True)
        assert walk.answer("Still there?") == ["re: Still there?"]

    def test_who_gives_it_back_gets_the_next_message_answered_and_no_earlier_one(self, walk: Walk):
        walk.answer("Hello")
        desk.reply(walk.conversation().pk, user=None, author="Bo", text="Bo here")
        walk.answer("What about my refund?")
        desk.give_back(walk.conversation().pk, user=None, author="Bo")
        walk.run()
        assert walk.told() == ["re: Hello", "Bo here"]
        assert walk.answer("And the tent?") == ["re: And the tent?"]


class TestAHandover:
    def test_tells_the_customer_and_the_people(self, walk: Walk, engine: ScriptedEngine):
        engine.script.append(escalate(note="Wants a refund."))
        told = walk.answer("I want a human")
        conversation = walk.conversation()
        handover = Handover.objects.get()
        assert len(told) == 1 and conversation.messages.get(kind="handover").text == told[0]
        assert (conversation.owner, conversation.epoch, handover.epoch, handover.state) == ("human", 2, 2, "waiting")
        assert handover.why == (
            "The customer asked for a person. No rule fits and there is no escalation target: it waits for people."
        )
        kinds = [type(sent.effect) for sent in walk.platform.outbox]
        assert kinds[1:] == [Note, Assign, Tag]
        assert "Wants a refund." in handover.summary and "I want a human" in handover.summary

    def test_goes_to_the_escalation_target(self, walk: Walk, engine: ScriptedEngine):
        target = Destination.objects.create(gateway=walk.gateway, kind="inbox", external_id="i7", name="Front desk")
        EscalationTarget.objects.create(gateway=walk.gateway, destination=target)
        engine.script.append(escalate())
        walk.answer("A human, please")
        assert walk.platform.outbox[-2].effect == Assign("i7", "Front desk", "The customer asked for a person.")
        assert Handover.objects.get().destination == target

    def test_asked_for_twice_is_done_once(self, walk: Walk, engine: ScriptedEngine):
        engine.script.append(escalate())
        walk.answer("A human, please")
        desk.hand_over(walk.conversation().pk, user=None, author="Bo")
        walk.run()
        assert Handover.objects.count() == 1 and len(walk.told()) == 1

    def test_asked_for_by_a_person_ends_the_turn_that_is_due(self, walk: Walk, engine: ScriptedEngine):
        walk.customer("Hello")
        walk.ingest()
        desk.hand_over(walk.conversation().pk, user=None, author="Bo")
        walk.run()
        assert (Turn.objects.get().state, Turn.objects.get().outcome) == ("done", "overtaken")
        assert engine.briefs == [] and len(walk.told()) == 1

    def test_for_a_reply_that_failed_ends_the_turn_that_is_running(self, walk: Walk, engine: ScriptedEngine):
        def first_reply_fails(brief):
            walk.platform.script.append(DeliveryError(Failure.REJECTED, "No."))
            walk.deliver()

        walk.customer("Hello")
        walk.ingest(), walk.turns()
        walk.customer("And?")
        engine.script.append(first_reply_fails)
        walk.run()
        assert set(Turn.objects.values_list("state", flat=True)) == {"done"}
        assert walk.conversation().owner == "human"

    def test_says_the_reply_first(self, walk: Walk, engine: ScriptedEngine):
        engine.script.append(escalate(reply="I can't see your invoice."))
        told = walk.answer("Invoice?")
        assert told[0] == "I can't see your invoice." and len(told) == 2

    def test_is_accepted_by_the_first_reply_and_ends_with_giving_back(self, walk: Walk, engine: ScriptedEngine):
        engine.script.append(escalate())
        walk.answer("A human, please")
        walk.staff("Bo here", author="Bo")
        walk.run()
        assert Handover.objects.get().state == "accepted"
        desk.give_back(walk.conversation().pk, user=None, author="Bo")
        assert Handover.objects.get().state == "returned"

    def test_is_silent_once_a_person_has_answered_first(self, walk: Walk, engine: ScriptedEngine):
        engine.script.append(escalate(reply="I can't see your invoice."))
        walk.customer("Invoice?")
        walk.ingest(), walk.turns()
        walk.staff("Bo here, I have it.", author="Bo")
        walk.run()
        assert walk.told() == []
        assert Handover.objects.get().state == "accepted"

    def test_follows_an_engine_that_fails_twice(self, walk: Walk, engine: ScriptedEngine):
        engine.script.extend([EngineError("No answer from the model."), EngineError("No answer from the model.")])
        walk.customer("Hello")
        walk.run()
        Turn.objects.filter(state="due").update(due_at="2020-01-01T00:00:00Z")
        walk.run()
        handover = Handover.objects.get()
        assert handover.reason == Reason.ENGINE_FAILED
        assert handover.why.startswith("The engine failed 2 times, the last time with: No answer from the model.")
        assert len(walk.told()) == 1

    def test_is_spared_by_an_engine_that_fails_once(self, walk: Walk, engine: ScriptedEngine):
        engine.script.append(RuntimeError("secret detail"))
        walk.customer("Hello")
        walk.run()
        Turn.objects.filter(state="due").update(due_at="2020-01-01T00:00:00Z")
        walk.run()
        assert walk.told() == ["re: Hello"]
        assert "secret detail" not in walk.conversation().audit_events.get(kind="engine_failed").why

    def test_follows_a_reply_that_the_platform_rejects(self, walk: Walk, platform: type[FakePlatform]):
        platform.script.append(DeliveryError(Failure.REJECTED, "The ticket is closed."))
        walk.answer("Hello")
        conversation = walk.conversation()
        assert conversation.owner == "human" and Handover.objects.get().reason == "undeliverable"
        assert conversation.messages.filter(author="agent", kind="message").get().status == Message.Status.FAILED

    def test_for_a_reply_that_failed_withdraws_what_stood_behind_it(self, walk: Walk, platform: type[FakePlatform]):
        for text in ("One", "Two"):
            walk.customer(text)
            walk.ingest(), walk.turns()
        platform.script.append(DeliveryError(Failure.REJECTED, "No."))
        walk.run()
        assert [text for text in walk.told() if text.startswith("re:")] == [] and len(walk.told()) == 1
        assert walk.conversation().messages.get(text="re: Two").status == Message.Status.CANCELLED
        assert walk.conversation().audit_events.get(kind="withdrawn").why == (
            "1 unsent part(s) of the agent's were withdrawn: something before it didn't arrive."
        )

    def test_isnt_made_of_a_reply_that_failed_before_people_had_it_and_gave_it_back(
        self, walk: Walk, platform: type[FakePlatform]
    ):
        walk.customer("Hello")
        walk.ingest(), walk.turns()
        Delivery.objects.update(status="sending", lease_until="2020-01-01T00:00:00Z")  # its worker was killed
        desk.reply(walk.conversation().pk, user=None, author="Bo", text="Bo here")
        desk.give_back(walk.conversation().pk, user=None, author="Bo")
        walk.run()
        assert Delivery.objects.get(epoch=1).status == Delivery.Status.UNKNOWN
        assert walk.conversation().owner == "agent" and not Handover.objects.exists()
        assert walk.answer("And the tent?") == ["re: And the tent?"]


class TestASilentAgent:
    @pytest.mark.parametrize(
        ("change", "why"),
        [
            ({"gateway": {"mode": "off"}}, "The gateway is switched off."),
            ({"agent": {"is_active": False}}, "The gateway's agent is inactive."),
        ],
        ids=["gateway off", "agent inactive"],
    )
    def test_leaves_what_it_records(self, walk: Walk, change: dict, why: str):
        for name, fields in change.items():
            row = walk.gateway if name == "gateway" else walk.gateway.agent
            type(row).objects.filter(pk=row.pk).update(**fields)
        assert walk.answer("Hello") == []
        assert InboundEvent.objects.get().why == why

    def test_handles_only_its_managing_points(self, walk: Walk):
        inbox = Destination.objects.create(gateway=walk.gateway, kind="inbox", external_id="support", name="Support")
        ManagingPoint.objects.create(gateway=walk.gateway, destination=inbox)
        walk.customer("For support", thread="a", destination="support")
        walk.customer("For sales", thread="b", destination="sales")
        walk.run()
        assert (walk.told("a"), walk.told("b")) == (["re: For support"], [])

    def test_says_nothing_when_the_decision_is_silence(self, walk: Walk, engine: ScriptedEngine):
        engine.script.append(said(""))
        assert walk.answer("Buy followers now") == []
        assert walk.conversation().turns.get().outcome == "silent"

    def test_given_back_twice_still_answers(self, walk: Walk):
        walk.customer("Hello")
        walk.ingest()
        walk.receive({"event": "GivenBack", "thread": "t1"}, {"event": "GivenBack", "thread": "t1"})
        walk.run()
        assert walk.told() == ["re: Hello"]

    def test_suspended_stays_so_until_given_back(self, walk: Walk):
        walk.answer("Hello")
        desk.suspend(walk.conversation().pk, user=None, author="Bo")
        assert walk.answer("Anybody?") == []
        desk.give_back(walk.conversation().pk, user=None, author="Bo")
        assert walk.answer("Now?") == ["re: Now?"]

    def test_answers_again_when_a_closed_conversation_is_reopened(self, walk: Walk):
        walk.answer("Hello")
        walk.receive({"event": "Closed", "thread": "t1"})
        walk.run()
        assert walk.conversation().status == Conversation.Status.CLOSED
        assert walk.answer("One more thing") == ["re: One more thing"]
        assert walk.conversation().status == Conversation.Status.OPEN


class TestAReceipt:
    def test_that_cant_be_read_is_parked_and_holds_up_nobody(self, walk: Walk):
        broken = Receipt.objects.create(gateway=walk.gateway, headers={}, body=b"{{{")
        assert walk.answer("Hello") == ["re: Hello"]
        broken.refresh_from_db()
        assert (broken.status, broken.error) == ("failed", "Unparsable: not JSON")

    def test_is_all_or_nothing(self, walk: Walk):
        walk.receive(
            {"event": "CustomerSaid", "thread": "t1", "text": "First"},
            {"event": "CustomerSaid", "thread": "t1", "nonsense": True},
        )
        walk.run()
        assert not Message.objects.exists() and not InboundEvent.objects.exists()

    def test_stays_pending_when_the_database_fails(self, walk: Walk, monkeypatch):
        def fail(*args):
            raise OperationalError("gone")

        walk.customer("Hello")
        with monkeypatch.context() as patch, pytest.raises(OperationalError):
            patch.setattr(take_in, "record", fail)
            walk.ingest()
        walk.run()
        assert walk.told() == ["re: Hello"]


def test_a_second_worker_with_the_same_turn_does_nothing(walk: Walk, engine: ScriptedEngine):
    def another_worker(brief):
        assert walk.turns() == 0

    engine.script.append(another_worker)
    assert walk.answer("Hello") == ["re: Hello"]


def test_a_worker_that_lost_its_lease_says_nothing(walk: Walk, engine: ScriptedEngine):
    def lease_ends(brief):
        Turn.objects.update(lease_until="2020-01-01T00:00:00Z")
        assert walk.turns() == 1

    engine.script.append(lease_ends)
    assert walk.answer("Hello") == ["re: Hello"]


def test_messages_of_a_conversation_are_numbered_without_gaps(walk: Walk):
    for number in range(3):
        walk.answer(f"Question {number}")
    assert list(walk.conversation().messages.values_list("seq", flat=True)) == [1, 2, 3, 4, 5, 6]


def test_a_database_that_fails_isnt_the_engines_failure(walk: Walk, engine: ScriptedEngine):
    engine.script.append(OperationalError("gone"))
    walk.customer("Hello")
    walk.ingest()
    with pytest.raises(OperationalError):
        walk.turns()
    assert (Turn.objects.get().state, Turn.objects.get().failures) == ("running", 0)
    Turn.objects.update(lease_until="2020-01-01T00:00:00Z")
    walk.turns()
    walk.run()
    assert walk.told() == ["re: Hello"]


def test_what_arrives_while_a_worker_takes_in_is_taken_in_by_it(walk: Walk, monkeypatch: pytest.MonkeyPatch):
    """A second worker finds the gateway locked and leaves, so the first has to look again."""
    really = take_in._take_in

    def meanwhile(*args):
        monkeypatch.setattr(take_in, "_take_in", really)
        walk.customer("Anyone?")
        really(*args)

    monkeypatch.setattr(take_in, "_take_in", meanwhile)
    walk.customer("Hello")
    assert pipeline.ingest(walk.gateway.pk) == 2
    assert not Receipt.objects.filter(status=Receipt.Status.PENDING).exists()
