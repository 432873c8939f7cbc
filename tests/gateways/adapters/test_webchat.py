import json
from pathlib import Path
from typing import Any

import pytest
import time_machine

from agents.http import Http, Policy
from gateways import config
from gateways.adapters.webchat import LONGEST_TEXT, TOKEN_LIFE, WebChat, mint, new_key, new_visitor, read
from gateways.base import Account, Health, InboundRequest
from gateways.errors import ConfigError, Malformed, SignatureError, Unparsable
from gateways.messages import CustomerSaid, Outgoing, Person, Purpose, Reply, Sent

PAYLOADS = Path(__file__).parents[2] / "payloads" / "webchat"
KEY = "k" * 32
OTHER_KEY = "o" * 32
NOON = 1_800_000_000  # seconds since 1970
GOOD = {"visitor": "v1", "id": "m1", "text": "Hi"}


def chat(**options: Any) -> WebChat:
    settings = config.load(WebChat.Config, {"visitor_key": KEY, **options})
    return WebChat(Account(id=1, public_id="demo", name="Demo"), settings, {}, Http(Policy()))


def request(body: bytes | dict[str, Any], authorization: str | None = None) -> InboundRequest:
    headers = {} if authorization is None else {"authorization": authorization}
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return InboundRequest(method="POST", headers=headers, body=raw)


def said(text: str, **person: str) -> CustomerSaid:
    return CustomerSaid(key="v1:m1", thread="v1", sender=Person(id="v1", **person), text=text, message_id="m1")


