"""Engines are asked in order until one decides or the time is up."""

import dataclasses
from typing import Any

import pytest

from agents.engines import fallback, registry
from agents.engines.base import AnswersLater, Brief, Decision, Engine, EngineBrief, EngineError, Evidence
from agents.http import Http, Policy
from tests.agents.engines import small
from tests.fakes import said

HTTP = Http(Policy())


class Scripted(Engine):
    """Does what it is told, and remembers what it was asked with."""

    label = "Scripted"

    def __init__(self, outcome: Decision | Exception, asks_others: bool = True) -> None:
        self.outcome = outcome
        self.asks_others = asks_others  # type: ignore[misc]  # each instance is an engine of its own here
        self.asked: list[Brief] = []

    def decide(self, brief: Brief) -> Decision:
        self.asked.append(brief)
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch):
    def register(**engines: Scripted) -> Brief:
        for name, engine in engines.items():
            monkeypatch.setitem(registry.ENGINES, name, lambda engine=engine: engine)
        registry.engine.cache_clear()
        choices = tuple(EngineBrief(name) for name in engines)
        return dataclasses.replace(small.brief("Hi"), agent=dataclasses.replace(small.agent(), engines=choices))

    yield register
    registry.engine.cache_clear()


def test_the_first_that_decides_is_the_only_one_asked(register: Any):
    first, second = Scripted(said("One")), Scripted(said("Two"))
    decision = fallback.decide(register(first=first, second=second), HTTP)
    assert decision == said("One", engine="first")
    assert (len(first.asked), len(second.asked)) == (1, 0)


def test_the_next_is_asked_when_one_fails_and_the_decision_says_why(register: Any):
    brief = register(first=Scripted(EngineError("It is over its limit.")), second=Scripted(said("Two")))
    assert fallback.decide(brief, HTTP) == said(
        "Two",
        engine="second",
        why="An article answers it. It was left to the engine “second”. 1. first: It is over its limit.",
        evidence=(Evidence("engine", "1. first", 0.0, "It is over its limit."),),
    )


def test_all_that_fail_are_named(register: Any):
    brief = register(first=Scripted(EngineError("Too slow.")), second=Scripted(EngineError("Too busy.")))
    with pytest.raises(EngineError) as caught:
        fallback.decide(brief, HTTP)
    assert caught.value.public == "No engine gave a decision. 1. first: Too slow. 2. second: Too busy."


def test_a_single_one_that_fails_speaks_for_itself(register: Any):
    with pytest.raises(EngineError, match=r"^Too slow\.$"):
        fallback.decide(register(first=Scripted(EngineError("Too slow."))), HTTP)


def test_without_time_only_those_are_asked_that_need_none(register: Any):
    far, near = Scripted(said("Far")), Scripted(said("Near"), asks_others=False)
    decision = fallback.decide(register(far=far, near=near), HTTP, budget=0)
    assert (decision.reply, far.asked) == ("Near", [])
    assert decision.evidence == (Evidence("engine", "1. far", 0.0, "There was no time left to ask it."),)


def test_each_is_given_what_is_left_of_the_time(register: Any):
    first = Scripted(said("One"))
    fallback.decide(register(first=first), HTTP, budget=7)
    means = first.asked[0].means
    assert means.http is HTTP and 6 < means.seconds <= 7


def test_a_bug_isnt_hidden(register: Any):
    with pytest.raises(ZeroDivisionError):
        fallback.decide(register(first=Scripted(ZeroDivisionError()), second=Scripted(said())), HTTP)


@pytest.mark.parametrize(
    ("choice", "public"),
    [
        (EngineBrief("gone"), "There is no engine called “gone”."),
        (EngineBrief("openai"), "Its options won't do. model: This is needed."),
        (EngineBrief("openai", {"model": 3}, "sk-secret-key"), "Its options won't do. model: This must be text."),
        (
            EngineBrief("remote", {"url": "https://engine.example"}, "sk-secret-key"),
            "Its options won't do. secret: This must be “whsec_” followed by 24 to 64 bytes in base64.",
        ),
    ],
    ids=["unknown", "no options", "wrong option", "wrong secret"],
)
def test_one_that_cant_be_asked_is_one_that_failed(choice: EngineBrief, public: str):
    agent = dataclasses.replace(small.agent(), engines=(choice,))
    with pytest.raises(EngineError) as caught:
        fallback.decide(dataclasses.replace(small.brief("Hi"), agent=agent), HTTP)
    assert caught.value.public == public
    assert "sk-secret-key" not in repr(caught.value) + repr(agent)


def test_one_that_answers_later_is_waited_for_and_says_who_failed_before(register: Any):
    brief = register(first=Scripted(EngineError("It is down.")), second=Scripted(AnswersLater(600)))
    with pytest.raises(AnswersLater) as caught:
        fallback.decide(brief, HTTP)
    assert (caught.value.seconds, caught.value.place) == (600, 2)
    assert caught.value.why == "The engine “second” has 600 s to answer. 1. first: It is down."


def test_one_that_did_not_answer_in_time_is_passed_over(register: Any):
    first, second = Scripted(said("One")), Scripted(said("Two"))
    decision = fallback.decide(dataclasses.replace(register(first=first, second=second), passed=1), HTTP)
    assert (decision.reply, first.asked) == ("Two", [])
    assert "1. first: It was asked and didn't answer in time." in decision.why
