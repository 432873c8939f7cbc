"""A scenario's walk: what the engine is given line by line, and which differences are told."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from agents.engines.base import Brief, Decision, EngineError, Escalation, Reason
from agents.rehearsal.rehearse import Difference, rehearse
from agents.rehearsal.scenario import Expectation, Scenario, Step
from tests.agents.engines import small
from tests.agents.engines.small import agent

DECISION = Decision(
    "We refund you within **5** days.", Escalation.NONE, Reason.ANSWERED, "So it is.", 0.9, "billing", articles=(1,)
)
HANDED_OVER = Decision("", Escalation.NOW, Reason.OUT_OF_SCOPE, "No article.", 0.1)


class Scripted:
    """An engine that answers as told, and remembers what it was asked."""

    def __init__(self, *decisions: Decision | EngineError) -> None:
        self.decisions, self.asked = list(decisions), list[Brief]()

    def __call__(self, brief: Brief) -> Decision:
        self.asked.append(brief)
        decision = self.decisions.pop(0)
        if isinstance(decision, EngineError):
            raise decision
        return decision


def walk(
    ask: Callable[[Brief], Decision], *steps: Step, language: str = ""
) -> list[tuple[int, tuple[Difference, ...]]]:
    scenario = Scenario("A", "a.yaml", language, steps)
    return [(result.number, result.differences) for result in rehearse(scenario, agent(), ask)]


def step(*says: str, **expect: tuple[str, ...]) -> Step:
    return Step(says, Expectation(**expect))


def test_the_transcript_grows_with_bursts_and_replies():
    ask = Scripted(DECISION, HANDED_OVER)
    walk(ask, step("Hello there", "Where is my money?"), step("Ich verstehe das leider überhaupt nicht"))
    first, second = ask.asked
    assert [(line.speaker.value, line.text) for line in first.transcript] == [
        ("customer", "Hello there"),
        ("customer", "Where is my money?"),
    ]
    assert (first.new, first.language, first.question) == (2, "en", "Hello there\nWhere is my money?")
    assert [(line.speaker.value, line.text) for line in second.transcript[2:]] == [
        ("agent", "We refund you within **5** days."),
        ("customer", "Ich verstehe das leider überhaupt nicht"),
    ]
    assert (second.new, second.language) == (1, "de")


def test_a_language_that_is_given_isnt_detected():
    ask = Scripted(DECISION)
    walk(ask, step("Where is my money?"), language="fr")
    assert ask.asked[0].language == "fr"


def test_after_a_handover_no_engine_is_asked():
    ask = Scripted(HANDED_OVER)
    told = walk(ask, step("one"), step("two"), step("three"))
    assert told == [(1, ()), (2, (Difference("line", "a decision", "handed over before"),))]
    assert len(ask.asked) == 1


def test_a_failing_engine_is_a_difference():
    told = walk(Scripted(EngineError("It is down.")), step("one"))
    assert told == [(1, (Difference("engine", "a decision", "It is down."),))]


def test_the_guard_stands_around_the_engine():
    assert walk(Scripted(), step("I will sue you", reason=("legal",))) == [(1, ())]


@pytest.mark.parametrize(
    ("expect", "difference"),
    [
        ({"sub_agent": ("billing",)}, None),
        ({"sub_agent": ("orders", "")}, ("sub_agent", "orders or none", "billing")),
        ({"escalation": ("offered", "none")}, None),
        ({"escalation": ("now",)}, ("escalation", "now", "none")),
        ({"reason": ("unsure",)}, ("reason", "unsure", "answered")),
        ({"language": ("de",)}, ("language", "de", "en")),
        ({"articles": ("refunds",)}, None),
        ({"articles": ("When do I get my refund?",)}, None),
        ({"articles": ("refunds", "tents")}, ("articles", "refunds, tents", "refunds")),
        ({"articles": ()}, ("articles", "none", "refunds")),
        ({"contains": ("WITHIN **5**",)}, None),
        ({"contains": ("tomorrow",)}, ("contains", "tomorrow", DECISION.reply)),
        ({"excludes": ("tomorrow",)}, None),
        ({"excludes": ("REFUND",)}, ("excludes", "not: REFUND", DECISION.reply)),
        ({"after": ("reply", "close")}, None),
        ({"after": ("close",)}, ("after", "close", "reply")),
        ({"tags": ()}, None),
        ({"tags": ("billing",)}, ("tags", "billing", "none")),
        ({"collected": ()}, None),
        ({"collected": ("BT-1",)}, ("collected", "BT-1", "none")),
        ({"acknowledgement": ("",)}, None),
        ({"acknowledgement": ("sorry",)}, ("acknowledgement", "sorry", "none")),
    ],
)
def test_what_differs_is_told(expect, difference):
    told = walk(Scripted(DECISION), step("When do I get my money back?", **expect))
    assert told == [(1, (Difference(*difference),) if difference else ())]


BILLING = replace(small.sub_agent("reply", "a bill"), acknowledgement="I'm sorry.", tag="money")


def test_a_sub_agent_does_what_it_is_set_up_for():
    ask = Scripted(DECISION, DECISION)
    first = step("My bill", tags=("money",), acknowledgement=("i'm sorry",), after=("reply",))
    second = step("And now?", acknowledgement=("",))
    scenario = Scenario("s", "s.yaml", "", (first, second))
    assert [each.differences for each in rehearse(scenario, small.agent(BILLING), ask)] == [(), ()]
    assert [line.text for line in ask.asked[1].transcript] == ["My bill", "I'm sorry.", DECISION.reply, "And now?"]


@pytest.mark.parametrize(
    ("after", "told"),
    [("draft", ["My bill", "And now?"]), ("close", ["My bill", "I'm sorry.", DECISION.reply, "And now?"])],
)
def test_the_customer_hears_nothing_of_a_draft(after: str, told: list[str]):
    ask = Scripted(DECISION, DECISION)
    scenario = Scenario("s", "s.yaml", "", (step("My bill"), step("And now?")))
    list(rehearse(scenario, small.agent(replace(BILLING, after=after)), ask))
    assert [line.text for line in ask.asked[1].transcript] == told


def test_after_falling_silent_no_engine_is_asked():
    ask = Scripted(DECISION)
    scenario = Scenario("s", "s.yaml", "", (step("My bill"), step("Hello?")))
    results = list(rehearse(scenario, small.agent(replace(BILLING, after="suspend")), ask))
    assert results[1].differences == (Difference("line", "a decision", "suspended before"),)


def test_a_yes_to_an_offer_hands_over_without_asking_the_engine():
    offer = replace(DECISION, reply="Would you like a colleague?", escalation=Escalation.OFFERED)
    ask = Scripted(offer)
    assert walk(ask, step("Hm?", escalation=("offered",)), step("Yes please", reason=("accepted",))) == [
        (1, ()),
        (2, ()),
    ]
    assert len(ask.asked) == 1


def test_an_offer_is_known_for_one_line():
    offer = replace(DECISION, reply="Would you like a colleague?", escalation=Escalation.OFFERED)
    ask = Scripted(offer, DECISION, DECISION)
    walk(ask, step("Hm?"), step("When do I get my refund?"), step("Yes"))
    assert [asked.offer is None for asked in ask.asked] == [True, False, True]
