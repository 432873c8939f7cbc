"""The button that connects a gateway by OAuth, in a real browser that keeps to the site's policy."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from gateways.models import Authorization, Gateway
from tests.browser.conftest import picture, signed_in
from tests.loopback.oauth import Vendor, gate, issued, vendor

__all__ = ["gate", "vendor"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(browser: Browser, site: str, gate: Gateway, settings: Any) -> Iterator[Page]:
    """On the gateway's page. Whatever the browser complains about fails the test."""
    settings.PUBLIC_URL = site
    address = f"{site}/admin/gateways/gateway/{gate.pk}/change/"
    with signed_in(browser, address, patience=30.0) as page:
        yield page


def test_the_button_leads_there_and_back(page: Page, site: str, gate: Gateway, vendor: Vendor) -> None:
    seen: list[str] = []
    page.on("request", lambda asked: seen.append(asked.headers.get("referer", "")) if vendor.url in asked.url else None)
    page.get_by_role("button", name="Connect with Wall").click()
    expect(page.get_by_text("“Front desk” is connected with Wall")).to_be_visible()
    assert page.url == f"{site}/admin/gateways/gateway/{gate.pk}/change/"
    picture(page, "oauth")
    assert (seen, vendor.grants) == ([""], ["authorization_code"])
    assert Authorization.objects.get().granted_by == "kim"
    assert issued()["access_token"] in vendor.access_tokens
    assert "hush" not in page.content()
