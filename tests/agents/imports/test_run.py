"""Imports from end to end: what becomes an article, what a second import changes, and what a killed worker leaves."""

import gzip
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from agents.brief import brief
from agents.imports import order, run
from agents.imports.apply import remove, take_news
from agents.imports.pieces import Piece
from agents.knowledge_models import ImportedArticle, Source, SourceLink, SourcePage
from agents.models import Agent, Article, SubAgent
from tests.agents.imports.files import docx
from tests.agents.imports.site import Site, fetcher

pytestmark = pytest.mark.django_db

Run = Callable[[], Source]


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes are `test_read`'s matter."""
    from agents.imports import child
    from agents.imports.pieces import About, Unreadable

    def read(kind: str, body: bytes, about: About) -> list[Piece]:
        answer: dict[str, Any] = child.answer(kind, body, about)
        if "problem" in answer:
            raise Unreadable(answer["problem"])
        return [Piece(**each) for each in answer["pieces"]]

    monkeypatch.setattr(run, "read", read)


@pytest.fixture
def source(agent: Agent, site: Site) -> Source:
    for number in (1, 2, 3):
        site.article(f"/help/{number}", f"Question {number}", f"Answer {number}, in enough words to be believed.")
    site.sitemap("/help/1", "/help/2", "/help/3", "/blog")
    kind = Source.Kind.SITEMAP
    return Source.objects.create(
        agent=agent, name="Help", kind=kind, address=f"{site.url}/sitemap.xml", include=["/help/*"]
    )


def again(source: Source) -> Source:
    order.import_now(source)
    return finished(source)


def finished(source: Source) -> Source:
    run.import_due(fetcher)
    return Source.objects.get(pk=source.pk)


def outcome(source: Source) -> tuple[str, int, int, int]:
    return source.state, source.found, source.done, source.failed


def bodies(agent: Agent, **which: Any) -> dict[str, str]:
    return dict(Article.objects.filter(agent=agent, **which).values_list("title", "body"))


def test_a_website_becomes_articles(source: Source, site: Site) -> None:
    assert outcome(finished(source)) == ("done", 3, 3, 0)
    first = Article.objects.get(title="Question 1")
    assert (first.body, first.url) == ("Answer 1, in enough words to be believed.", f"{site.url}/help/1")
    assert set(bodies(source.agent)) == {"Question 1", "Question 2", "Question 3"}
    assert "/blog" not in site.asked
    assert list(SourcePage.objects.values_list("pieces", flat=True)) == [[], [], []]


def test_indexes_and_packed_sitemaps_are_followed(source: Source, site: Site) -> None:
    site.sitemap("/help/3", at="/b.xml")
    site.pages["/b.xml.gz"] = type(site.pages["/b.xml"])(gzip.compress(site.pages["/b.xml"].body))  # type: ignore[union-attr]
    site.sitemap("/help/1", at="/a.xml")
    site.put(
        "/sitemap.xml",
        "<sitemapindex><sitemap><loc>/a.xml</loc></sitemap><sitemap><loc>/b.xml.gz</loc></sitemap></sitemapindex>",
    )
    assert outcome(finished(source)) == ("done", 2, 2, 0)
    assert set(bodies(source.agent)) == {"Question 1", "Question 3"}


