"""The widget on somebody else's site, which allows nothing that it wasn't asked to allow."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, FrameLocator, Locator, Page, expect

from aissist_site import pipeline
from conversations.chat import views
from conversations.models import Conversation
from gateways.models import Gateway
from tests.browser.conftest import picture
from tests.conversations.chat.rows import chat_gateway, customer_told

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAGE = """<!doctype html><html lang="en"><title>A shop</title><body>
<h1>A shop with a strict policy</h1><p><a href="#">A link</a></p>
<script src="{site}/chat/demo/widget.js" async></script></body></html>"""
POLICY = "default-src 'none'; script-src {site}; frame-src {site}; require-trusted-types-for 'script'"


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "LONGEST_WAIT", 2.0)


@pytest.fixture(params=["127.0.0.1", "localhost"], ids=["another site", "the same site"])
def shop(site: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a shop with the one line in its page.

    In a private window, which this is, Chromium lets a frame of another site store nothing; on another port it may.
    """

    class ShopPage(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Security-Policy", POLICY.format(site=site))
            self.end_headers()
            self.wfile.write(PAGE.format(site=site).encode())

        def log_message(self, *args: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), ShopPage) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://{request.param}:{server.server_port}"
        server.shutdown()


@pytest.fixture
def gateway(site: str, shop: str) -> Gateway:
    return chat_gateway(title="Blue Shop", allowed_sites=shop)


@pytest.fixture
def complaints() -> list[str]:
    """What the browser's console says is wrong."""
    return []


@pytest.fixture
def page(context: BrowserContext, shop: str, gateway: Gateway, complaints: list[str]) -> Page:
    page = context.new_page()
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(shop)
    return page


def button(page: Page) -> Locator:
    return page.locator("aissist-chat button")


def chat(page: Page) -> FrameLocator:
    return page.frame_locator("aissist-chat iframe")


def write(page: Page, text: str) -> None:
    expect(chat(page).get_by_label("Your message")).to_be_focused()
    chat(page).get_by_label("Your message").fill(text)
    chat(page).get_by_label("Your message").press("Enter")
    expect(chat(page).locator(".message.customer").last).to_have_attribute("data-state", "accepted")


def test_one_line_puts_a_chat_on_a_strict_site(page: Page, gateway: Gateway, complaints: list[str]) -> None:
    expect(button(page)).to_have_attribute("aria-label", "Open chat: Blue Shop")
    expect(button(page)).to_have_attribute("aria-expanded", "false")
    expect(button(page)).to_have_css("background-color", "rgb(48, 86, 211)")
    assert page.locator("aissist-chat iframe").count() == 0

    button(page).click()

    expect(button(page)).to_have_attribute("aria-label", "Close chat: Blue Shop")
    expect(button(page)).to_have_attribute("aria-expanded", "true")
    expect(chat(page).get_by_label("Your message")).to_be_focused()
    write(page, "Do you ship to Norway?")
    pipeline.ingest(gateway.pk)
    customer_told(Conversation.objects.get(), "Yes, within **five days**.", done_at=timezone.now())
    expect(chat(page).locator("#log .bubble")).to_have_text(["Do you ship to Norway?", "Yes, within five days."])
    picture(page, "widget")
    assert complaints == []


def test_escape_closes_the_chat_from_inside_and_outside(page: Page) -> None:
    button(page).focus()
    page.keyboard.press("Enter")
    expect(chat(page).get_by_label("Your message")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("aissist-chat iframe")).to_be_hidden()
    expect(button(page)).to_be_focused()

    page.keyboard.press("Enter")
    expect(chat(page).get_by_label("Your message")).to_be_focused()
    page.get_by_role("link", name="A link").focus()
    page.keyboard.press("Escape")
    expect(page.locator("aissist-chat iframe")).to_be_hidden()
    expect(button(page)).to_be_focused()


def test_a_closed_chat_counts_what_it_has_not_shown(page: Page, gateway: Gateway) -> None:
    button(page).click()
    write(page, "Hello?")
    pipeline.ingest(gateway.pk)
    expect(chat(page).locator(".message.customer")).to_have_attribute("data-state", "said")
    button(page).click()
    for text in ("One", "Two"):
        customer_told(Conversation.objects.get(), text, done_at=timezone.now())

    expect(page.locator("aissist-chat .badge")).to_have_text("2", timeout=20_000)
    expect(button(page)).to_have_attribute("aria-label", "Open chat: Blue Shop, 2 new messages")
    picture(page, "widget-unread")
    page.reload()
    expect(page.locator("aissist-chat .badge")).to_have_text("2", timeout=20_000)

    button(page).click()

    expect(page.locator("aissist-chat .badge")).to_be_hidden()
    expect(chat(page).locator("#log .bubble")).to_have_text(["Hello?", "One", "Two"])
    page.reload()
    expect(button(page)).to_have_attribute("aria-expanded", "true")
    expect(chat(page).locator("#log .bubble")).to_have_text(["Hello?", "One", "Two"])


def test_on_a_phone_the_chat_fills_the_screen(page: Page) -> None:
    page.set_viewport_size({"width": 375, "height": 667})
    button(page).click()
    expect(chat(page).get_by_label("Your message")).to_be_focused()
    picture(page, "widget-phone")

    frame = page.locator("aissist-chat iframe")
    assert frame.bounding_box() == {"x": 0, "y": 0, "width": 375, "height": 667}
    chat(page).get_by_role("button", name="Close chat").click()
    expect(frame).to_be_hidden()
    expect(button(page)).to_be_focused()


def test_a_site_that_is_not_allowed_shows_no_chat(page: Page, gateway: Gateway, complaints: list[str]) -> None:
    gateway.config = {**gateway.config, "allowed_sites": "https://shop.example"}
    gateway.save()

    button(page).click()

    expect(page.locator("aissist-chat iframe")).to_be_visible()
    expect(chat(page).get_by_label("Your message")).to_have_count(0)
    assert any("frame-ancestors 'self' https://shop.example" in line for line in complaints)
