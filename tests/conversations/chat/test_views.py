import re
from typing import Any

import pytest
import time_machine
from django.db import OperationalError
from django.test import Client

from conversations.chat import views
from conversations.chat.feed import START, Cursor, Visit
from conversations.files import Attachment, File
from conversations.models import Conversation, Message
from gateways.adapters.webchat import TOKEN_LIFE, mint, read
from gateways.messages import Purpose, Reply, pack
from gateways.models import Gateway
from tests.conversations.chat.rows import (
    KEY,
    NINE,
    VISITOR,
    bearer,
    chat_gateway,
    conversation_of,
    customer_said,
    customer_told,
)

pytestmark = pytest.mark.django_db

MISSING = {"error": {"code": "not_found", "message": "There is no chat at this address."}}


@pytest.fixture
def gateway() -> Gateway:
    return chat_gateway()


@pytest.fixture
def conversation(gateway: Gateway) -> Conversation:
    conversation = conversation_of(gateway)
    customer_said(conversation, "Hi")
    return conversation


@pytest.fixture
def browser() -> Client:
    """Unlike Django's own default, this client is checked for CSRF as a browser is."""
    return Client(enforce_csrf_checks=True)


def policy(header: str) -> dict[str, str]:
    parts = (part.partition(" ") for part in header.split("; "))
    return {name: sources for name, _, sources in parts}


# --- Page -------------------------------------------------------------------------------------------------------------


def test_the_page_shows_whose_chat_it_is(browser: Client, gateway: Gateway) -> None:
    gateway.agent.greeting = "Hello! **Ask** us. <script>alert(1)</script>"
    gateway.agent.save()

    page = browser.get("/chat/demo/").content.decode()

    assert "<title>Ada</title>" in page
    assert "Hello! <strong>Ask</strong> us. &lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert 'data-hook="/hooks/demo"' in page
    assert 'data-limit="20000"' in page


def test_a_title_of_its_own_is_text_and_nothing_else(browser: Client) -> None:
    chat_gateway(title='<b>"Help" & more</b>')

    page = browser.get("/chat/demo/").content.decode()

    assert "<title>&lt;b&gt;&quot;Help&quot; &amp; more&lt;/b&gt;</title>" in page
    assert "<b>" not in page


@pytest.mark.parametrize(
    ("sites", "framers"),
    [
        ("", "*"),
        ("  ", "*"),
        ("https://shop.example", "'self' https://shop.example"),
        ("https://a.example  https://*.b.example", "'self' https://a.example https://*.b.example"),
    ],
    ids=["any site", "blank", "one site", "two sites"],
)
def test_the_page_says_who_may_embed_it_and_runs_only_our_own_files(browser: Client, sites: str, framers: str) -> None:
    chat_gateway(allowed_sites=sites)

    response = browser.get("/chat/demo/")

    assert policy(response["Content-Security-Policy"]) == {
        "default-src": "'self'",
        "img-src": "'self' data:",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": framers,
    }
    assert "X-Frame-Options" not in response


def test_the_page_needs_nothing_inline(browser: Client, gateway: Gateway) -> None:
    page = browser.get("/chat/demo/").content.decode()

    assert page.count("<script") == page.count('<script type="module" src=') == 1
    assert "<style" not in page
    assert " style=" not in page
    assert not re.search(r"\son\w+=", page)


def test_an_address_without_its_slash_leads_to_the_page(browser: Client, gateway: Gateway) -> None:
    response = browser.get("/chat/demo")

    assert (response.status_code, response["Location"]) == (302, "/chat/demo/")


def other_platform() -> None:
    gateway = chat_gateway("other")
    gateway.platform = "webhook"
    gateway.save()


def retired_platform() -> None:
    gateway = chat_gateway("other")
    gateway.platform = "pigeon"
    gateway.save()


def without_key() -> None:
    chat_gateway("other").secrets.all().delete()


