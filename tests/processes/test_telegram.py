"""Telegram with the whole product and a Bot API server on loopback, by polling and by webhook."""

import base64
import itertools
import os
import re
import signal
import time
import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.aissist_site.processes import child_called, start
from tests.loopback.telegram import TOKEN, BotApi
from tests.loopback.walk import ANSWER, QUESTION, Customer, Desk, walk
from tests.processes.newcomer import Operator, eventually
from tests.processes.site import Site

pytestmark = pytest.mark.processes

USERS = itertools.count(5001)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
OPUS = b"OggS" + bytes(24) + b"OpusHead" + bytes(11)


@pytest.fixture(scope="module")
def api():
    with BotApi() as api:
        yield api


@pytest.fixture(scope="module")
def gateway(site: Site, operator: Operator, api: BotApi) -> str:
    """The API's path of a gateway of the bot, which polls."""
    config = {"api_url": api.url, "receive": "polling"}
    made = {
        "platform": "telegram",
        "name": f"Bot {uuid.uuid4().hex[:6]}",
        "config": config,
        "secrets": {"token": TOKEN},
    }
    agent = f"agents/{operator.agent['id']}/gateways"
    path = f"{agent}/{operator.send('POST', agent, made)['id']}"
    yield path
    api.on_deleteWebhook({})


def newcomer(api: BotApi, operator: Operator) -> tuple[Customer, Desk]:
    user = next(USERS)
    return Customer(lambda text: api.says(user, text), lambda: api.heard(user)), Desk(operator, str(user))


def test_by_polling(api: BotApi, operator: Operator, gateway: str):
    answer = operator.send("POST", f"{gateway}/check", {})
    assert answer == {"ok": True, "message": "The token is @shop_support_bot's."}
    walk(*newcomer(api, operator))


def test_by_webhook(api: BotApi, operator: Operator, gateway: str):
    operator.send("PATCH", gateway, {"config": {"api_url": api.url, "receive": "webhook"}})
    time.sleep(1.1)  # as people do: a poll that begins within this second would take the webhook for one left behind
    assert operator.send("POST", f"{gateway}/connect", {})["ok"]
    walk(*newcomer(api, operator))
    assert operator.send("POST", f"{gateway}/check", {})["ok"]


def test_back_to_polling_removes_our_own_webhook(api: BotApi, operator: Operator, gateway: str):
    operator.send("PATCH", gateway, {"config": {"api_url": api.url, "receive": "polling"}})
    eventually(lambda: not api.webhook, "The end of the webhook")
    customer, _ = newcomer(api, operator)
    customer.say(QUESTION)
    customer.hears(ANSWER)


def test_who_blocks_the_bot_is_not_written_to(api: BotApi, operator: Operator, gateway: str):
    user = next(USERS)
    customer = Customer(lambda text: api.says(user, text), lambda: api.heard(user))
    customer.say(QUESTION)
    customer.hears(ANSWER)
    api.blocks(user)
    customer.say(QUESTION)  # what was under way when the block came
    Desk(operator, str(user)).are_asked()
    customer.hears_nothing(1)


def test_a_long_answer_of_a_person_comes_in_parts_in_order(api: BotApi, operator: Operator, gateway: str):
    customer, desk = newcomer(api, operator)
    customer.say("I want to talk to a human")
    customer.hears()
    desk.are_asked()
    words = " ".join(f"**word{number}**" for number in range(1200))
    desk.reply(words)
    parts = [customer.hears("word"), customer.hears("word"), customer.hears("word")]
    assert " ".join(parts) == words.replace("*", "")


def test_files_go_both_ways(api: BotApi, operator: Operator, gateway: str):
    user = next(USERS)
    customer = Customer(lambda text: api.says(user, text), lambda: api.heard(user))
    desk = Desk(operator, str(user))
    customer.say("I want to talk to a human")
    customer.hears()
    desk.are_asked()
    api.sends(user, "voice", "note.ogg", OPUS, mime_type="audio/ogg", duration=2)
    [came] = eventually(lambda: kept(operator, desk.conversation), "The customer's voice message")
    assert (came["name"], came["content_type"], came["size"]) == ("note.ogg", "audio/ogg", len(OPUS))

    files = (("photo.png", PNG), ("answer.ogg", OPUS), ("bill.pdf", b"%PDF-1.7"))
    operator.reply_with_files(desk.conversation, "Here they are.", *files)
    told = [customer.hears() for _ in range(4)]
    assert told == ["Here they are.", "[photo photo.png]", "[voice answer.ogg]", "[document bill.pdf]"]
    assert [(kind, file.name, file.content) for kind, file in api.sent(user)] == [
        ("photo", "photo.png", PNG),
        ("voice", "answer.ogg", OPUS),
        ("document", "bill.pdf", b"%PDF-1.7"),
    ]
    customer.hears_nothing(1)


