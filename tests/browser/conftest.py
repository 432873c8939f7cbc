"""A real Chromium, driven by Playwright, against a live server whose database is a file.

A database in memory would give all threads one connection, and a browser has many requests under way at once.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
# Where to leave pictures for people to look at; nowhere by default.
PICTURES = os.environ.get("AISSIST_PICTURES", "")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    if settings.EMBEDDED:
        test: Any = settings.DATABASES["default"]["TEST"]
        test["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM:
        pytest.skip("There is no Chromium here. Install one to run the browser tests.")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright runs a loop in this thread, which Django would take for an asynchronous program.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def site(live_server: Any) -> str:
    """The address of the site."""
    if "mode=memory" in str(connection.settings_dict["NAME"]):
        pytest.skip("The database is in memory. Run the browser tests by themselves: pytest -m browser")
    return str(live_server.url)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A private window."""
    context = browser.new_context(locale="en-GB", viewport={"width": 1000, "height": 760})
    context.set_default_timeout(15_000)
    yield context
    context.close()


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"))
