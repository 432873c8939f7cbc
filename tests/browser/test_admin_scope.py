"""Picking managing points from what the platform lists, in a real browser that keeps to the site's policy."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from gateways.messages import Place, Teammate
from gateways.models import Gateway, ManagingPoint
from tests.browser.conftest import picture, signed_in
from tests.fakes import FakePlatform

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(browser: Browser, site: str, gateway: Gateway, platform: type[FakePlatform]) -> Iterator[Page]:
    """On the gateway's page. Whatever the browser complains about fails the test."""
    platform.listed[:] = [
        *(Place("inbox", str(number), f"Inbox {number}") for number in range(40)),
        Teammate("7", "Ada"),
    ]
    with signed_in(browser, f"{site}/admin/gateways/gateway/{gateway.pk}/change/") as page:
        yield page


def test_a_managing_point_is_read_searched_picked_and_kept(page: Page) -> None:
    page.get_by_role("button", name="Read from the platform").click()
    expect(page.get_by_text("Read from Fake: inbox: 40, people: 1.")).to_be_visible()
    points = page.locator("#managing_points-group")
    points.locator("summary").click()
    points.get_by_role("button", name="Add another").click()
    points.locator(".select2-selection").first.click()
    page.locator(".select2-search__field").fill("Inbox 17")
    expect(page.locator(".select2-results__option")).to_have_text(["Inbox 17 (inbox)"])
    picture(page, "picker")
    page.locator(".select2-results__option").click()
    page.get_by_text("Which conversations, and who the agent is").click()
    page.get_by_label("Teammate:", exact=True).fill("7")
    picture(page, "scope")
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.locator(".messagelist .success")).to_be_visible()
    assert ManagingPoint.objects.get().destination.name == "Inbox 17"
    assert Gateway.objects.get().teammate_name == "Ada"
