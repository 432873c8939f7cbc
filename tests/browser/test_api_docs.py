"""The page of the API's documentation, in a browser that keeps to the site's Content-Security-Policy."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Browser, Locator, Page, expect

from agents.models import Agent, ApiKey
from tests.browser.conftest import picture

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def complaints() -> list[str]:
    """What the browser says is wrong, and whatever it asks of others than the site."""
    return []


@pytest.fixture
def page(browser: Browser, site: str, complaints: list[str]) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1100, "height": 900})
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.on("console", lambda line: complaints.append(line.text) if line.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda asked: None if asked.url.startswith(site) else complaints.append(asked.url))
    yield page
    context.close()


def tried(page: Page, operation: str) -> Locator:
    """The operation, opened for trying out."""
    block = page.locator(f"[id$=-{operation}]")
    block.locator(".opblock-summary-control").click()
    block.locator(".try-out__btn").click()
    return block


def test_an_operation_is_tried_out_with_a_key(page: Page, site: str, complaints: list[str]) -> None:
    _, key = ApiKey.objects.create_key(agent=Agent.objects.create(name="Shop"), name="Tests")
    page.goto(f"{site}/api/docs")
    expect(page.locator(".opblock")).to_have_count(78)
    picture(page, "api-docs")
    page.locator(".btn.authorize").click()
    page.locator(".auth-container input").first.fill(key)
    page.locator(".auth-btn-wrapper .authorize").first.click()
    page.locator(".btn-done").first.click()
    block = tried(page, "listAgents")
    block.locator(".execute").click()
    expect(block.locator(".live-responses-table .response-col_status").last).to_contain_text("200")
    assert complaints == []


def test_who_is_signed_in_needs_no_key(page: Page, site: str, complaints: list[str]) -> None:
    agent = Agent.objects.create(name="Shop")
    client = Client()
    client.force_login(User.objects.create_superuser("grace"), backend="django.contrib.auth.backends.ModelBackend")
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": site}])
    page.goto(f"{site}/api/docs")
    block = tried(page, "updateAgent")
    block.locator("[data-param-name=agent_id] input").fill(str(agent.pk))
    block.locator(".execute").click()
    expect(block.locator(".live-responses-table .response-col_status").last).to_contain_text("200")
    agent.refresh_from_db()
    assert agent.instructions == "Be brief. Never promise a refund."
    assert complaints == []
