"""Sources in admin: made, watched, imported, stopped and deleted; articles that say where they are from."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from agents.imports import order, run
from agents.imports.apply import of
from agents.knowledge_models import ImportedArticle, Source, SourceLink, SourcePage
from agents.models import Agent, Article, SubAgent
from tests.admin_pages import NASTY, Elements

NO_LINKS = {"links-TOTAL_FORMS": 0, "links-INITIAL_FORMS": 0}


def form(agent: Agent, **fields: Any) -> dict[str, Any]:
    site = {"kind": "sitemap", "address": "https://shop.example.com/sitemap.xml", "include": "/help/*\n/faq/*"}
    return {"agent": agent.pk, "name": "Help", **site, "most_pages": 50, "every_hours": 24, **NO_LINKS, **fields}


@pytest.fixture
def source(agent: Agent) -> Source:
    return Source.objects.create(agent=agent, name="Help", address="https://shop.example.com/", state="done")


@pytest.fixture
def article(source: Source) -> Article:
    """One that was imported, edited here, and changed at its source."""
    page = SourcePage.objects.create(source=source, address="https://shop.example.com/", address_hash="x", state="read")
    article = Article.objects.create(agent=source.agent, title="Refunds", body="Ours.")
    ImportedArticle.objects.create(
        article=article, source=source, page=page, key="", content_hash="c", written_hash="w", edited=True,
        news_title="Refunds", news_body="Theirs.",
    )  # fmt: skip
    return article


def test_a_new_source_waits_to_be_imported(admin_client: Client, agent: Agent) -> None:
    response = admin_client.post(reverse("admin:agents_source_add"), form(agent))
    source = Source.objects.get()
    assert response.headers["Location"] == reverse("admin:agents_source_change", args=[source.pk])
    assert (source.state, source.include, source.every_hours) == ("waiting", ["/help/*", "/faq/*"], 24)


def test_a_file_is_uploaded(admin_client: Client, agent: Agent) -> None:
    upload = SimpleUploadedFile("faq.csv", b"question,answer\nHow?,So.\n")
    admin_client.post(reverse("admin:agents_source_add"), form(agent, kind="file", address="", upload=upload))
    source = Source.objects.get()
    assert (source.file.name, bytes(source.file.content)) == ("faq.csv", b"question,answer\nHow?,So.\n")
    run.import_due()
    assert Article.objects.get().title == "How?"


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"address": ""}, {"address": ["Give the address, beginning with https:// or http://."]}),
        (
            {"kind": "file"},
            {
                "address": ["A file has no address. Leave this empty, or choose another kind."],
                "upload": ["Choose a file."],
            },
        ),
        ({"kind": "file", "address": ""}, {"upload": ["Choose a file."]}),
        ({"upload": SimpleUploadedFile("a.md", b"x")}, {"upload": ["Choose the kind “File” for it."]}),
        ({"most_pages": 9_999}, {"most_pages": ["Ensure this value is less than or equal to 2000."]}),
    ],
    ids=["no address", "file with an address", "no file", "a file too many", "too many pages"],
)  # fmt: skip
def test_what_wont_do_is_said(
    admin_client: Client, agent: Agent, fields: dict[str, Any], errors: dict[str, Any]
) -> None:
    response = admin_client.post(reverse("admin:agents_source_add"), form(agent, **fields))
    assert response.context["adminform"].form.errors == errors
    assert not Source.objects.exists()


def test_a_picture_isnt_taken(admin_client: Client, agent: Agent) -> None:
    upload = SimpleUploadedFile("a.png", b"\x89PNG")
    response = admin_client.post(
        reverse("admin:agents_source_add"), form(agent, kind="file", address="", upload=upload)
    )
    assert response.context["adminform"].form.errors["upload"] == [
        "It is .png, which can't be read. What can: HTML, PDF, Word (.docx), CSV, markdown and plain text."
    ]


@pytest.mark.parametrize(
    ("fields", "state"),
    [({"name": "Other"}, "done"), ({"every_hours": 1}, "done"), ({"include": "/a/*"}, "waiting")],
    ids=["name", "schedule", "patterns"],
)
def test_a_change_of_what_is_imported_imports_it(
    admin_client: Client, agent: Agent, fields: dict[str, Any], state: str
) -> None:
    admin_client.post(reverse("admin:agents_source_add"), form(agent))
    source = Source.objects.get()
    Source.objects.update(state="done", found=7)
    url = reverse("admin:agents_source_change", args=[source.pk])
    assert admin_client.post(url, form(agent, **fields)).status_code == 302
    source.refresh_from_db()
    assert (source.state, source.found) == (state, 7)


@pytest.mark.parametrize(
    ("act", "before", "after", "cancel"),
    [
        ("import", "done", "waiting", False),
        ("import", "running", "running", False),
        ("cancel", "waiting", "cancelled", False),
        ("cancel", "running", "running", True),
        ("cancel", "done", "done", False),
    ],
    ids=["import", "import twice", "cancel one that waits", "cancel one that runs", "cancel nothing"],
)
def test_buttons(admin_client: Client, source: Source, act: str, before: str, after: str, cancel: bool) -> None:
    Source.objects.update(state=before)
    url = reverse(f"admin:agents_source_{act}", args=[source.pk])
    assert admin_client.get(url).status_code == 405
    assert admin_client.post(url).status_code == 302
    source.refresh_from_db()
    assert (source.state, source.cancel_asked) == (after, cancel)


def test_progress_is_shown_and_nothing_that_pages_say_is_markup(admin_client: Client, source: Source) -> None:
    Source.objects.update(state="running", found=3, done=1, failed=1, error=NASTY)
    SourcePage.objects.create(source=source, address=NASTY, address_hash="1", state="failed", error=NASTY)
    page = admin_client.get(reverse("admin:agents_source_change", args=[source.pk])).content.decode()
    live = admin_client.get(reverse("admin:agents_source_live", args=[source.pk]))
    for html in (page, live.content.decode()):
        assert "1 of 3 pages read, 1 failed" in html
        assert 'data-busy="yes"' in html
        assert Elements(html).refused == []
        assert "evil" not in Elements(html).ids()
    assert "no-store" in live.headers["Cache-Control"]


@pytest.mark.parametrize("name", ["import", "cancel", "live"])
def test_who_may_not_isnt_let_in(client: Client, source: Source, name: str) -> None:
    client.force_login(
        User.objects.create_user("grace", is_staff=True), backend="django.contrib.auth.backends.ModelBackend"
    )
    url = reverse(f"admin:agents_source_{name}", args=[source.pk])
    assert (client.get(url) if name == "live" else client.post(url)).status_code == 403


def test_deleting_takes_the_articles_but_not_those_that_were_edited(
    admin_client: Client, source: Source, article: Article
) -> None:
    page = source.pages.get()
    Article.objects.create(agent=source.agent, title="Own", body="Never imported.")
    plain = Article.objects.create(agent=source.agent, title="Plain", body="As it was.")
    ImportedArticle.objects.create(
        article=plain, source=source, page=page, key="2", content_hash="c", written_hash=of(plain)
    )
    url = reverse("admin:agents_source_delete", args=[source.pk])
    assert "2 imported articles" in admin_client.get(url).content.decode()
    admin_client.post(url, {"post": "yes"})
    assert set(Article.objects.values_list("title", flat=True)) == {"Own", "Refunds"}


def test_an_article_says_where_it_is_from_and_takes_its_sources_words(admin_client: Client, article: Article) -> None:
    url = reverse("admin:agents_article_change", args=[article.pk])
    page = admin_client.get(url).content.decode()
    assert "Edited here; the source has changed since" in page
    assert "Theirs." in page
    admin_client.post(reverse("admin:agents_article_take", args=[article.pk]))
    article.refresh_from_db()
    assert article.body == "Theirs."
    assert "As the source has it" in admin_client.get(url).content.decode()


def test_an_article_of_ones_own_says_so(admin_client: Client, agent: Agent) -> None:
    article = Article.objects.create(agent=agent, title="T", body="B")
    page = admin_client.get(reverse("admin:agents_article_change", args=[article.pk])).content.decode()
    assert "Nowhere: it was written here." in page


def test_a_sub_agent_is_linked_to_whole_sources(admin_client: Client, agent: Agent, source: Source) -> None:
    other = Source.objects.create(agent=Agent.objects.create(name="Other"), name="Theirs", address="https://x.example/")
    data = {
        "agent": agent.pk,
        "name": "B",
        "slug": "b",
        "scenario": "s",
        "priority": 1,
        "after": "reply",
        "kind": "workflow",
        "trigger": "customer",
        "is_active": "on",
    }
    add = reverse("admin:agents_subagent_add")
    refused = admin_client.post(add, {**data, "sources": [other.pk]})
    assert refused.context["adminform"].form.errors["sources"] == [
        "Some of these sources belong to another agent. Choose sources of Shop."
    ]
    admin_client.post(add, {**data, "sources": [source.pk]})
    sub_agent = SubAgent.objects.get()
    assert list(SourceLink.objects.values_list("source", "sub_agent")) == [(source.pk, sub_agent.pk)]
    change = reverse("admin:agents_subagent_change", args=[sub_agent.pk])
    shown = admin_client.get(change).context["adminform"].form.fields["sources"]
    assert (list(shown.queryset), shown.initial) == ([source], [source.pk])
    admin_client.post(change, data)
    assert not SourceLink.objects.exists()


def test_the_list_imports_what_is_selected(admin_client: Client, source: Source) -> None:
    data = {"action": "import_selected", "_selected_action": [source.pk]}
    admin_client.post(reverse("admin:agents_source_changelist"), data)
    source.refresh_from_db()
    assert source.state == "waiting"
    assert not order.import_now(source)
