"""The web chat as a customer meets it: a real browser, the real hook and feed; the test is worker and agent."""

import re
from dataclasses import dataclass

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Dialog, Locator, Page, Route, expect

from aissist_site import pipeline
from conversations.chat import views
from conversations.files import Attachment, File
from conversations.models import Conversation, Delivery, Message, Turn
from gateways.messages import Purpose, Reply, pack
from gateways.models import Gateway, Receipt
from tests.browser.conftest import picture
from tests.conversations.chat.rows import chat_gateway, customer_told

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests that are held end soon after the page is gone, and pages learn to ask again."""
    monkeypatch.setattr(views, "LONGEST_WAIT", 2.0)


@pytest.fixture
def gateway(site: str) -> Gateway:
    gateway = chat_gateway(title="Blue Shop")
    gateway.agent.greeting = "Hello! Ask us about **orders, returns and payments**."
    gateway.agent.save()
    return gateway


@pytest.fixture
def page(context: BrowserContext, site: str, gateway: Gateway) -> Page:
    return opened(context, site)


def opened(context: BrowserContext, site: str) -> Page:
    page = context.new_page()
    page.goto(f"{site}/chat/demo/")
    return page


@dataclass
class Shop:
    """The other side of the chat."""

    gateway: Gateway

    def take_in(self) -> None:
        """What a worker does with the messages that have arrived."""
        pipeline.ingest(self.gateway.pk)

    @property
    def conversation(self) -> Conversation:
        return Conversation.objects.get(gateway=self.gateway)

    def say(self, text: str, purpose: Purpose = Purpose.REPLY, author: str = "Ada") -> Delivery:
        if purpose is not Purpose.THINKING:
            Turn.objects.update(state=Turn.State.DONE)
        return customer_told(self.conversation, text, purpose=purpose, author=author, done_at=timezone.now())

    def hand_over(self) -> None:
        Conversation.objects.update(owner=Conversation.Owner.HUMAN)
        self.say("I'm passing you on to our team.", Purpose.HANDOVER)

    def heard(self) -> list[str]:
        messages = Message.objects.filter(author=Message.Author.CUSTOMER).order_by("pk")
        return list(messages.values_list("text", flat=True))


@pytest.fixture
def shop(gateway: Gateway) -> Shop:
    return Shop(gateway)


def box(page: Page) -> Locator:
    return page.get_by_label("Your message")


def write(page: Page, text: str) -> None:
    box(page).fill(text)
    box(page).press("Enter")


def shown(page: Page) -> Locator:
    return page.locator("#log .bubble")


def state(page: Page, text: str) -> Locator:
    return page.locator("#log .message.customer", has_text=text)


def is_(page: Page, text: str, expected: str) -> None:
    """Wait until the customer's message is waiting, accepted, refused or said."""
    expect(state(page, text)).to_have_attribute("data-state", expected)


def test_a_conversation_is_shown_once_and_in_order(page: Page, shop: Shop) -> None:
    expect(page.locator(".greeting")).to_contain_text("Ask us about orders, returns and payments.")
    write(page, "Where is my order?")
    is_(page, "Where is my order?", "accepted")
    shop.take_in()
    is_(page, "Where is my order?", "said")
    expect(page.locator("#typing")).to_be_visible()
    picture(page, "typing")

    shop.say("It left **yesterday**. [Track it](https://example.com/track)")
    write(page, "Thanks!")
    is_(page, "Thanks!", "accepted")
    shop.take_in()

    everything = ["Where is my order?", "It left yesterday. Track it", "Thanks!"]
    expect(shown(page)).to_have_text(everything)
    is_(page, "Thanks!", "said")
    page.reload()
    expect(shown(page)).to_have_text(everything)
    expect(page.get_by_role("link", name="Track it")).to_have_attribute("target", "_blank")


