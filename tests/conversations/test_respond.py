"""The walk with an agent's real engines: a broken one is made up for by the next, or else by people."""

from typing import Any

import pytest

from agents.models import Article, EngineSetting
from conversations.models import Turn
from handover.models import Handover
from tests.agents.engines.conftest import model as model  # the server on loopback, as a fixture
from tests.agents.engines.model_server import ModelServer, answer, completion, cut, decided
from tests.conftest import Walk

pytestmark = pytest.mark.django_db
KEY = "sk-test-0123456789abcdef"
TITLE, WORDS = "When do I get my refund?", "We refund you within 5 working days."


@pytest.fixture(autouse=True)
def loopback(settings: Any) -> None:
    settings.OUTBOUND_ALLOWED_NETWORKS = ["127.0.0.0/8"]


@pytest.fixture
def set_up(walk: Walk, model: ModelServer):
    """Gives the agent these engines, and an article."""

    def set_up(*names: str) -> Article:
        agent = walk.gateway.agent
        for position, name in enumerate(names, start=1):
            options = {"model": "small", "base_url": f"{model.url}/v1", "seconds": 0.5} if name == "openai" else {}
            secret = KEY if name == "openai" else ""
            EngineSetting.objects.create(agent=agent, position=position, engine=name, options=options, secret=secret)
        return Article.objects.create(agent=agent, title=TITLE, body=WORDS)

    return set_up


def answer_after_retries(walk: Walk, text: str) -> list[str]:
    told = walk.answer(text)
    Turn.objects.filter(state="due").update(due_at="2020-01-01T00:00:00Z")
    walk.run()
    return told or walk.told()


BROKEN = {
    "over its limit": answer(429, {}),
    "failing": answer(500, {}),
    "cut": cut,
    "not JSON": completion("Hello there"),
    "empty": completion(decided(reply="")),
    "refusing": completion(None, refusal="No."),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_broken_engine_is_made_up_for_by_the_next(walk: Walk, model: ModelServer, set_up: Any, broken: Any):
    article = set_up("openai", "offline")
    model.script.append(broken)
    assert walk.answer(TITLE) == [WORDS]
    decision = walk.conversation().turns.get().decision
    assert (decision["engine"], decision["articles"]) == ("offline", [article.pk])
    assert "It was left to the engine “offline”. 1. openai: " in decision["why"]
    assert decision["evidence"][-1]["kind"] == "engine" and len(model.asked) == 1
    assert not Handover.objects.exists()


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_broken_engine_alone_ends_with_people(walk: Walk, model: ModelServer, set_up: Any, broken: Any):
    set_up("openai")
    model.script.extend([broken, broken])
    (told,) = answer_after_retries(walk, TITLE)
    conversation, handover = walk.conversation(), Handover.objects.get()
    assert told == conversation.messages.get(kind="handover").text
    assert (conversation.owner, handover.reason, len(model.asked)) == ("human", "engine_failed", 2)
    assert KEY not in handover.why + handover.summary


def test_a_slow_engine_is_made_up_for_too(walk: Walk, model: ModelServer, set_up: Any):
    set_up("openai", "offline")
    model.script.append(model.slow)
    assert walk.answer(TITLE) == [WORDS]


def test_what_a_model_decides_is_stored_whole(walk: Walk, model: ModelServer, set_up: Any):
    article = set_up("openai", "offline")
    model.script.append(completion(decided(articles=[article.pk, 999])))
    assert walk.answer(TITLE) == ["Within 5 working days."]
    decision = walk.conversation().turns.get().decision
    assert decision.pop("milliseconds") >= 0
    assert decision == {
        "reply": "Within 5 working days.",
        "escalation": "none",
        "reason": "answered",
        "why": "The article on refunds says so.",
        "confidence": 0.9,
        "sub_agent": "",
        "evidence": [{"kind": "article", "name": TITLE, "score": 0.9, "quote": ""}],
        "articles": [article.pk],
        "note": "Asked about a refund.",
        "clarifies": False,
        "tags": ["refund"],
        "language": "en",
        "facts": ["Bought a tent."],
        "actions": [],
        "cost": {"input_tokens": 1200, "output_tokens": 80, "cost": None, "model": "small-1"},
        "declined": False,
        "engine": "openai",
        "after": "reply",
        "acknowledgement": "",
        "collected": [],
        "tagged": [],
    }
    assert model.asked[0].headers["authorization"] == f"Bearer {KEY}"


def test_a_customer_who_wants_a_person_gets_one_whatever_the_model_says(walk: Walk, model: ModelServer, set_up: Any):
    set_up("openai")
    model.script.append(completion(decided(reply="I'd rather help you myself.")))
    assert len(walk.answer("I want to talk to a human")) == 1
    assert Handover.objects.get().reason == "asked_for_human"
    assert "I'd rather help you myself." not in walk.told()


def test_an_edit_counts_for_the_next_message(walk: Walk, model: ModelServer, set_up: Any):
    set_up("openai")
    model.script.extend([completion(decided()), completion(decided())])
    walk.answer("Hello")
    setting = EngineSetting.objects.get()
    setting.options |= {"model": "large"}
    setting.save()
    walk.answer("And now?")
    assert [asked.json["model"] for asked in model.asked] == ["small", "large"]


def test_without_a_list_the_agents_own_engine_decides(walk: Walk):
    assert walk.answer("Hello") == ["re: Hello"]
    assert walk.conversation().turns.get().decision["engine"] == "scripted"
