"""A payload in, events out; an effect in, the whole request out."""

import datetime
import json
from pathlib import Path

import pytest
import requests
import responses
import standardwebhooks

from agents import http
from agents.http import Http, Policy
from gateways import config, signatures
from gateways.adapters.webhook import Webhook
from gateways.base import Account, Health, InboundRequest
from gateways.errors import ConfigError, DeliveryError, Failure, Malformed, SignatureError, Unparsable
from gateways.messages import (
    Allowance,
    Assign,
    Assigned,
    Background,
    Closed,
    CustomerSaid,
    DeliveryReported,
    Draft,
    Edited,
    GivenBack,
    Ignored,
    Note,
    Open,
    Outdate,
    Outgoing,
    Past,
    Person,
    Progress,
    Purpose,
    Reply,
    Sent,
    SetStatus,
    Speaker,
    StaffSaid,
    Tag,
    Tagged,
    TicketStatus,
    Typing,
)

PAYLOADS = Path(__file__).parents[2] / "payloads" / "webhook"
NOW = datetime.datetime(2026, 1, 31, 12, 0, 0, 250_000, tzinfo=datetime.UTC)
IN, OUT, OLD = ("whsec_" + four * 8 for four in ("aW5h", "b3V0", "b2xk"))
URL = "https://desk.example.com/hooks?tenant=7"
REF = "5f0c3d1e-1f0a-4c57-8a53-7f6f2f3f1a01"


def webhook(secrets=None, **values):
    """An adapter as the registry would build it."""
    given = {"signing_secret": IN, "outbound_secret": OUT, "url": URL, **values}
    secrets = {name: given[name] for name in config.secret_names(Webhook.Config) if name in given} | (secrets or {})
    return Webhook(
        Account(id=1, public_id="demo-webhook", name="Shop webhook"),
        config.load(Webhook.Config, given),
        secrets,
        Http(Policy()),
    )


def inbound(body, **headers):
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    return InboundRequest("POST", {"webhook-id": "msg_1", **headers}, body)


def parsed(body):
    return list(webhook().parse(inbound(body)))


# --- In: events -------------------------------------------------------------------------------------------------------

NOON = datetime.datetime(2026, 1, 31, 12, 0, tzinfo=datetime.UTC)
FIVE_PAST = datetime.datetime(2026, 1, 31, 12, 5, tzinfo=datetime.UTC)
EVENTS = {
    "message": CustomerSaid(
        key="m-1001",
        thread="order-1815",
        sender=Person("ada", "Ada Lovelace", "ada@example.com", "+441632960001"),
        text="Where is my order?\nIt is number 1815.",
        message_id="m-1001",
        destination="support",
        subject="My order",
        at=NOON,
        metadata={"plan": "pro", "cart": [1, 2.5, None, True]},
    ),
    "message_minimal": CustomerSaid(key="msg_1", thread="ada", sender=Person("ada"), text="Hello", message_id="msg_1"),
    "message_envelope": CustomerSaid(
        key="m-1002", thread="42", sender=Person("42"), text="Grüße 👋", message_id="m-1002", at=NOW
    ),
    "reply": StaffSaid(
        key="r-1",
        thread="order-1815",
        text="I'll look into it.",
        author="Grace",
        message_id="r-1",
        at=FIVE_PAST,
    ),
    "reply_echo": StaffSaid(
        key="ext-9",
        thread="order-1815",
        text="It left on Monday.",
        author="Assistant",
        message_id="ext-9",
        client_ref=REF,
        at=FIVE_PAST,
    ),
    "note": StaffSaid(
        key="n-1", thread="order-1815", text="Paid by invoice.", author="Grace", message_id="n-1", internal=True
    ),
    "closed": Closed("c-1", "order-1815"),
    "given_back": GivenBack("g-1", "order-1815"),
    "assigned": Assigned("a-1", "order-1815", destination="billing", assignee="7", assignee_name="Grace", by="Ada B."),
    "moved": Assigned("a-2", "order-1815", destination="billing"),
    "tagged": Tagged("t-1", "order-1815", ("refund", "vip")),
    "edited": Edited("e-1", "order-1815", "m-1001", "Where is my order 1815?"),
    "status": DeliveryReported("s-1", "ext-9", Progress.READ),
    "unknown_type": Ignored(
        "1f81eb52-5198-4599-803e-771906343485", "The type “contact.created” is not one that we act on."
    ),
}


