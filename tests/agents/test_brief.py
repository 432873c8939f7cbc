"""The frozen agent that engines are given follows every edit at once."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from agents.brief import brief
from agents.engines import base
from agents.engines.base import EngineBrief, FactBrief
from agents.models import Agent, Article, EngineSetting, SubAgent
from agents.rephrase import rephrase

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


def test_a_sub_agent_applies_until_it_expires(shop: Agent):
    until = datetime(2026, 12, 24, 12, tzinfo=UTC)
    SubAgent.objects.create(agent=shop, name="Sale", slug="sale", scenario="The sale", expires_at=until)
    with time_machine.travel(until - timedelta(seconds=1), tick=False):
        before = brief(shop.pk)
    with time_machine.travel(until, tick=False):
        after = brief(shop.pk)
    assert [[sub.slug for sub in made.sub_agents] for made in (before, after)] == [["returns", "sale"], ["returns"]]
    assert before.revision != after.revision


def test_holds_all_that_was_set_up(shop: Agent):
    told = {"name": "order", "question": "Which order?", "pattern": "BT-[0-9]{5}"}
    fields = {"kind": "ignore", "trigger": "both", "acknowledgement": "Sorry!", "tag": "t"}
    SubAgent.objects.filter(agent=shop).update(facts=[told], **fields)
    Agent.objects.filter(pk=shop.pk).update(
        character="Warm.", closing="Bye!", language="de", otherwise="hand_over", updated_at=timezone.now()
    )
    made = brief(shop.pk)
    assert {name: getattr(made, name) for name in ("character", "closing", "language", "otherwise")} == {
        "character": "Warm.",
        "closing": "Bye!",
        "language": "de",
        "otherwise": "hand_over",
    }
    (sub,) = made.sub_agents
    assert {name: getattr(sub, name) for name in fields} == fields
    assert sub.facts == (FactBrief("order", "Which order?", "BT-[0-9]{5}"),)


def test_what_was_rephrased_counts_at_once(shop: Agent, engine, monkeypatch):
    monkeypatch.setattr(engine, "rephrase", lambda text, language, means: f"{language}: {text}", raising=False)
    EngineSetting.objects.all().delete()
    shop.closing = "Bye!"
    shop.save()
    assert brief(shop.pk).say("Bye!", "fr") == "Bye!"
    rephrase(shop, "Bye!", "fr")
    assert brief(shop.pk).say("Bye!", "fr") == "fr: Bye!"


def test_the_words_of_models_and_engines_are_the_same():
    for theirs, ours in (
        (SubAgent.After, base.After),
        (SubAgent.Trigger, base.Trigger),
        (SubAgent.Kind, base.Kind),
        (Agent.Otherwise, base.Otherwise),
    ):
        assert set(theirs.values) == {each.value for each in ours}