@pytest.mark.parametrize("make", [lambda: None, other_platform, retired_platform, without_key])
def test_where_there_is_no_chat_every_address_says_so(browser: Client, make: Any) -> None:
    make()

    page = browser.get("/chat/other/")
    answers = [
        browser.get("/chat/other/widget.js"),
        browser.get("/chat/other/theme.css"),
        browser.get("/chat/other/feed", headers=bearer()),
        browser.post("/chat/other/session"),
    ]

    assert page.status_code == 404
    assert b"There is no chat at this address" in page.content
    assert policy(page["Content-Security-Policy"])["frame-ancestors"] == "'none'"
    assert [(answer.status_code, answer.json()) for answer in answers] == [(404, MISSING)] * 4


@pytest.mark.parametrize(
    ("colour", "css"),
    [
        ("#3056d3", ":root { --accent: #3056d3; --on-accent: #ffffff; }\n"),
        ("#ffd400", ":root { --accent: #ffd400; --on-accent: #14161a; }\n"),
    ],
)
def test_the_theme_is_the_colour_and_one_that_can_be_read_on_it(browser: Client, colour: str, css: str) -> None:
    chat_gateway(colour=colour)

    response = browser.get("/chat/demo/theme.css")

    assert (response.content.decode(), response["Content-Type"]) == (css, "text/css")


def test_the_widget_is_a_script_that_any_site_may_load(browser: Client) -> None:
    chat_gateway(title='"; alert(1); "</script>', colour="#ffd400")

    response = browser.get("/chat/demo/widget.js")

    assert response["Content-Type"] == "text/javascript"
    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert response["Cache-Control"] == "public, max-age=300"
    options = '{"id": "demo", "title": "\\"; alert(1); \\"</script>", "colour": "#ffd400", "onColour": "#14161a"}'
    assert f"const chat = {options};" in response.content.decode()


# --- Session ----------------------------------------------------------------------------------------------------------


def test_a_session_is_a_visitor_and_the_proof(browser: Client, gateway: Gateway) -> None:
    response = browser.post("/chat/demo/session")
    session = response.json()

    assert (response.status_code, set(session)) == (200, {"token", "visitor"})
    assert read(session["token"], KEY) == session["visitor"]
    assert not response.cookies
    assert "no-store" in response["Cache-Control"]


def test_each_session_is_somebody_else(browser: Client, gateway: Gateway) -> None:
    one, other = (browser.post("/chat/demo/session").json() for _ in range(2))

    assert one["visitor"] != other["visitor"]


# --- Feed -------------------------------------------------------------------------------------------------------------


def test_the_feed_shows_the_bearer_their_conversation(browser: Client, conversation: Conversation) -> None:
    response = browser.get("/chat/demo/feed", headers=bearer())

    assert response.status_code == 200
    assert response.json() == {
        "items": [
            {
                "key": "c1",
                "client_id": "m1",
                "from": "customer",
                "name": "",
                "purpose": "reply",
                "text": "Hi",
                "html": "",
                "at": NINE.isoformat(),
                "files": [],
                "choices": [],
            }
        ],
        "cursor": "1.0.ao",
        "typing": False,
        "with": {"kind": "agent", "name": "Ada"},
        "status": "open",
    }
    assert "no-store" in response["Cache-Control"]


def sent_file(conversation: Conversation, status: str = "sent") -> Attachment:
    """A file that a person has sent, with two answers to press besides."""
    message = Message.objects.create(conversation=conversation, seq=99, author="human", text="Here", status=status)
    kept = File.objects.create(sha256="0" * 64, size=4, content=b"%PDF")
    row = Attachment.objects.create(
        message=message,
        gateway=conversation.gateway,
        file=kept,
        name="bill.pdf",
        content_type="application/pdf",
        size=4,
        state=Attachment.State.KEPT,
    )
    reply = Reply("Here", Purpose.HUMAN, "Mia", files=(row.pk,), choices=("Yes", "No"))
    customer_told(conversation, "Here", payload=pack(reply), message=message, status=status)
    return row