@pytest.mark.parametrize(
    ("payload", "event"),
    [
        ("message", said("Where is my order?")),
        ("named", said("Hi", name="Mia Berg", email="mia@example.com")),
        ("emoji", said("👩‍👩‍👧 👍🏽 🇫🇷")),
        ("right_to_left", said("أين طلبي رقم 5521؟")),
        ("nulls", said("ab")),
        ("surrogates", said("half � of an emoji, and a whole 😀")),
        ("markup", said("<script>alert(1)</script>\n**not bold**")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_message_becomes_what_the_customer_said(payload: str, event: CustomerSaid) -> None:
    body = (PAYLOADS / f"{payload}.json").read_bytes()

    chat().admit(request(body))

    assert list(chat().parse(request(body))) == [event]


NO_ID = "“id” must be 1 to 100 printable characters."
NO_VISITOR = "“visitor” must be the id that the session was given."
EMPTY = "The message is empty."
REFUSED = {
    "no JSON": (b"text=hi", "The request must be JSON."),
    "not UTF-8": (b'{"text": "\xff"}', "The request must be JSON."),
    "nested too deeply": (b"[" * 100_000, "The request must be JSON."),
    "no object": (b'["hi"]', "The request must be a JSON object."),
    "no visitor": ({"id": "m1", "text": "Hi"}, "“visitor” must be text."),
    "a strange visitor": ({**GOOD, "visitor": "a b"}, NO_VISITOR),
    "no text": ({"visitor": "v1", "id": "m1"}, "“text” must be text."),
    "a number as text": ({**GOOD, "text": 5}, "“text” must be text."),
    "null as text": ({**GOOD, "text": None}, "“text” must be text."),
    "an empty text": ({**GOOD, "text": ""}, EMPTY),
    "a blank text": ({**GOOD, "text": " \n\t\u00a0"}, EMPTY),
    "only null characters": ({**GOOD, "text": "\0\0"}, EMPTY),
    "only zero-width characters": ({**GOOD, "text": "\u200b\u2060"}, EMPTY),
    "one character too many": (
        {**GOOD, "text": "x" * (LONGEST_TEXT + 1)},
        "The message is too long: 20,001 characters, and 20,000 are the most.",
    ),
    "no id": ({"visitor": "v1", "text": "Hi"}, "“id” must be text."),
    "a number as id": ({**GOOD, "id": 7}, "“id” must be text."),
    "an empty id": ({**GOOD, "id": ""}, NO_ID),
    "a long id": ({**GOOD, "id": "x" * 101}, NO_ID),
    "an id with a line break": ({**GOOD, "id": "a\nb"}, NO_ID),
    "a list as name": ({**GOOD, "name": ["Mia"]}, "“name” must be text."),
    "no email address": ({**GOOD, "email": "mia"}, "“email” must be an email address."),
    "a long email address": ({**GOOD, "email": "x" * 250 + "@a.de"}, "“email” must be an email address."),
}


@pytest.mark.parametrize(("body", "why"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_taken_is_refused_with_a_reason(body: bytes | dict[str, Any], why: str) -> None:
    with pytest.raises(Malformed) as refused:
        chat().admit(request(body))
    assert refused.value.public == why

    with pytest.raises(Unparsable, match="^" + why[:10]):
        list(chat().parse(request(body)))


@pytest.mark.parametrize("text", ["x" * LONGEST_TEXT, "😀" * LONGEST_TEXT], ids=["letters", "emoji"])
def test_a_text_may_have_20_000_code_points(text: str) -> None:
    assert list(chat().parse(request({**GOOD, "text": text}))) == [said(text)]


@time_machine.travel(NOON, tick=False)
def test_a_token_names_the_visitor_it_was_made_for() -> None:
    visitor = new_visitor()

    assert read(mint(visitor, KEY), KEY) == visitor


def tampered(token: str) -> dict[str, str]:
    visitor, issued, signature = token.split(".")
    return {
        "another visitor": f"v2.{issued}.{signature}",
        "a later issue": f"{visitor}.{int(issued) + 1}.{signature}",
        "another signature": f"{visitor}.{issued}.{'A' * len(signature)}",
        "half a signature": f"{visitor}.{issued}.{signature[:20]}",
        "no signature": f"{visitor}.{issued}.",
        "a dot elsewhere": f"{visitor}{issued}.{signature}",
        "not ASCII": f"{visitor}.{issued}.é{signature}",
        "half a character": f"{visitor}.{issued}.\ud800",
        "nothing": "",
    }


@pytest.mark.parametrize("name", tampered("v1.1.x"))
def test_a_tampered_token_names_nobody(name: str) -> None:
    with pytest.raises(SignatureError):
        read(tampered(mint("v1", KEY))[name], KEY)


def test_a_token_of_another_key_names_nobody() -> None:
    with pytest.raises(SignatureError):
        read(mint("v1", OTHER_KEY), KEY)


@pytest.mark.parametrize(
    ("age", "good"), [(TOKEN_LIFE, True), (TOKEN_LIFE + 1, False)], ids=["180 days", "a second more"]
)
def test_a_token_lives_180_days(age: int, good: bool) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        token = mint("v1", KEY)
        clock.move_to(NOON + age)
        if good:
            assert read(token, KEY) == "v1"
        else:
            with pytest.raises(SignatureError, match="^This chat session has ended. Start a new one.$"):
                read(token, KEY)


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "Bearer   "], ids=repr)
def test_a_message_of_the_bearer_is_let_in(scheme: str) -> None:
    chat().verify(request(GOOD, scheme + mint("v1", KEY)))  # or it raises


@pytest.mark.parametrize("body", [b"not JSON", b"[]", b'{"text": "no visitor"}'], ids=repr)
def test_what_is_wrong_with_the_body_is_for_admit_to_say(body: bytes) -> None:
    chat().verify(request(body, "Bearer " + mint("v1", KEY)))  # or it raises


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer ", "Basic djE6eA==", mint("v1", KEY), "Bearer " + mint("v1", OTHER_KEY)],
    ids=["no header", "empty", "no token", "blank token", "another scheme", "no scheme", "another key"],
)
def test_an_unproved_message_is_refused(authorization: str | None) -> None:
    with pytest.raises(SignatureError):
        chat().verify(request(GOOD, authorization))


@pytest.mark.parametrize("visitor", ["v2", 5, ["v1"], ""], ids=repr)
def test_nobody_speaks_for_another_visitor(visitor: object) -> None:
    with pytest.raises(SignatureError, match="^This token belongs to another visitor.$"):
        chat().verify(request({**GOOD, "visitor": visitor}, "Bearer " + mint("v1", KEY)))


def test_sending_needs_nothing_done() -> None:
    reply = Reply(text="Hello", purpose=Purpose.REPLY, author="Ada")

    assert chat().send(Outgoing(effect=reply, thread="v1", recipient="v1", client_ref="r1")) == Sent(external_id="r1")
    assert (chat().capabilities.hosted, chat().capabilities.idempotent) == (True, True)


def test_the_connection_is_always_fine() -> None:
    assert chat().check() == Health(ok=True, message="The chat is served from here, so there is nothing to connect.")


@pytest.mark.parametrize(
    "options",
    [
        {"colour": "#A0b1c2"},
        {"allowed_sites": "https://shop.example"},
        {"allowed_sites": "https://*.shop.example http://localhost:3000"},
        {"title": "Ask us"},
    ],
    ids=str,
)
def test_options_that_will_do(options: dict[str, str]) -> None:
    assert chat(**options).config == config.load(WebChat.Config, {"visitor_key": KEY, **options})


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"colour": "red"}, "colour"),
        ({"colour": "#12345"}, "colour"),
        ({"colour": "#123456;}"}, "colour"),
        ({"colour": "#123456\n"}, "colour"),
        ({"allowed_sites": "shop.example"}, "allowed_sites"),
        ({"allowed_sites": "https://shop.example/help"}, "allowed_sites"),
        ({"allowed_sites": "https://shop.example; script-src *"}, "allowed_sites"),
        ({"allowed_sites": "*"}, "allowed_sites"),
        ({"visitor_key": "short"}, "visitor_key"),
    ],
    ids=str,
)
def test_options_that_will_not_do(options: dict[str, str], field: str) -> None:
    with pytest.raises(ConfigError) as error:
        chat(**options)
    assert list(error.value.errors) == [field]


def test_a_made_up_key_will_do() -> None:
    one, other = new_key(), new_key()

    assert chat(visitor_key=one).config.visitor_key == one != other
