"""Telegram: an update in, events out; an effect in, the whole request out; an answer in, what it means out."""

import dataclasses
import datetime
import json

import pytest
import requests
import responses

from agents.http import Http, Policy
from gateways import config
from gateways.adapters.telegram.adapter import Telegram
from gateways.base import Account, Answer, Health, InboundRequest, Unit, length
from gateways.errors import ConfigError, DeliveryError, Failure, Unparsable
from gateways.formatting.split import split
from gateways.messages import (
    Answered,
    Attachment,
    CustomerSaid,
    Edited,
    Gone,
    Ignored,
    Note,
    Outgoing,
    Person,
    Purpose,
    Reply,
    Sent,
    Typing,
    Unreachable,
)
from tests.gateways.adapters import descriptions
from tests.gateways.formatting.texts import make
from tests.loopback.forms import Sent as Sent_
from tests.loopback.forms import read_form
from tests.loopback.telegram import TOKEN

SECRET = "A-secret-of-our-own"
API = f"https://api.telegram.org/bot{TOKEN}/"
HOOK = "https://support.example.com/hooks/pub1"
ADA = {"id": 1111, "is_bot": False, "first_name": "Ada", "last_name": "Lovelace", "username": "ada"}
BOT = {"id": 123456789, "is_bot": True, "first_name": "Shop"}
PRIVATE = {"id": 1111, "type": "private", "first_name": "Ada"}
GROUP = {"id": -100500, "type": "supergroup", "title": "Campers"}
AT = datetime.datetime(2026, 1, 31, 12, 0, tzinfo=datetime.UTC)


def telegram(**values):
    given = {"token": TOKEN, "webhook_secret": SECRET, **values}
    return Telegram(Account(1, "pub1", "Bot"), config.load(Telegram.Config, given), given, Http(Policy()))


def parsed(update, **values):
    [event] = telegram(**values).parse(InboundRequest("POST", {}, json.dumps({"update_id": 7, **update}).encode()))
    return event


def message(chat=None, **fields):
    return {"message_id": 5, "date": int(AT.timestamp()), "chat": chat or PRIVATE, "from": ADA, **fields}


def marked(kind, start, count, **more):
    return {"entities": [{"type": kind, "offset": start, "length": count, **more}]}


# --- In ---------------------------------------------------------------------------------------------------------------


def test_a_message_becomes_what_the_customer_said():
    assert parsed({"message": message(text="Where is my order?")}) == CustomerSaid(
        key="message:1111:5",
        thread="1111",
        sender=Person("1111", "Ada Lovelace"),
        text="Where is my order?",
        message_id="5",
        at=AT,
        metadata={"username": "ada"},
    )


FILE = {"file_id": "f1", "file_unique_id": "u1", "file_size": 100}
WORDS = {
    "a start": ({"text": "/start"}, "👋", {"command": "start"}),
    "a deep link": ({"text": "/start order-7"}, "👋", {"command": "start", "payload": "order-7"}),
    "a linked word": (
        {"text": "see 👍 this", **marked("text_link", 7, 4, url="https://a.example/b")},
        "see 👍 this (https://a.example/b)",
        {},
    ),
    "a location": ({"location": {"latitude": 52.5, "longitude": 13.4}}, "[Location: 52.5, 13.4]", {}),
    "a venue": (
        {"venue": {"title": "Shop", "address": "Main St 1"}, "location": {"latitude": 1, "longitude": 2}},
        "[Venue: Shop, Main St 1]",
        {},
    ),
    "a contact": ({"contact": {"first_name": "Bo", "phone_number": "+49 1"}}, "[Contact: Bo, +49 1]", {}),
    "a poll": ({"poll": {"question": "Tent?"}}, "[Poll: Tent?]", {}),
    "an answer": (
        {"text": "yes", "reply_to_message": {"message_id": 3, "text": "Still there?"}},
        "yes",
        {"answers": "3", "answers_text": "Still there?"},
    ),
    "forwarded": ({"text": "look", "forward_origin": {"type": "user"}}, "look", {"forwarded": "yes"}),
    "of an album": (
        {"caption": "both", "media_group_id": "9", "photo": [{**FILE, "width": 1, "height": 1}]},
        "both\n[Photo]",
        {"album": "9"},
    ),
}


