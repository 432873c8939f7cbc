"""Whose words they are that the system says by itself, and in which language."""

import pytest

from agents.models import Rephrasing
from agents.rephrase import rephrase
from conversations.models import Conversation, MessageTemplate
from conversations.wording import wording
from gateways.models import Gateway
from tests.conftest import Walk

pytestmark = pytest.mark.django_db

THINKING = MessageTemplate.Kind.THINKING
BUILT_IN = "Einen Moment bitte, ich sehe nach."


@pytest.fixture
def conversation(walk: Walk) -> Conversation:
    walk.answer("Hello")
    conversation = Conversation.objects.select_related("gateway__agent").get()
    conversation.language = "de"
    return conversation


@pytest.fixture
def rephrases(engine, monkeypatch):
    monkeypatch.setattr(engine, "rephrase", lambda text, language, means: f"{language}: {text}", raising=False)


def own(gateway: Gateway, **texts: str) -> None:
    for language, text in texts.items():
        language = "" if language == "any" else language
        MessageTemplate.objects.create(gateway=gateway, kind="thinking", language=language, text=text)


def test_the_operators_words_for_the_language_come_first(conversation, gateway, agent, rephrases):
    own(gateway, any="Hold on.", de="Moment!", fr="Attendez !")
    rephrase(agent, "Hold on.", "de")
    assert wording(conversation, THINKING) == "Moment!"


def test_then_what_the_engine_made_of_the_operators_words(conversation, gateway, agent, rephrases):
    own(gateway, any="Hold on.", fr="Attendez !")
    rephrase(agent, "Hold on.", "de")
    assert wording(conversation, THINKING) == "de: Hold on."


def test_the_operators_words_as_they_are_where_nothing_was_made(conversation, gateway, rephrases):
    own(gateway, any="Hold on.")
    assert wording(conversation, THINKING) == "Hold on."
    assert not Rephrasing.objects.exists()


def test_the_built_in_words_where_the_operator_has_none(conversation, gateway, rephrases):
    own(gateway, fr="Attendez !")
    assert wording(conversation, THINKING) == BUILT_IN


def test_words_that_were_changed_are_rephrased_anew(conversation, gateway, agent, rephrases):
    own(gateway, any="Hold on.")
    rephrase(agent, "Hold on.", "de")
    MessageTemplate.objects.update(text="Wait.")
    assert wording(conversation, THINKING) == "Wait."


@pytest.mark.parametrize(
    ("spoken", "given", "said"),
    [
        ("nb", "no", "Vent litt."),
        ("de-AT", "de", "Vent litt."),
        ("pt-BR", "pt-BR", "Vent litt."),
        ("", "de", "One moment please, I'm looking into it."),
    ],
)
def test_other_codes_of_a_language_are_the_same_language(conversation, gateway, spoken, given, said):
    conversation.language = spoken
    own(gateway, **{given: "Vent litt."})
    assert wording(conversation, THINKING) == said


def test_an_unknown_language_gets_the_operators_words(conversation, gateway, django_assert_num_queries):
    conversation.language = ""
    own(gateway, any="Hold on.")
    assert conversation.identity.contact.language == ""  # comes with every conversation that is said something in
    with django_assert_num_queries(1):
        assert wording(conversation, THINKING) == "Hold on."


def test_a_pinned_language_counts_whatever_the_customer_writes(conversation, gateway, agent):
    conversation.language, conversation.gateway.agent.language = "fr", "de"
    assert wording(conversation, THINKING) == BUILT_IN
    own(gateway, any="Hold on.", fr="Attendez !", de="Moment!")
    assert wording(conversation, THINKING) == "Moment!"


@pytest.mark.parametrize("language", ["de", "el", "nb", "ar", "th"])
def test_no_engine_is_asked_while_a_customer_waits(conversation, gateway, engine, monkeypatch, language):
    monkeypatch.setattr(engine, "rephrase", lambda text, language, means: pytest.fail("asked"), raising=False)
    monkeypatch.setattr("agents.languages._detector", lambda: pytest.fail("asked"))
    conversation.language = language
    own(gateway, any="Hold on.")
    assert wording(conversation, THINKING) == "Hold on."