def test_every_payload_has_its_event():
    assert {path.stem for path in PAYLOADS.glob("*.json")} == EVENTS.keys()


@pytest.mark.parametrize(("name", "event"), EVENTS.items(), ids=EVENTS)
def test_a_payload_is_read(name, event):
    body = (PAYLOADS / f"{name}.json").read_bytes()
    webhook().admit(inbound(body))
    assert parsed(body) == [event]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b'{"from": "ada", "content": "a\\u0000b"}', "ab"),
        (b'{"from": "ada", "content": "a\\ud800b"}', "a\ufffdb"),
        (b'{"from": "ada", "content": "\\ud83d\\ude00"}', "😀"),
        (b'\xef\xbb\xbf{"from": "ada", "content": "x"}', "x"),
        (b'{"from": "ada", "content": "  x \\n y  "}', "  x \n y  "),
        (json.dumps({"from": "ada", "content": "x" * 100_000}).encode(), "x" * 100_000),
    ],
    ids=["null character", "half a character", "two halves", "byte order mark", "white space", "longest"],
)
def test_content_is_kept_as_it_is_as_far_as_databases_can_hold_it(body, text):
    assert [event.text for event in parsed(body)] == [text]


def test_what_databases_cannot_hold_is_taken_out_of_metadata_too():
    body = b'{"from": "ada", "content": "x", "metadata": {"a\\u0000": ["\\u0000b", {"c": "\\udfff"}]}}'
    assert parsed(body)[0].metadata == {"a": ["b", {"c": "\ufffd"}]}


@pytest.mark.parametrize(
    "body",
    [
        {"type": "closed", "data": {"id": 7, "conversation": 8}},
        {"type": "closed", "data": {"id": 7, "conversation": 8, "type": "conversation"}},
        {"data": {"id": 7, "conversation": 8, "type": "closed"}},
        {"id": 7, "conversation": 8, "type": "closed", "data": None, "from": "ada"},
    ],
    ids=["on the envelope", "on both: the envelope's counts", "inside", "without an envelope"],
)
def test_an_id_may_be_a_number_and_the_type_may_stand_on_the_envelope(body):
    assert parsed(body) == [Closed("7", "8")]