@pytest.mark.parametrize(("fields", "text", "metadata"), WORDS.values(), ids=WORDS)
def test_what_it_says(fields, text, metadata):
    event = parsed({"message": message(**fields)})
    assert (event.text, event.metadata) == (text, {"username": "ada", **metadata})


FILES = {
    "document": (
        {"document": {**FILE, "file_name": "bill.pdf", "mime_type": "application/pdf"}},
        "[Document: bill.pdf]",
        Attachment("bill.pdf", "application/pdf", 100, "f1"),
    ),
    "the largest photo": (
        {"photo": [{**FILE, "width": 90, "height": 60, "file_id": "small"}, {**FILE, "width": 900, "height": 600}]},
        "[Photo]",
        Attachment("photo.jpg", "image/jpeg", 100, "f1"),
    ),
    "voice": (
        {"voice": {**FILE, "duration": 5}},
        "[Voice message: 5 s]",
        Attachment("voice.ogg", "audio/ogg", 100, "f1"),
    ),
    "video": (
        {"video": {"file_id": "f1"}, "caption": "See"},
        "See\n[Video]",
        Attachment("video.mp4", "video/mp4", None, "f1"),
    ),
    "an animation, which comes twice": (
        {"animation": FILE, "document": {**FILE, "file_id": "f2"}},
        "[Animation]",
        Attachment("animation.mp4", "video/mp4", 100, "f1"),
    ),
    "sticker": (
        {"sticker": {**FILE, "emoji": "😡"}},
        "[Sticker: 😡]",
        Attachment("sticker.webp", "image/webp", 100, "f1"),
    ),
}


@pytest.mark.parametrize(("fields", "text", "attachment"), FILES.values(), ids=FILES)
def test_files_are_told_in_words_and_named_to_be_fetched(fields, text, attachment):
    event = parsed({"message": message(**fields)})
    assert (event.text, event.attachments) == (text, (attachment,))


REPLY_TO_US = {"reply_to_message": {"message_id": 3, "from": BOT, "text": "Hi"}}
REPLY_TO_OTHERS = {"reply_to_message": {"message_id": 3, "from": {"id": 2}, "text": "Hi"}}
IN_GROUPS = {
    "to others": ({"text": "hello all"}, ""),
    "a mention": ({"text": "@Shop_Support_Bot hello", **marked("mention", 0, 17)}, "hello"),
    "a mention of another": ({"text": "@other_bot hello", **marked("mention", 0, 10)}, ""),
    "a mention without a name": ({"text": "Shop hello", **marked("text_mention", 0, 4, user=BOT)}, "Shop hello"),
    "an answer to us": ({"text": "yes", **REPLY_TO_US}, "yes"),
    "an answer to another": ({"text": "yes", **REPLY_TO_OTHERS}, ""),
    "a command": ({"text": "/help", **marked("bot_command", 0, 5)}, "/help"),
    "a command for us": ({"text": "/help@shop_support_bot x", **marked("bot_command", 0, 22)}, "/help x"),
    "a command for another": ({"text": "/help@other_bot", **marked("bot_command", 0, 15)}, ""),
    "after an emoji": ({"text": "👍 @shop_support_bot hi", **marked("mention", 3, 17)}, "👍  hi"),
    "by a bot": ({"text": "/help", "from": BOT, **marked("bot_command", 0, 5)}, ""),
    "from the channel": ({"text": "news", "is_automatic_forward": True, **REPLY_TO_US}, ""),
}


@pytest.mark.parametrize(("fields", "text"), IN_GROUPS.values(), ids=IN_GROUPS)
def test_in_groups_only_what_is_said_to_the_bot(fields, text):
    event = parsed({"message": message(GROUP, **fields)}, username="@shop_support_bot")
    if text:
        assert (event.text, event.thread, event.sender.id, event.subject) == (text, "-100500", "1111", "Campers")
    else:
        assert isinstance(event, Ignored)


@pytest.mark.parametrize(("groups", "heard"), [("all", True), ("addressed", False), ("none", False)])
def test_groups_as_configured(groups, heard):
    assert isinstance(parsed({"message": message(GROUP, text="hello")}, groups=groups), CustomerSaid) is heard
    assert isinstance(parsed({"message": message(text="hello")}, groups=groups), CustomerSaid)


