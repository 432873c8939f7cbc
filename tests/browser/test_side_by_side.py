"""A customer in the chat and an operator in admin, side by side, with the whole product running behind them."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import picture
from tests.processes.site import Site, Stack

pytestmark = [pytest.mark.browser, pytest.mark.processes]


@pytest.fixture(scope="module")
def product(browser: Browser, tmp_path_factory):
    with Site(Stack("sqlite-embedded"), tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture
def window(browser: Browser):
    """Opens private windows; whatever one of them says on its console fails the test."""
    contexts, said = [], []

    def open_(width: int, height: int) -> Page:
        context = browser.new_context(locale="en-GB", viewport={"width": width, "height": height})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        return page

    yield open_
    for context in contexts:
        context.close()
    assert said == []


def write(chat: Page, text: str) -> None:
    chat.get_by_role("textbox").fill(text)
    chat.keyboard.press("Enter")


def test_from_the_first_question_to_giving_back(product: Site, window):
    expect.set_options(timeout=20_000)
    chat, desk = window(520, 760), window(1280, 860)
    chat.goto(f"{product.base}/chat/demo-chat/")
    desk.goto(f"{product.base}/admin/")
    desk.get_by_label("Username").fill("operator")
    desk.get_by_label("Password").fill(product.password)
    desk.get_by_role("button", name="Log in").click()

    write(chat, "How long do I have to send something back?")
    expect(chat.get_by_role("log")).to_contain_text("30 days")
    write(chat, "Can I talk to a human, please?")
    expect(chat.get_by_role("log")).to_contain_text("passed your conversation on")

    desk.goto(f"{product.base}/admin/")
    picture(desk, "dashboard")
    desk.get_by_role("link", name="Waiting for people").first.click()
    picture(desk, "waiting")
    desk.locator("#result_list tbody tr").last.get_by_role("link").first.click()
    expect(desk.get_by_text("Can I talk to a human, please?").first).to_be_visible()
    desk.locator("textarea").first.fill("Hello, **Grace** here. What can I do for you?")
    desk.get_by_role("button", name="Reply", exact=True).click()
    expect(chat.get_by_role("log")).to_contain_text("Grace here")

    write(chat, "Where can I pick up my order?")
    expect(desk.get_by_text("Where can I pick up my order?").first).to_be_visible()
    picture(chat, "chat")
    picture(desk, "desk")

    desk.get_by_role("button", name="Give back to the agent").click()
    write(chat, "How long do I have to send something back?")
    expect(chat.get_by_text("30 days")).to_have_count(2)


def test_what_a_customer_types_cant_run_in_admin(product: Site, window):
    chat, desk = window(520, 760), window(1280, 860)
    desk.goto(f"{product.base}/admin/")
    desk.get_by_label("Username").fill("operator")
    desk.get_by_label("Password").fill(product.password)
    desk.get_by_role("button", name="Log in").click()
    chat.goto(f"{product.base}/chat/demo-chat/")
    nasty = (
        "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\"> [x](javascript:alert(1))"
    )
    write(chat, nasty)
    expect(chat.get_by_role("log")).to_contain_text("<script>")
    expect(chat.locator("#log .message.agent").first).to_be_visible()
    desk.goto(f"{product.base}/admin/conversations/conversation/?q=script")
    desk.locator("#result_list tbody tr").first.get_by_role("link").first.click()
    expect(desk.get_by_text(nasty).first).to_be_visible()
    assert desk.title() != "owned" and chat.title() != "owned"
    assert desk.locator("img[src=x]").count() == 0


def test_a_customer_whose_clock_is_a_day_off_is_answered_in_order(product: Site, window):
    chat = window(520, 760)
    chat.clock.set_system_time("2031-01-01T00:00:00Z")
    chat.goto(f"{product.base}/chat/demo-chat/")
    write(chat, "How long do I have to send something back?")
    expect(chat.get_by_role("log")).to_contain_text("30 days")
    write(chat, "How much does shipping cost?")
    expect(chat.get_by_role("log")).to_contain_text("Standard delivery")
    said = chat.locator("#log .message .bubble").all_inner_texts()
    assert [text.split()[0] for text in said] == ["How", "Your", "How", "Standard"]