OBJECT = "The body must be a JSON object, like {…}."
MALFORMED = {
    "empty": (b"", "The body must be JSON."),
    "truncated": (b'{"from": "ada", "conten', "The body must be JSON."),
    "not JSON": (b"from=ada&content=x", "The body must be JSON."),
    "not UTF-8": (b'{"from": "ada", "content": "\xff"}', "The body must be JSON in UTF-8."),
    "UTF-16": ('{"from": "ada", "content": "x"}'.encode("utf-16"), "The body must be JSON in UTF-8."),
    "a list": ([{"from": "ada", "content": "x"}], OBJECT),
    "a text": ("hello", OBJECT),
    "null": (None, OBJECT),
    "a number of 5000 digits": (b'{"from": ' + b"1" * 5000 + b"}", "The body must be JSON."),
    "not a number": (
        b'{"from": "ada", "content": "x", "metadata": {"a": NaN}}',
        "The body has a number that JSON doesn't know: NaN, or an infinite one.",
    ),
    "too large a number": (
        b'{"from": "ada", "content": "x", "metadata": {"a": 1e999}}',
        "The body has a number that JSON doesn't know: NaN, or an infinite one.",
    ),
    "deep": (
        b'{"from": "ada", "content": "x", "metadata": {"a": ' + b"[" * 30 + b"]" * 30 + b"}}",
        "The body is nested more than 20 levels deep.",
    ),
    "very deep": (b"[" * 100_000, "The body is nested more than 20 levels deep."),
    "no sender": ({"content": "x"}, "“from” is needed: text or a whole number."),
    "an empty sender": ({"from": " ", "content": "x"}, "“from” is needed: text or a whole number."),
    "a sender without id": (
        {"from": {"name": "Ada"}, "content": "x"},
        "“from.id” is needed: text or a whole number.",
    ),
    "a sender that is a list": ({"from": ["ada"], "content": "x"}, "“from” must be text or a whole number."),
    "a sender that is true": ({"from": True, "content": "x"}, "“from” must be text or a whole number."),
    "a name that is a number": ({"from": {"id": "a", "name": 5}, "content": "x"}, "“from.name” must be text."),
    "no content": ({"from": "ada"}, "“content” must be text that isn't empty."),
    "empty content": ({"from": "ada", "content": " \n"}, "“content” must be text that isn't empty."),
    "content of null characters": ({"from": "ada", "content": "\0"}, "“content” must be text that isn't empty."),
    "content that is a list": ({"from": "ada", "content": ["x"]}, "“content” must be text that isn't empty."),
    "huge content": (
        {"from": "ada", "content": "x" * 100_001},
        "“content” must have at most 100,000 characters; this has 100,001.",
    ),
    "a long id": ({"id": "x" * 256, "from": "ada", "content": "x"}, "“id” must have at most 255 characters."),
    "an id that is an object": ({"id": {}, "from": "a", "content": "x"}, "“id” must be text or a whole number."),
    "a destination that is a list": (
        {"from": "ada", "to": [], "content": "x"},
        "“to” must be text or a whole number.",
    ),
    "a long subject": (
        {"from": "ada", "content": "x", "subject": "x" * 1001},
        "“subject” must have at most 1,000 characters.",
    ),
    "metadata that is a list": (
        {"from": "ada", "content": "x", "metadata": []},
        "“metadata” must be an object, like {…}.",
    ),
    "a time that is none": (
        {"from": "ada", "content": "x", "timestamp": "yesterday"},
        "“timestamp” must be a time by ISO 8601, like 2026-01-31T12:00:00Z.",
    ),
    "a time that is a number": (
        {"from": "ada", "content": "x", "timestamp": 1_700_000_000},
        "“timestamp” must be a time by ISO 8601, like 2026-01-31T12:00:00Z.",
    ),
    "a time before all times": (
        {"from": "ada", "content": "x", "timestamp": "0001-01-01T00:00:00+05:00"},
        "“timestamp” must be a time by ISO 8601, like 2026-01-31T12:00:00Z.",
    ),
    "a type that is a number": ({"type": 5, "from": "ada", "content": "x"}, "“type” must be text."),
    "an envelope with a list": ({"type": "message", "data": []}, "“data” must be an object, like {…}."),
    "an empty envelope": ({"type": "message", "data": {}}, "“from” is needed: text or a whole number."),
    "a reply to no conversation": (
        {"type": "reply", "content": "x"},
        "“conversation” is needed: text or a whole number.",
    ),
    "a note without content": (
        {"type": "note", "conversation": "c"},
        "“content” must be text that isn't empty.",
    ),
    "closing no conversation": ({"type": "closed"}, "“conversation” is needed: text or a whole number."),
    "tags that are no list": (
        {"type": "tagged", "conversation": 8, "tags": "vip"},
        "“tags” must be a list of names.",
    ),
    "editing nothing": (
        {"type": "edited", "conversation": 8, "content": "x"},
        "“message_id” is needed: text or a whole number.",
    ),
    "giving back none": ({"type": "given_back"}, "“conversation” is needed: text or a whole number."),
    "a status of nothing": (
        {"type": "status", "status": "read"},
        "“message_id” is needed: text or a whole number.",
    ),
    "an unknown status": (
        {"type": "status", "message_id": "m", "status": "seen"},
        "“status” must be one of: sent, delivered, read, failed.",
    ),
    "a status that is a list": (
        {"type": "status", "message_id": "m", "status": []},
        "“status” must be one of: sent, delivered, read, failed.",
    ),
}


@pytest.mark.parametrize(("body", "sentence"), MALFORMED.values(), ids=MALFORMED)
def test_what_does_not_fit_is_refused_at_once_by_name(body, sentence):
    with pytest.raises(Malformed) as caught:
        webhook().admit(inbound(body))
    assert caught.value.public == sentence


def test_a_message_without_any_id_is_refused():
    with pytest.raises(Malformed, match="“id” is needed"):
        webhook().admit(InboundRequest("POST", {}, b'{"from": "ada", "content": "x"}'))


def test_a_kept_request_that_cannot_be_read_is_parked():
    with pytest.raises(Unparsable, match="must be JSON"):
        parsed(b"{")


def test_the_id_that_serves_as_key_is_among_the_headers_that_are_kept():
    assert "webhook-id" in Webhook.kept_headers
    assert not {"webhook-signature", "authorization", "cookie"} & set(Webhook.kept_headers)


# --- In: signatures ---------------------------------------------------------------------------------------------------

BODY = b'{"from": "ada", "content": "x"}'