def test_what_fails_doesnt_hold_up_the_rest(source: Source, site: Site) -> None:
    site.put("/help/1", "", status=404)
    site.put("/help/2", b"<nav>menu</nav>")
    site.sitemap("/help/1", "/help/2", "/help/3", "/help/pic")
    site.put("/help/pic", b"\x89PNG", content_type="image/png")
    done = finished(source)
    assert (outcome(done), done.error) == (("partly", 4, 1, 3), "3 of 4 pages couldn't be read.")
    assert [(page.state, page.error[:40]) for page in done.pages.all()] == [
        ("gone", "It isn't there any more (404)."),
        ("failed", "There is no text on it."),
        ("read", ""),
        ("failed", "It is image/png, which can't be read. Wh"),
    ]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("<html></html>", "It isn't a sitemap. Give the address of sitemap.xml, or import it as a page."),
        ("<urlset/>", "The sitemap names no page that fits the patterns. Nothing was changed."),
    ],
    ids=["not a sitemap", "an empty one"],
)
def test_a_broken_sitemap_changes_nothing(source: Source, site: Site, body: str, says: str) -> None:
    finished(source)
    site.put("/sitemap.xml", body)
    failed = again(source)
    assert (failed.state, failed.error.removeprefix(f"{site.url}/sitemap.xml: ")) == ("failed", says)
    assert len(bodies(source.agent, is_active=True)) == 3


def test_a_private_address_is_refused(agent: Agent) -> None:
    source = Source.objects.create(agent=agent, name="Inside", address="http://10.0.0.1/secret")
    failed = finished(source)
    assert failed.state == "failed"
    assert "not a public address" in failed.error


def test_the_page_limit_keeps_pages_that_are_known(source: Source, site: Site) -> None:
    Source.objects.update(most_pages=2)
    finished(source)
    site.sitemap("/help/3", "/help/2", "/help/1")
    again(source)
    assert set(bodies(source.agent, is_active=True)) == {"Question 1", "Question 2"}


class TestAgain:
    def test_what_hasnt_changed_isnt_touched(self, source: Source) -> None:
        finished(source)
        before, known = list(Article.objects.order_by("pk").values()), brief(source.agent_id).revision
        assert outcome(again(source)) == ("done", 3, 3, 0)
        assert list(Article.objects.order_by("pk").values()) == before
        assert brief(source.agent_id).revision == known

    def test_what_has_changed_is_taken(self, source: Source, site: Site) -> None:
        finished(source)
        pk = Article.objects.get(title="Question 2").pk
        site.article("/help/2", "Question two", "Another answer, in enough words to be believed.")
        again(source)
        article = Article.objects.get(pk=pk)
        assert (article.title, article.body) == ("Question two", "Another answer, in enough words to be believed.")

    def test_what_has_vanished_rests_and_comes_back(self, source: Source, site: Site) -> None:
        finished(source)
        site.sitemap("/help/1", "/help/2")
        again(source)
        resting = Article.objects.get(title="Question 3")
        assert not resting.is_active
        assert resting.imported.gone
        site.sitemap("/help/1", "/help/2", "/help/3")
        again(source)
        assert Article.objects.get(pk=resting.pk).is_active

    def test_a_page_that_fails_keeps_its_article(self, source: Source, site: Site) -> None:
        finished(source)
        site.put("/help/3", "", status=500)
        assert outcome(again(source)) == ("partly", 3, 2, 1)
        assert len(bodies(source.agent, is_active=True)) == 3

    def test_what_was_switched_off_stays_off(self, source: Source, site: Site) -> None:
        finished(source)
        Article.objects.filter(title="Question 1").update(is_active=False)
        site.article("/help/1", "Question 1", "Another answer, in enough words to be believed.")
        again(source)
        assert set(bodies(source.agent, is_active=True)) == {"Question 2", "Question 3"}

    def test_what_was_deleted_stays_deleted(self, source: Source) -> None:
        finished(source)
        Article.objects.filter(title="Question 1").delete()
        again(source)
        assert set(bodies(source.agent)) == {"Question 2", "Question 3"}


