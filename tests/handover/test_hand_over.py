"""Who gets what is handed over, with which tags, who is told, and what happens when nobody comes."""

import smtplib
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.utils import timezone

from agents.engines.base import Reason
from agents.models import Agent, SubAgent
from aissist_site import decide
from contacts.models import Contact
from conversations.models import Conversation, Message
from gateways.messages import Assign, Tag
from gateways.models import Destination
from handover import desk, notices, overdue
from handover.models import EscalationTarget, Handover, HandoverRule, HandoverSettings, Notice
from handover.route import route
from tests.conftest import Walk
from tests.fakes import ScriptedEngine, escalate, said

pytestmark = pytest.mark.django_db
BO = {"user": None, "author": "Bo"}


def destination(walk: Walk, name: str, **fields: Any) -> Destination:
    return Destination.objects.create(
        gateway=walk.gateway, **{"kind": "inbox", "external_id": name.lower(), "name": name, **fields}
    )


@pytest.fixture
def billing(agent: Agent) -> SubAgent:
    return SubAgent.objects.create(agent=agent, name="Billing", slug="billing", scenario="Bills")


@pytest.fixture
def desks(walk: Walk) -> dict[str, Destination]:
    made = {name: destination(walk, name) for name in ("Front", "Money", "German")}
    EscalationTarget.objects.create(gateway=walk.gateway, destination=made["Front"])
    return made


def hand_over(walk: Walk, engine: ScriptedEngine, text: str = "A person, please", **decision: Any) -> Handover:
    engine.script.append(escalate(**decision))
    walk.answer(text)
    return Handover.objects.latest("pk")


def settings(walk: Walk, **fields: Any) -> HandoverSettings:
    return HandoverSettings.objects.create(gateway=walk.gateway, **fields)


def effects(walk: Walk, kind: type) -> list[Any]:
    return [sent.effect for sent in walk.platform.outbox if isinstance(sent.effect, kind)]


class TestRules:
    def rule(self, walk: Walk, where: Destination, **fields: Any) -> HandoverRule:
        made = HandoverRule(gateway=walk.gateway, destination=where, **fields)
        made.full_clean()
        made.save()
        return made

    def test_the_first_that_fits_fires_and_says_why(self, walk: Walk, engine, billing: SubAgent, desks):
        self.rule(walk, desks["German"], language="de", position=1)
        fired = self.rule(walk, desks["Money"], sub_agent=billing, channel="email", position=2)
        walk.customer("Hello there", channel="email")
        walk.run()
        handover = hand_over(walk, engine, sub_agent="billing")
        assert (handover.rule, handover.destination) == (fired, desks["Money"])
        assert handover.why.endswith("Rule: “billing” goes to Money, because it came by email.")

    def test_contacts_have_tags_to_ask_for(self, walk: Walk, engine, desks):
        self.rule(walk, desks["German"], contact_tag="vip")
        walk.answer("Hello")
        Contact.objects.update(tags=["VIP"])
        assert hand_over(walk, engine).destination == desks["German"]

    def test_one_that_is_deleted_meanwhile_isnt_used(self, walk: Walk, engine, billing: SubAgent, desks):
        self.rule(walk, desks["Money"], sub_agent=billing)

        def deleted(brief: object) -> Any:
            HandoverRule.objects.all().delete()
            return escalate(sub_agent="billing")

        engine.script.append(deleted)
        walk.answer("A person, please")
        assert Handover.objects.get().destination == desks["Front"]

    def test_a_destination_that_goes_between_choice_and_handover_is_passed_over(
        self, walk: Walk, engine, billing: SubAgent, desks, monkeypatch
    ):
        """Nothing keeps an operator from deleting it in the very moment."""
        self.rule(walk, desks["Money"], sub_agent=billing)

        def choose_then_lose(*told: Any) -> Any:
            choice = route(*told)
            Destination.objects.filter(pk=desks["Money"].pk).update(is_active=False)
            return choice

        monkeypatch.setattr(decide, "route", choose_then_lose)
        assert hand_over(walk, engine, sub_agent="billing").destination == desks["Front"]

    def test_without_any_that_fits_nor_a_target_it_waits(self, walk: Walk, engine, desks):
        Destination.objects.update(is_active=False)
        handover = hand_over(walk, engine)
        assert handover.destination is None and handover.why.endswith("Front isn't in use: it waits for people.")

    @pytest.mark.parametrize(
        ("fields", "field"),
        [({"hours": "always"}, "hours"), ({"language": "german"}, "language")],
        ids=["hours", "language"],
    )
    def test_what_cant_be_is_refused(self, walk: Walk, desks, fields, field):
        with pytest.raises(ValidationError) as refused:
            self.rule(walk, desks["Money"], **fields)
        assert list(refused.value.message_dict) == [field]


