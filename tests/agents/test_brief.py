"""The frozen agent that engines are given follows every edit at once."""

import pytest

from agents.brief import brief
from agents.models import Agent, Article, SubAgent

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(agent: Agent) -> Agent:
    article = Article.objects.create(agent=agent, title="Returns", body="30 days.")
    sub = SubAgent.objects.create(agent=agent, name="Returns", slug="returns", scenario="Sending back", examples=["a"])
    sub.articles.add(article)
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
    ],
    ids=["agent", "article", "sub agent", "article deleted", "link removed", "article added"],
)
def test_its_revision_changes_with_every_edit(shop: Agent, edit):
    before = brief(shop.pk).revision
    edit(shop)
    assert brief(shop.pk).revision != before


def test_is_read_once_while_nothing_changes(shop: Agent, django_assert_num_queries):
    brief(shop.pk)
    with django_assert_num_queries(1):
        brief(shop.pk)


def test_its_revision_stays_when_nothing_changes(shop: Agent):
    assert brief(shop.pk).revision == brief(Agent.objects.get().pk).revision