def kept(operator: Operator, conversation: int) -> list[dict[str, Any]]:
    """The files of the conversation that can be had."""
    messages = operator.get(f"conversations/{conversation}/messages")["results"]
    return [file for message in messages for file in message["attachments"] if file["state"] == "kept"]


@pytest.fixture(scope="module")
def offers_a_person(operator: Operator) -> None:
    """Let the agent know something that ends in an offer."""
    text = b"# Dog beds\n\nOur dog beds are made to measure, as wide as you like. Shall I pass you on to a colleague?\n"
    file = {"name": "beds.md", "content": base64.b64encode(text).decode()}
    sources = f"agents/{operator.agent['id']}/sources"
    made = operator.send("POST", sources, {"name": f"Beds {uuid.uuid4().hex[:6]}", "kind": "file", "file": file})
    eventually(lambda: operator.get(f"{sources}/{made['id']}")["state"] == "done", "The article")


@pytest.mark.usefixtures("offers_a_person")
@pytest.mark.parametrize(("receive", "answer"), [("polling", "No, thanks"), ("webhook", "Yes, please")])
def test_an_offer_is_answered_with_a_button(api: BotApi, operator: Operator, gateway: str, receive: str, answer: str):
    operator.send("PATCH", gateway, {"config": {"api_url": api.url, "receive": receive}})
    if receive == "webhook":
        time.sleep(1.1)
        assert operator.send("POST", f"{gateway}/connect", {})["ok"]
    user = next(USERS)
    customer = Customer(lambda text: api.says(user, text), lambda: api.heard(user))
    customer.say("How wide are your dog beds?")
    customer.hears("pass you on to a colleague?")
    assert eventually(lambda: api.buttons(user), "The buttons") == ["Yes, please", "No, thanks"]
    api.presses_one(user, answer)
    customer.hears()
    eventually(lambda: not api.buttons(user), "The end of the buttons")
    waiting = [row["external_id"] for row in operator.waiting()]
    assert (str(user) in waiting) == (answer == "Yes, please")


def test_a_killed_site_loses_and_doubles_nothing_of_what_it_polls(site: Site, api: BotApi, operator, gateway: str):
    users = [next(USERS) for _ in range(12)]
    for user in users[:6]:
        api.says(user, QUESTION)
        time.sleep(0.05)
    site.kill()
    for user in users[6:]:
        api.says(user, QUESTION)
    site.start()

    def answers() -> dict[int, int]:
        """For each how many, not counting a thinking message: to start again takes a while."""
        return {user: sum(ANSWER in text for text in api.heard(user)) for user in users}

    eventually(lambda: all(answers().values()), "An answer for each", patience=90)
    time.sleep(3)
    assert answers() == dict.fromkeys(users, 1)


def catches(pid: int, number: signal.Signals) -> bool:
    """Whether the process has a handler for the signal, as pollers have from their start."""
    [mask] = re.findall(r"^SigCgt:\s*([0-9a-f]+)$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    return bool(int(mask, 16) >> (number - 1) & 1)


def test_a_poller_that_hangs_is_replaced_and_does_no_harm_when_it_wakes(
    site: Site, api: BotApi, operator, gateway: str
):
    stands_by = start(["manage.py", "poll"], site.env)
    poller = child_called(site.process.pid, "poll")
    customer, _ = newcomer(api, operator)
    eventually(lambda: catches(stands_by.pid, signal.SIGTERM), "The start of the other", patience=90)
    try:
        os.kill(poller, signal.SIGSTOP)
        customer.say(QUESTION)
        eventually(customer.heard, "An answer by way of the other", patience=90)  # whose turn comes with the lease
        customer.hears(ANSWER)
        os.kill(poller, signal.SIGCONT)
        customer.say(QUESTION)
        customer.hears(ANSWER)
        customer.hears_nothing()
    finally:
        os.kill(poller, signal.SIGCONT)
        stands_by.terminate()
        said, _ = stands_by.communicate(timeout=30)
    assert (stands_by.returncode, "Traceback" in said) == (0, False), said
    customer.say(QUESTION)
    customer.hears(ANSWER)
