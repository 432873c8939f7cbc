"""Vectors are made ahead of need, once, and only of what is there."""

from collections.abc import Iterator
from typing import Any

import pytest

from agents.brief import brief
from agents.imports import embed
from agents.knowledge_models import ChunkVector
from agents.models import Agent, Article, EngineSetting
from tests.agents.engines import model_server
from tests.agents.engines.model_server import ModelServer, answer

pytestmark = pytest.mark.django_db


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with model_server.serving() as server:
        yield server


@pytest.fixture
def shop(agent: Agent, server: ModelServer, monkeypatch: Any, settings: Any) -> Agent:
    settings.OUTBOUND_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    monkeypatch.setattr(embed, "_complete", {})
    options = {"model": "m", "base_url": f"{server.url}/v1", "embeddings_model": "e"}
    EngineSetting.objects.create(agent=agent, engine="openai", options=options)
    Article.objects.create(agent=agent, title="Refunds", body="In 5 days.\n\n## Late\n\nWait.")
    return agent


def embedded(count: int) -> Any:
    return answer(200, {"data": [{"index": place, "embedding": [1.0, float(place)]} for place in range(count)]})


def test_each_chunk_gets_a_vector_that_the_engine_is_given(shop: Agent, server: ModelServer) -> None:
    server.script.append(embedded(2))
    before = brief(shop.pk)
    assert embed.embed_missing() == 2
    assert server.asked[0].path == "/v1/embeddings"
    assert server.asked[0].json == {"model": "e", "input": ["Refunds\nIn 5 days.", "Refunds › Late\nWait."]}
    now = brief(shop.pk)
    assert now.revision != before.revision
    assert {name: len(kept) for name, kept in now.vectors.items()} == {f"{server.url}/v1 e": 2}


def test_only_what_is_new_is_asked_for_and_what_is_gone_is_forgotten(shop: Agent, server: ModelServer) -> None:
    server.script += [embedded(2), embedded(1)]
    embed.embed_missing()
    assert embed.embed_missing() == 0
    Article.objects.create(agent=shop, title="Tents", body="Dry them.")
    shop.articles.get(title="Refunds").delete()
    assert embed.embed_missing() == 1
    assert [each.json["input"] for each in server.asked[1:]] == [["Tents\nDry them."]]
    assert ChunkVector.objects.count() == 1


def test_a_failure_is_tried_again(shop: Agent, server: ModelServer) -> None:
    server.script += [answer(500, {}), embedded(2)]
    assert embed.embed_missing() == 0
    assert embed.embed_missing() == 2


@pytest.mark.parametrize("off", ["model", "engine", "agent"])
def test_without_the_option_nothing_is_made_or_kept(shop: Agent, server: ModelServer, off: str) -> None:
    server.script.append(embedded(2))
    embed.embed_missing()
    if off == "model":
        EngineSetting.objects.update(options={"model": "m", "base_url": f"{server.url}/v1"})
        shop.engine_settings.get().save()
    elif off == "engine":
        shop.engine_settings.all().delete()
    else:
        Agent.objects.update(is_active=False)
    assert embed.embed_missing() == 0
    assert ChunkVector.objects.count() == 0
    assert len(server.asked) == 1