def signed(key=IN, body=BODY, at=None, **changes):
    return InboundRequest("POST", signatures.sign([key], "msg_1", body, at) | changes, body)


def test_a_signed_request_is_verified():
    webhook().verify(signed())


def test_the_previous_secret_is_accepted_too_while_it_is_set():
    webhook(previous_signing_secret=OLD).verify(signed(OLD))
    with pytest.raises(SignatureError):
        webhook().verify(signed(OLD))


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(InboundRequest("POST", {}, BODY), id="unsigned"),
        pytest.param(signed(OUT), id="with the outbound secret"),
        pytest.param(signed(at=0), id="stale"),
        pytest.param(signed(at=9_999_999_999), id="from the future"),
        pytest.param(InboundRequest("POST", signed().headers, BODY + b" "), id="tampered"),
    ],
)
def test_any_other_request_is_refused(request_):
    with pytest.raises(SignatureError):
        webhook().verify(request_)


# --- Out: requests ----------------------------------------------------------------------------------------------------


def outgoing(effect):
    return Outgoing(effect, thread="order-1815", recipient="ada", client_ref=REF)


REPLY = outgoing(Reply("It left on **Monday**. 👋", Purpose.REPLY, "Assistant"))
COMMON = {"id": REF, "conversation": "order-1815", "to": "ada"}
OPENED = "conversation.opened"
REQUESTS = {
    "reply": (
        REPLY,
        "message.created",
        {**COMMON, "content": "It left on **Monday**. 👋", "author": "Assistant", "purpose": "reply"},
    ),
    "thinking message": (
        outgoing(Reply("One moment.", Purpose.THINKING, "Assistant")),
        "message.created",
        {**COMMON, "content": "One moment.", "author": "Assistant", "purpose": "thinking"},
    ),
    "a person's reply": (
        outgoing(Reply("Hello, Grace here.", Purpose.HUMAN, "Grace")),
        "message.created",
        {**COMMON, "content": "Hello, Grace here.", "author": "Grace", "purpose": "human"},
    ),
    "draft": (
        outgoing(Draft("On its way.", "Ada")),
        "draft.created",
        {**COMMON, "content": "On its way.", "author": "Ada"},
    ),
    "outdated draft": (
        outgoing(Outdate("d1", "ref-1", "The customer wrote again.")),
        "draft.outdated",
        {**COMMON, "draft": "ref-1", "reason": "The customer wrote again."},
    ),
    "typing": (outgoing(Typing()), "typing.started", COMMON),
    "note": (outgoing(Note("Asked twice.")), "note.created", {**COMMON, "content": "Asked twice."}),
    "assignment": (
        outgoing(Assign("billing", "Billing desk", "A refund")),
        "conversation.assigned",
        {**COMMON, "destination": {"id": "billing", "name": "Billing desk"}, "reason": "A refund"},
    ),
    "tags": (
        outgoing(Tag(add=("refund",), remove=("new",))),
        "conversation.tagged",
        {**COMMON, "add": ["refund"], "remove": ["new"]},
    ),
    "status": (
        outgoing(SetStatus(TicketStatus.PENDING)),
        "conversation.status_changed",
        {**COMMON, "status": "pending"},
    ),
    "a conversation for people": (
        outgoing(Open("Ada, on Desk", "She waits.", Person("relay:7", "Ada", "ada@example.com"))),
        OPENED,
        {
            **COMMON,
            "subject": "Ada, on Desk",
            "content": "She waits.",
            "customer": {"name": "Ada", "email": "ada@example.com"},
        },
    ),
    "one in a place": (
        outgoing(Open("Ada, on Desk", "She waits.", Person("relay:7"), "group-7")),
        OPENED,
        {
            **COMMON,
            "subject": "Ada, on Desk",
            "content": "She waits.",
            "customer": {"name": "", "email": ""},
            "at": "group-7",
        },
    ),
    "assignment to nobody in particular": (
        outgoing(Assign("", "", "A refund")),
        "conversation.assigned",
        {**COMMON, "destination": None, "reason": "A refund"},
    ),
}