class TestTags:
    @pytest.mark.parametrize(
        ("with_rule", "reason", "expected"),
        [
            (False, "asked_for_human", ("need_human_help",)),
            (True, "asked_for_human", ("need_human_help", "transfer_to_human")),
            (True, "out_of_scope", ("transfer_to_human",)),
        ],
        ids=["no rule", "a rule, asked for", "a rule"],
    )
    def test_say_what_happened(self, walk: Walk, engine, billing, desks, with_rule, reason, expected):
        if with_rule:
            HandoverRule.objects.create(gateway=walk.gateway, sub_agent=billing, destination=desks["Money"])
        hand_over(walk, engine, sub_agent="billing", reason=Reason(reason))
        assert effects(walk, Tag) == [Tag(add=expected), Tag(add=("billing",))]
        assert walk.conversation().tags == [*expected, "billing"]

    def test_have_names_of_the_operators(self, walk: Walk, engine):
        settings(walk, need_human_tag="mensch")
        hand_over(walk, engine)
        assert walk.conversation().tags == ["mensch"]

    def test_may_be_left_out(self, walk: Walk, engine):
        settings(walk, need_human_tag="")
        hand_over(walk, engine)
        assert effects(walk, Tag) == []

    def test_twice_asked_is_once_put(self, walk: Walk, engine):
        hand_over(walk, engine)
        desk.give_back(walk.conversation().pk, **BO)
        hand_over(walk, engine)
        assert len(effects(walk, Tag)) == 1

    def test_what_was_collected_is_left_in_a_note(self, walk: Walk, engine, agent):
        facts = [{"name": "order number", "question": "Which order?", "pattern": "BT-[0-9]{5}"}]
        SubAgent.objects.create(agent=agent, name="Orders", slug="orders", scenario="o", facts=facts)
        engine.script.append(said("It is on its way.", sub_agent="orders"))
        walk.answer("Where is BT-20416?")
        note = Message.objects.get(kind="note")
        assert note.text == "**Collected by the agent:**\n- order number: BT-20416"
        assert walk.conversation().tags == ["information_to_human", "orders"] and walk.conversation().owner == "agent"


class TestNotices:
    def test_operators_are_told_once_and_outside_the_transaction(self, walk: Walk, engine):
        settings(walk, notify="kim@example.com, bo@example.com")
        handover = hand_over(walk, engine)
        assert mail.outbox == []
        assert (notices.send_due(), notices.send_due()) == (2, 0)
        assert [sent.to for sent in mail.outbox] == [["kim@example.com"], ["bo@example.com"]]
        assert handover.summary in mail.outbox[0].body

    def test_nobody_is_told_where_there_is_a_target(self, walk: Walk, engine, desks):
        settings(walk, notify="kim@example.com")
        hand_over(walk, engine)
        assert not Notice.objects.exists()

    def test_an_address_as_destination_gets_the_summary(self, walk: Walk, engine):
        where = destination(walk, "Kim", kind="email_address", external_id="kim@example.com")
        EscalationTarget.objects.create(gateway=walk.gateway, destination=where)
        handover = hand_over(walk, engine)
        notices.send_due()
        assert mail.outbox[0].to == ["kim@example.com"] and handover.summary in mail.outbox[0].body
        assert effects(walk, Assign) == [Assign("", "Kim", "The customer asked for a person.")]

    def test_one_that_the_server_refused_is_sent_later(self, walk: Walk, engine, monkeypatch):
        settings(walk, notify="kim@example.com")
        hand_over(walk, engine)

        def refuse(self: object) -> int:
            raise smtplib.SMTPResponseException(451, b"Later")

        with monkeypatch.context() as patch:
            patch.setattr("handover.notices.EmailMessage.send", refuse)
            assert notices.send_due() == 0
        assert notices.send_due() == 0
        Notice.objects.update(due_at=timezone.now())
        assert notices.send_due() == 1 and len(mail.outbox) == 1

    def test_one_that_may_have_been_sent_isnt_sent_again(self, walk: Walk, engine, monkeypatch):
        settings(walk, notify="kim@example.com")
        hand_over(walk, engine)

        def break_off(self: object) -> int:
            raise TimeoutError

        monkeypatch.setattr("handover.notices.EmailMessage.send", break_off)
        notices.send_due()
        assert Notice.objects.get().state == "failed"