def test_each_topic_of_a_group_is_a_conversation():
    event = parsed({"message": message(GROUP, text="/a", is_topic_message=True, message_thread_id=9)}, groups="all")
    assert event.thread == "-100500/9"
    event = parsed({"message": message(GROUP, text="/a", message_thread_id=9)}, groups="all")
    assert event.thread == "-100500"  # an answer in a group without topics


def member(chat, status):
    return {"my_chat_member": {"chat": chat, "from": ADA, "new_chat_member": {"user": BOT, "status": status}}}


def button(data, **fields):
    rows = [[{"text": "Yes, please", "callback_data": "y"}]]
    asked = message(text="Sure?", reply_markup={"inline_keyboard": rows})
    return {"callback_query": {"id": "q1", "from": ADA, "message": asked, "data": data, **fields}}


def pressed(text, data):
    sender, metadata = Person("1111", "Ada Lovelace"), {"button": data, "answers": "5"}
    return CustomerSaid("callback:q1", "1111", sender, text, metadata=metadata)


OTHERS = {
    "an edit": ({"edited_message": message(text="new", edit_date=9)}, Edited("update:7", "1111", "5", "new")),
    "blocked": (member(PRIVATE, "kicked"), Unreachable("update:7", "1111", "The customer has blocked the bot.")),
    "unblocked": (member(PRIVATE, "member"), Ignored("update:7", "The bot may write in this chat.")),
    "removed": (member(GROUP, "left"), Gone("update:7", "-100500", "The bot was removed from the group.")),
    "migrated": (
        {"message": message({"id": -5, "type": "group"}, migrate_to_chat_id=-100500)},
        Gone("update:7", "-5", "The group has become a supergroup.", into="-100500"),
    ),
    "a button": (
        button("y"),
        pressed("Yes, please", "y"),
    ),
    "a button of old": (
        button("z"),
        pressed("z", "z"),
    ),
    "a channel": ({"channel_post": {}}, Ignored("update:7", "Channels aren't conversations.")),
    "a business": ({"business_message": {}}, Ignored("update:7", "Chats of business accounts aren't looked after.")),
    "a service message": (
        {"message": message(pinned_message={})},
        Ignored("update:7", "It holds nothing that anyone wrote."),
    ),
    "what is to come": ({"telepathy": {}}, Ignored("update:7", "Updates of this kind aren't acted on: telepathy.")),
}


@pytest.mark.parametrize(("update", "event"), OTHERS.values(), ids=OTHERS)
def test_everything_else_that_happens(update, event):
    assert parsed(update) == event


@descriptions.needs("telegram")
@pytest.mark.parametrize("body", descriptions.examples("telegram"))
def test_each_of_the_vendors_examples_is_read_or_deliberately_ignored(body):
    for groups in ("addressed", "all"):
        [event] = telegram(groups=groups).parse(InboundRequest("POST", {}, body))
        assert isinstance(event, CustomerSaid | Edited | Unreachable | Gone | Ignored)
        assert not isinstance(event, Ignored) or event.why.endswith(".")


def test_an_update_without_a_number_is_none():
    with pytest.raises(Unparsable, match="“update_id” is needed"):
        list(telegram().parse(InboundRequest("POST", {}, b'{"message": {}}')))


def test_a_pressed_button_is_answered_in_the_answer_to_the_webhook():
    pressed = InboundRequest("POST", {}, json.dumps(button("y")).encode())
    said = '{"method": "answerCallbackQuery", "callback_query_id": "q1"}'
    assert telegram().acknowledge(pressed) == Answer(200, said, "application/json")
    assert telegram().acknowledge(InboundRequest("POST", {}, b'{"message": {}}')) is None


