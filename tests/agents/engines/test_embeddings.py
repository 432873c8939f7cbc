"""Articles found by meaning: vectors made ahead, the question's at once, and words alone where that fails."""

import dataclasses
import math
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import pytest

from agents.engines.base import AgentBrief, EngineError, Means
from agents.engines.embeddings import Nearness, fused, packed, unpacked, vectors
from agents.engines.openai import Config, OpenAI
from agents.engines.parts import chunks, parts, text_hash
from agents.http import Http, Policy
from tests.agents.engines import model_server
from tests.agents.engines.model_server import ModelServer, answer, completion, cut, decided
from tests.agents.engines.small import REFUNDS, RETURNS, TENTS, agent, brief

NORTH, EAST, BETWEEN = [0.0, 2.0], [3.0, 0.0], [1.0, 1.0]


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with model_server.serving() as server:
        yield server


def means(server: ModelServer, **options: Any) -> Means:
    config = Config(model="m", base_url=f"{server.url}/v1", key="sk-1", embeddings_model="e", **options)
    return Means(config, Http(Policy(allowed=(ip_network("127.0.0.0/8"),))), 10.0)


def embedded(*vectors: Any) -> Any:
    """https://platform.openai.com/docs/api-reference/embeddings/object"""
    data = [{"object": "embedding", "index": place, "embedding": vector} for place, vector in enumerate(vectors)]
    return answer(200, {"object": "list", "data": data, "model": "e", "usage": {"prompt_tokens": 1, "total_tokens": 1}})


def test_vectors_have_length_one_and_survive_packing() -> None:
    assert list(unpacked(packed([3.0, 4.0]))) == pytest.approx([0.6, 0.8])
    assert packed([3, 4]) == packed([0.3, 0.4])


@pytest.mark.parametrize("values", [None, "x", [], [0.0, 0.0], ["1"], [math.nan], [math.inf]], ids=str)
def test_what_isnt_a_vector_is_none(values: Any) -> None:
    assert packed(values) == b""


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"data": "x"},
        {"data": [{"index": 0, "embedding": [1.0]}]},
        {"data": [{"index": 0, "embedding": [1.0]}, {"index": 0, "embedding": [1.0]}]},
        {"data": [{"index": 0, "embedding": [1.0]}, {"index": 1, "embedding": [1.0, 2.0]}]},
        {"data": [{"index": 0, "embedding": [1.0]}, {"index": 1, "embedding": "AAAA"}]},
    ],
    ids=["nothing", "no list", "one missing", "one twice", "of two lengths", "not numbers"],
)
def test_an_answer_that_isnt_what_was_asked_for_is_refused(given: Any) -> None:
    with pytest.raises(EngineError, match="aren't those that were asked for"):
        vectors(given, 2)


def test_an_answer_in_another_order_is_put_right() -> None:
    given = {"data": [{"index": 1, "embedding": EAST}, {"index": 0, "embedding": NORTH}]}
    assert vectors(given, 2) == [packed(NORTH), packed(EAST)]


def kept(**by_title: list[float]) -> dict[str, bytes]:
    """Vectors for all chunks of the articles whose titles hold these words."""
    found = {}
    for article in (REFUNDS, TENTS, RETURNS):
        for word, vector in by_title.items():
            if word in article.title:
                found |= {text_hash(chunk): packed(vector) for part in parts(article) for chunk in chunks(part)}
    return found


def test_the_nearest_come_first_and_others_not_at_all() -> None:
    library = [part for article in (REFUNDS, TENTS, RETURNS) for part in parts(article)]
    nearness = Nearness(library, kept(refund=NORTH, tent=EAST, 返品=BETWEEN))
    assert nearness.rank(packed([0.1, 1.0])) == [0, 2]
    assert nearness.rank(packed([1.0, 1.0, 1.0])) == []  # of another model


def test_rankings_are_fused_by_their_places() -> None:
    assert fused([1, 2, 3], [3, 4]) == [3, 1, 2, 4]
    assert fused([1, 2], []) == [1, 2]
    assert fused([], []) == []


def shop(server: ModelServer, **by_title: list[float]) -> AgentBrief:
    name = f"{server.url}/v1 e"
    return dataclasses.replace(agent(), vectors={name: kept(**by_title)}, revision=f"{server.url} {by_title}")


def asked_about(server: ModelServer) -> list[str]:
    """The articles that the model was shown, in order."""
    shown = server.asked[-1].json["messages"][1]["content"]
    return sorted((one.title for one in (REFUNDS, TENTS, RETURNS) if one.title in shown), key=shown.index)


def test_the_question_is_embedded_and_meaning_counts(server: ModelServer) -> None:
    server.script += [embedded(EAST), completion(decided(articles=[2]))]
    given = dataclasses.replace(
        brief("My shelter leaks", of=shop(server, tent=EAST, refund=NORTH)), means=means(server)
    )
    decision = OpenAI().decide(given)
    assert [each.path for each in server.asked] == ["/v1/embeddings", "/v1/chat/completions"]
    assert server.asked[0].json == {"model": "e", "input": ["My shelter leaks"]}
    assert server.asked[0].headers["authorization"] == "Bearer sk-1"
    assert asked_about(server)[0] == TENTS.title
    assert not [each for each in decision.evidence if each.name == "embeddings"]


@pytest.mark.parametrize(
    ("behaviour", "says"),
    [
        (answer(500, {}), "The model's server failed (500)."),
        (answer(200, b"no JSON"), "The model's server answered with something that isn't JSON."),
        (answer(200, {"data": []}), "The embeddings in the answer aren't those that were asked for."),
        (cut, "The model's server gave no answer. The answer (200) broke off: the connection was cut."),
    ],
    ids=["failed", "not JSON", "empty", "cut"],
)
def test_when_it_fails_words_must_do(server: ModelServer, behaviour: Any, says: str) -> None:
    server.script += [behaviour, completion(decided())]
    given = dataclasses.replace(brief("When is my refund?", of=shop(server, tent=EAST)), means=means(server))
    decision = OpenAI().decide(given)
    assert decision.reply == "Within 5 working days."
    assert asked_about(server)[0] == REFUNDS.title
    assert [each.quote for each in decision.evidence if each.name == "embeddings"] == [says]


def test_without_vectors_nobody_is_asked_for_one(server: ModelServer) -> None:
    server.script.append(completion(decided()))
    OpenAI().decide(dataclasses.replace(brief("When is my refund?"), means=means(server)))
    assert [each.path for each in server.asked] == ["/v1/chat/completions"]


def test_a_slow_embedding_leaves_time_to_answer(server: ModelServer) -> None:
    server.script += [server.slow, completion(decided())]
    slow = dataclasses.replace(means(server), seconds=0.9)
    given = dataclasses.replace(brief("When is my refund?", of=shop(server, tent=EAST)), means=slow)
    decision = OpenAI().decide(given)
    server.over.set()
    assert decision.reply == "Within 5 working days."
    assert [each.name for each in decision.evidence if each.kind == "engine"] == ["embeddings"]


@pytest.mark.parametrize(
    ("options", "name"),
    [({}, ""), ({"embeddings_model": "e"}, "https://api.openai.com/v1 e")],
    ids=["not configured", "configured"],
)
def test_the_name_of_its_vectors(options: dict[str, str], name: str) -> None:
    assert OpenAI().vectors_of(Config(model="m", **options)) == name