class TestNobodyAccepts:
    def late(self) -> int:
        Handover.objects.filter(accept_by__isnull=False).update(accept_by=timezone.now() - timedelta(seconds=1))
        return overdue.pass_on()

    def test_it_goes_to_the_next_and_the_customer_is_told_once(self, walk: Walk, engine, desks):
        settings(walk, accept_within=5)
        EscalationTarget.objects.update(next_destination=desks["Money"])
        handover = hand_over(walk, engine)
        assert (self.late(), self.late()) == (1, 0)
        walk.run()
        handover.refresh_from_db()
        assert (handover.destination, handover.state) == (desks["Money"], "waiting")
        assert [effect.name for effect in effects(walk, Assign)] == ["Front", "Money"]
        assert [text for text in walk.told() if "longer than usual" in text] == walk.told()[1:]
        assert handover.passed_on_at and handover.why.endswith("Nobody accepted it in time. It goes to Money.")

    def test_without_a_next_one_the_operators_are_told(self, walk: Walk, engine, desks):
        settings(walk, accept_within=5, notify="kim@example.com")
        hand_over(walk, engine)
        self.late()
        assert Handover.objects.get().destination is None and notices.send_due() == 1

    def test_accepting_it_comes_first_or_not_at_all(self, walk: Walk, engine, desks):
        settings(walk, accept_within=5)
        hand_over(walk, engine)
        desk.take_over(walk.conversation().pk, **BO)
        assert self.late() == 0

    def test_a_person_who_comes_meanwhile_stops_the_message(self, walk: Walk, engine, desks):
        settings(walk, accept_within=5)
        hand_over(walk, engine)
        self.late()
        desk.reply(walk.conversation().pk, **BO, text="Here I am")
        walk.run()
        assert walk.told()[1:] == ["Here I am"]

    def test_a_rule_may_say_how_long(self, walk: Walk, engine, desks):
        settings(walk, accept_within=5)
        EscalationTarget.objects.update(accept_within=0)
        assert hand_over(walk, engine).accept_by is None


class TestSilence:
    def pass_time(self) -> int:
        early = timezone.now() - timedelta(minutes=31)
        Conversation.objects.update(last_message_at=early, updated_at=early)
        return overdue.give_back()

    def test_people_who_fall_silent_give_back(self, walk: Walk, engine):
        settings(walk, give_back_after=30)
        hand_over(walk, engine)
        walk.staff("Bo here")
        walk.customer("One more thing")
        walk.run()
        assert self.pass_time() == 1
        walk.run()
        assert walk.conversation().owner == "agent" and Handover.objects.get().state == "returned"
        assert walk.answer("Hello?") == ["re: Hello?"]

    def test_what_nobody_accepted_waits_on(self, walk: Walk, engine):
        settings(walk, give_back_after=30)
        hand_over(walk, engine)
        assert self.pass_time() == 0

    def test_by_default_people_keep_it(self, walk: Walk, engine):
        hand_over(walk, engine)
        walk.staff("Bo here")
        walk.run()
        assert self.pass_time() == 0