def test_the_feed_names_files_and_what_may_be_pressed(browser: Client, conversation: Conversation) -> None:
    row = sent_file(conversation)
    item = browser.get("/chat/demo/feed", headers=bearer()).json()["items"][1]
    told = {"text": "Here", "files": [{"id": row.pk, "name": "bill.pdf", "size": 4}], "choices": ["Yes", "No"]}
    assert {name: item[name] for name in told} == told


def test_a_file_is_saved_by_whom_it_was_sent_to(browser: Client, conversation: Conversation) -> None:
    row = sent_file(conversation)
    answer = browser.get(f"/chat/demo/files/{row.pk}", headers=bearer())
    assert (answer.status_code, answer.content) == (200, b"%PDF")
    assert answer["Content-Disposition"] == 'attachment; filename="bill.pdf"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]


FILE_REQUESTS = {
    "nobody": ({}, 401),
    "another visitor": (bearer("v2"), 404),
    "a token of another chat": (bearer(key="x" * 32), 401),
}


@pytest.mark.parametrize(("headers", "status"), FILE_REQUESTS.values(), ids=FILE_REQUESTS)
def test_a_file_is_saved_by_nobody_else(browser: Client, conversation: Conversation, headers: Any, status: int) -> None:
    row = sent_file(conversation)
    conversation_of(conversation.gateway, "v2")
    answer = browser.get(f"/chat/demo/files/{row.pk}", headers=headers)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/json")


def test_files_that_were_not_sent_to_the_visitor_arent_theirs(browser: Client, conversation: Conversation) -> None:
    row = sent_file(conversation, status="queued")
    note = Message.objects.create(conversation=conversation, seq=100, author="human", kind="note", status="received")
    other = Attachment.objects.create(message=note, gateway=conversation.gateway, name="secret.pdf")
    for number in (row.pk, other.pk, 10**9):
        assert browser.get(f"/chat/demo/files/{number}", headers=bearer()).status_code == 404


def test_the_feed_goes_on_from_its_cursor(browser: Client, conversation: Conversation) -> None:
    first = browser.get("/chat/demo/feed", headers=bearer()).json()
    customer_said(conversation, "again")

    second = browser.get("/chat/demo/feed", {"after": first["cursor"]}, headers=bearer()).json()

    assert [item["text"] for item in second["items"]] == ["again"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer v1.1.x"},
        {"Authorization": f"Basic {mint(VISITOR, KEY)}"},
        bearer(key="o" * 32),
    ],
    ids=["no token", "a made-up token", "another scheme", "another key"],
)
def test_the_feed_is_for_bearers_only(browser: Client, conversation: Conversation, headers: dict[str, str]) -> None:
    response = browser.get("/chat/demo/feed", headers=headers)

    assert (response.status_code, response.json()["error"]["code"]) == (401, "signatureerror")


def test_the_feed_is_closed_to_an_old_token(browser: Client, conversation: Conversation) -> None:
    with time_machine.travel(NINE, tick=False) as clock:
        headers = bearer()
        clock.shift(TOKEN_LIFE + 1)

        response = browser.get("/chat/demo/feed", headers=headers)

    assert response.json()["error"]["message"] == "This chat session has ended. Start a new one."


class FakeNews:
    """Stands in for the watch: keeps what it was asked, and lets something happen meanwhile."""

    def __init__(self, holds: bool = True, meanwhile: Any = lambda: None) -> None:
        self.holds = holds
        self.meanwhile = meanwhile
        self.asked: list[tuple[Visit, Cursor, float, int]] = []

    def wait(self, key: Visit, seen: Cursor, *, seconds: float, most: int) -> bool:
        self.asked.append((key, seen, seconds, most))
        if self.holds:
            self.meanwhile()
        return self.holds


@pytest.fixture
def news(monkeypatch: pytest.MonkeyPatch) -> FakeNews:
    news = FakeNews()
    monkeypatch.setattr(views, "NEWS", news)
    return news


SEEN = "1.0.ao"


