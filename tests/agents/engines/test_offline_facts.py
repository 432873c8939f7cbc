"""The offline engine collects what a sub agent has to know: one question at a time, in the operator's words."""

from dataclasses import replace

import pytest

from agents.engines.base import After, Collected, Decision, Escalation, FactBrief, Reason
from agents.engines.guard import guarded
from agents.engines.offline import Offline
from tests.agents.engines.small import agent, brief, sub_agent

ORDER = FactBrief("order number", "What is your order number?", r"BT-\d{5}")
AMOUNT = FactBrief("amount", "Which amount is wrong?")
BILLING = replace(sub_agent("hand_over", "my bill is wrong", "I was charged twice"), facts=(ORDER, AMOUNT))
PARCELS = replace(sub_agent("hand_over", "my parcel is lost", "where is my parcel"), slug="parcels", name="Parcels")
SHOP = agent(BILLING, PARCELS)
QUESTION = "My bill is wrong"


def decide(*said: str) -> Decision:
    return guarded(brief(*said, of=SHOP), Offline().decide)


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        ((QUESTION,), ORDER.question),
        ((QUESTION, ORDER.question, "It is BT-20416"), AMOUNT.question),
        (("My bill is wrong, BT-20416",), AMOUNT.question),
        ((QUESTION, ORDER.question, "No idea"), ORDER.question),
        ((QUESTION, ORDER.question, "thank you"), ORDER.question),
    ],
    ids=["first", "second", "told at once", "not told", "only polite"],
)
def test_what_is_missing_is_asked_for(said: tuple[str, ...], reply: str):
    made = decide(*said)
    assert (made.reply, made.reason, made.escalation, made.after) == (
        reply,
        Reason.COLLECTING,
        Escalation.NONE,
        After.REPLY,
    )
    assert made.sub_agent == "billing" and made.clarifies


def test_then_it_does_what_it_is_there_for():
    made = decide(QUESTION, ORDER.question, "BT-20416", AMOUNT.question, "20 euros too much")
    assert (made.escalation, made.reason, made.sub_agent) == (Escalation.NOW, Reason.SUB_AGENT, "billing")
    assert made.collected == (Collected("order number", "BT-20416"), Collected("amount", "20 euros too much"))


def test_who_doesnt_tell_is_asked_twice_and_then_people_are():
    made = decide(QUESTION, ORDER.question, "No idea", ORDER.question, "I said no idea")
    assert (made.escalation, made.reason) == (Escalation.NOW, Reason.STILL_UNCLEAR)
    assert made.why == "“Billing” needs to know the order number, and the customer was asked and didn't tell."


@pytest.mark.parametrize(
    ("reply", "sub_agent", "reason"),
    [
        ("Something else: where is my parcel", "parcels", Reason.SUB_AGENT),
        ("I want to talk to a human", "", Reason.ASKED_FOR_HUMAN),
    ],
)
def test_the_customer_may_change_the_subject(reply: str, sub_agent: str, reason: Reason):
    made = decide(QUESTION, ORDER.question, reply)
    assert (made.escalation, made.reason, made.sub_agent) == (Escalation.NOW, reason, sub_agent)


def test_the_answer_is_about_the_first_question():
    facts = (FactBrief("order number", "Which order?", r"BT-\d{5}"),)
    of = agent(replace(sub_agent("reply", "when do I get my refund"), facts=facts))
    said = ("When do I get my refund?", "Which order?", "BT-20416")
    made = guarded(brief(*said, of=of), Offline().decide)
    assert made.reply.startswith("We refund you within 5 working days.")


def test_adverts_are_not_answered():
    of = agent(replace(sub_agent("reply", "we offer backlinks and SEO for your site"), kind="ignore"))
    made = guarded(brief("We offer backlinks and SEO for your site!", of=of), Offline().decide)
    assert (made.words, made.reason, made.escalation) == ("", Reason.IGNORED, Escalation.NONE)


def test_what_listens_to_the_agent_only_isnt_found_in_the_customers_words():
    of = agent(replace(sub_agent("hand_over", "when do I get my refund"), trigger="agent"))
    made = Offline().decide(brief("When do I get my refund?", of=of))
    assert (made.sub_agent, made.escalation) == ("", Escalation.NONE)


def test_a_pinned_language_is_answered_in():
    of = replace(agent(), language="de")
    assert Offline().decide(brief("Hello there!", of=of)).reply == "Guten Tag! Wie kann ich Ihnen helfen?"