@pytest.fixture
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.mark.parametrize(("effect", "kind", "data"), REQUESTS.values(), ids=REQUESTS)
@responses.activate
def test_an_effect_becomes_a_signed_request(effect, kind, data, clock):
    responses.post(URL, status=202)
    # A conversation that is opened keeps our name for it where they give none.
    assert webhook(headers={"X-Shop": "7"}).send(effect) == Sent(effect.thread if kind == OPENED else REF)
    [call] = responses.calls
    headers = {name.lower(): value for name, value in call.request.headers.items()}
    standardwebhooks.Webhook(OUT).verify(call.request.body, dict(headers), json_parse=False)
    assert headers.pop("webhook-signature").startswith("v1,")
    assert (call.request.method, call.request.url) == ("POST", URL)
    assert headers == {
        "accept-encoding": "identity",
        "connection": "close",
        "content-length": str(len(call.request.body)),
        "content-type": "application/json",
        "user-agent": "Aissist-Gateways",
        "webhook-id": REF,
        "webhook-timestamp": str(int(NOW.timestamp())),
        "x-shop": "7",
    }
    assert json.loads(call.request.body) == {"type": kind, "timestamp": "2026-01-31T12:00:00.250Z", "data": data}


@responses.activate
def test_the_method_can_be_put():
    responses.put(URL)
    webhook(method="PUT").send(REPLY)
    assert [call.request.method for call in responses.calls] == ["PUT"]


@responses.activate
def test_the_previous_outbound_secret_signs_too_while_it_is_set():
    responses.post(URL)
    webhook(previous_outbound_secret=OLD).send(REPLY)
    [call] = responses.calls
    for key in (OUT, OLD):
        standardwebhooks.Webhook(key).verify(call.request.body, dict(call.request.headers), json_parse=False)


@responses.activate
def test_secrets_are_put_into_headers_when_sending():
    responses.post(URL)
    adapter = webhook(
        {"token": "s3cret", "shop-id": "7"}, headers={"X": "Bearer {{secrets.token}}/{{ secrets.shop-id }}"}
    )
    adapter.send(REPLY)
    assert responses.calls[0].request.headers["X"] == "Bearer s3cret/7"


@pytest.mark.parametrize(
    ("body", "external_id"),
    [
        (b'{"id": "ext-9"}', "ext-9"),
        (b'{"id": 9}', "9"),
        (b'{"id": null}', REF),
        (b'{"id": ["x"]}', REF),
        (b'{"ok": true}', REF),
        (b'["x"]', REF),
        (b"ok", REF),
        (b"", REF),
        (b"\xff", REF),
        (json.dumps({"id": "x" * 256}).encode(), REF),
    ],
)
@responses.activate
def test_the_receivers_id_is_kept_where_it_gives_one_else_ours_holds(body, external_id):
    responses.post(URL, body=body)
    assert webhook().send(REPLY) == Sent(external_id)


# --- Out: failures ----------------------------------------------------------------------------------------------------

LATER = "The URL answered {}: later, please."
CREDENTIALS = "The URL answered {}: it doesn't accept our credentials. Check the headers and secrets."
DOWN = "The URL answered {}: it isn't working now."
NO = "The URL answered {}: it refuses this message."
MOVED = "The URL answered {}: it points to another one. Set that one; redirects aren't followed."
ANSWERS = {
    "301": (301, {"Location": "https://x.example.com"}, Failure.REJECTED, MOVED, None),
    "400": (400, {}, Failure.REJECTED, NO, None),
    "401": (401, {}, Failure.CREDENTIALS, CREDENTIALS, None),
    "403": (403, {}, Failure.CREDENTIALS, CREDENTIALS, None),
    "404": (404, {}, Failure.REJECTED, NO, None),
    "408": (408, {}, Failure.UNREACHABLE, DOWN, None),
    "410": (
        410,
        {},
        Failure.REJECTED,
        "The URL answered {}: nothing is to be sent there any more. Set another one.",
        None,
    ),
    "422 with Retry-After": (422, {"Retry-After": "5"}, Failure.REJECTED, NO, None),
    "429": (429, {}, Failure.THROTTLED, LATER, 30.0),
    "429 with seconds": (429, {"Retry-After": "120"}, Failure.THROTTLED, LATER, 120.0),
    "429 with a date": (429, {"Retry-After": "Sat, 31 Jan 2026 12:01:00 GMT"}, Failure.THROTTLED, LATER, 59.75),
    "429 with a past date": (429, {"Retry-After": "Sat, 31 Jan 2026 11:00:00 GMT"}, Failure.THROTTLED, LATER, 1.0),
    "429 with zero": (429, {"Retry-After": "0"}, Failure.THROTTLED, LATER, 1.0),
    "429 with a year": (429, {"Retry-After": "31536000"}, Failure.THROTTLED, LATER, 86_400.0),
    "429 with rubbish": (429, {"Retry-After": "soon"}, Failure.THROTTLED, LATER, 30.0),
    "429 with a negative number": (429, {"Retry-After": "-5"}, Failure.THROTTLED, LATER, 30.0),
    "500": (500, {}, Failure.UNREACHABLE, DOWN, None),
    "500 with Retry-After": (500, {"Retry-After": "5"}, Failure.UNREACHABLE, DOWN, None),
    "502": (502, {}, Failure.UNREACHABLE, DOWN, None),
    "503": (503, {}, Failure.UNREACHABLE, DOWN, None),
    "503 with seconds": (503, {"Retry-After": "7"}, Failure.THROTTLED, LATER, 7.0),
}


