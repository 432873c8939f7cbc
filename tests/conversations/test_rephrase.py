"""Which wordings are rephrased before anybody needs them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from agents.engines.base import EngineError, Means
from agents.models import Agent, Rephrasing, SubAgent
from aissist_site import tasks
from conversations import rephrase, timers
from conversations.models import Conversation, MessageTemplate, Timer
from gateways.models import Gateway
from tests.conftest import Walk

pytestmark = pytest.mark.django_db

HOLD_ON = "Please hold on while I look into your question."


@pytest.fixture
def asked(engine, monkeypatch) -> list[tuple[str, str]]:
    asked: list[tuple[str, str]] = []

    def answer(text: str, language: str, means: Means) -> str:
        asked.append((text, language))
        if language == "fi":
            raise EngineError("Out of order.")
        return "" if language == "sv" else f"{language}: {text}"

    monkeypatch.setattr(engine, "rephrase", answer, raising=False)
    return asked


@pytest.fixture
def spoken(walk: Walk):
    """Customers have written in these languages."""

    def speak(*languages: str) -> None:
        for language in languages:
            walk.answer("Hello", thread=language)
            Conversation.objects.filter(external_id=language).update(language=language)

    return speak


@pytest.fixture
def hold_on(gateway: Gateway) -> MessageTemplate:
    return MessageTemplate.objects.create(gateway=gateway, kind="thinking", text=HOLD_ON)


def test_the_operators_words_are_rephrased_in_the_languages_of_customers(asked, spoken, hold_on):
    spoken("de", "fr")
    assert rephrase.rephrase_missing() == 2
    assert asked == [(HOLD_ON, "de"), (HOLD_ON, "fr")]
    assert set(Rephrasing.objects.values_list("language", "text")) == {
        ("de", f"de: {HOLD_ON}"),
        ("fr", f"fr: {HOLD_ON}"),
    }


def test_nothing_is_asked_for_twice(asked, spoken, hold_on):
    spoken("de", "sv")
    assert [rephrase.rephrase_missing() for _ in range(3)] == [1, 0, 0]
    assert asked == [(HOLD_ON, "de"), (HOLD_ON, "sv")]


def test_not_in_the_language_that_they_are_in_or_that_the_operator_speaks_or_that_is_unknown(
    asked, spoken, hold_on, gateway
):
    MessageTemplate.objects.create(gateway=gateway, kind="thinking", language="no", text="Vent litt.")
    MessageTemplate.objects.create(gateway=gateway, kind="handover", language="de", text="Jemand hilft.")
    spoken("en", "nb", "", "de")
    rephrase.rephrase_missing()
    assert asked == [(HOLD_ON, "de")]


def test_not_for_languages_that_nobody_has_written_for_long(asked, spoken, hold_on):
    spoken("de")
    Conversation.objects.update(last_message_at=timezone.now() - timedelta(days=31))
    rephrase.rephrase_missing()
    assert asked == []


def test_not_for_other_gateways(asked, spoken, hold_on, make_gateway):
    spoken("de")
    MessageTemplate.objects.update(gateway=make_gateway())
    rephrase.rephrase_missing()
    assert asked == []


def test_an_engine_that_fails_is_left_alone_until_the_next_run(asked, spoken, hold_on):
    spoken("de", "fi", "fr")
    assert [rephrase.rephrase_missing(), rephrase.rephrase_missing()] == [1, 0]
    assert [language for _, language in asked] == ["de", "fi", "fi"]


def test_engines_that_cannot_take_no_calls_away_from_others(asked, spoken, hold_on, make_gateway, monkeypatch):
    monkeypatch.setattr(rephrase, "MOST", 1)
    agent = Agent.objects.create(name="Aside", engine="offline")
    Gateway.objects.filter(pk=hold_on.gateway_id).update(agent=agent)
    other = MessageTemplate.objects.create(gateway=make_gateway(), kind="thinking", text=HOLD_ON)
    spoken("de", "fr")
    conversation = Conversation.objects.get(external_id="de")
    Conversation.objects.create(
        gateway=other.gateway,
        identity=conversation.identity,
        external_id="x",
        language="it",
        last_message_at=timezone.now(),
    )
    assert rephrase.rephrase_missing() == 1
    assert asked == [(HOLD_ON, "it")]


def test_one_run_makes_only_so_many_calls(asked, spoken, hold_on, monkeypatch):
    monkeypatch.setattr(rephrase, "MOST", 2)
    spoken("de", "fr", "it")
    assert [rephrase.rephrase_missing(), rephrase.rephrase_missing()] == [2, 1]


def test_the_task_makes_them(asked, spoken, hold_on):
    spoken("de")
    tasks.rephrase()
    assert asked == [(HOLD_ON, "de")]


def test_a_thinking_message_is_what_was_made(asked, spoken, hold_on, walk, engine, monkeypatch):
    monkeypatch.setattr("agents.languages.detect", lambda text, expected=(): "en" if text == HOLD_ON else "de")
    Gateway.objects.update(thinking_after=4)
    walk.gateway.refresh_from_db()
    walk.answer("Guten Tag")
    rephrase.rephrase_missing()

    def slow(brief) -> None:
        Timer.objects.update(due_at=timezone.now())
        timers.fire(walk.gateway.pk)
        walk.deliver()

    engine.script.append(slow)
    assert walk.answer("Wo ist mein Paket?") == [f"de: {HOLD_ON}", "re: Wo ist mein Paket?"]


def test_what_an_agent_says_by_itself_is_rephrased_too(asked, spoken, agent: Agent):
    spoken("de")
    facts = [{"name": "order", "question": "Which order is it?"}]
    sorry = {"acknowledgement": "I am very sorry to hear that.", "facts": facts}
    SubAgent.objects.create(agent=agent, name="B", slug="b", scenario="s", **sorry)
    SubAgent.objects.create(agent=agent, name="Off", slug="off", scenario="s", acknowledgement="No.", is_active=False)
    Agent.objects.update(closing="Thank you for writing to us, goodbye.")
    rephrase.rephrase_missing()
    assert asked == [
        ("Thank you for writing to us, goodbye.", "de"),
        ("I am very sorry to hear that.", "de"),
        ("Which order is it?", "de"),
    ]


def test_an_agent_with_a_pinned_language_needs_no_other(asked, spoken, hold_on):
    spoken("de", "fr")
    Agent.objects.update(language="it")
    rephrase.rephrase_missing()
    assert asked == [(HOLD_ON, "it")]