class TestEdited:
    @pytest.fixture
    def article(self, source: Source) -> Article:
        finished(source)
        article = Article.objects.get(title="Question 1")
        article.body = "Our own words."
        article.save()
        return article

    def test_words_are_left_alone(self, source: Source, article: Article) -> None:
        again(source)
        article.refresh_from_db()
        assert article.body == "Our own words."
        assert (article.imported.edited, article.imported.news_body) == (True, "")

    def test_news_are_kept_beside_them(self, source: Source, site: Site, article: Article) -> None:
        site.article("/help/1", "Question 1", "News, in so many words that they are to be believed.")
        again(source)
        article.refresh_from_db()
        imported = ImportedArticle.objects.get(article=article)
        assert (article.body, imported.news_body) == (
            "Our own words.",
            "News, in so many words that they are to be believed.",
        )
        take_news(imported)
        article.refresh_from_db()
        imported.refresh_from_db()
        assert (article.title, article.body) == ("Question 1", "News, in so many words that they are to be believed.")
        assert (imported.edited, imported.news_body) == (False, "")

    def test_they_outlive_the_page_and_the_source(self, source: Source, site: Site, article: Article) -> None:
        site.sitemap("/help/2", "/help/3")
        again(source)
        article.refresh_from_db()
        assert (article.is_active, article.imported.gone) == (True, True)
        assert remove(source) == 1
        assert bodies(source.agent) == {"Question 1": "Our own words."}


def test_titles_that_are_taken_get_the_sources_name(source: Source) -> None:
    Article.objects.create(agent=source.agent, title="Question 1", body="Ours.")
    Article.objects.create(agent=source.agent, title="Question 2", body="Ours.")
    Article.objects.create(agent=source.agent, title="Question 2 (Help)", body="Ours.")
    finished(source)
    assert {"Question 1 (Help)", "Question 2 (Help 2)", "Question 3"} < set(bodies(source.agent))
    before = bodies(source.agent)
    again(source)
    assert bodies(source.agent) == before


class TestFiles:
    def upload(self, agent: Agent, name: str, content: bytes) -> Source:
        source = Source.objects.create(agent=agent, name="File", kind=Source.Kind.FILE)
        order.keep_file(source, name, content)
        return finished(source)

    def test_a_file_becomes_articles(self, agent: Agent) -> None:
        content = docx(("Heading1", "One"), ("Normal", "Text."), ("Heading1", "Two"), ("Normal", "More."))
        assert outcome(self.upload(agent, "manual.docx", content)) == ("done", 1, 1, 0)
        assert bodies(agent) == {"One": "Text.", "Two": "More."}

    def test_another_file_takes_its_place(self, agent: Agent) -> None:
        source = self.upload(agent, "a.csv", b"question,answer\nHow?,So.\nWhy?,Because.\n")
        order.keep_file(source, "b.csv", b"question,answer\nHow?,Thus.\nWhere?,Here.\n")
        assert outcome(finished(source)) == ("done", 1, 1, 0)
        assert bodies(agent, is_active=True) == {"How?": "Thus.", "Where?": "Here."}
        assert bodies(agent, is_active=False) == {"Why?": "Because."}

    @pytest.mark.parametrize(
        ("name", "content", "says"),
        [
            ("a.md", b"", "empty"),
            ("a.png", b"x", "which can't be read"),
            ("a.md", b"x" * 20_000_001, "more than 20 MB"),
        ],
        ids=["empty", "a picture", "too large"],
    )
    def test_what_cant_be_read_isnt_taken(self, name: str, content: bytes, says: str) -> None:
        with pytest.raises(ValidationError, match=says):
            order.check_file(name, content)