@pytest.mark.parametrize(("status", "headers", "failure", "sentence", "wait"), ANSWERS.values(), ids=ANSWERS)
@responses.activate
def test_an_answer_that_is_no_success_is_a_delivery_error(status, headers, failure, sentence, wait, clock):
    responses.post(URL, status=status, headers=headers, body=b"hidden")
    with pytest.raises(DeliveryError) as caught:
        webhook().send(REPLY)
    error = caught.value
    assert (error.failure, error.public, error.vendor_code) == (failure, sentence.format(status), str(status))
    assert error.retry_after == wait


class Failing(Http):
    """A way out on which every request ends in `error`."""

    def __init__(self, error):
        super().__init__(Policy())
        self.error = error

    def request(self, *args, **kwargs):
        raise self.error


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (http.Blocked("No way."), Failure.REJECTED),
        (http.NotSent("No way."), Failure.UNREACHABLE),
        (http.Interrupted("No way."), Failure.UNKNOWN),
        (http.Interrupted("No way.", 500), Failure.UNKNOWN),
    ],
)
def test_no_answer_is_a_delivery_error(error, failure):
    adapter = webhook()
    adapter.http = Failing(error)
    with pytest.raises(DeliveryError) as caught:
        adapter.send(REPLY)
    assert (caught.value.failure, caught.value.public) == (failure, "No way.")


def test_a_success_whose_answer_breaks_off_is_a_success():
    adapter = webhook()
    adapter.http = Failing(http.Interrupted("Too long.", 200))
    assert adapter.send(REPLY) == Sent(REF)


def test_a_private_address_is_rejected_with_how_to_allow_it():
    with pytest.raises(DeliveryError, match="add its network to the setting OUTBOUND_ALLOWED_NETWORKS") as caught:
        webhook(url="http://10.0.0.1/").send(REPLY)
    assert caught.value.failure is Failure.REJECTED


def test_without_a_url_nothing_can_be_sent():
    with pytest.raises(DeliveryError) as caught:
        webhook(url="").send(REPLY)
    assert caught.value.failure is Failure.REJECTED
    assert caught.value.public == "This gateway has no URL to send to. Set one in its configuration."


MISSING = "The header “X-Key” needs the secret “token”, which isn't set. Add it to this gateway."


@pytest.mark.parametrize("secrets", [{}, {"token": ""}, {"Token": "x"}], ids=["none", "empty", "another"])
def test_a_secret_that_is_missing_is_named(secrets):
    with pytest.raises(DeliveryError) as caught:
        webhook(secrets, headers={"X-Key": "{{secrets.token}}"}).send(REPLY)
    assert (caught.value.failure, caught.value.public) == (Failure.REJECTED, MISSING)


@pytest.mark.parametrize("value", ["hid\r\nden", "hid\nden", "hid😀den", "hidden "])
def test_a_secret_that_no_header_can_carry_is_rejected_without_being_shown(value):
    with pytest.raises(DeliveryError) as caught:
        webhook({"token": value}, headers={"X-Key": "{{secrets.token}}"}).send(REPLY)
    assert caught.value.failure is Failure.REJECTED
    assert "X-Key" in caught.value.public
    assert "hid" not in caught.value.public


