"""The frozen agent that engines are given follows every edit at once."""

import pytest

from agents.brief import brief
from agents.engines.base import EngineBrief
from agents.models import Agent, Article, EngineSetting, SubAgent

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(agent: Agent) -> Agent:
    article = Article.objects.create(agent=agent, title="Returns", body="30 days.")
    sub = SubAgent.objects.create(agent=agent, name="Returns", slug="returns", scenario="Sending back", examples=["a"])
    sub.articles.add(article)
    EngineSetting.objects.create(agent=agent, position=2, engine="offline")
    EngineSetting.objects.create(agent=agent, engine="openai", options={"model": "m"}, secret="sk-hidden")
    return agent


def test_holds_what_is_active(shop: Agent):
    Article.objects.create(agent=shop, title="Old", body="Gone.", is_active=False)
    SubAgent.objects.create(agent=shop, name="Off", slug="off", scenario="Never", is_active=False)
    made = brief(shop.pk)
    assert [article.title for article in made.articles] == ["Returns"]
    assert [(sub.slug, sub.examples, len(sub.article_ids)) for sub in made.sub_agents] == [("returns", ("a",), 1)]


@pytest.mark.parametrize(
    "edit",
    [
        lambda agent: agent.save(),
        lambda agent: agent.articles.get().save(),
        lambda agent: agent.sub_agents.get().save(),
        lambda agent: agent.articles.all().delete(),
        lambda agent: agent.sub_agents.get().articles.clear(),
        lambda agent: Article.objects.create(agent=agent, title="New", body="New."),
        lambda agent: agent.engine_settings.first().save(),
        lambda agent: agent.engine_settings.first().delete(),
        lambda agent: EngineSetting.objects.create(agent=agent, engine="offline"),
    ],
    ids=[
        "agent",
        "article",
        "sub agent",
        "article deleted",
        "link removed",
        "article added",
        "engine",
        "engine deleted",
        "engine added",
    ],
)
def test_its_revision_changes_with_every_edit(shop: Agent, edit):
    before = brief(shop.pk).revision
    edit(shop)
    assert brief(shop.pk).revision != before


def test_its_engines_stand_in_order_and_show_no_secret(shop: Agent):
    made = brief(shop.pk)
    assert made.engines == (EngineBrief("openai", {"model": "m"}, "sk-hidden"), EngineBrief("offline"))
    assert "sk-hidden" not in repr(made)


def test_without_a_list_of_engines_there_is_the_agents_own(shop: Agent):
    shop.engine_settings.all().delete()
    assert brief(shop.pk).engines == (EngineBrief("scripted"),)


def test_is_read_once_while_nothing_changes(shop: Agent, django_assert_num_queries):
    brief(shop.pk)
    with django_assert_num_queries(1):
        brief(shop.pk)


def test_its_revision_stays_when_nothing_changes(shop: Agent):
    assert brief(shop.pk).revision == brief(Agent.objects.get().pk).revision
