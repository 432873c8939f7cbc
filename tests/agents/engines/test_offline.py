"""The offline engine: what it says, when it asks back, and when it hands over."""

import dataclasses
from concurrent.futures import ThreadPoolExecutor

import pytest

from agents.engines import offline
from agents.engines.base import Decision, Escalation, Evidence, Offer, Reason
from agents.engines.offline import Offline
from agents.wordings import wording
from tests.agents.engines.small import REFUNDS, TENTS, agent, brief, burst, sub_agent

CLARIFY = wording("clarify", "en")


def decide(*said: str, **options) -> Decision:
    return Offline().decide(brief(*said, **options))


def test_an_answer_is_the_articles_own_words_with_its_link_and_explains_itself():
    decision = decide("When do I get my refund?")
    assert (decision.reply, decision.escalation, decision.reason, decision.articles) == (
        "We refund you within 5 working days.\n\n"
        "Read more: [When do I get my refund?](https://shop.example.com/refunds)",
        Escalation.NONE,
        Reason.ANSWERED,
        (REFUNDS.id,),
    )
    assert decision.why == "“When do I get my refund?” covers 100% of what was asked, more than any other article."
    assert decision.evidence[0].quote == "We refund you within 5 working days."


def test_the_section_that_fits_best_is_quoted_and_without_a_url_there_is_no_link():
    decision = decide("there is water inside my tent")
    assert (decision.reply, decision.articles) == ("Open the vents: it is condensation.", (TENTS.id,))


def test_a_slip_of_the_pen_is_forgiven():
    assert decide("when is my refnud coming").articles == (REFUNDS.id,)


def test_a_burst_is_one_question():
    assert Offline().decide(burst("hi", "about the tent", "how do I set it up?")).articles == (TENTS.id,)


def test_texts_without_spaces_are_understood():
    assert decide("返品したいのですができますか", language="ja").reply == "商品の到着から三十日以内に返品できます。"


@pytest.mark.parametrize(
    ("said", "language", "reply"),
    [
        ("Hello there!", "en", "Hello! How can I help you?"),
        ("Guten Morgen", "de", "Guten Tag! Wie kann ich Ihnen helfen?"),
        ("thanks a lot 🙏", "en", "You're welcome! If there is anything else, just write to me."),
        ("谢谢您！", "zh", "不客气！如果还有其他问题，请随时告诉我。"),
    ],
)
def test_politeness_is_returned(said, language, reply):
    decision = decide(said, language=language)
    assert (decision.reply, decision.reason, decision.escalation) == (reply, Reason.SMALL_TALK, Escalation.NONE)


def test_a_wish_for_a_person_is_granted_with_the_words_as_evidence():
    decision = decide("This is useless. I want to talk to a human!")
    assert (decision.reply, decision.escalation, decision.reason) == ("", Escalation.NOW, Reason.ASKED_FOR_HUMAN)
    assert decision.evidence == (Evidence("phrase", "asks for a person", 1.0, "talk to a human"),)


def test_what_no_article_knows_goes_to_people_and_the_customer_is_told():
    decision = decide("Wer hat die Weltmeisterschaft gewonnen?", language="de")
    assert (decision.reply, decision.escalation, decision.reason) == (
        "Das kann ich Ihnen leider nicht selbst beantworten, aber jemand aus unserem Team übernimmt das.",
        Escalation.NOW,
        Reason.OUT_OF_SCOPE,
    )


@pytest.mark.parametrize("said", ["", "???", "help", "I have a question", "it doesn't work", "🏕" * 10_000])
def test_a_text_that_says_nothing_is_asked_back(said):
    decision = decide(said)
    assert (decision.reply, decision.clarifies, decision.reason, decision.escalation) == (
        wording("clarify_open", "en"),
        True,
        Reason.UNSURE,
        Escalation.NONE,
    )


def test_a_half_clear_question_is_asked_back_with_topics():
    decision = decide("late delivery of poles")
    assert (decision.reply, decision.clarifies, decision.reason) == (
        CLARIFY.format(topics="1. When do I get my refund?"),
        True,
        Reason.UNSURE,
    )


@pytest.mark.parametrize("reply", ["1", "Number 1", "yes", "1."])
def test_a_topic_can_be_picked(reply):
    asked_back = CLARIFY.format(topics="1. How do I set up my tent?")
    assert decide("late delivery of poles", asked_back, reply).articles == (TENTS.id,)


def test_the_reply_to_a_question_back_is_understood_together_with_the_question():
    assert decide("it is always so wet inside", wording("clarify_open", "en"), "my tent").articles == (TENTS.id,)


@pytest.mark.parametrize("key", ["clarify", "clarify_open"])
def test_it_asks_back_only_once(key):
    asked_back = wording(key, "fr").format(topics="1. How do I set up my tent?\n2. When do I get my refund?")
    decision = decide("I have a problem", asked_back, "no, something else")
    assert (decision.reply, decision.escalation, decision.reason) == ("", Escalation.NOW, Reason.STILL_UNCLEAR)