@responses.activate
def test_secrets_never_appear_in_errors():
    responses.post(URL, body=requests.ConnectionError(f"{URL} s3cret {OUT}"))
    with pytest.raises(DeliveryError) as caught:
        webhook({"token": "s3cret"}, headers={"X-Key": "{{secrets.token}}"}).send(REPLY)
    chain, texts = caught.value, []
    while chain:
        texts.append(f"{chain!r} {chain}")
        chain = chain.__cause__
    assert not [text for text in texts if "s3cret" in text or OUT in text or "tenant" in text]


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({"RateLimit-Remaining": "7", "RateLimit-Reset": "30"}, Allowance(7, 30)),
        ({"ratelimit-remaining": "0", "ratelimit-reset": "1"}, Allowance(0, 1)),
        ({"RateLimit-Remaining": "7"}, None),
        ({"RateLimit-Remaining": "-1", "RateLimit-Reset": "30"}, None),
        ({"RateLimit-Remaining": "many", "RateLimit-Reset": "soon"}, None),
        ({}, None),
    ],
    ids=["few", "none", "without a time", "less than none", "words", "nothing"],
)
@responses.activate
def test_what_the_receiver_still_takes_is_told(headers, told):
    responses.post(URL, headers=headers)
    adapter = webhook()
    adapter.send(REPLY)
    assert adapter.allowance == told


@responses.activate
def test_a_refusal_tells_it_too_and_an_answer_that_says_nothing_changes_nothing():
    responses.post(URL, status=429, headers={"RateLimit-Remaining": "0", "RateLimit-Reset": "30"})
    responses.post(URL)
    adapter = webhook()
    with pytest.raises(DeliveryError):
        adapter.send(REPLY)
    adapter.send(REPLY)
    assert adapter.allowance == Allowance(0, 30)


# --- The past ---------------------------------------------------------------------------------------------------------

TOLD = {
    "messages": [
        {"id": 1, "from": "customer", "content": "My kettle leaks.", "timestamp": "2026-01-31T12:00:00Z"},
        {"id": "c-2", "from": "staff", "content": "We'll see.", "author": "Grace"},
        {"from": "note", "content": "Second time."},
    ],
    "customer": {"plan": "Gold", "orders": 3, "address": {"city": "Berlin"}},
}
PAST = Background(
    (
        Past(Speaker.CUSTOMER, "My kettle leaks.", "1", at=NOON),
        Past(Speaker.STAFF, "We'll see.", "c-2", "Grace"),
        Past(Speaker.NOTE, "Second time."),
    ),
    {"plan": "Gold", "orders": "3"},
)


@pytest.mark.parametrize(
    ("body", "past"),
    [(json.dumps(TOLD), PAST), ("", Background()), ("{}", Background()), (json.dumps({"messages": []}), Background())],
    ids=["everything", "an empty body", "an empty object", "no messages"],
)
@responses.activate
def test_the_past_is_asked_for_in_a_signed_request(body, past, clock):
    responses.post(URL, body=body)
    assert webhook().read("order-1815") == past
    [call] = responses.calls
    standardwebhooks.Webhook(OUT).verify(call.request.body, dict(call.request.headers), json_parse=False)
    assert json.loads(call.request.body) == {
        "type": "conversation.read",
        "timestamp": "2026-01-31T12:00:00.250Z",
        "data": {"conversation": "order-1815"},
    }


UNFIT = "The answer to “conversation.read” doesn't fit: "
UNREAD = {
    "a refusal": ({"status": 404}, Failure.REJECTED, NO.format(404)),
    "later": ({"status": 429}, Failure.THROTTLED, LATER.format(429)),
    "no JSON": ({"body": "ok"}, Failure.REJECTED, f"{UNFIT}The body must be JSON."),
    "messages that are none": (
        {"json": {"messages": ["x"]}},
        Failure.REJECTED,
        f"{UNFIT}“messages” must be a list of objects.",
    ),
    "somebody else": (
        {"json": {"messages": [{"from": "bot", "content": "x"}]}},
        Failure.REJECTED,
        f"{UNFIT}“from” must be one of: customer, staff, note.",
    ),
}


@pytest.mark.parametrize(("answer", "failure", "sentence"), UNREAD.values(), ids=UNREAD)
@responses.activate
def test_a_past_that_cannot_be_read_is_a_delivery_error(answer, failure, sentence):
    responses.post(URL, **answer)
    with pytest.raises(DeliveryError) as caught:
        webhook().read("order-1815")
    assert (caught.value.failure, caught.value.public) == (failure, sentence)


