"""Which sub agent a question finds, how surely, and what the matcher learns from a few phrases of each."""

import pytest

from agents.engines.base import SubAgentBrief
from agents.engines.classifier import Classifier
from agents.engines.features import Vectors, kinds
from agents.engines.matching import Match, Matcher
from agents.engines.offline import MATCHES
from tests.agents.engines.small import REFUNDS, TENTS


def sub_agent(slug: str, *examples: str, scenario: str = "", priority: int = 10, articles: tuple[int, ...] = ()):
    return SubAgentBrief(0, slug, slug.title(), scenario, examples, "", "reply", priority, articles)


LATE = sub_agent(
    "late",
    "My card has not arrived yet",
    "Where is my new card? I am still waiting for it",
    "I ordered a card two weeks ago and it still isn't here",
    "How long does it take until I get my card?",
)
SWALLOWED = sub_agent(
    "swallowed",
    "The cash machine swallowed my card",
    "The ATM kept my card",
    "My card is stuck in the machine, how do I get it back?",
    "A machine has eaten my card",
)
EXPIRES = sub_agent(
    "expires",
    "My card is about to expire",
    "What do I do when my card runs out?",
    "Do I get a new card before the old one expires?",
    "Can I order a replacement for my expiring card?",
)
LIEFERUNG = sub_agent("lieferung", "Wann kommt meine Lieferung an?", "Wie lange dauert der Versand?")
RÜCKGABE = sub_agent("rueckgabe", "Ich möchte einen Artikel zurückgeben", "Wohin schicke ich die Retoure?")
返品 = sub_agent("henpin", "商品を返品したいです", "返品の方法を教えてください")
配送 = sub_agent("haiso", "荷物はいつ届きますか", "配送状況を確認したい")

ABOUT_CARDS = Matcher([LATE, SWALLOWED, EXPIRES])


def found(question: str, *sub_agents: SubAgentBrief, language: str = "en") -> Match:
    match = (Matcher(sub_agents) if sub_agents else ABOUT_CARDS).match(question, language)
    assert match is not None
    return match


@pytest.mark.parametrize(
    ("question", "slug"),
    [
        ("I've been waiting for my card for ages", "late"),
        ("why hasn't my new card come", "late"),
        ("an atm took my card and won't give it back", "swallowed"),
        ("the machnie swalowed my card!!", "swallowed"),
        ("my card will expire next month", "expires"),
        ("what happens at the expiry of my card", "expires"),
    ],
)
def test_sub_agents_about_the_same_thing_are_told_apart(question, slug):
    match = found(question)
    assert (match.sub_agent.slug, match.score >= MATCHES) == (slug, True)


@pytest.mark.parametrize(
    "question",
    ["What's the weather like tomorrow?", "Do you sell fishing rods?", "my dog is ill", "Wer hat gewonnen?", "0815"],
)
def test_what_belongs_to_none_is_not_sure_enough(question):
    match = ABOUT_CARDS.match(question, "en")
    assert match is None or match.score < MATCHES


@pytest.mark.parametrize(
    ("question", "language", "sub_agents", "slug"),
    [
        ("Ist meine Lieferung schon unterwegs?", "de", (LIEFERUNG, RÜCKGABE), "lieferung"),
        ("Wie kann ich den Artikel zurückgeben?", "de", (LIEFERUNG, RÜCKGABE), "rueckgabe"),
        ("商品を返品できますか", "ja", (返品, 配送), "henpin"),
        ("荷物がまだ届きません", "ja", (返品, 配送), "haiso"),
    ],
)
def test_phrases_may_be_in_any_language(question, language, sub_agents, slug):
    match = found(question, *sub_agents, language=language)
    assert (match.sub_agent.slug, match.score >= MATCHES) == (slug, True)


@pytest.mark.parametrize("question", ["The ATM kept my card", "the atm KEPT my card!"])
def test_the_very_words_of_an_example_are_certain(question):
    assert found(question) == Match(SWALLOWED, "The ATM kept my card", 1.0)


