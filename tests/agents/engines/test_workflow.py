"""What the operator has set up holds for the decision of any engine: a decision in, a decision out."""

from dataclasses import replace
from typing import Any

import pytest

from agents.engines.base import (
    After,
    AgentBrief,
    Brief,
    Collected,
    Decision,
    Escalation,
    FactBrief,
    Reason,
    SubAgentBrief,
)
from agents.engines.guard import guarded
from tests.agents.engines.small import agent, brief

NOW, NONE = Escalation.NOW, Escalation.NONE
ORDER = FactBrief("order number", "What is your order number?", r"BT-\d{5}")


def billing(**changes: Any) -> SubAgentBrief:
    made = SubAgentBrief(9, "billing", "Billing", "", ("a wrong bill",), "", "reply", 10, ())
    return replace(made, **changes)


def decided(reply: str = "It is so.", **changes: Any) -> Decision:
    made = Decision(reply, NONE, Reason.ANSWERED, "So it is.", 0.9, sub_agent="billing", language="en")
    return replace(made, **changes)


def outcome(decision: Decision, of: AgentBrief, *said: str, **changes: Any) -> Decision:
    asked: Brief = replace(brief(*(said or ("My bill is wrong",)), of=of), **changes)
    return guarded(asked, lambda _: decision)


@pytest.mark.parametrize(
    ("after", "decision", "expected"),
    [
        ("reply", decided(), (After.REPLY, NONE, "It is so.")),
        ("draft", decided(), (After.DRAFT, NONE, "It is so.")),
        ("draft", decided(escalation=NOW), (After.HAND_OVER, NOW, "")),
        ("hand_over", decided(), (After.HAND_OVER, NOW, "It is so.")),
        ("hand_over", decided(clarifies=True), (After.HAND_OVER, NOW, "It is so.")),
        ("suspend", decided(), (After.SUSPEND, NONE, "It is so.")),
        ("suspend", decided(clarifies=True), (After.REPLY, NONE, "It is so.")),
        ("suspend", decided(escalation=NOW), (After.HAND_OVER, NOW, "It is so.")),
        ("stay_silent", decided(), (After.STAY_SILENT, NONE, "")),
        ("stay_silent", decided(escalation=NOW), (After.STAY_SILENT, NONE, "")),
        ("stay_silent", decided(escalation=NOW, reason=Reason.ASKED_FOR_HUMAN), (After.HAND_OVER, NOW, "It is so.")),
        ("close", decided(), (After.CLOSE, NONE, "It is so.\n\nGoodbye!")),
        ("close", decided(""), (After.CLOSE, NONE, "Goodbye!")),
        ("close", decided(clarifies=True), (After.REPLY, NONE, "It is so.")),
        ("close", decided(sub_agent=""), (After.REPLY, NONE, "It is so.")),
        ("reply", decided(sub_agent="gone"), (After.REPLY, NONE, "It is so.")),
    ],
)
def test_what_happens_after(after: str, decision: Decision, expected: tuple[After, Escalation, str]):
    made = outcome(decision, replace(agent(billing(after=after)), closing="Goodbye!"))
    assert (made.after, made.escalation, made.reply) == expected


def test_what_was_to_be_a_draft_is_in_the_note_of_a_handover():
    made = outcome(decided(escalation=NOW, note="Wants money."), agent(billing(after="draft")))
    assert (made.words, made.note) == ("", "Wants money. Proposed reply: “It is so.”")


def test_adverts_are_tagged_and_neither_answered_nor_handed_over():
    ads = billing(kind="ignore", tag="advert", acknowledgement="Thanks!")
    made = outcome(decided("Buy it yourself.", escalation=NOW), agent(ads))
    assert (made.words, made.escalation, made.reason, made.tagged) == ("", NONE, Reason.IGNORED, ("advert",))


def test_a_person_at_risk_is_no_advert():
    made = outcome(decided(), agent(billing(kind="ignore")), "I want to kill myself")
    assert (made.escalation, made.reason, made.after) == (NOW, Reason.SELF_HARM, After.HAND_OVER)


@pytest.mark.parametrize(("tag", "tagged"), [("", "billing"), ("money", "money")])
def test_a_match_has_its_tag(tag: str, tagged: str):
    assert outcome(decided(), agent(billing(tag=tag))).tagged == (tagged,)


@pytest.mark.parametrize(
    ("decision", "acknowledged", "said"),
    [
        (decided(), (), "I'm sorry."),
        (decided(), ("billing",), ""),
        (decided(), ("other",), "I'm sorry."),
        (decided(sub_agent=""), (), ""),
        (decided("", escalation=NOW, reason=Reason.ASKED_FOR_HUMAN), (), ""),
        (decided("", escalation=NOW, reason=Reason.STILL_UNCLEAR), (), "I'm sorry."),
    ],
    ids=["first match", "said before", "another's was said", "no match", "wants a person", "handed over"],
)
def test_the_acknowledgement_is_said_once(decision: Decision, acknowledged: tuple[str, ...], said: str):
    made = outcome(decision, agent(billing(acknowledgement="I'm sorry.")), acknowledged=acknowledged)
    assert made.acknowledgement == said


