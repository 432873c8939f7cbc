"""Agents in admin: phrases one per line, articles of one's own agent, keys shown once."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from agents.lines import LinesField
from agents.models import Agent, ApiKey, Article, SubAgent
from tests.admin_pages import Elements


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("", []),
        ("Where is my order?", ["Where is my order?"]),
        ("  one  \r\n\r\n two\n", ["one", "two"]),
        ("<b>", ["<b>"]),
    ],
    ids=["nothing", "one line", "empty lines and spaces go", "markup is text"],
)
def test_lines_become_a_list(typed: str, stored: list[str]) -> None:
    assert LinesField(required=False).clean(typed) == stored


def test_a_list_becomes_lines() -> None:
    assert LinesField().prepare_value(["one", "two"]) == "one\ntwo"


@pytest.mark.parametrize(
    ("initial", "typed", "changed"),
    [(["a"], "a", False), (["a"], "a\n", False), (["a"], "b", True), (None, "", False)],
    ids=["same", "same but for a line break", "other", "still nothing"],
)
def test_only_other_lines_count_as_a_change(initial: Any, typed: str, changed: bool) -> None:
    assert LinesField(required=False).has_changed(initial, typed) is changed


def sub_agent_form(agent: Agent, **fields: Any) -> dict[str, Any]:
    return {
        "agent": agent.pk,
        "name": "Billing",
        "slug": "billing",
        "scenario": "Bills and payments.",
        "examples": "I was charged twice\nWhere is my invoice?",
        "priority": 10,
        "after": "reply",
        "is_active": "on",
        **fields,
    }


def test_a_sub_agent_is_stored_with_its_phrases(admin_client: Client, agent: Agent) -> None:
    response = admin_client.post(reverse("admin:agents_subagent_add"), sub_agent_form(agent))
    assert response.status_code == 302
    assert SubAgent.objects.get().examples == ["I was charged twice", "Where is my invoice?"]


def test_a_sub_agent_takes_no_articles_of_another_agent(admin_client: Client, agent: Agent) -> None:
    other = Agent.objects.create(name="Other")
    article = Article.objects.create(agent=other, title="Theirs", body="Text")
    response = admin_client.post(reverse("admin:agents_subagent_add"), sub_agent_form(agent, articles=[article.pk]))
    assert response.context["adminform"].form.errors == {
        "articles": ["Some of these articles belong to another agent. Choose articles of Shop."]
    }


def test_a_sub_agent_offers_the_articles_of_its_agent_only(admin_client: Client, agent: Agent) -> None:
    other = Agent.objects.create(name="Other")
    Article.objects.create(agent=other, title="Theirs", body="Text")
    ours = Article.objects.create(agent=agent, title="Ours", body="Text")
    sub_agent = SubAgent.objects.create(agent=agent, name="B", slug="b", scenario="s")
    response = admin_client.get(reverse("admin:agents_subagent_change", args=[sub_agent.pk]))
    assert list(response.context["adminform"].form.fields["articles"].queryset) == [ours]


def test_an_unknown_engine_isnt_offered(admin_client: Client, agent: Agent) -> None:
    form = {"name": "Shop", "display_name": "Ada", "engine": "made up", "engine_delay": 0}
    response = admin_client.post(reverse("admin:agents_agent_change", args=[agent.pk]), form)
    assert list(response.context["adminform"].form.errors) == ["engine"]


def test_a_new_api_key_is_shown_on_the_next_page_and_never_again(admin_client: Client, agent: Agent) -> None:
    form = {"agent": agent.pk, "name": "robot"}
    created = admin_client.post(reverse("admin:agents_apikey_add"), form)
    key = created.context["secrets"]["API key"]
    assert ApiKey.objects.get_from_key(key) == agent.api_keys.get()
    assert key in created.content.decode()
    assert "no-store" in created.headers["Cache-Control"]
    assert Elements(created.content.decode()).refused == []
    assert key not in str(created.cookies)
    assert key not in str(dict(admin_client.session))
    listed = admin_client.get(reverse("admin:agents_apikey_changelist")).content.decode()
    opened = admin_client.get(reverse("admin:agents_apikey_change", args=[ApiKey.objects.get().pk])).content.decode()
    assert key.split(".")[1] not in listed + opened


def test_the_list_of_agents_counts_without_asking_for_each(
    admin_client: Client, agent: Agent, django_assert_num_queries: Any
) -> None:
    url = reverse("admin:agents_agent_changelist")
    with django_assert_num_queries(5):
        admin_client.get(url)
    for number in range(5):
        more = Agent.objects.create(name=f"Agent {number}")
        Article.objects.create(agent=more, title="T", body="B")
    with django_assert_num_queries(5):
        admin_client.get(url)