def test_a_match_names_the_phrase_that_is_most_like_the_question():
    assert found("a machine ate my card today").phrase == "A machine has eaten my card"


def test_a_scenario_is_enough():
    refunds = sub_agent("refunds", scenario="a refund is late, the amount of a refund is wrong")
    tents = sub_agent("tents", scenario="setting up a tent, cleaning a tent")
    match = found("my refund is late", refunds, tents)
    assert (match.sub_agent.slug, match.phrase) == ("refunds", "a refund is late")


def test_of_equals_the_one_with_priority_applies():
    first = sub_agent("first", "Where is my parcel?", priority=20)
    second = sub_agent("second", "Where is my parcel?", priority=10)
    assert found("where is my parcel", first, second) == Match(second, "Where is my parcel?", 1.0)


def test_a_not_makes_a_difference():
    good = sub_agent("good", "My refund arrived", "The money arrived")
    bad = sub_agent("bad", "My refund hasn't arrived", "The money hasn't arrived")
    slugs = [found(question, good, bad).sub_agent.slug for question in ("refund arrived today", "no refund arrived")]
    assert slugs == ["good", "bad"]


@pytest.mark.parametrize("question", ["help", "I have a question about an order", "", "???", "🏕"])
def test_a_text_that_says_nothing_finds_nothing(question):
    assert Matcher([sub_agent("orders", "I have a question about my parcel")]).match(question, "en") is None


def test_words_that_say_nothing_do_count_if_an_example_is_made_of_them():
    helped = sub_agent("helped", "I need help")
    assert found("i need help", helped) == Match(helped, "I need help", 1.0)


@pytest.mark.parametrize("sub_agents", [[], [sub_agent("empty")]], ids=["no sub agent", "no phrase"])
def test_nothing_to_go_by_finds_nothing(sub_agents):
    assert Matcher(sub_agents).match("Where is my order?", "en") is None


def test_a_sub_agent_without_phrases_never_applies():
    match = found("my dog is ill", sub_agent("empty", priority=1), LATE)
    assert match.sub_agent == LATE


def test_phrases_favour_the_articles_of_their_sub_agent():
    matcher = Matcher(
        [
            sub_agent("refunds", "My refund is late", articles=(REFUNDS.id,)),
            sub_agent("tents", "My tent is wet", articles=(TENTS.id,)),
        ]
    )
    assert list(matcher.favours("is the tent wet?", "en")) == [TENTS.id]


def test_the_same_phrases_always_learn_the_same():
    again = Matcher([LATE, SWALLOWED, EXPIRES])
    assert again.match("a new card please", "en") == ABOUT_CARDS.match("a new card please", "en")


def test_probabilities_leave_room_for_none_of_the_classes():
    classifier = Classifier([{"red": 1.0}, {"green": 1.0}], [0, 1])
    red, unknown = classifier.probabilities({"red": 0.2}), classifier.probabilities({"blue": 1.0})
    assert (red[0] > 0.5 > red[1], sum(red) < 1, unknown[0] == unknown[1] < 0.1) == (True, True, True)


def test_a_text_has_features_of_four_kinds():
    assert [sorted(kind) for kind in kinds("Tent isn't dry", "en")] == [
        ["w dry", "w isnt", "w tent"],
        ["n ^ tent", "n dry $", "n isnt dry", "n tent isnt"],
        ["p dry !", "p dry tent", "p tent !"],
        ["c  dry", "c  isn", "c  ten", "c dry ", "c ent ", "c isn'", "c n't ", "c sn't", "c tent"],
    ]


def test_a_vector_has_length_1_and_what_is_unheard_of_makes_the_rest_shorter():
    known = kinds("tent poles", "en")
    vectors = Vectors([known])
    lengths = [
        sum(weight**2 for weight in vectors.vector(kinds(text, "en")).values()) for text in ("tent poles", "tent")
    ]
    assert (lengths[0], lengths[1] < 1) == (pytest.approx(1), True)
    assert vectors.vector(kinds("boots", "en")) == {}
