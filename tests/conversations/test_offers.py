"""A person is offered: the customer says yes, no, or something else, or nothing; and people may act first."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from agents.engines.base import Escalation, Reason
from agents.models import Agent
from contacts.models import Contact
from conversations import limbo
from conversations.models import Conversation, Message, Offer
from gateways.messages import Reply
from gateways.models import Destination, Gateway
from handover import desk
from handover.models import EscalationTarget, Handover
from tests.conftest import Walk
from tests.fakes import ScriptedEngine, escalate, said

pytestmark = pytest.mark.django_db

ASK = "Would you like me to pass you on to a colleague?"
OFFER = said(ASK, escalation=Escalation.OFFERED, reason=Reason.POSSIBLE, why="It may be about billing.")


@pytest.fixture(autouse=True)
def no_limbo(db):
    yield
    assert not limbo.in_limbo().exists()


@pytest.fixture
def offered(walk: Walk, engine: ScriptedEngine) -> Walk:
    """A conversation whose last words are an offer."""
    engine.script.append(OFFER)
    assert walk.answer("Something about a payment") == [ASK]
    return walk


def states() -> list[str]:
    return list(Offer.objects.order_by("pk").values_list("state", flat=True))


def trail(walk: Walk) -> list[str]:
    return list(walk.conversation().audit_events.values_list("kind", flat=True))


def time_is_over() -> None:
    Offer.objects.update(due_at=timezone.now() - timedelta(seconds=1))


def test_an_offer_waits_and_the_conversation_is_still_the_agents(offered: Walk):
    row, conversation = Offer.objects.get(), offered.conversation()
    assert (row.state, row.reason, row.why) == ("pending", "possible", "It may be about billing.")
    assert row.due_at == row.asked_at + timedelta(minutes=30)
    assert row.asked_at == conversation.offered_at
    assert conversation.turns.get().outcome == "offered"
    assert (conversation.owner, Handover.objects.count(), trail(offered)) == ("agent", 0, ["offered"])


BUTTONS = {
    "the customer's language": ("", "", ASK, ("Yes, please", "No, thanks")),
    "the agent's own": ("de", "", "Soll ich Sie verbinden?", ("Ja, bitte", "Nein, danke")),
    "what the reply is written in": ("", "", "Soll ich Sie mit jemandem verbinden?", ("Ja, bitte", "Nein, danke")),
    "the contact's, where that can't be told": ("", "fr", "?", ("Oui, volontiers", "Non, merci")),
}


@pytest.mark.parametrize(("agents", "contacts", "reply", "choices"), BUTTONS.values(), ids=BUTTONS)
def test_where_there_are_buttons_yes_and_no_stand_on_them(walk: Walk, engine, agents, contacts, reply, choices):
    walk.answer("Something about a payment")
    walk.platform.capabilities = replace(walk.platform.capabilities, choices=True)
    Agent.objects.update(language=agents)
    Contact.objects.update(language=contacts)
    engine.script.append(replace(OFFER, reply=f"{'1 ' * 95}\n\n{reply}"))  # in two parts
    walk.answer("Something about another payment")
    first, second = (sent.effect for sent in walk.platform.outbox[-2:])
    assert (first.choices, second.choices) == ((), choices)
    told = walk.answer(choices[0])  # pressed
    assert (len(told), Handover.objects.count(), states()) == (1, 1, ["accepted"])
    last = [sent.effect for sent in walk.platform.outbox if isinstance(sent.effect, Reply)][-1]
    assert last.choices == ()


def test_where_there_are_none_nothing_changes(offered: Walk):
    assert offered.platform.outbox[-1].effect.choices == ()


def test_a_yes_hands_over_at_once_without_asking_the_engine(offered: Walk, engine: ScriptedEngine):
    told = offered.answer("Yes please, my order is 4711")
    assert len(told) == 1 and "passed your conversation on" in told[0]
    assert len(engine.briefs) == 1
    handover, conversation = Handover.objects.get(), offered.conversation()
    assert (handover.reason, conversation.owner, conversation.offered_at) == ("accepted", "human", None)
    assert "said yes: “Yes please, my order is 4711”. It may be about billing." in handover.why
    assert states() == ["accepted"]
    assert trail(offered) == ["offered", "offer_accepted", "handed_over", "tagged"]


def test_a_no_declines_and_the_turn_goes_on(offered: Walk, engine: ScriptedEngine):
    assert offered.answer("No thanks, what does delivery cost?") == ["re: No thanks, what does delivery cost?"]
    assert states() == ["declined"]
    assert offered.conversation().offered_at is None
    assert offered.answer("Yes") == ["re: Yes"]


def test_anything_else_is_the_engines_to_understand_and_it_knows_of_the_offer(offered: Walk, engine: ScriptedEngine):
    engine.script.append(escalate(reason=Reason.ASKED_FOR_HUMAN))
    offered.answer("Hm, I suppose so")
    offer = engine.briefs[-1].offer
    assert offer is not None and (offer.reason, offer.why) == ("possible", "It may be about billing.")
    assert states() == ["accepted"]
    assert engine.briefs[0].offer is None


@pytest.mark.parametrize(
    ("decision", "state"),
    [
        (said("It takes 2 days."), "withdrawn"),
        (said(""), "pending"),
        (escalate(reason=Reason.STILL_UNCLEAR), "withdrawn"),
        (said(ASK, escalation=Escalation.OFFERED), "pending"),
    ],
    ids=["answered something else", "silent", "handed over for another reason", "offered again"],
)
def test_what_an_engine_decides_settles_the_offer(offered: Walk, engine: ScriptedEngine, decision, state):
    engine.script.append(decision)
    offered.answer("How long does delivery take?")
    assert states() == [state]


def test_offered_again_it_has_its_time_again(offered: Walk, engine: ScriptedEngine):
    before = Offer.objects.get()
    engine.script.append(OFFER)
    offered.answer("How long would that take?")
    after = Offer.objects.get()
    assert after.due_at > before.due_at
    assert offered.conversation().offered_at == after.asked_at


def test_a_yes_to_what_the_agent_said_later_is_no_yes_to_the_offer(offered: Walk):
    offered.answer("How long does delivery take?")
    assert offered.answer("Yes") == ["re: Yes"]
    assert Handover.objects.count() == 0


def test_an_offer_that_nobody_answers_rests(offered: Walk):
    time_is_over()
    offered.run()
    assert states() == ["expired"]
    assert (offered.conversation().owner, len(offered.told())) == ("agent", 1)
    assert trail(offered) == ["offered", "offer_expired"]


def test_a_yes_that_comes_hours_later_is_still_one(offered: Walk):
    time_is_over()
    offered.run()
    offered.answer("Sorry, I was out. Yes please")
    assert states() == ["expired"]  # begins with something else, so the engine answered it


@pytest.mark.parametrize(("text", "state", "owner"), [("Yes", "accepted", "human"), ("No", "declined", "agent")])
def test_an_answer_that_comes_late_is_still_one(offered: Walk, text: str, state: str, owner: str):
    time_is_over()
    offered.run()
    offered.answer(text)
    assert states() == [state]
    assert offered.conversation().owner == owner


def test_where_the_gateway_says_so_silence_brings_people(offered: Walk):
    Gateway.objects.update(on_silence="hand_over")
    billing = Destination.objects.create(gateway=offered.gateway, external_id="b", name="Billing")
    EscalationTarget.objects.create(gateway=offered.gateway, destination=billing)
    time_is_over()
    offered.run()
    handover = Handover.objects.get()
    assert (states(), offered.conversation().owner) == (["expired"], "human")
    assert (handover.reason, handover.destination) == ("possible", billing)
    assert handover.why.startswith("A person was offered, and the customer didn't answer in time.")
    assert offered.run() is None and Handover.objects.count() == 1


def test_a_time_out_waits_for_what_the_customer_has_just_said(offered: Walk):
    Gateway.objects.update(on_silence="hand_over")
    offered.customer("No thanks")
    offered.ingest()
    time_is_over()
    offered.timers()
    assert Handover.objects.count() == 0
    offered.run()
    assert states() == ["declined"]
    assert offered.told()[-1] == "re: No thanks"


def test_nought_minutes_wait_for_ever(walk: Walk, engine: ScriptedEngine):
    Gateway.objects.update(offer_minutes=0)
    engine.script.append(OFFER)
    walk.answer("Something about a payment")
    assert Offer.objects.get().due_at is None


@pytest.mark.parametrize("act", ["take_over", "suspend", "close", "hand_over"])
def test_a_persons_act_withdraws_it(offered: Walk, act: str):
    getattr(desk, act)(offered.conversation().pk, user=None, author="Bo")
    assert states() == ["withdrawn"]
    assert offered.conversation().offered_at is None
    time_is_over()
    offered.run()
    assert states() == ["withdrawn"]


def test_a_person_who_replies_on_the_platform_withdraws_it(offered: Walk):
    offered.staff("I'll see to it.", author="Bo")
    offered.run()
    assert states() == ["withdrawn"]


def test_where_nothing_is_offered_no_query_is_made_for_it(
    walk: Walk, engine: ScriptedEngine, django_assert_max_num_queries
):
    walk.answer("Hello")
    with django_assert_max_num_queries(200) as captured:
        walk.answer("What does delivery cost?")
    asked = [query["sql"] for query in captured.captured_queries]
    assert all("due_at" in sql for sql in asked if "conversations_offer" in sql)  # one for each ring for timers
    assert not [sql for sql in asked if "contacts_memory" in sql]


def test_somebody_at_risk_is_told_more_than_that_a_team_replies(walk: Walk):
    told = walk.answer("I want to kill myself")
    assert "local emergency services" in "".join(told)
    assert Message.objects.get(author="agent").kind == "handover"
    assert Handover.objects.get().reason == "self_harm"


def test_the_operators_own_words_for_them_are_never_rephrased(walk: Walk, gateway: Gateway, engine: ScriptedEngine):
    gateway.message_templates.create(kind="crisis", text="Please call 0800 111 0 111.")
    Conversation.objects.update(language="fr")
    assert walk.answer("je veux mourir") == ["Please call 0800 111 0 111."]