def test_each_kind_of_message_says_who_speaks(page: Page, shop: Shop) -> None:
    write(page, "I was charged twice for order 5521 and would like my money back, please.")
    is_(page, "charged", "accepted")
    shop.take_in()
    shop.say("One moment, I'm still looking into it.", Purpose.THINKING)
    expect(page.locator("#log .thinking")).to_have_text(re.compile("still looking"))
    expect(page.locator("#typing")).to_be_visible()
    shop.say(
        "I see **two payments** of 49.90 €:\n\n1. card, 3 May\n2. card, 3 May\n\nRead more: https://example.com/pay"
    )
    expect(page.locator("#typing")).to_be_hidden()
    shop.hand_over()
    expect(page.locator("#partner")).to_have_text("Waiting for a person to join")
    shop.say("Hi, Mia here. I've sent one of them back.", Purpose.HUMAN, "Mia")

    expect(page.locator("#partner")).to_have_text("You are talking to Mia")
    expect(page.locator("#log .human .who")).to_have_text("Mia")
    expect(page.locator("#log .handover")).to_have_text(re.compile("passing you on"))
    expect(page.locator("#log .message")).to_have_count(5)
    picture(page, "conversation")


def test_what_is_written_offline_is_sent_once_and_in_order(page: Page, context: BrowserContext, shop: Shop) -> None:
    write(page, "one")
    is_(page, "one", "accepted")
    context.set_offline(True)
    write(page, "two")
    write(page, "three")
    expect(page.locator("#banner")).to_have_text("No connection. Your messages are kept and sent later.")
    expect(shown(page)).to_have_text(["one", "two", "three"])
    is_(page, "three", "waiting")
    picture(page, "offline")

    context.set_offline(False)

    is_(page, "three", "accepted")
    shop.take_in()
    is_(page, "three", "said")
    expect(page.locator("#banner")).to_be_hidden()
    expect(shown(page)).to_have_text(["one", "two", "three"])
    assert shop.heard() == ["one", "two", "three"]


def test_what_was_written_offline_survives_a_reload(page: Page, context: BrowserContext, shop: Shop) -> None:
    page.route("**/hooks/**", lambda route: route.abort())
    write(page, "kept")
    is_(page, "kept", "waiting")
    page.unroute("**/hooks/**")

    page.reload()

    is_(page, "kept", "accepted")
    shop.take_in()
    assert shop.heard() == ["kept"]


def test_a_message_whose_answer_is_lost_is_recorded_once(page: Page, shop: Shop) -> None:
    tries: list[str] = []

    def lose_first(route: Route) -> None:
        tries.append(route.request.post_data or "")
        route.fetch()
        if len(tries) == 1:
            route.abort()
        else:
            route.continue_()

    page.route("**/hooks/**", lose_first)

    write(page, "Only once")

    is_(page, "Only once", "accepted")
    shop.take_in()
    is_(page, "Only once", "said")
    assert len(tries) == 2 and Receipt.objects.count() == 3
    assert shop.heard() == ["Only once"]
    expect(shown(page)).to_have_text(["Only once"])


def test_a_refused_message_says_why_and_can_be_edited(page: Page, shop: Shop) -> None:
    refusal = '{"error": {"code": "malformed", "message": "We don’t take that."}}'
    page.route("**/hooks/**", lambda route: route.fulfill(status=400, body=refusal))
    write(page, "No good")
    expect(state(page, "No good")).to_contain_text("Not sent. We don’t take that.")
    picture(page, "refused")
    page.unroute("**/hooks/**")

    page.get_by_role("button", name="Edit").click()
    expect(box(page)).to_have_value("No good")
    expect(box(page)).to_be_focused()
    expect(shown(page)).to_have_count(0)
    write(page, "Better")

    is_(page, "Better", "accepted")
    shop.take_in()
    assert shop.heard() == ["Better"]


EVIL = [
    "<script>ran = true</script>",
    "<img src=x onerror='ran = true'>",
    '"><svg onload="ran = true">',
    "[x](javascript:ran=true)",
    "{{ constructor.constructor('ran = true')() }}",
]