class TestWork:
    def test_a_killed_workers_import_goes_on_where_it_was(self, source: Source, site: Site, monkeypatch: Any) -> None:
        killed = run.claim()
        assert killed is not None
        first = run.Import(killed, fetcher())
        first._list()
        page = first._pages.first()
        assert page is not None
        first._read(page)
        assert run.claim() is None  # the lease holds
        Source.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        site.asked.clear()
        assert outcome(finished(source)) == ("done", 3, 3, 0)
        assert site.asked == ["/robots.txt", "/help/2", "/help/3"]
        with pytest.raises(run.Lost):
            first._settle()  # it wasn't dead, only slow

    def test_a_page_that_ends_workers_is_given_up(self, source: Source) -> None:
        claimed = run.claim()
        assert claimed is not None
        run.Import(claimed, fetcher())._list()
        SourcePage.objects.filter(address__endswith="/1").update(attempts=run.MOST_ATTEMPTS)
        Source.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        assert outcome(finished(source)) == ("partly", 3, 2, 1)
        assert source.pages.get(state="failed").error == run.ENDS_WORKERS

    def test_nothing_is_changed_before_the_end(self, source: Source) -> None:
        claimed = run.claim()
        assert claimed is not None
        importing = run.Import(claimed, fetcher())
        importing._list()
        for page in importing._pages:
            importing._read(page)
        assert (bodies(source.agent), Source.objects.get().done) == ({}, 3)

    def test_a_cancelled_import_changes_nothing(self, source: Source, monkeypatch: Any) -> None:
        read = run.Import._read

        def cancelled_after(self: run.Import, page: SourcePage) -> None:
            read(self, page)
            assert order.cancel(source)

        monkeypatch.setattr(run.Import, "_read", cancelled_after)
        cancelled = finished(source)
        assert (cancelled.state, cancelled.lease_until, cancelled.cancel_asked) == ("cancelled", None, False)
        assert bodies(source.agent) == {}

    def test_one_that_waits_can_be_cancelled_and_begun_again(self, source: Source) -> None:
        assert order.cancel(source)
        assert run.claim() is None
        assert outcome(again(source)) == ("done", 3, 3, 0)
        assert not order.cancel(source)

    def test_only_one_worker_gets_it(self, source: Source) -> None:
        assert run.claim() is not None
        assert run.claim() is None
        assert not order.import_now(source)

    def test_a_change_begins_anew_and_fences_the_one_that_runs(self, source: Source) -> None:
        running = run.claim()
        assert running is not None
        order.import_anew(source)
        with pytest.raises(run.Lost):
            run.Import(running, fetcher()).carry_out()
        assert outcome(finished(source)) == ("done", 3, 3, 0)

    @pytest.mark.parametrize(
        ("hours", "ago", "active", "is_due"),
        [(24, 25, True, True), (24, 23, True, False), (0, 999, True, False), (24, 25, False, False)],
        ids=["due", "not yet", "never", "agent off"],
    )
    def test_it_is_imported_again_by_the_schedule(
        self, source: Source, hours: int, ago: int, active: bool, is_due: bool
    ) -> None:
        Source.objects.update(every_hours=hours)
        finished(source)
        Agent.objects.update(is_active=active)
        if hours:
            Source.objects.update(due_at=Source.objects.get().due_at - timedelta(hours=ago))  # type: ignore[operator]
        assert (run.claim() is not None) is is_due

    def test_what_goes_wrong_here_ends_the_import_and_is_said(self, source: Source, monkeypatch: Any) -> None:
        def broken(*args: Any) -> None:
            raise KeyError("x")

        monkeypatch.setattr(run.Import, "_settle", broken)
        failed = finished(source)
        assert (failed.state, failed.error) == ("failed", "Something went wrong here (KeyError). The log says more.")


def test_a_sub_agent_draws_on_a_whole_source(source: Source) -> None:
    sub_agent = SubAgent.objects.create(agent=source.agent, name="Help", slug="help", scenario="Help")
    own = Article.objects.create(agent=source.agent, title="Own", body="Words.")
    sub_agent.articles.add(own)
    before = brief(source.agent_id)
    link = SourceLink.objects.create(source=source, sub_agent=sub_agent)
    assert brief(source.agent_id).revision != before.revision
    finished(source)
    imported = list(ImportedArticle.objects.order_by("article").values_list("article", flat=True))
    assert brief(source.agent_id).sub_agents[0].article_ids == (own.pk, *imported)
    link.delete()
    assert brief(source.agent_id).sub_agents[0].article_ids == (own.pk,)
