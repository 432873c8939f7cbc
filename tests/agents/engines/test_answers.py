"""What an engine elsewhere answered is checked before it becomes a decision."""

from dataclasses import replace
from typing import Any

import pytest

from agents.engines import answers
from agents.engines.base import (
    ActionCall,
    Brief,
    Collected,
    Decision,
    EngineError,
    Escalation,
    FactBrief,
    Reason,
    Usage,
)
from tests.agents.engines import small
from tests.agents.engines.model_server import decided

GIVEN = (1, 2)


def decide(of: Brief | None = None, **changes: Any) -> Decision:
    return answers.decision(decided(**changes), of or small.brief("When do I get my refund?"), GIVEN)


@pytest.mark.parametrize(
    ("changes", "field", "expected"),
    [
        ({"articles": [1, 2, 3, 99, 1, "1", True, None]}, "articles", (1, 2)),
        ({"articles": "1"}, "articles", ()),
        ({"sub_agent": "made-up"}, "sub_agent", ""),
        ({"sub_agent": ["billing"]}, "sub_agent", ""),
        ({"reason": "engine_failed"}, "reason", Reason.UNSURE),
        ({"reason": "because"}, "reason", Reason.UNSURE),
        ({"reason": []}, "reason", Reason.UNSURE),
        ({"confidence": 7}, "confidence", 1.0),
        ({"confidence": -1}, "confidence", 0.0),
        ({"confidence": float("nan")}, "confidence", 0.0),
        ({"confidence": 10**400}, "confidence", 1.0),
        ({"confidence": "high"}, "confidence", 0.0),
        ({"confidence": True}, "confidence", 0.0),
        ({"why": None}, "why", "The engine didn't say why."),
        ({"reply": "a\x00b\ud83dc "}, "reply", "abc"),
        ({"reply": "x" * 20_000}, "reply", "x" * 10_000),
        ({"tags": ["a", "a", "", 3, "b" * 90, *map(str, range(20))]}, "tags", ("a", "b" * 50, *map(str, range(8)))),
        ({"facts": "Lives in Bern."}, "facts", ()),
        ({"language": "de"}, "language", "de"),
        ({"language": "Deutsch"}, "language", "en"),
        ({"clarifies": "yes"}, "clarifies", False),
        ({"actions": [{"name": "look up", "arguments": {"id": 1}, "outcome": "Found."}, "no"]}, "actions",
         (ActionCall("look up", '{"id": 1}', "Found."),)),
        ({"escalation": "offered"}, "escalation", Escalation.OFFERED),
    ],
)  # fmt: skip
def test_a_field_is_made_to_fit(changes: dict[str, Any], field: str, expected: Any):
    assert getattr(decide(**changes), field) == expected


@pytest.mark.parametrize("wrong", [None, "", "NOW", "human", 1, [], {}, True])
def test_an_escalation_is_never_guessed(wrong: Any):
    with pytest.raises(EngineError, match="whether people are needed"):
        decide(escalation=wrong)


@pytest.mark.parametrize(
    ("after", "said", "act", "reply"),
    [
        ("reply", "none", Escalation.NONE, "Within 5 working days."),
        ("hand_over", "none", Escalation.NOW, "Within 5 working days."),
        ("stay_silent", "now", Escalation.NONE, ""),
    ],
)
def test_what_is_set_up_for_a_sub_agent_holds_whatever_the_model_says(
    after: str, said: str, act: Escalation, reply: str
):
    of = small.brief("I was charged twice", of=small.agent(small.sub_agent(after)))
    made = decide(of, sub_agent="billing", escalation=said)
    assert (made.sub_agent, made.escalation, made.reply) == ("billing", act, reply)