def test_a_sub_agent_that_hands_over_hands_over_and_takes_its_own_article_along():
    own = sub_agent("hand_over", "When do I get my refund?", articles=(REFUNDS.id,))
    decision = decide("When do I get my refund?", of=agent(own))
    assert (decision.escalation, decision.reason, decision.sub_agent, decision.articles) == (
        Escalation.NOW,
        Reason.SUB_AGENT,
        "billing",
        (REFUNDS.id,),
    )
    assert decision.evidence[0] == Evidence("example", "Billing", 1.0, "When do I get my refund?")


def test_a_sub_agent_that_hands_over_says_nothing_that_its_articles_do_not():
    own = sub_agent("hand_over", "There is water inside my tent", articles=(REFUNDS.id,))
    decision = decide("There is water inside my tent", of=agent(own))
    assert (decision.reply, decision.escalation, decision.sub_agent) == ("", Escalation.NOW, "billing")


def test_a_silent_sub_agent_says_nothing_and_keeps_the_conversation():
    decision = decide(
        "invoice received automatically", of=agent(sub_agent("stay_silent", "Invoice received automatically"))
    )
    assert (decision.reply, decision.escalation, decision.sub_agent) == ("", Escalation.NONE, "billing")


def test_a_wish_for_a_person_still_names_the_sub_agent_for_the_handover_rules():
    own = sub_agent("reply", "I was charged twice for my order")
    decision = decide("I was charged twice for my order. Agent!", of=agent(own))
    assert (decision.reason, decision.sub_agent) == (Reason.ASKED_FOR_HUMAN, "billing")


def test_it_waits_as_long_as_the_agent_says(monkeypatch):
    slept: list[float] = []
    monkeypatch.setattr("agents.engines.offline.time.sleep", slept.append)
    decide("hi", of=agent(delay=2.5))
    assert slept == [2.5]


@pytest.mark.parametrize(
    "said",
    [
        'refund" OR 1=1 --',
        "AND OR NOT NEAR(refund, 5) * ^ : {} ()",
        "\x00refund\x00",
        "\ud800",
        "refund " * 150_000,
        "a" * 1_000_000,
        "{topics} {title} %s",
        "I want to to to " * 10_000,
        "שלום איפה ההזמנה שלי",
    ],
    ids=["quotes", "query syntax", "null bytes", "half a character", "a megabyte of words", "one long word", "braces",
         "half a wish", "right to left"],
)  # fmt: skip
def test_no_text_upsets_it(said):
    assert decide(said).why


def test_an_agent_that_knows_nothing_hands_over():
    empty = agent()
    decision = decide("Where is my order?", of=type(empty)(2, "Empty", "empty", "", (), ()))
    assert (decision.escalation, decision.reason) == (Escalation.NOW, Reason.OUT_OF_SCOPE)


def test_many_threads_get_the_same_decision():
    engine, question = Offline(), brief("When do I get my refund?")
    with ThreadPoolExecutor(8) as pool:
        decisions = set(pool.map(lambda _: engine.decide(question).reply, range(64)))
    assert len(decisions) == 1


WAITS = Offer("possible", "It may be about billing.")
POSSIBLE = sub_agent("hand_over", "I was charged twice", "There is an error on my bill", "My payment failed")


def test_what_may_take_people_and_isnt_sure_to_is_offered_them(monkeypatch):
    """Its score and the article's are set here: which texts have such scores changes with every refinement."""
    engine = Offline()
    monkeypatch.setattr(offline, "MATCHES", 1.1)
    monkeypatch.setattr(offline, "POSSIBLE", 0.0)
    monkeypatch.setattr(offline, "ANSWERS", 1.1)
    monkeypatch.setattr(offline, "ASKS_BACK", 0.0)
    decision = engine.decide(brief("Is there an error with my refund?", of=agent(POSSIBLE)))
    assert (decision.escalation, decision.reason, decision.sub_agent) == (
        Escalation.OFFERED,
        Reason.POSSIBLE,
        "billing",
    )
    assert decision.reply == "Would you like me to pass you on to a colleague?"
    again = dataclasses.replace(brief("Is there an error with my refund?", of=agent(POSSIBLE)), offer=WAITS)
    assert engine.decide(again).escalation is not Escalation.OFFERED


def test_a_no_to_the_offer_and_nothing_else_is_taken_politely():
    declined = dataclasses.replace(brief("No thanks"), offer=WAITS)
    decision = Offline().decide(declined)
    assert (decision.reason, decision.escalation) == (Reason.DECLINED, Escalation.NONE)
    assert decision.reply == "All right. If there is anything else, just write to me."
