"""The desk as people use it: signing in, reading, answering, and being told of news, in a real browser."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from agents.models import Agent
from conversations.models import Conversation, Delivery, Message
from gateways.models import Destination, Gateway
from handover.models import Handover
from tests.admin_pages import conversation_of, say
from tests.browser.conftest import picture, signed_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def conversation(db: None) -> Conversation:
    agent = Agent.objects.create(name="Shop", display_name="Ada")
    gateway = Gateway.objects.create(agent=agent, name="Shop chat", platform="webchat", public_id="demo")
    destination = Destination.objects.create(gateway=gateway, external_id="b", name="Billing desk")
    conversation = conversation_of(gateway, "Grace", owner="human", subject="My order")
    say(conversation, "Where is my <b>order</b>?", author_name="Grace")
    say(conversation, "I've passed your conversation on.", "agent", kind="handover", author_name="Ada")
    say(conversation, "**Grace** wants to know where her order is.", "system", kind="note", author_name="Ada")
    Handover.objects.create(
        conversation=conversation, epoch=1, destination=destination, reason="rule", why="It is about an order."
    )
    return conversation


@pytest.fixture
def page(browser: Browser, site: str, conversation: Conversation) -> Iterator[Page]:
    """Signed in, on the front page. Whatever the browser complains about fails the test."""
    size = {"width": 1280, "height": 800}
    with signed_in(browser, f"{site}/admin/", viewport=size, timezone_id="Europe/Berlin") as page:
        yield page


@pytest.fixture
def desk(page: Page) -> Page:
    """On the conversation's page, reached as people reach it."""
    page.get_by_role("link", name="Waiting for people").first.click()
    picture(page, "waiting")
    page.get_by_role("link", name="Grace").first.click()
    expect(page.locator(".bubble")).to_have_count(3)
    return page


def bubbles(page: Page) -> list[str]:
    return [text.strip() for text in page.locator(".bubble .bubble-text").all_inner_texts()]


def test_a_person_reads_and_answers(desk: Page, conversation: Conversation) -> None:
    assert bubbles(desk)[0] == "Where is my <b>order</b>?"
    desk.get_by_role("textbox", name="Write to the customer").fill("It left **yesterday**.")
    desk.keyboard.press("Control+Enter")
    expect(desk.locator(".bubble")).to_have_count(4)
    assert bubbles(desk)[3] == "It left yesterday."
    expect(desk.locator(".desk-head .badge").first).to_have_text("Kim")
    picture(desk, "answered")
    assert list(Message.objects.filter(author="human").values_list("text", flat=True)) == ["It left **yesterday**."]


def test_news_appear_while_somebody_writes(desk: Page, conversation: Conversation) -> None:
    box = desk.get_by_role("textbox", name="Write to the customer")
    box.fill("Let me lo")
    conversation.refresh_from_db()
    say(conversation, "Hello? Anybody there?", author_name="Grace")
    expect(desk.locator(".bubble")).to_have_count(4)
    expect(desk.get_by_role("status")).to_have_text("New message from Grace")
    expect(box).to_have_value("Let me lo")
    expect(box).to_be_focused()


def test_what_was_unfolded_stays_unfolded(desk: Page, conversation: Conversation) -> None:
    ids = desk.locator("#side-ids")
    ids.locator("summary").click()
    conversation.refresh_from_db()
    say(conversation, "One more thing.")
    expect(desk.locator(".bubble")).to_have_count(4)
    expect(ids).to_have_attribute("open", "")
    expect(ids.locator("summary")).to_be_focused()


def test_a_failed_message_is_sent_again_with_one_press(desk: Page, conversation: Conversation) -> None:
    conversation.refresh_from_db()
    message = say(conversation, "It left.", "agent", status="failed")
    delivery = Delivery.objects.create(
        conversation=conversation, message=message, kind="reply", payload={}, due_at=timezone.now(),
        status="failed", error="The address is unknown.",
    )  # fmt: skip
    expect(desk.locator(".bubble-stuck")).to_contain_text("The address is unknown.")
    picture(desk, "failed")
    desk.get_by_role("button", name="Retry").click()
    expect(desk.locator(".bubble-stuck")).to_have_count(0)
    delivery.refresh_from_db()
    assert delivery.status == "pending"


def test_times_are_local(desk: Page) -> None:
    created = Message.objects.earliest("pk").created_at.astimezone(ZoneInfo("Europe/Berlin"))
    expect(desk.locator(".bubble time").first).to_have_text(f"{created:%H:%M}")


def test_a_narrow_window_needs_no_sideways_scrolling(desk: Page, site: str) -> None:
    gateway = Gateway.objects.get()
    desk.set_viewport_size({"width": 400, "height": 800})
    for path in ("", "conversations/conversation/", f"gateways/gateway/{gateway.pk}/change/"):
        desk.goto(f"{site}/admin/{path}")
        assert desk.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_gateway_pages_work_without_inline_anything(page: Page, site: str, theme: str) -> None:
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]  # one of the two that there are
    gateway = Gateway.objects.get()
    page.goto(f"{site}/admin/gateways/gateway/{gateway.pk}/change/")
    page.get_by_role("button", name="Add another Handover rule").click()
    expect(page.locator("#handover_rules-0")).to_be_visible()
    page.get_by_role("button", name="Test connection").click()
    expect(page.locator(".messagelist li")).to_have_count(1)
    page.goto(f"{site}/admin/agents/subagent/add/")
    page.get_by_label("Name").press_sequentially("Billing questions")
    expect(page.get_by_label("Slug")).to_have_value("billing-questions")