@pytest.mark.parametrize(
    "text",
    ["I want to talk to a human", "Let me speak to a real person, please", "Ich möchte mit einem Menschen sprechen"],
)
def test_a_customer_who_asks_for_a_person_gets_one_even_if_the_model_doesnt_notice(text: str):
    made = decide(small.brief(text), reply="I can't do that.")
    assert (made.escalation, made.reason, made.reply) == (Escalation.NOW, Reason.ASKED_FOR_HUMAN, "")
    assert made.evidence[0].kind == "phrase"


def test_a_model_that_notices_keeps_its_words():
    made = decide(small.brief("I want to talk to a human"), escalation="now", reply="I'll get somebody.")
    assert (made.escalation, made.reply) == (Escalation.NOW, "I'll get somebody.")


def test_an_empty_reply_is_fine_with_a_handover_and_with_nothing_else():
    assert decide(reply="", escalation="now").reply == ""
    with pytest.raises(EngineError, match="empty"):
        decide(reply=" \n ")


@pytest.mark.parametrize(
    ("values", "usage"),
    [
        ({}, Usage()),
        ({"input_tokens": 3, "output_tokens": 4, "cost": 0.5, "model": "m"}, Usage(3, 4, 0.5, "m")),
        ({"input_tokens": -3, "output_tokens": "4", "cost": float("inf"), "model": 7}, Usage()),
        ({"cost": 10**400, "input_tokens": 10**400}, Usage()),
        ({"cost": -1}, Usage()),
    ],
)
def test_usage_is_what_makes_sense_of_it(values: dict[str, Any], usage: Usage):
    assert answers.usage(values) == usage


ORDER = FactBrief("order number", "What is your order number?", r"BT-\d{5}")
COLLECTS = replace(small.sub_agent("hand_over", "a bill"), facts=(ORDER,))


@pytest.mark.parametrize(
    ("said", "changes", "act", "reason"),
    [
        (("My bill",), {"clarifies": True}, Escalation.NONE, Reason.COLLECTING),
        (("My bill",), {"clarifies": False}, Escalation.NOW, Reason.SUB_AGENT),
        (("My bill, BT-20416",), {"clarifies": True}, Escalation.NOW, Reason.SUB_AGENT),
        (("My bill",), {"clarifies": True, "collected": [{"name": "order number", "value": "20416"}]}, Escalation.NOW,
         Reason.SUB_AGENT),
        (("My bill", "Which?", "No", "Which?", "No", "Which?", "No"), {"clarifies": True}, Escalation.NOW,
         Reason.SUB_AGENT),
    ],
    ids=["asks", "doesn't ask", "was told", "says that it knows", "asks for ever"],
)  # fmt: skip
def test_a_model_may_ask_for_what_a_sub_agent_has_to_know_before_people_are(
    said: tuple[str, ...], changes: dict[str, Any], act: Escalation, reason: Reason
):
    made = decide(small.brief(*said, of=small.agent(COLLECTS)), sub_agent="billing", **changes)
    assert (made.escalation, made.reason) == (act, reason)


@pytest.mark.parametrize(
    ("given", "collected"),
    [
        ([{"name": "order number", "value": " 20416 "}], (Collected("order number", "20416"),)),
        ([{"name": "password", "value": "x"}, {"name": "order number"}, {"value": "y"}, 7], ()),
        ([{"name": ["order number"], "value": "x"}], ()),
        ("20416", ()),
    ],
    ids=["one", "others", "no name", "no list"],
)
def test_only_facts_that_were_asked_for_are_taken(given: Any, collected: tuple[Collected, ...]):
    of = small.brief("My bill", of=small.agent(COLLECTS))
    assert decide(of, sub_agent="billing", collected=given).collected == collected


def test_a_model_cant_choose_what_listens_to_the_agent_only():
    of = small.brief("My bill", of=small.agent(replace(COLLECTS, trigger="agent")))
    assert decide(of, sub_agent="billing").sub_agent == ""


def test_an_empty_reply_is_fine_where_the_agent_stays_silent_on_all_else():
    of = small.brief("Weather?", of=replace(small.agent(COLLECTS), otherwise="stay_silent"))
    assert decide(of, reply="").reply == ""