def test_nothing_that_anybody_writes_runs(page: Page, shop: Shop) -> None:
    dialogs: list[Dialog] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog))
    for text in EVIL:
        write(page, text)
    is_(page, EVIL[-1], "accepted")
    shop.take_in()
    is_(page, EVIL[-1], "said")
    for text in EVIL:
        shop.say(text, author=text)
    shop.say("done")

    expect(shown(page)).to_have_text([*EVIL, *EVIL, "done"])
    expect(page.locator("#log .agent .who").first).to_have_text(EVIL[0])
    assert page.locator("#log").locator("script, img, svg, a").count() == 0
    assert page.evaluate("typeof ran") == "undefined"
    assert dialogs == []


def test_two_tabs_show_one_conversation(page: Page, context: BrowserContext, site: str, shop: Shop) -> None:
    write(page, "from the first")
    is_(page, "from the first", "accepted")
    second = opened(context, site)
    write(second, "from the second")
    is_(second, "from the second", "accepted")
    expect(shown(page)).to_have_text(["from the first", "from the second"])
    shop.take_in()
    shop.say("to both")

    for tab in (page, second):
        expect(shown(tab)).to_have_text(["from the first", "from the second", "to both"])
        is_(tab, "from the first", "said")
        is_(tab, "from the second", "said")


def test_a_session_of_an_old_key_is_replaced_without_losing_a_word(page: Page, shop: Shop) -> None:
    write(page, "before")
    is_(page, "before", "accepted")
    shop.take_in()
    is_(page, "before", "said")
    shop.gateway.secrets.filter(name="visitor_key").update(value="n" * 32)

    expect(page.locator("#log .notice")).to_have_text(
        "Your earlier conversation has ended. You can start a new one here."
    )
    write(page, "after")
    is_(page, "after", "accepted")
    shop.take_in()

    is_(page, "after", "said")
    expect(shown(page)).to_have_text(["after"])
    assert shop.heard() == ["before", "after"]
    assert Conversation.objects.count() == 2


def test_everything_can_be_done_with_the_keyboard(page: Page, shop: Shop) -> None:
    expect(box(page)).to_be_focused()
    page.keyboard.type("first line")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("second line")
    page.keyboard.press("Enter")
    is_(page, "first line", "accepted")
    expect(box(page)).to_be_focused()
    expect(box(page)).to_have_value("")
    shop.take_in()
    is_(page, "first line", "said")
    assert shop.heard() == ["first line\nsecond line"]

    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    more = page.get_by_role("button", name="More")
    expect(more).to_be_focused()
    page.keyboard.press("Enter")
    expect(more).to_have_attribute("aria-expanded", "true")
    picture(page, "menu")
    page.keyboard.press("Escape")
    expect(more).to_have_attribute("aria-expanded", "false")
    expect(more).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Start over?")).to_be_visible()
    picture(page, "start-over")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(shown(page)).to_have_count(0)
    expect(box(page)).to_be_focused()
    page.keyboard.type("somebody else")
    page.keyboard.press("Enter")
    is_(page, "somebody else", "accepted")
    shop.take_in()
    is_(page, "somebody else", "said")
    assert Conversation.objects.count() == 2


def test_a_text_that_is_too_long_stays_where_it_is(page: Page) -> None:
    box(page).fill("x" * 18_000)
    expect(page.locator("#counter")).to_have_text("2,000 characters left.")
    box(page).fill("😀" * 20_000)
    expect(page.locator("#counter")).to_have_text("0 characters left.")
    box(page).fill("x" * 20_001)
    expect(page.locator("#counter")).to_have_text("Too long by 1 character.")
    picture(page, "too-long")

    box(page).press("Enter")

    expect(shown(page)).to_have_count(0)
    expect(box(page)).to_have_value("x" * 20_001)


def test_whoever_reads_further_up_is_told_of_news(page: Page, shop: Shop) -> None:
    write(page, "Tell me everything.")
    is_(page, "Tell me everything.", "accepted")
    shop.take_in()
    shop.say("\n\n".join(f"Paragraph {number}" for number in range(60)))
    expect(shown(page)).to_have_count(2)
    page.locator("#scroll").evaluate("element => { element.scrollTop = 0; }")
    shop.say("The end.")

    page.get_by_role("button", name="New messages").click()

    expect(page.get_by_text("The end.")).to_be_in_viewport()
    expect(page.get_by_role("button", name="New messages")).to_be_hidden()


