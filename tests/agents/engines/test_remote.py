"""The remote engine: a signed turn goes out, a decision comes back."""

import dataclasses
import json
import logging
from typing import Any

import pytest
from standardwebhooks import Webhook

from agents.engines import remote
from agents.engines.base import Brief, EngineError, Escalation, Line, Means, Speaker, Usage
from agents.engines.remote import Config, Remote
from agents.http import Http, Policy
from agents.signatures import new_secret
from tests.agents.engines import small
from tests.agents.engines.model_server import ModelServer, answer, cut, decided

SECRET = new_secret()


def brief(model: ModelServer, *said: str, seconds: float = 60.0) -> Brief:
    config = Config(url=f"{model.url}/decide", secret=SECRET)
    base = small.brief(*(said or ("When do I get my refund?",)), of=small.agent(small.sub_agent("reply", "a bill")))
    return dataclasses.replace(base, means=Means(config, Http(Policy.of(["127.0.0.0/8"])), seconds))


def test_the_turn_goes_out_signed_and_whole(model: ModelServer):
    model.script.append(answer(200, decided()))
    Remote().decide(brief(model, "Hi", "Hello!", "When do I get my refund?"))
    (asked,) = model.asked
    turn = {
        "version": 1,
        "agent": {"id": 1, "name": "Small", "instructions": "", "revision": brief(model).agent.revision}
        | {"character": "", "language": "", "otherwise": "answer"},
        "sub_agents": [
            {
                "id": 9,
                "slug": "billing",
                "name": "Billing",
                "scenario": "",
                "examples": ["a bill"],
                "instructions": "",
                "after": "reply",
                "priority": 10,
                "article_ids": [],
                "kind": "workflow",
                "trigger": "customer",
                "facts": [],
                "acknowledgement": "",
                "tag": "",
                "actions": [],
            }
        ],
        "articles": [
            {"id": one.id, "title": one.title, "url": one.url} for one in (small.REFUNDS, small.TENTS, small.RETURNS)
        ],
        "transcript": [
            {"speaker": "customer", "text": "Hi", "at": "2026-03-02T09:30:00+00:00"},
            {"speaker": "agent", "text": "Hello!", "at": "2026-03-02T09:30:00+00:00"},
            {"speaker": "customer", "text": "When do I get my refund?", "at": "2026-03-02T09:30:00+00:00"},
        ],
        "new": 1,
        "language": "en",
        "offer": None,
        "facts": [],
    }
    assert asked.path == "/decide"
    assert Webhook(SECRET).verify(asked.body, asked.headers) == turn
    assert set(asked.headers) == {
        "host", "user-agent", "accept-encoding", "connection", "content-type", "content-length",
        "webhook-id", "webhook-timestamp", "webhook-signature",
    }  # fmt: skip


def test_the_past_goes_along_where_there_is_one(model: ModelServer):
    model.script.append(answer(200, decided()))
    past = (Line(Speaker.HUMAN, "We'll see.", small.WHEN),)
    Remote().decide(dataclasses.replace(brief(model), past=past, customer={"plan": "Gold"}))
    turn = json.loads(model.asked[0].body)
    assert turn["past"] == [{"speaker": "human", "text": "We'll see.", "at": "2026-03-02T09:30:00+00:00"}]
    assert turn["customer"] == {"plan": "Gold"}


def test_the_decision_comes_back_checked(model: ModelServer):
    used = {"input_tokens": 10, "output_tokens": 5, "cost": 0.01, "model": "mine"}
    model.script.append(answer(200, decided(articles=[1, 77], cost=used)))
    made = Remote().decide(brief(model))
    assert (made.reply, made.articles, made.cost) == ("Within 5 working days.", (1,), Usage(10, 5, 0.01, "mine"))


def test_a_customer_who_asks_for_a_person_gets_one(model: ModelServer):
    model.script.append(answer(200, decided()))
    assert Remote().decide(brief(model, "I want to talk to a human")).escalation is Escalation.NOW


def test_the_same_turn_asked_twice_has_the_same_id_and_another_turn_another(model: ModelServer):
    model.script.extend([answer(200, decided())] * 3)
    for text in ("Hi", "Hi", "Ho"):
        Remote().decide(brief(model, text))
    first, second, third = [asked.headers["webhook-id"] for asked in model.asked]
    assert first == second != third


@pytest.mark.parametrize(
    ("behaviour", "public"),
    [
        (answer(200, b"no"), "The answer isn't a decision in JSON."),
        (answer(200, {}), "The answer doesn't say whether people are needed."),
        (answer(200, decided(reply="")), "The answer is empty."),
        (answer(202, b""), "The remote engine answered with status 202."),
        (answer(401, {"you": SECRET}), "The remote engine answered with status 401."),
        (answer(500, b""), "The remote engine answered with status 500."),
        (cut, "The remote engine gave no answer. The answer (200) broke off: the connection was cut."),
    ],
)
def test_a_failure_is_an_error_without_secrets(
    model: ModelServer, behaviour: Any, public: str, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    model.script.append(behaviour)
    with pytest.raises(EngineError) as caught:
        Remote().decide(brief(model))
    assert caught.value.public == public
    assert SECRET not in caplog.text + repr(caught.value) + repr(brief(model))


def test_a_slow_answer_is_ended(model: ModelServer):
    model.script.append(model.slow)
    with pytest.raises(EngineError, match="The request was sent, and no answer came"):
        Remote().decide(brief(model, seconds=0.2))


@pytest.mark.parametrize(
    ("value", "fine"),
    [(SECRET, True), ("whsec_short", False), ("sk-key", False)],
    ids=["made by us", "too short", "another kind"],
)
def test_secrets_are_checked(value: str, fine: bool):
    assert (remote.check_secret(value) == "") is fine