# --- Out --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def api():
    """Telegram's side. Each request is held against its description of the Bot API."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock
        if descriptions.SPECS.joinpath("telegram").is_dir():
            for call in mock.calls:
                if call.request.method == "POST":
                    descriptions.check("telegram", "openapi.generated.json", as_json(call.request))


def as_json(request):
    """A form as the JSON that says the same, because that is what is described. Files are texts there."""
    content_type = request.headers["Content-Type"]
    if content_type == "application/json":
        return request
    said = {
        name: value.name if isinstance(value, Sent_) else json.loads(value)
        for name, value in read_form(content_type, request.body).items()
    }
    return requests.Request("POST", request.url, json=said).prepare()


def says(api, method, result=True, **fields):
    api.post(API + method, json={"ok": True, "result": result, **fields})


def refuses(api, method, code, description, **parameters):
    told = {"ok": False, "error_code": code, "description": description}
    api.post(API + method, json={**told, **({"parameters": parameters} if parameters else {})}, status=code)


def asked(api):
    return [(call.request.url.removeprefix(API), json.loads(call.request.body)) for call in api.calls]


def outgoing(text="Hello", thread="1111", purpose=Purpose.REPLY, answers=None, **reply):
    return Outgoing(Reply(text, purpose, "Ada", **reply), thread, "1111", "ref", answers)


def html(text, **fields):
    return (
        "sendMessage",
        {**fields, "text": text, "parse_mode": "HTML", "link_preview_options": {"is_disabled": True}},
    )


SENDS = {
    "a reply": (outgoing("**Hello** & <you>"), html("<b>Hello</b> &amp; &lt;you&gt;", chat_id=1111)),
    "a reply in a group names what it answers": (
        outgoing(thread="-100500", answers=Answered("5")),
        html("Hello", chat_id=-100500, reply_parameters={"message_id": 5, "allow_sending_without_reply": True}),
    ),
    "in a chat of two nobody has to ask": (outgoing(answers=Answered("5")), html("Hello", chat_id=1111)),
    "a thinking message answers nothing": (
        outgoing(thread="-100500", purpose=Purpose.THINKING, answers=Answered("5")),
        html("Hello", chat_id=-100500),
    ),
    "with buttons": (
        outgoing(choices=("Yes, please", "No, thanks")),
        html(
            "Hello",
            chat_id=1111,
            reply_markup={
                "inline_keyboard": [
                    [
                        {"text": "Yes, please", "callback_data": "Yes, please"},
                        {"text": "No, thanks", "callback_data": "No, thanks"},
                    ]
                ]
            },
        ),
    ),
    "with buttons that need room": (
        outgoing(choices=("ยินดีอย่างยิ่งครับ ขอบคุณมาก", "No, thanks")),
        html(
            "Hello",
            chat_id=1111,
            reply_markup={
                "inline_keyboard": [
                    [{"text": "ยินดีอย่างยิ่งครับ ขอบคุณมาก", "callback_data": "ยินดีอย่างยิ่งครับ ขอบ"}],
                    [{"text": "No, thanks", "callback_data": "No, thanks"}],
                ]
            },
        ),
    ),
    "in a topic": (outgoing(thread="-100500/9"), html("Hello", chat_id=-100500, message_thread_id=9)),
}


@pytest.mark.parametrize(("effect", "request_"), SENDS.values(), ids=SENDS)
def test_the_whole_request(api, effect, request_):
    says(api, "sendMessage", {"message_id": 77})
    assert telegram().send(effect) == Sent("77")
    assert asked(api) == [request_]


def test_what_telegram_cannot_read_is_sent_plain(api):
    refuses(api, "sendMessage", 400, "Bad Request: can't parse entities: Unsupported start tag")
    says(api, "sendMessage", {"message_id": 77})
    assert telegram().send(outgoing("**Hello** [x](https://a.example)")) == Sent("77")
    plain = {"chat_id": 1111, "text": "Hello x (https://a.example)", "link_preview_options": {"is_disabled": True}}
    assert asked(api)[1] == ("sendMessage", plain)


def test_a_group_that_has_become_another_is_followed(api):
    refuses(api, "sendMessage", 400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-100500)
    says(api, "sendMessage", {"message_id": 77})
    assert telegram().send(outgoing(thread="-5")) == Sent("77")
    assert asked(api)[1] == html("Hello", chat_id=-100500)


OPUS = b"OggS" + bytes(24) + b"OpusHead" + bytes(11)
FILES_OUT = {
    "a photo": (Attachment("ä b.png", "image/png", 3, content=b"png"), "sendPhoto", "photo"),
    "a large photo": (Attachment("a.png", "image/png", content=bytes(10_000_001)), "sendDocument", "document"),
    "a document": (Attachment("a.pdf", "application/pdf", content=b"%PDF"), "sendDocument", "document"),
    "a voice message": (Attachment("a.ogg", "audio/ogg", content=OPUS), "sendVoice", "voice"),
    "music": (Attachment("a.ogg", "audio/ogg", content=b"OggS\x01vorbis"), "sendDocument", "document"),
    "a song": (Attachment("a.mp3", "audio/mpeg", content=b"ID3"), "sendAudio", "audio"),
    "a video": (Attachment("a.mp4", "video/mp4", content=b"...."), "sendVideo", "video"),
}


def uploaded(api):
    return [
        (call.request.url.removeprefix(API), read_form(call.request.headers["Content-Type"], call.request.body))
        for call in api.calls
    ]


def with_file(file, **fields):
    return dataclasses.replace(outgoing(text="", **fields), files=(file,))


@pytest.mark.parametrize(("file", "method", "field"), FILES_OUT.values(), ids=FILES_OUT)
def test_a_file_goes_as_what_people_know_it_from(api, file, method, field):
    says(api, method, {"message_id": 77})
    assert telegram().send(with_file(file)) == Sent("77")
    told = {"chat_id": "1111", field: Sent_(file.name, file.content_type, file.content)}
    assert uploaded(api) == [(method, told)]


def test_in_a_group_a_file_goes_to_the_topic_and_names_what_it_answers(api):
    says(api, "sendDocument", {"message_id": 77})
    file = Attachment("a.pdf", "application/pdf", content=b"%PDF")
    telegram().send(with_file(file, thread="-100500/9", answers=Answered("5")))
    [(_, told)] = uploaded(api)
    assert (told["chat_id"], told["message_thread_id"]) == ("-100500", "9")
    assert json.loads(told["reply_parameters"]) == {"message_id": 5, "allow_sending_without_reply": True}


PHOTO = Attachment("a.png", "image/png", content=b"png")


def test_what_telegram_does_not_show_as_a_photo_goes_as_a_document(api):
    refuses(api, "sendPhoto", 400, "Bad Request: PHOTO_INVALID_DIMENSIONS")
    says(api, "sendDocument", {"message_id": 77})
    assert telegram().send(with_file(PHOTO)) == Sent("77")
    assert [(method, list(told)) for method, told in uploaded(api)] == [
        ("sendPhoto", ["chat_id", "photo"]),
        ("sendDocument", ["chat_id", "document"]),
    ]


def test_a_file_follows_a_group_that_has_become_another(api):
    refuses(api, "sendPhoto", 400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-100500)
    says(api, "sendPhoto", {"message_id": 77})
    assert telegram().send(with_file(PHOTO, thread="-5")) == Sent("77")
    assert [told["chat_id"] for _, told in uploaded(api)] == ["-5", "-100500"]


@pytest.mark.parametrize(
    ("code", "says_", "failure"),
    [
        (403, "Forbidden: bot was blocked by the user", Failure.REJECTED),
        (413, "Request Entity Too Large", Failure.REJECTED),
        (429, "Too Many Requests: retry after 7", Failure.THROTTLED),
    ],
)
def test_a_file_that_fails_is_tried_in_no_other_way(api, code, says_, failure):
    refuses(api, "sendPhoto", code, says_)
    with pytest.raises(DeliveryError) as error:
        telegram().send(with_file(PHOTO))
    assert (error.value.failure, len(api.calls)) == (failure, 1)


PRESSED = Answered("", metadata={"button": "Yes", "answers": "70"})
TAKEN = {
    "before the agent's answer": ({"receive": "webhook"}, {}, True),
    "and its words at a handover": ({"receive": "webhook"}, {"purpose": Purpose.HANDOVER}, True),
    "not before a person's": ({"receive": "webhook"}, {"purpose": Purpose.HUMAN}, False),
    "not where they were taken when it was polled": ({}, {}, False),
    "not where nothing was pressed": ({"receive": "webhook"}, {"answers": Answered("5")}, False),
}


@pytest.mark.parametrize(("values", "fields", "taken"), TAKEN.values(), ids=TAKEN)
def test_buttons_go_once_one_was_pressed(api, values, fields, taken):
    refuses(api, "editMessageReplyMarkup", 400, "Bad Request: message is not modified")
    says(api, "sendMessage", {"message_id": 77})
    assert telegram(**values).send(outgoing(**{"answers": PRESSED, **fields})) == Sent("77")
    edits = [told for method, told in asked(api) if method == "editMessageReplyMarkup"]
    assert edits == ([{"chat_id": 1111, "message_id": 70}] if taken else [])


def test_buttons_stay_under_what_a_group_says_that_has_become_another(api):
    refuses(api, "sendMessage", 400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-100500)
    says(api, "sendMessage", {"message_id": 77})
    telegram().send(outgoing(thread="-5", choices=("Yes",)))
    rows = {"inline_keyboard": [[{"text": "Yes", "callback_data": "Yes"}]]}
    assert asked(api)[1] == html("Hello", chat_id=-100500, reply_markup=rows)


def test_typing_is_shown_and_nothing_is_said(api):
    says(api, "sendChatAction")
    assert telegram().send(Outgoing(Typing(), "-100500/9", "1111", "ref")) == Sent()
    assert asked(api) == [("sendChatAction", {"action": "typing", "chat_id": -100500, "message_thread_id": 9})]


EDIT = Outgoing(Reply("**Here**", Purpose.REPLY, "Ada", replaces="76"), "-100500/9", "1111", "ref")


def edit(text, **fields):
    where = {"chat_id": -100500, "message_id": 76}
    return ("editMessageText", {**where, **fields, "text": text, "link_preview_options": {"is_disabled": True}})


def test_a_thinking_message_is_edited_into_the_answer(api):
    says(api, "editMessageText", {"message_id": 76})
    assert telegram().send(EDIT) == Sent("76")
    assert asked(api) == [edit("<b>Here</b>", parse_mode="HTML")]


def test_an_edit_that_was_made_already_is_made(api):
    refuses(api, "editMessageText", 400, "Bad Request: message is not modified: specified new message content")
    assert telegram().send(EDIT) == Sent("76")


def test_an_edit_that_telegram_cannot_read_is_made_plain(api):
    refuses(api, "editMessageText", 400, "Bad Request: can't parse entities: Unsupported start tag")
    says(api, "editMessageText", {"message_id": 76})
    assert telegram().send(EDIT) == Sent("76")
    assert asked(api)[1] == edit("Here")


FAILURES = {
    "throttled": (429, "Too Many Requests: retry after 7", {"retry_after": 7}, Failure.THROTTLED, 7),
    "throttled without a time": (429, "Too Many Requests", {}, Failure.THROTTLED, 30),
    "throttled for ever": (429, "Too Many Requests", {"retry_after": 10**9}, Failure.THROTTLED, 86_400),
    "blocked": (403, "Forbidden: bot was blocked by the user", {}, Failure.REJECTED, None),
    "no such chat": (400, "Bad Request: chat not found", {}, Failure.REJECTED, None),
    "too long": (400, "Bad Request: message is too long", {}, Failure.REJECTED, None),
    "wrong token": (401, "Unauthorized", {}, Failure.CREDENTIALS, None),
    "no token": (404, "Not Found", {}, Failure.CREDENTIALS, None),
    "broken": (502, "Bad Gateway", {}, Failure.UNREACHABLE, None),
}


@pytest.mark.parametrize(("code", "says_", "parameters", "failure", "wait"), FAILURES.values(), ids=FAILURES)
def test_each_failure_by_its_name(api, code, says_, parameters, failure, wait):
    refuses(api, "sendMessage", code, says_, **parameters)
    with pytest.raises(DeliveryError) as error:
        telegram().send(outgoing())
    assert (error.value.failure, error.value.retry_after, error.value.vendor_code) == (failure, wait, str(code))
    assert says_ in error.value.public and TOKEN not in error.value.public


@pytest.mark.parametrize(
    ("status", "failure"), [(200, Failure.UNKNOWN), (502, Failure.UNREACHABLE)], ids=["taken", "a proxy's page"]
)
def test_an_answer_that_is_not_json(api, status, failure):
    api.post(API + "sendMessage", body="<html>", status=status)
    with pytest.raises(DeliveryError) as error:
        telegram().send(outgoing())
    assert error.value.failure is failure


@pytest.mark.parametrize(
    ("effect", "thread", "says_"),
    [
        (Note("x"), "1111", "Telegram has nothing like a note."),
        (Reply("x", Purpose.REPLY, "Ada"), "t1", "The conversation has no chat of Telegram's."),
    ],
    ids=["a note", "no chat"],
)
def test_what_cannot_be_sent_leaves_no_request(api, effect, thread, says_):
    with pytest.raises(DeliveryError, match=says_):
        telegram().send(Outgoing(effect, thread, "1111", "ref"))
    assert asked(api) == []


def test_parts_are_as_long_as_telegram_counts_in_either_form():
    text = "\n\n".join(make(seed).text for seed in range(120))
    parts = split(text, 4096, measure=Telegram.length)
    assert len(parts) > 3
    assert all(Telegram.length(part) <= 4096 for part in parts)
    assert Telegram.length("[a](https://example.com)") == len("a (https://example.com)")
    assert Telegram.length("👍") == length("👍", Unit.UTF16) == 2


@pytest.mark.parametrize(("thread", "seconds"), [("1111", 1.0), ("-100500", 3.0)], ids=["a person", "a group"])
def test_the_pace_of_one_conversation(thread, seconds):
    assert Telegram.pace(thread) == seconds


# --- Polling ----------------------------------------------------------------------------------------------------------


def test_updates_are_asked_for_behind_the_last_one(api):
    update = {"update_id": 41, "message": message(text="Hello \ud83d")}
    says(api, "getUpdates", [update, {"update_id": 40}])
    found = telegram().poll({"offset": 40}, wait=25)
    assert [json.loads(request.body) for request in found.requests] == [update, {"update_id": 40}]
    assert found.cursor == {"offset": 42}
    kinds = ["message", "edited_message", "callback_query", "my_chat_member"]
    assert asked(api) == [("getUpdates", {"timeout": 25, "limit": 100, "allowed_updates": kinds, "offset": 40})]


def test_nothing_new_leaves_the_cursor_where_it_was(api):
    says(api, "getUpdates", [])
    assert telegram().poll({}, wait=0).cursor == {}
    assert "offset" not in asked(api)[0][1]


def test_a_pressed_button_is_answered_when_it_is_found(api):
    says(api, "getUpdates", [{"update_id": 1, **button("y")}])
    refuses(api, "answerCallbackQuery", 400, "Bad Request: query is too old")
    says(api, "editMessageReplyMarkup")
    assert len(telegram().poll({}, wait=0).requests) == 1
    assert asked(api)[1:] == [
        ("answerCallbackQuery", {"callback_query_id": "q1"}),
        ("editMessageReplyMarkup", {"chat_id": 1111, "message_id": 5}),
    ]


@pytest.mark.parametrize(
    ("url", "failure", "removed"),
    [
        (HOOK, Failure.UNREACHABLE, True),
        ("https://other.example/x", Failure.CREDENTIALS, False),
        ("", Failure.UNREACHABLE, False),
    ],
    ids=["our own webhook", "another's webhook", "another poller"],
)
def test_a_conflict_makes_way_only_for_ourselves(api, url, failure, removed):
    refuses(api, "getUpdates", 409, "Conflict: can't use getUpdates method")
    says(api, "getWebhookInfo", {"url": url})
    says(api, "deleteWebhook")
    with pytest.raises(DeliveryError) as error:
        telegram().poll({}, wait=0)
    assert error.value.failure is failure
    assert ("deleteWebhook", {}) in asked(api) or not removed


@pytest.mark.parametrize(("receive", "polls"), [("polling", True), ("webhook", False)])
def test_it_polls_as_configured(receive, polls):
    assert telegram(receive=receive).wants_polling() is polls


# --- The account ------------------------------------------------------------------------------------------------------

CHECKS = {
    "polling": ({}, {"url": ""}, Health(True, "The token is @shop_bot's.")),
    "polling beside a webhook": (
        {},
        {"url": HOOK},
        Health(
            False,
            "@shop_bot has a webhook at support.example.com, so it can't be polled. Disconnect it there, "
            "or choose “webhook”.",
        ),
    ),
    "webhook": ({"receive": "webhook"}, {"url": HOOK}, Health(True, "The token is @shop_bot's.")),
    "no webhook": (
        {"receive": "webhook"},
        {"url": ""},
        Health(False, "@shop_bot has no webhook yet. Press “Connect”."),
    ),
    "another's webhook": (
        {"receive": "webhook"},
        {"url": "https://other.example/x"},
        Health(
            False,
            "@shop_bot has a webhook at other.example that isn't this gateway's. Press “Connect” to take it over.",
        ),
    ),
    "webhook that fails": (
        {"receive": "webhook"},
        {"url": HOOK, "pending_update_count": 3, "last_error_message": "Connection timed out"},
        Health(
            False,
            "Telegram can't deliver to support.example.com. 3 updates wait to be delivered. "
            "Its last error: Connection timed out.",
        ),
    ),
    "another's name": (
        {"username": "@other_bot"},
        {"url": ""},
        Health(False, "The token is @shop_bot's, not @other_bot's. Correct the user name."),
    ),
}


@pytest.mark.parametrize(("values", "hook", "health"), CHECKS.values(), ids=CHECKS)
def test_connection_in_words(api, values, hook, health):
    says(api, "getMe", {"id": 1, "username": "shop_bot"})
    says(api, "getWebhookInfo", hook)
    assert telegram(**values).check() == health


def test_connecting_tells_telegram_our_address_and_secret(api):
    says(api, "setWebhook")
    assert telegram(receive="webhook").connect(HOOK, {}).state == {"url": HOOK}
    kinds = ["message", "edited_message", "callback_query", "my_chat_member"]
    assert asked(api) == [("setWebhook", {"url": HOOK, "secret_token": SECRET, "allowed_updates": kinds})]


@pytest.mark.parametrize(
    ("values", "address", "says_"),
    [
        ({"receive": "webhook"}, "http://support.example.com/hooks/pub1", "Telegram calls only https addresses"),
        ({"receive": "webhook"}, "https://support.example.com:8000/hooks/pub1", "on the ports 443, 80, 88, 8443"),
        ({}, HOOK, "This gateway polls."),
    ],
    ids=["no https", "another port", "polling"],
)
def test_what_cannot_be_connected_says_why(api, values, address, says_):
    with pytest.raises(DeliveryError, match=says_):
        telegram(**values).connect(address, {})
    assert asked(api) == []


def test_disconnecting_removes_the_webhook(api):
    says(api, "deleteWebhook")
    telegram().disconnect({})
    assert asked(api) == [("deleteWebhook", {})]


def test_a_file_is_fetched_by_its_reference(api):
    says(api, "getFile", {"file_id": "f1", "file_path": "documents/a b.pdf"})
    api.get(f"https://api.telegram.org/file/bot{TOKEN}/documents/a%20b.pdf", body=b"%PDF")
    assert telegram().fetch(Attachment("bill.pdf", reference="f1")) == b"%PDF"
    assert json.loads(api.calls[0].request.body) == {"file_id": "f1"}


@pytest.mark.parametrize(
    ("size", "file", "says_"),
    [(20_000_001, None, "no files of more than 20 MB"), (5, {"file_id": "f1"}, "doesn't have this file any more")],
    ids=["too big", "gone"],
)
def test_a_file_that_cannot_be_had(api, size, file, says_):
    says(api, "getFile", file)
    with pytest.raises(DeliveryError, match=says_):
        telegram().fetch(Attachment("bill.pdf", size=size, reference="f1"))


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("token", "123"),
        ("token", "bot123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"),
        ("webhook_secret", "short"),
        ("webhook_secret", "with spaces in between"),
        ("username", "shop bot"),
        ("api_url", "ftp://a.example"),
        ("api_url", "https://a.example/?x=1"),
        ("receive", "pigeon"),
    ],
)
def test_a_configuration_that_cannot_work_is_refused(option, value):
    with pytest.raises(ConfigError) as error:
        telegram(**{option: value})
    assert set(error.value.errors) == {option}


def test_a_secret_is_made_that_fits():
    made = config.makers(Telegram.Config)["webhook_secret"]()
    assert telegram(webhook_secret=made).config.webhook_secret == made
