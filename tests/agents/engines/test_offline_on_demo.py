"""How good the offline engine is on the demo shop's articles, as rates, and questions that must work in any case."""

from collections.abc import Callable

import pytest

from agents.engines.base import Decision, Escalation, Reason
from agents.engines.embedding import embedder
from agents.engines.offline import Offline
from agents.rehearsal.rehearse import rehearse
from agents.rehearsal.scenario import Scenario, read
from tests.agents.engines import questions
from tests.agents.engines.demo import FOLDER, ids, shop
from tests.agents.engines.small import brief

ENGINES = {"words": Offline(lambda: None), "meaning": Offline()}

SCENARIOS = [scenario for path in sorted((FOLDER / "scenarios").glob("*.yaml")) for scenario in read(path)]

Decide = Callable[[str], Decision]


@pytest.fixture(params=list(ENGINES))
def engine(request: pytest.FixtureRequest) -> Offline:
    """Without and with the model."""
    if request.param == "meaning" and not embedder():
        pytest.skip("The extra `meaning` isn't installed.")
    return ENGINES[request.param]


@pytest.fixture
def decide(engine: Offline) -> Decide:
    return lambda question: engine.decide(brief(question, of=shop()))


def outcome(decision: Decision, wanted: str) -> str:
    """right, wrong, asked (with the right article among the topics) or missed."""
    articles = {ids()[stem] for stem in wanted.split()}
    if decision.reason is Reason.ANSWERED:
        return "right" if decision.articles[0] in articles else "wrong"
    return "asked" if decision.clarifies and articles & set(decision.articles) else "missed"


@pytest.mark.parametrize("name", ["TUNED_ON", "HELD_OUT"])
def test_most_questions_are_answered_and_hardly_any_wrongly(decide, name):
    rows = getattr(questions, name)
    outcomes = {question: outcome(decide(question), wanted) for question, wanted in rows}
    counts = {kind: list(outcomes.values()).count(kind) for kind in ("right", "asked", "wrong", "missed")}
    assert counts["right"] >= 0.7 * len(rows), outcomes
    assert counts["right"] + counts["asked"] >= 0.85 * len(rows), outcomes
    assert counts["wrong"] <= 0.05 * len(rows), outcomes


def test_what_is_out_of_scope_goes_to_people(decide):
    decisions = {question: decide(question) for question in questions.OUT_OF_SCOPE}
    left = [question for question, it in decisions.items() if it.escalation is not Escalation.NOW]
    kept = [question for question in left if decisions[question].sub_agent != "adverts"]  # which get nobody
    assert len(kept) <= 0.1 * len(questions.OUT_OF_SCOPE), kept


@pytest.mark.parametrize("question", questions.OUT_OF_SCOPE)
def test_what_is_out_of_scope_is_never_answered(decide, question):
    assert decide(question).reason is not Reason.ANSWERED


@pytest.mark.parametrize("question", questions.VAGUE)
def test_a_vague_text_is_asked_back(decide, question):
    assert decide(question).clarifies


@pytest.mark.parametrize("question", questions.FOR_BILLING)
def test_trouble_with_money_goes_to_billing(decide, question):
    decision = decide(question)
    assert (decision.escalation, decision.reason, decision.sub_agent) == (Escalation.NONE, Reason.COLLECTING, "billing")
    decision = decide(f"{question} BT-20416")
    assert (decision.escalation, decision.reason, decision.sub_agent) == (Escalation.NOW, Reason.SUB_AGENT, "billing")


@pytest.mark.parametrize(
    ("question", "stem", "beginning"),
    [
        ("Where is my order?", "track-your-order", "When your parcel leaves our warehouse"),
        ("Can I cancel my order?", "change-or-cancel-an-order", "Yes, within 60 minutes"),
        ("What is your return policy?", "return-policy", "You can return anything"),
        ("the flame of my stove is weak", "stove-fuel-and-safety", "Cold gas loses pressure."),
    ],
)
def test_the_best_known_questions_get_the_paragraph_that_answers_them(decide, question, stem, beginning):
    decision = decide(question)
    assert (decision.articles, decision.reply[: len(beginning)]) == ((ids()[stem],), beginning)


def test_chat_shorthand_says_no_more_than_the_words_it_stands_for(decide):
    assert decide("do u take paypal pls").articles == decide("do you take paypal please").articles


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_every_scenario_passes_with_and_without_the_model(engine: Offline, scenario: Scenario):
    results = list(rehearse(scenario, shop(), engine.decide))
    assert [result.differences for result in results] == [()] * len(scenario.lines)


def test_a_question_of_a_sure_sub_agent_is_asked_back_instead_of_being_out_of_scope(decide):
    decision = decide("I want to return a jacket I bought online")
    assert (decision.clarifies, decision.sub_agent, ids()["return-policy"] in decision.articles) == (
        True,
        "returns",
        True,
    )
