"""Agents in admin: phrases one per line, articles of one's own agent, keys shown once."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from agents.lines import LinesField
from agents.models import Agent, ApiKey, Article, SubAgent
from tests.admin_pages import Elements

DECIDES = {"engine_delay": 0, "otherwise": "answer", "memory_days": 365}


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
        "kind": "workflow",
        "trigger": "customer",
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
    form = {"name": "Shop", "display_name": "Ada", "engine": "made up", **DECIDES}
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


def agent_form(**fields: Any) -> dict[str, Any]:
    inlines = {f"engine_settings-{name}_FORMS": 0 for name in ("TOTAL", "INITIAL")}
    wording = {"name": "Shop", "display_name": "Ada", "engine": "offline", **DECIDES}
    return {**wording, **inlines, "is_active": "on", **fields}


def change_agent(client: Client, agent: Agent, **fields: Any) -> Any:
    return client.post(reverse("admin:agents_agent_change", args=[agent.pk]), agent_form(**fields), follow=True)


def test_what_is_doubtful_is_saved_said_and_stays_on_the_form(admin_client: Client, agent: Agent) -> None:
    told = "If a customer asks for <b>discounts</b>, say no."
    saved = change_agent(admin_client, agent, instructions=told)
    agent.refresh_from_db()
    assert agent.instructions == told
    said = [str(message) for message in saved.context["messages"] if message.level_tag == "warning"]
    assert said == [
        f"Instructions: “{told}” is about one case. Make a sub agent of it: it is found when it is needed only."
    ]
    page = admin_client.get(reverse("admin:agents_agent_change", args=[agent.pk])).content.decode()
    assert "<li><strong>Instructions</strong>: “If a customer asks for &lt;b&gt;discounts&lt;/b&gt;, say no.”" in page


def test_the_wording_of_an_agent_is_stored(admin_client: Client, agent: Agent) -> None:
    fields = {"character": "Warm.", "language": "de", "closing": "Bye!", "otherwise": "hand_over"}
    change_agent(admin_client, agent, **fields)
    agent.refresh_from_db()
    assert {name: getattr(agent, name) for name in fields} == fields


@pytest.mark.parametrize(
    "url", ["http://shop.example.com/a.png", "javascript:alert(1)", "https://", "data:image/png,x"]
)
def test_an_avatar_elsewhere_is_https(admin_client: Client, agent: Agent, url: str) -> None:
    response = change_agent(admin_client, agent, avatar_url=url)
    assert list(response.context["adminform"].form.errors) == ["avatar_url"]


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("order number | Which order? | BT-[0-9]{5}", ""),
        ("order number", "Fact 1: its question must have 1 to 500 characters."),
        ("a | Which? | (b+)+", "Fact 1: A group in parentheses can't be repeated here."),
        ("a | Which?\na | What?", "Two facts have the same name: “a”."),
    ],
)
def test_facts_are_lines(admin_client: Client, agent: Agent, typed: str, problem: str) -> None:
    response = admin_client.post(reverse("admin:agents_subagent_add"), sub_agent_form(agent, facts=typed))
    if problem:
        assert response.context["adminform"].form.errors["facts"][0].startswith(problem)
    else:
        told = {"name": "order number", "question": "Which order?", "pattern": "BT-[0-9]{5}"}
        assert SubAgent.objects.get().facts == [told]


@pytest.mark.parametrize(
    ("fields", "field", "problem"),
    [
        ({"summary_template": "{fact}"}, "summary_template", "There is no placeholder {fact}."),
        ({"kind": "ignore", "trigger": "both"}, "trigger", "What is ignored is the customer's message."),
        ({"trigger": "agent", "facts": "a | Which?"}, "trigger", "Facts are collected from customers."),
        ({"after": "explode"}, "after", "Select a valid choice."),
    ],
    ids=["placeholder", "ignoring itself", "asking itself", "after"],
)
def test_what_a_sub_agent_cant_be(
    admin_client: Client, agent: Agent, fields: dict[str, str], field: str, problem: str
) -> None:
    response = admin_client.post(reverse("admin:agents_subagent_add"), sub_agent_form(agent, **fields))
    assert response.context["adminform"].form.errors[field][0].startswith(problem)


def test_an_expired_sub_agent_is_shown_as_such(admin_client: Client, agent: Agent) -> None:
    past = datetime(2026, 1, 1, tzinfo=UTC)
    SubAgent.objects.create(agent=agent, name="Sale", slug="sale", scenario="Sale", expires_at=past)
    page = admin_client.get(reverse("admin:agents_subagent_changelist")).content.decode()
    assert '<span class="badge badge-warn">Expired</span>' in page