def test_what_the_operator_wrote_is_said_as_it_was_rephrased():
    of = replace(
        agent(billing(acknowledgement="I'm sorry.", after="close")),
        closing="Goodbye!",
        said_as={"I'm sorry.": {"de": "Das tut mir leid."}, "Goodbye!": {"de": "Auf Wiedersehen!"}},
    )
    made = outcome(decided("So ist es."), of, language="de-AT")
    assert made.words == "Das tut mir leid.\n\nSo ist es.\n\nAuf Wiedersehen!"
    assert outcome(decided(), replace(of, language="de"), language="en").acknowledgement == "Das tut mir leid."


class TestFacts:
    of = agent(billing(after="hand_over", facts=(ORDER,)))

    def test_are_asked_for_before_it_hands_over(self):
        made = outcome(decided("What is your order number?", reason=Reason.COLLECTING, clarifies=True), self.of)
        assert (made.escalation, made.after, made.collected) == (NONE, After.REPLY, ())

    def test_that_are_known_hold_nothing_up(self):
        made = outcome(decided(clarifies=True), self.of, "BT-20416 is wrong")
        assert (made.escalation, made.collected) == (NOW, (Collected("order number", "BT-20416"),))

    def test_come_from_the_engine_too_but_no_others(self):
        told = (Collected("order number", "20416"), Collected("shoe size", "43"))
        assert outcome(decided(collected=told), self.of).collected == (Collected("order number", "20416"),)


class TestOnlyWhatSubAgentsRecognise:
    people = replace(agent(billing()), otherwise="hand_over")
    silent = replace(agent(billing()), otherwise="stay_silent")

    @pytest.mark.parametrize(
        ("of", "decision", "said", "expected"),
        [
            (people, decided(), "My bill", (NONE, "It is so.")),
            (people, decided(sub_agent=""), "Weather?", (NOW, "")),
            (people, decided("Hello!", sub_agent=""), "Hello", (NONE, "Hello!")),
            (silent, decided(), "My bill", (NONE, "It is so.")),
            (silent, decided(sub_agent=""), "Weather?", (NONE, "")),
            (silent, decided("Hello!", sub_agent=""), "Hello", (NONE, "")),
            (silent, decided(sub_agent="", escalation=NOW), "Weather?", (NONE, "")),
            (
                silent,
                decided(sub_agent="", escalation=NOW, reason=Reason.ASKED_FOR_HUMAN),
                "A person",
                (NOW, "It is so."),
            ),
            (silent, decided(), "I will sue you", (NOW, "")),
        ],
        ids=[
            "recognised",
            "anything else goes to people",
            "nobody is called for a hello",
            "recognised, else silent",
            "anything else is left alone",
            "a hello, too",
            "no handover either",
            "unless a person is wanted",
            "or an alarm",
        ],
    )
    def test_counts(self, of: AgentBrief, decision: Decision, said: str, expected: tuple[Escalation, str]):
        made = outcome(decision, of, said)
        assert (made.escalation, made.reply) == expected


class TestItsOwnWords:
    def listening(self, **changes: Any) -> AgentBrief:
        hears = SubAgentBrief(7, "promised", "Promised money", "", ("We will refund you",), "", "reply", 5, ())
        return agent(billing(), replace(hears, trigger="agent", **changes))

    @pytest.mark.parametrize(
        ("after", "expected"),
        [
            ("reply", (After.REPLY, NONE, "We will refund you.", "billing")),
            ("hand_over", (After.HAND_OVER, NOW, "We will refund you.", "promised")),
            ("draft", (After.DRAFT, NONE, "We will refund you.", "promised")),
            ("stay_silent", (After.STAY_SILENT, NONE, "", "promised")),
            ("suspend", (After.SUSPEND, NONE, "We will refund you.", "promised")),
        ],
    )
    def test_bring_it_in(self, after: str, expected: tuple[After, Escalation, str, str]):
        made = outcome(decided("We will refund you."), self.listening(after=after))
        assert (made.after, made.escalation, made.reply, made.sub_agent) == expected
        assert made.tagged == ("billing", "promised")
        assert made.evidence[-1].quote == "We will refund you."

    def test_tell_people_what_was_said(self):
        made = outcome(decided("We will refund you.", note="A bill."), self.listening(after="hand_over"))
        assert made.note == "The agent told the customer: “We will refund you.”. A bill."

    def test_change_no_handover_but_its_tags(self):
        made = outcome(decided("We will refund you.", escalation=NOW), self.listening(after="stay_silent"))
        assert (made.escalation, made.reply, made.sub_agent) == (NOW, "We will refund you.", "billing")
        assert made.tagged == ("billing", "promised")