@pytest.mark.parametrize(
    ("wait", "seconds"),
    [("25", 25.0), ("3", 3.0), ("900", 25.0)],
    ids=["as asked", "shorter", "no longer than 25 s"],
)
def test_without_news_the_feed_waits(
    browser: Client, conversation: Conversation, news: FakeNews, wait: str, seconds: float
) -> None:
    response = browser.get("/chat/demo/feed", {"after": SEEN, "wait": wait}, headers=bearer())

    assert news.asked == [(Visit(conversation.gateway_id, VISITOR), Cursor(1, 0, "ao"), seconds, 24)]
    assert (response.json()["items"], response.json()["cursor"]) == ([], SEEN)


@pytest.mark.parametrize(
    ("after", "wait"),
    [
        ("", "25"),
        ("0.0.ao", "25"),
        ("1.0.aot", "25"),
        ("junk", "25"),
        (SEEN, "0"),
        (SEEN, ""),
        (SEEN, "-1"),
        (SEEN, "x"),
    ],
)
def test_with_news_or_without_time_the_feed_answers_at_once(
    browser: Client, conversation: Conversation, news: FakeNews, after: str, wait: str
) -> None:
    response = browser.get("/chat/demo/feed", {"after": after, "wait": wait}, headers=bearer())

    assert (response.json()["cursor"], news.asked) == (SEEN, [])


def test_what_comes_meanwhile_is_in_the_answer(browser: Client, conversation: Conversation, news: FakeNews) -> None:
    news.meanwhile = lambda: customer_said(conversation, "just now")

    response = browser.get("/chat/demo/feed", {"after": SEEN, "wait": "25"}, headers=bearer())

    assert [item["text"] for item in response.json()["items"]] == ["just now"]


def test_a_visitor_may_wait_before_they_have_said_anything(browser: Client, gateway: Gateway, news: FakeNews) -> None:
    browser.get("/chat/demo/feed", {"wait": "25"}, headers=bearer())

    assert news.asked == [(Visit(gateway.pk, VISITOR), START, 25.0, 24)]


def test_when_too_many_wait_the_feed_says_when_to_come_back(
    browser: Client, conversation: Conversation, news: FakeNews, settings: Any
) -> None:
    settings.CHAT_MAX_WAITERS = 5
    news.holds = False

    response = browser.get("/chat/demo/feed", {"after": SEEN, "wait": "25"}, headers=bearer())

    assert response.json()["retry_in"] == 2
    assert [most for *_, most in news.asked] == [5]


def test_a_database_that_is_away_is_said_to_be_for_the_moment(
    browser: Client, conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> None:
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(views, "read", fail)

    response = browser.get("/chat/demo/feed", headers=bearer())

    assert (response.status_code, response.json()) == (
        503,
        {"error": {"code": "unavailable", "message": "The chat can't be read right now. Try again in a moment."}},
    )


@pytest.mark.parametrize(
    ("method", "address"),
    [("post", ""), ("post", "feed"), ("get", "session"), ("post", "widget.js"), ("post", "theme.css")],
)
def test_other_methods_are_not_allowed(client: Client, gateway: Gateway, method: str, address: str) -> None:
    assert getattr(client, method)(f"/chat/demo/{address}").status_code == 405


@pytest.mark.parametrize("address", ["", "feed", "widget.js", "theme.css"])
def test_no_answer_sets_a_cookie(browser: Client, conversation: Conversation, address: str) -> None:
    assert not browser.get(f"/chat/demo/{address}", headers=bearer()).cookies


@pytest.mark.parametrize(
    ("url", "sources"),
    [("", "'self' data:"), ("https://pics.example.com/a/ada.png?x=1", "'self' data: https://pics.example.com")],
    ids=["none", "elsewhere"],
)
def test_the_page_may_show_the_agents_picture_and_no_other(
    browser: Client, gateway: Gateway, url: str, sources: str
) -> None:
    gateway.agent.avatar_url = url
    gateway.agent.save()
    response = browser.get("/chat/demo/")
    assert policy(response["Content-Security-Policy"])["img-src"] == sources
    assert f'data-avatar="{url}"' in response.content.decode()
    assert ('<img class="avatar"' in response.content.decode()) == bool(url)
