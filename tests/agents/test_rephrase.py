"""Operators' texts in other languages: made by an engine, judged, kept, and read without one."""

from datetime import timedelta

import pytest
from django.utils import timezone

from agents.engines.base import EngineError, Means
from agents.models import Agent, Rephrasing
from agents.rephrase import is_usable, missing, rephrase, rephrased
from tests.fakes import ScriptedEngine

TEXT = "One moment, {name}: https://shop.example/help."


@pytest.fixture
def asked(engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What the engine was asked to rephrase; it says the text in capitals, placeholders and links as they are."""
    asked: list[tuple[str, str]] = []

    def answer(text: str, language: str, means: Means) -> str:
        asked.append((text, language))
        return f" {language.upper()}: {text}\n"

    monkeypatch.setattr(engine, "rephrase", answer, raising=False)
    return asked


def test_what_was_made_is_read_without_the_engine(agent: Agent, asked):
    assert rephrase(agent, TEXT, "de") == f"DE: {TEXT}"
    assert rephrased(agent.pk, TEXT, "de") == rephrased(agent.pk, TEXT, "de-AT") == f"DE: {TEXT}"
    assert asked == [(TEXT, "de")]


def test_reading_takes_one_query(agent: Agent, asked, django_assert_num_queries):
    rephrase(agent, TEXT, "de")
    with django_assert_num_queries(1):
        rephrased(agent.pk, TEXT, "de")


@pytest.mark.parametrize(("text", "language"), [(TEXT + "!", "de"), (TEXT, "fr")])
def test_another_text_or_language_is_another_rephrasing(agent: Agent, asked, text, language):
    rephrase(agent, TEXT, "de")
    assert rephrased(agent.pk, text, language) == ""


def test_another_agent_has_its_own(agent: Agent, asked):
    rephrase(agent, TEXT, "de")
    assert rephrased(Agent.objects.create(name="Other", engine="scripted").pk, TEXT, "de") == ""


def test_an_engine_that_cannot_leaves_nothing_behind(agent: Agent):
    assert rephrase(agent, TEXT, "de") is None
    assert not Rephrasing.objects.exists()


def test_an_error_of_the_engine_is_the_callers(agent: Agent, engine, monkeypatch):
    def fail(text: str, language: str, means: Means) -> str:
        raise EngineError("Out of order.")

    monkeypatch.setattr(engine, "rephrase", fail, raising=False)
    with pytest.raises(EngineError):
        rephrase(agent, TEXT, "de")


@pytest.mark.parametrize(
    ("text", "said", "usable"),
    [
        ("One moment.", "Einen Moment.", True),
        ("One moment, {name}.", "Einen Moment, {name}.", True),
        ("See https://shop.example/help.", "请看 https://shop.example/help。", True),
        ("One moment.", "", False),
        ("One moment.", " \n", False),
        ("One moment, {name}.", "Einen Moment.", False),
        ("One moment, {name}.", "Einen Moment, {Name}.", False),
        ("One moment, {name}.", "{name}, einen Moment, {name}.", False),
        ("One moment.", "Einen Moment, {name}.", False),
        ("See https://shop.example/help.", "Siehe https://shop.example/hilfe.", False),
        ("One moment.", "Certainly! Here is the translation that you asked for. " * 4, False),
    ],
)
def test_what_was_said_is_judged(text, said, usable):
    assert is_usable(text, said) is usable


def test_what_is_of_no_use_is_not_used_and_not_asked_for_at_once(agent: Agent, engine, monkeypatch):
    monkeypatch.setattr(engine, "rephrase", lambda text, language, means: "Einen Moment.", raising=False)
    assert rephrase(agent, TEXT, "de") == ""
    assert rephrased(agent.pk, TEXT, "de") == ""
    assert missing(agent.pk, TEXT, {"de", "fr"}) == ["fr"]
    Rephrasing.objects.update(made_at=timezone.now() - timedelta(days=2))
    assert missing(agent.pk, TEXT, {"de", "fr"}) == ["de", "fr"]


def test_what_is_there_is_not_missing_however_old(agent: Agent, asked):
    rephrase(agent, TEXT, "no")
    Rephrasing.objects.update(made_at=timezone.now() - timedelta(days=400))
    assert missing(agent.pk, TEXT, {"nb", "de", "de-AT", ""}) == ["de"]
