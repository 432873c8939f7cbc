"""The helpdesk's side panel in a real browser: in a frame, 300 px wide, by keyboard alone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from agents.models import Instruction
from conversations.models import Conversation
from handover.widget.links import make
from tests.admin_pages import NASTY
from tests.browser.conftest import picture
from tests.conftest import Walk
from tests.fakes import ScriptedEngine

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def panel(browser: Browser, site: str, walk: Walk) -> Iterator[Page]:
    """Whatever the browser complains about, a broken policy above all, fails the test."""
    walk.answer(f"Where is my tent? {NASTY}")
    url, _ = make(walk.conversation().pk, "Grace", may_act=True)
    context = browser.new_context(viewport={"width": 300, "height": 700}, locale="en-GB")
    page = context.new_page()
    page.set_default_timeout(10_000)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(site + url[url.index("/widget/") :])
    yield page
    unexpected = [text for text in complaints if "403" not in text]  # the browser's own line about a refused link
    assert unexpected == [] and context.cookies() == []
    context.close()


def test_a_draft_is_asked_for_and_shows_by_itself(panel: Page, walk: Walk, engine: ScriptedEngine):
    panel.get_by_label("What the draft should be like").fill("Short")
    panel.get_by_role("button", name="Draft a reply").click()
    expect(panel.get_by_role("status")).to_contain_text("The agent is at it.")
    walk.run()
    expect(panel.locator("#draft")).to_contain_text("re: Where is my tent?")
    assert engine.briefs[-1].instruction == "Short" and panel.locator("#evil").count() == 0
    picture(panel, "side-panel")


def test_everything_is_done_by_keyboard(panel: Page, walk: Walk, engine: ScriptedEngine):
    engine.help_script.append("Wo ist mein Zelt?")
    panel.keyboard.press("Tab"), panel.keyboard.press("Tab"), panel.keyboard.press("Tab")
    expect(panel.get_by_role("button", name="Translate")).to_be_focused()
    panel.keyboard.press("Enter")
    expect(panel.get_by_role("status")).to_contain_text("The agent is at it.")
    walk.run()
    expect(panel.locator("#live")).to_contain_text("Wo ist mein Zelt?")
    panel.keyboard.press("Tab"), panel.keyboard.press("Tab"), panel.keyboard.press("Tab")
    panel.keyboard.type("Tents take two weeks.")
    panel.keyboard.press("Tab"), panel.keyboard.press("Enter")
    expect(panel.get_by_role("status")).to_contain_text("From now on, on Desk: Tents take two weeks.")
    assert Instruction.objects.get().by == "Grace"


def test_nothing_is_wider_than_the_panel(panel: Page):
    wide = panel.evaluate("document.documentElement.scrollWidth")
    assert wide <= 300


def test_a_link_that_has_ended_says_so(panel: Page):
    Conversation.objects.all().delete()
    expect(panel.get_by_text("There is no such conversation any more.")).to_be_visible()
    panel.close()