def test_the_chat_fits_320_pixels(page: Page, shop: Shop) -> None:
    page.set_viewport_size({"width": 320, "height": 568})
    write(page, "A" * 120)
    is_(page, "A" * 120, "accepted")
    shop.take_in()
    shop.say(
        "`"
        + "b" * 90
        + "`\n\n```\n"
        + "c" * 90
        + "\n```\n\n| one | two | three |\n|-|-|-|\n| "
        + "d" * 40
        + " | e | f |\n\nhttps://example.com/"
        + "g" * 80
    )
    shop.say("مرحبا، أين طلبي رقم 5521؟ شكرا جزيلا لك على المساعدة")
    expect(shown(page)).to_have_count(3)
    write(page, "שלום, תודה רבה!")
    is_(page, "שלום", "accepted")
    picture(page, "narrow")

    assert page.evaluate("document.documentElement.scrollWidth") == 320
    assert (
        page.evaluate("scroll => scroll.scrollWidth - scroll.clientWidth", page.locator("#scroll").element_handle())
        == 0
    )
    direction = "element => getComputedStyle(element).direction"
    assert shown(page).nth(2).locator("p").evaluate(direction) == "rtl"
    assert shown(page).nth(3).evaluate(direction) == "rtl"


def test_the_chat_works_where_nothing_may_be_stored(browser: Browser, site: str, shop: Shop) -> None:
    context = browser.new_context()
    context.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } });"
    )
    page = opened(context, site)
    write(page, "Hello")
    is_(page, "Hello", "accepted")
    shop.take_in()
    shop.say("Hi")

    expect(shown(page)).to_have_text(["Hello", "Hi"])
    context.close()


def test_the_chat_is_readable_in_the_dark(browser: Browser, site: str, shop: Shop) -> None:
    context = browser.new_context(color_scheme="dark", viewport={"width": 420, "height": 640})
    page = opened(context, site)
    write(page, "Where is my order?")
    is_(page, "Where is my order?", "accepted")
    shop.take_in()
    shop.say("It left **yesterday**: https://example.com/track")
    shop.hand_over()
    shop.say("Mia here.", Purpose.HUMAN, "Mia")
    expect(shown(page)).to_have_count(4)
    picture(page, "dark")

    colours = page.locator("#log .agent .bubble").first.evaluate(
        "element => [getComputedStyle(element).color, getComputedStyle(element).backgroundColor]"
    )
    assert colours == ["rgb(236, 238, 242)", "rgb(38, 43, 51)"]
    context.close()


def test_an_answer_is_pressed_and_a_file_is_saved(page: Page, shop: Shop) -> None:
    write(page, "Hello")
    is_(page, "Hello", "accepted")
    shop.take_in()
    message = Message.objects.create(
        conversation=shop.conversation, seq=50, author="human", text="Shall I?", status="sent"
    )
    content = File.objects.create(sha256="0" * 64, size=4, content=b"%PDF")
    kept = {"file": content, "name": "bill.pdf", "content_type": "application/pdf", "size": 4, "state": "kept"}
    file = Attachment.objects.create(message=message, gateway=shop.gateway, **kept)
    told = pack(Reply("Shall I?", Purpose.REPLY, "Ada", files=(file.pk,), choices=("Yes, please", "No, thanks")))
    customer_told(shop.conversation, "Shall I?", payload=told, message=message, done_at=timezone.now())
    with page.expect_download() as saved:
        page.get_by_role("button", name="bill.pdf").click()
    assert (saved.value.suggested_filename, saved.value.path().read_bytes()) == ("bill.pdf", b"%PDF")
    page.get_by_role("button", name="Yes, please").click()
    expect(page.get_by_role("button", name="No, thanks")).to_be_hidden()
    is_(page, "Yes, please", "accepted")
    shop.take_in()
    assert shop.heard() == ["Hello", "Yes, please"]