@pytest.mark.parametrize(
    ("config_", "statuses", "past"),
    [({}, False, False), ({"statuses": True}, True, False), ({"past": True}, False, True), ({"past": 1}, False, False)],
)
def test_statuses_and_the_past_are_for_those_who_want_them(config_, statuses, past):
    assert (Webhook.takes_statuses(config_), Webhook.tells_past(config_)) == (statuses, past)


# --- Check ------------------------------------------------------------------------------------------------------------


@responses.activate
def test_the_check_sends_a_signed_ping(clock):
    responses.post(URL, status=204)
    assert webhook().check() == Health(True, "The URL took a signed “ping” and answered 204.")
    [call] = responses.calls
    standardwebhooks.Webhook(OUT).verify(call.request.body, dict(call.request.headers), json_parse=False)
    assert json.loads(call.request.body) == {
        "type": "ping",
        "timestamp": "2026-01-31T12:00:00.250Z",
        "data": {"gateway": "demo-webhook"},
    }


@responses.activate
def test_the_check_says_what_is_wrong():
    responses.post(URL, status=401)
    assert webhook().check() == Health(False, CREDENTIALS.format(401))
    assert webhook(headers={"X-Key": "{{secrets.token}}"}).check() == Health(False, MISSING)
    assert webhook(url="").check() == Health(False, "No URL is set: messages are received, but none can be sent.")
    assert webhook(url="http://10.0.0.1/").check().ok is False


# --- Configuration ----------------------------------------------------------------------------------------------------

WHOLE = "Give a whole address like https://support.example.com/aissist."
HIDDEN = "An address can't hold a password or a secret. Put it into a header."
NOT_A_SECRET = "This must be “whsec_” followed by 24 to 64 bytes in base64. Leave it empty to have one made."
WRONG = {
    "a path": ({"url": "/hooks"}, {"url": WHOLE}),
    "another scheme": ({"url": "ftp://example.com"}, {"url": WHOLE}),
    "no host": ({"url": "https://"}, {"url": WHOLE}),
    "an impossible port": ({"url": "https://example.com:99999"}, {"url": WHOLE}),
    "white space": ({"url": "https://example.com/a b"}, {"url": WHOLE}),
    "a password": ({"url": "https://a:b@example.com"}, {"url": HIDDEN}),
    "a secret in the URL": ({"url": "https://example.com/?key={{secrets.token}}"}, {"url": HIDDEN}),
    "a URL that is a number": ({"url": 5}, {"url": "This must be text."}),
    "another method": ({"method": "GET"}, {"method": "Choose one of: POST, PUT."}),
    "headers that are a list": ({"headers": ["X"]}, {"headers": "This must be a set of names and values."}),
    "a header with a space": (
        {"headers": {"X Y": "a"}},
        {"headers": "“X Y” can't be the name of a header. Use letters, digits and hyphens."},
    ),
    "a header of ours": (
        {"headers": {"Webhook-Signature": "a"}},
        {"headers": "The header “Webhook-Signature” is set by us. Leave it out."},
    ),
    "another host": ({"headers": {"HOST": "a"}}, {"headers": "The header “HOST” is set by us. Leave it out."}),
    "a header that is a number": (
        {"headers": {"X": 5}},
        {"headers": "The header “X” must be one line of plain ASCII text."},
    ),
    "a header of two lines": (
        {"headers": {"X": "a\r\nY: b"}},
        {"headers": "The header “X” must be one line of plain ASCII text."},
    ),
    "another placeholder": (
        {"headers": {"X": "{{secret.token}}"}},
        {"headers": "The header “X” has a placeholder that isn't {{secrets.name}}."},
    ),
    "a header that gives a signing secret away": (
        {"headers": {"X": "{{secrets.outbound_secret}}"}},
        {"headers": "The header “X” would give away “outbound_secret”, which only signs. Use a secret of its own."},
    ),
    "a secret that is none": ({"signing_secret": "rubbish"}, {"signing_secret": NOT_A_SECRET}),
    "a missing secret": ({"outbound_secret": ""}, {"outbound_secret": "This is needed."}),
}


@pytest.mark.parametrize(("values", "errors"), WRONG.values(), ids=WRONG)
def test_a_wrong_option_is_refused_by_name(values, errors):
    with pytest.raises(ConfigError) as caught:
        webhook(**values)
    assert caught.value.errors == errors


def test_two_gateways_do_not_share_their_headers():
    one, other = webhook().config, webhook().config
    assert one.headers == {}
    assert one.headers is not other.headers
