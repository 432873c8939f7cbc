"""Mails in, events out; an effect in, the whole mail or request out; and what each failure is."""

import base64
import json
import smtplib
import socketserver
import threading
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
import requests
import responses

from agents.http import Http, Policy
from gateways import config, signatures
from gateways.adapters.email import Email
from gateways.base import Account, InboundRequest
from gateways.errors import ConfigError, DeliveryError, Failure, SignatureError, Unparsable
from gateways.messages import (
    Answered,
    Attachment,
    CustomerSaid,
    DeliveryReported,
    Ignored,
    Note,
    Open,
    Outgoing,
    Person,
    Progress,
    Purpose,
    Reply,
    Sent,
    StaffSaid,
)

KEY = "whsec_" + base64.b64encode(b"k" * 32).decode()
HOOK = "whsec_" + base64.b64encode(b"h" * 32).decode()
REF = "5f0c3d1e-1f0a-4c57-8a53-7f6f2f3f1a01"
SPECS = Path(__file__).parents[4] / "shared" / "specs" / "email"
needs_specs = pytest.mark.skipif(not SPECS.is_dir(), reason="../shared isn't here")


def email(**values) -> Email:
    given = {"address": "support@shop.example", "signing_key": KEY, **values}
    policy = Policy.of(["127.0.0.0/8"])
    return Email(Account(1, "mail", "Mail"), config.load(Email.Config, given), given, Http(policy))


def resend(**values) -> Email:
    return email(receive="resend", send="resend", resend_api_key="re_1", resend_webhook_secret=HOOK, **values)


def raw(*lines: str, body: str = "Hello") -> InboundRequest:
    given = {line.partition(":")[0] for line in lines}
    usual = ["From: ann@customer.example", "To: support@shop.example", "Message-ID: <1@customer.example>"]
    head = [*lines, *(line for line in usual if line.partition(":")[0] not in given)]
    text = "\r\n".join([*head, "", body.replace("\n", "\r\n")])
    return InboundRequest("POST", {"content-type": "message/rfc822"}, text.encode())


def parsed(ours: Email, *lines: str, body: str = "Hello", folder: str = "inbox"):
    request = raw(*lines, body=body)
    return list(ours.parse(InboundRequest("POST", {**request.headers, "x-folder": folder}, request.body)))


OWN = email().tokens.new_thread("ann@customer.example", "<1@customer.example>")
THREAD = email().tokens.new_thread("ann@customer.example", "<0@customer.example>")
OURS = email().tokens.message_id(THREAD, REF)
REPLY_TO = email().tokens.reply_address(THREAD)
PASS = "Authentication-Results: mx.shop.example; dmarc=pass header.from=customer.example"


# --- In: where a mail belongs -----------------------------------------------------------------------------------------

PLACES = {
    "a first mail": ([], {}, (OWN, "")),
    "answers a mark": ([f"In-Reply-To: {OURS}"], {}, (THREAD, OWN)),
    "a mark among references": ([f"References: <a@b.c> {OURS} <d@e.f>"], {}, (THREAD, OWN)),
    "to the signed address": ([f"To: {REPLY_TO}"], {}, (THREAD, OWN)),
    "a mark that was changed": ([f"In-Reply-To: {OURS.replace(THREAD, 'a' * 16)}"], {}, (OWN, "")),
    "an address that was changed": ([f"To: {REPLY_TO.replace(THREAD, 'a' * 16)}"], {}, (OWN, "")),
    "a mark of another gateway": ([f"In-Reply-To: {OURS}"], {"signing_key": HOOK}, None),
    "unsigned references": (["References: <0@customer.example>"], {}, (OWN, "")),
    "unsigned, proven": (["References: <0@customer.example>", PASS], {"authserv_id": "mx.shop.example"}, (THREAD, "")),
    "proven by another": (["References: <0@customer.example>", PASS], {"authserv_id": "mx.other.example"}, (OWN, "")),
    "proof of another domain": (
        ["References: <0@customer.example>", "Authentication-Results: mx; dkim=pass header.d=evil.example"],
        {"authserv_id": "mx"},
        (OWN, ""),
    ),
    "only the subject": (["Subject: Re: My tent"], {}, (OWN, "")),
}


@pytest.mark.parametrize("name", PLACES)
def test_conversations_are_found_by_marks_of_ours_only(name):
    lines, values, place = PLACES[name]
    (said,) = parsed(email(**values), *lines)
    assert isinstance(said, CustomerSaid)
    if place is None:
        assert (said.thread != THREAD, said.apart) == (True, "")
    else:
        assert (said.thread, said.apart) == place


def test_two_copies_of_a_mail_have_one_key_and_others_have_others():
    def key(*lines):
        return parsed(email(), *lines)[0].key

    assert key() == key("Received: from elsewhere")
    assert len({key(), key("From: bob@customer.example"), key("Date: Mon, 05 Jan 2026 10:00:00 +0000")}) == 3


def test_our_own_mail_is_recognised():
    (echo,) = parsed(email(), f"Message-ID: {OURS}", "From: support@shop.example")
    assert (type(echo), echo.thread, echo.client_ref, echo.message_id) == (StaffSaid, THREAD, REF, OURS)


STAFF = {
    "sent folder": (
        [f"References: {OURS}", "From: support@shop.example", "To: ann@customer.example"],
        {},
        "sent",
        THREAD,
    ),
    "sent folder, unsigned": (
        ["References: <0@customer.example>", "From: support@shop.example", "To: ann@customer.example"],
        {},
        "sent",
        THREAD,
    ),
    "team, proven": (
        [f"In-Reply-To: {OURS}", "From: grace@shop.example", "Authentication-Results: mx; dmarc=pass"],
        {"team": "@shop.example", "authserv_id": "mx"},
        "inbox",
        THREAD,
    ),
}


@pytest.mark.parametrize("name", STAFF)
def test_what_our_people_write_is_staffs(name):
    lines, values, folder, thread = STAFF[name]
    (said,) = parsed(email(**values), *lines, folder=folder)
    assert isinstance(said, StaffSaid)
    assert (said.thread, said.text, said.client_ref) == (thread, "Hello", "")


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        ([f"In-Reply-To: {OURS}", "From: grace@shop.example"], CustomerSaid),
        ([f"In-Reply-To: {OURS}", "From: support@shop.example"], Ignored),
    ],
    ids=["team, unproven", "our own address, unproven"],
)
def test_an_address_alone_makes_nobody_staff(lines, kind):
    (event,) = parsed(email(team="@shop.example"), *lines)
    assert type(event) is kind


def test_a_person_who_writes_about_failed_deliveries_is_no_bounce():
    (said,) = parsed(email(), f"In-Reply-To: {OURS}", body="My parcel could not be delivered: returned to sender.")
    assert (type(said), said.automated) == (CustomerSaid, "")


# --- Out: SMTP --------------------------------------------------------------------------------------------------------


def outgoing(effect=None, **answered) -> Outgoing:
    effect = effect or Reply("It left **today**.\n\n.\n", Purpose.REPLY, "Ada")
    answer = Answered("<1@customer.example>", "My tent", {"from": "ann@customer.example", **answered})
    return Outgoing(effect, THREAD, "ann@customer.example", REF, answer)


class Scripted(socketserver.StreamRequestHandler):
    """An SMTP server that says 250 to everything but what `script` has an answer for; "" hangs up."""

    script: dict[str, str]
    seen: list[str]

    def handle(self):
        if not self.say(self.script.get("connect", "220 ready")):
            return
        while line := self.rfile.readline().decode("latin-1").strip():
            verb = line.partition(" ")[0].upper()
            self.seen.append(line)
            if verb == "DATA" and "DATA" not in self.script:
                self.say("354 go on")
                data = b""
                while not data.endswith(b"\r\n.\r\n"):
                    data += self.rfile.readline()
                self.seen.append(data.decode())
                verb = "dot"
            usual = "250-hello\r\n250 AUTH PLAIN" if verb == "EHLO" else "250 ok"
            if not self.say(self.script.get(verb, usual)):
                return

    def say(self, line):
        self.wfile.write(f"{line}\r\n".encode() if line else b"")
        return bool(line)


@pytest.fixture
def smtp():
    """Starts a scripted server; returns its port and what it is told."""
    servers = []

    def start(**script):
        handler = type("Handler", (Scripted,), {"script": script, "seen": []})
        server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return server.server_address[1], handler.seen

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def over(port: int, **values) -> Email:
    return email(smtp_host="127.0.0.1", smtp_port=port, smtp_security="none", **values)


def test_the_whole_mail(smtp):
    port, seen = smtp(AUTH="235 welcome")
    ours = over(port, smtp_password="pass-word", plus_addressing=True)
    sent = ours.send(outgoing(references=["<0@customer.example>"], reply_to="ann@home.example"))
    assert sent == Sent(OURS)
    proof = base64.b64encode(b"\0support@shop.example\0pass-word").decode()
    assert seen[:4] == [
        "ehlo shop.example",
        f"AUTH PLAIN {proof}",
        "mail FROM:<support@shop.example>",
        "rcpt TO:<ann@home.example>",
    ]
    mail = message_from_bytes(seen[5].replace("\r\n..\r\n", "\r\n.\r\n").encode(), policy=default)
    del mail["Date"]
    assert {name: value for name, value in mail.items() if name != "Content-Type"} == {
        "From": "Ada <support@shop.example>",
        "To": "ann@home.example",
        "Reply-To": f"Ada <{REPLY_TO}>",
        "Subject": "Re: My tent",
        "Message-ID": OURS,
        "In-Reply-To": "<1@customer.example>",
        "References": "<0@customer.example> <1@customer.example>",
        "Auto-Submitted": "auto-replied",
        "X-Auto-Response-Suppress": "All",
        "MIME-Version": "1.0",
    }
    assert mail.get_body(("plain",)).get_content().split() == ["It", "left", "today.", "."]
    assert "<strong>today</strong>" in mail.get_body(("html",)).get_content()


def test_a_persons_mail_doesnt_say_that_it_is_automatic(smtp):
    port, seen = smtp()
    over(port).send(outgoing(Reply("Hello", Purpose.HUMAN, "Grace")))
    assert "Auto-Submitted" not in seen[4]


def test_nothing_becomes_another_header_or_another_command(smtp):
    port, seen = smtp()
    evil = "x\r\nBcc: eve@evil.example\r\n\r\nDATA"
    answered = Answered(f"<a@b>{evil}", evil, {"from": "ann@customer.example", "references": [evil, "<c@d>\r\nX: y"]})
    over(port).send(
        Outgoing(
            Reply(f"Hi\r\n.\r\nMAIL FROM:<{evil}>", Purpose.REPLY, evil), THREAD, "ann@customer.example", REF, answered
        )
    )
    mail = message_from_bytes(seen[4].encode(), policy=default)
    assert not {"bcc", "x"} & {name.lower() for name in mail}
    assert [line.split(" ")[0].upper() for line in seen if "\n" not in line] == ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]


def test_who_was_drawn_in_is_answered_and_the_customer_hears_it(smtp):
    port, seen = smtp()
    asked = Answered("<1@x.y>", "Hi", {"from": "bob@customer.example"})
    over(port).send(Outgoing(Reply("Hi", Purpose.REPLY, "Ada"), THREAD, "ann@customer.example", REF, asked))
    assert seen[2:4] == ["rcpt TO:<bob@customer.example>", "rcpt TO:<ann@customer.example>"]


FAILURES = {
    "hangs up": ({"connect": ""}, Failure.UNREACHABLE, ""),
    "busy": ({"connect": "421 later"}, Failure.UNREACHABLE, "421"),
    "wrong password": ({"AUTH": "535 5.7.8 no"}, Failure.CREDENTIALS, "535"),
    "greylisted": ({"RCPT": "451 4.7.1 later"}, Failure.UNREACHABLE, "451"),
    "no such user": ({"RCPT": "550 5.1.1 unknown"}, Failure.REJECTED, "550"),
    "wants a login": ({"MAIL": "530 5.7.0 authenticate"}, Failure.CREDENTIALS, "530"),
    "refuses data": ({"DATA": "554 no"}, Failure.REJECTED, "554"),
    "cut before data": ({"RCPT": ""}, Failure.UNREACHABLE, ""),
    "cut after the dot": ({"dot": ""}, Failure.UNKNOWN, ""),
    "refused after the dot": ({"dot": "552 too large"}, Failure.REJECTED, "552"),
    "later after the dot": ({"dot": "451 disk full"}, Failure.UNREACHABLE, "451"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_each_failure_is_what_it_is(smtp, name):
    script, failure, code = FAILURES[name]
    port, _ = smtp(**{"AUTH": "235 welcome", **script})
    with pytest.raises(DeliveryError) as raised:
        over(port, smtp_password="pass-word").send(outgoing())
    assert (raised.value.failure, raised.value.vendor_code) == (failure, code)
    assert "pass-word" not in raised.value.public


def test_a_server_that_takes_less_is_told_nothing(smtp):
    port, seen = smtp(EHLO="250-hello\r\n250 SIZE 1000000")
    large = Attachment("a.bin", content=b"0" * 1_000_000)
    with pytest.raises(DeliveryError, match=r"the mail has 1.4 MB; 1.0 MB can be sent") as raised:
        over(port).send(replace(outgoing(), files=(large,)))
    assert raised.value.failure is Failure.REJECTED and [line.split()[0] for line in seen] == ["ehlo"]


def test_a_server_that_wants_to_know_is_told_the_size(smtp):
    port, seen = smtp(EHLO="250-hello\r\n250 SIZE 0")
    over(port).send(outgoing())
    assert seen[1] == f"mail FROM:<support@shop.example> size={len(seen[4].encode()) - len('.') * 2 - 2}"


CUSTOMER = Person("relay:7", "Ada", "ada@example.com")
OPENED = email().tokens.opened_thread(REF)


def opening(at="Grace@shop.example") -> Outgoing:
    effect = Open("Ada, on Telegram", "She **waits**.", CUSTOMER, at)
    return Outgoing(effect, "relay-1", "grace@shop.example", REF, Answered("", "Ada, on Telegram"))


def test_a_thread_is_begun_with_people(smtp):
    port, seen = smtp()
    assert over(port, name="Shop").send(opening()) == Sent(OPENED)
    assert seen[2] == "rcpt TO:<grace@shop.example>"
    mail = message_from_bytes(seen[4].encode(), policy=default)
    del mail["Date"]
    assert {name: value for name, value in mail.items() if name != "Content-Type"} == {
        "From": "Shop <support@shop.example>",
        "To": "grace@shop.example",
        "Subject": "Ada, on Telegram",
        "Message-ID": email().tokens.message_id(OPENED, REF),
        "References": email().tokens.root(OPENED),
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "MIME-Version": "1.0",
    }
    assert mail.get_body(("plain",)).get_content().split("\r\n\r\n")[-1].startswith("Answer this mail")


def test_what_follows_is_from_the_customer_and_in_the_thread(smtp):
    port, seen = smtp()
    said = Outgoing(
        Reply("Hello?", Purpose.HUMAN, "Ada"), OPENED, "grace@shop.example", REF, Answered("", "Ada, on Telegram")
    )
    over(port, name="Shop").send(said)
    mail = message_from_bytes(seen[4].encode(), policy=default)
    names = ("From", "To", "Subject", "References", "Auto-Submitted")
    assert [mail[name] for name in names] == [
        "Ada <support@shop.example>",
        "grace@shop.example",
        "Re: Ada, on Telegram",
        email().tokens.root(OPENED),
        "auto-generated",
    ]


@pytest.mark.parametrize("at", ["", "grace", "support@shop.example", f"{REPLY_TO}"], ids=repr)
def test_no_thread_is_begun_with_nobody_or_ourselves(at):
    with pytest.raises(DeliveryError, match="is no address of people's") as raised:
        email(smtp_host="127.0.0.1").send(opening(at))
    assert raised.value.failure is Failure.REJECTED


def test_only_what_we_have_begun_counts_as_begun():
    tokens = email().tokens
    changed = ("b" if OPENED[0] == "a" else "a") + OPENED[1:]
    assert [tokens.is_opened(thread) for thread in (OPENED, changed, THREAD, "", "relay-1")] == [True] + [False] * 4


def test_a_copy_that_cant_be_kept_doesnt_unsend_the_mail(smtp):
    port, _ = smtp()
    assert over(port, sent_copies="us", imap_host="127.0.0.1", imap_port=1).send(outgoing()) == Sent(OURS)


def test_servers_in_private_networks_arent_reached():
    ours = email(smtp_host="10.1.2.3")
    with pytest.raises(DeliveryError) as raised:
        ours.send(outgoing())
    assert raised.value.failure is Failure.REJECTED
    assert "not a public address" in raised.value.public


def test_a_mailbox_has_no_notes():
    with pytest.raises(DeliveryError, match="neither notes"):
        email().send(outgoing(Note("Hi")))


# --- Resend -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def described():
    """Checks a request against Resend's own description."""
    from openapi_core import OpenAPI
    from openapi_core.contrib.requests import RequestsOpenAPIRequest

    api = OpenAPI.from_file_path(str(SPECS / "resend.json"))

    def validate(made: requests.PreparedRequest) -> None:
        api.validate_request(
            RequestsOpenAPIRequest(requests.Request(made.method, made.url, made.headers, data=made.body))
        )

    return validate


@needs_specs
@responses.activate
def test_what_is_sent_is_what_resend_describes(described):
    responses.post("https://api.resend.com/emails", json={"id": "49a3999c-0ce1-4ea6-ab68-afcd6dc2e794"})
    assert resend(plus_addressing=True).send(outgoing()) == Sent("49a3999c-0ce1-4ea6-ab68-afcd6dc2e794")
    made = responses.calls[0].request
    described(made)
    assert (made.headers["Authorization"], made.headers["Idempotency-Key"]) == ("Bearer re_1", REF)
    body = json.loads(made.body)
    assert body.pop("html").count("<strong>today</strong>") == 1
    assert body == {
        "from": '"Ada" <support@shop.example>',
        "to": ["ann@customer.example"],
        "reply_to": [REPLY_TO],
        "subject": "Re: My tent",
        "text": "It left today.\n\n.\n",
        "headers": {
            "In-Reply-To": "<1@customer.example>",
            "References": f"<1@customer.example> {OURS}",
            "Auto-Submitted": "auto-replied",
            "X-Auto-Response-Suppress": "All",
        },
    }


@needs_specs
@responses.activate
def test_files_go_to_resend_along(described):
    responses.post("https://api.resend.com/emails", json={"id": "49a3999c-0ce1-4ea6-ab68-afcd6dc2e794"})
    files = (Attachment("a.pdf", "application/pdf", content=b"%PDF"), Attachment("b.png", "image/png", content=b"PNG"))
    resend().send(replace(outgoing(Reply("See ![it](b.png)", Purpose.HUMAN, "Grace")), files=files))
    made = responses.calls[0].request
    described(made)
    body = json.loads(made.body)
    content_id = f"file2.{OURS.strip('<>')}"
    assert body["attachments"] == [
        {"filename": "a.pdf", "content": "JVBERg==", "content_type": "application/pdf"},
        {"filename": "b.png", "content": "UE5H", "content_type": "image/png", "content_id": content_id},
    ]
    assert f'<img src="cid:{content_id}" alt="it">' in body["html"]


@needs_specs
@responses.activate
def test_what_became_of_a_mail_is_read_back_from_resend(described):
    ours, mine, other = resend(), "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"
    responses.post("https://api.resend.com/emails", json={"id": mine})
    ours.send(outgoing())
    html = json.loads(responses.calls[0].request.body)["html"]
    row = {"to": ["ann@customer.example"], "subject": "Re: My tent"}
    elsewhere = {"id": "00000000-0000-4000-8000-000000000003", "to": ["bob@customer.example"], "subject": "Re: My tent"}
    responses.get(
        "https://api.resend.com/emails", json={"data": [elsewhere, {**row, "id": other}, {**row, "id": mine}]}
    )
    responses.get(f"https://api.resend.com/emails/{other}", json={**row, "id": other, "html": "<p>Hello</p>"})
    responses.get(f"https://api.resend.com/emails/{mine}", json={**row, "id": mine, "html": html})
    assert ours.settle(outgoing()) == Sent(mine)
    responses.replace("GET", "https://api.resend.com/emails", json={"data": [elsewhere, {**row, "id": other}]})
    assert ours.settle(outgoing()) is None
    for call in responses.calls:
        described(call.request)


@pytest.mark.parametrize(
    ("values", "settles", "repeats"),
    [
        ({"imap_host": "imap.shop.example"}, False, False),
        ({"imap_host": "imap.shop.example", "sent_folder": "Sent"}, False, False),
        ({"imap_host": "imap.shop.example", "sent_folder": "Sent", "sent_copies": "us"}, False, False),
        ({"imap_host": "imap.shop.example", "sent_folder": "Sent", "sent_copies": "server"}, True, False),
        ({"sign_in": "google", "sent_folder": "[Gmail]/Sent Mail", "sent_copies": "server"}, True, False),
        ({"send": "resend"}, False, True),
        ({"send": "resend", "receive": "resend"}, True, True),
    ],
    ids=["IMAP", "no copies", "copies of ours", "the server's", "Gmail", "a key that sends", "a key that reads"],
)
def test_only_what_can_be_found_out_is_promised(values, settles, repeats):
    ours = email(**values)
    assert (ours.can_settle(), ours.can_repeat()) == (settles, repeats)


@pytest.mark.parametrize(
    ("status", "name", "failure"),
    [
        (429, "rate_limit_exceeded", Failure.THROTTLED),
        (429, "daily_quota_exceeded", Failure.CREDENTIALS),
        (401, "missing_api_key", Failure.CREDENTIALS),
        (403, "invalid_api_key", Failure.CREDENTIALS),
        (409, "concurrent_idempotent_requests", Failure.UNREACHABLE),
        (409, "invalid_idempotent_request", Failure.UNKNOWN),
        (422, "validation_error", Failure.REJECTED),
        (500, "internal_server_error", Failure.UNREACHABLE),
    ],
    ids=lambda value: str(value),
)
@responses.activate
def test_resends_refusals(status, name, failure):
    responses.post("https://api.resend.com/emails", json={"name": name, "message": "No."}, status=status)
    with pytest.raises(DeliveryError) as raised:
        resend().send(outgoing())
    assert (raised.value.failure, raised.value.vendor_code) == (failure, name)


@needs_specs
@responses.activate
def test_what_has_arrived_at_resend_is_fetched_once(described):
    mail = json.loads(
        (SPECS / "responses" / "anymail_resend_retrieve__test_inbound_basics_parsed_fields.json").read_text()
    )
    row = {"id": mail["id"], "created_at": mail["created_at"]}
    old = {"id": "00000000-0000-4000-8000-000000000001", "created_at": "2024-01-01T00:00:00Z"}
    responses.get("https://api.resend.com/emails/receiving", json={"data": [old]})
    responses.get(f"https://api.resend.com/emails/receiving/{mail['id']}", json=mail)
    first = resend().poll({}, 0)
    assert first.requests == ()
    responses.replace("GET", "https://api.resend.com/emails/receiving", json={"data": [row, old]})
    second = resend().poll(first.cursor, 0)
    (said,) = resend().parse(second.requests[0])
    assert (said.sender.id, said.text, said.message_id) == (
        "from@example.com",
        "Test subject\n\nHi",
        "<msg@example.com>",
    )
    assert (said.subject, said.others) == ("Test subject", ("recipient@example.org", "cc@example.com"))
    assert resend().poll(second.cursor, 0).requests == ()
    for call in responses.calls:
        described(call.request)


@needs_specs
@responses.activate
def test_resends_attachments_are_fetched_from_resend_only(described):
    mail, file = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"
    path = f"https://api.resend.com/emails/receiving/{mail}/attachments/{file}"
    responses.get(path, json={"download_url": "https://inbound-cdn.resend.com/a1?sig=1"})
    responses.get("https://inbound-cdn.resend.com/a1", body=b"bytes")
    assert resend().fetch(Attachment("a", reference=f"{mail}/{file}")) == b"bytes"
    described(responses.calls[0].request)
    responses.replace("GET", path, json={"download_url": "https://evil.example/a1"})
    with pytest.raises(DeliveryError, match="no address of its own"):
        resend().fetch(Attachment("a", reference=f"{mail}/{file}"))


@needs_specs
@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ({"json": {"data": []}}, "The key can send and receive."),
        ({"json": {"name": "restricted_api_key"}, "status": 401}, "The key can send, and nothing else."),
    ],
    ids=["all", "sending"],
)
@responses.activate
def test_what_a_key_may_do_is_asked_as_resend_describes(described, answer, says):
    responses.get("https://api.resend.com/emails/receiving", **answer)
    assert resend().check().message == says
    described(responses.calls[0].request)


def hook(kind: str, thread: str, ref: str = REF, **data) -> InboundRequest:
    named = [{"name": "References", "value": resend().tokens.message_id(thread, ref)}]
    body = {"type": kind, "data": {"email_id": "e-1", "headers": named, **data}}
    return InboundRequest("POST", {"svix-id": "msg_1"}, json.dumps(body).encode())


GONE = {"bounce": {"type": "Permanent", "message": "Nobody."}}
LATER = {"bounce": {"type": "Transient", "message": "Full."}}
BACK = "Mail to the customer comes back: Nobody."
REPORTS = {
    "bounced": ("email.bounced", THREAD, GONE, [("e-1", "Nobody."), (THREAD, BACK)]),
    "bounced for now": ("email.bounced", THREAD, LATER, [("e-1", "Full.")]),
    "suppressed": (
        "email.suppressed",
        THREAD,
        {"suppressed": {"message": "Nobody."}},
        [("e-1", "Nobody."), (THREAD, BACK)],
    ),
    "failed": ("email.failed", THREAD, {"failed": {"reason": "Quota."}}, [("e-1", "Quota.")]),
    "delivered": ("email.delivered", THREAD, {}, [("e-1", "")]),
    "the first of ours": ("email.bounced", OPENED, GONE, [(OPENED, "Nobody."), (OPENED, BACK)]),
    "complained": (
        "email.complained",
        THREAD,
        {},
        [(THREAD, "The customer marked our mail as spam. Don't write again.")],
    ),
}


@pytest.mark.parametrize("name", REPORTS)
def test_what_resend_reports_is_about_the_mail_and_its_conversation(name):
    kind, thread, data, told = REPORTS[name]
    events = list(resend().parse(hook(kind, thread, **data)))
    found = [
        (event.message_id, event.detail) if isinstance(event, DeliveryReported) else (event.thread, event.why)
        for event in events
    ]
    assert found == told


HOOKS = sorted(path.name for path in (SPECS / "webhooks").glob("*.json")) if SPECS.is_dir() else []
EVENTS = {"sent": Progress.SENT, "delivered": Progress.DELIVERED} | dict.fromkeys(
    ("bounced", "failed", "suppressed"), Progress.FAILED
)


@pytest.mark.parametrize("name", [name for name in HOOKS if "mailchannels" not in name])
def test_every_webhook_of_resend_is_understood_or_left_alone(name):
    body = (SPECS / "webhooks" / name).read_bytes()
    (event,) = resend().parse(InboundRequest("POST", {"svix-id": "msg_1"}, body))
    kind = json.loads(body)["type"].partition(".")
    if kind[0] == "email" and kind[2] in EVENTS:
        assert (type(event), event.progress) == (DeliveryReported, EVENTS[kind[2]])
    else:
        assert isinstance(event, Ignored) and event.why.endswith(".")
    assert event.key == "resend:msg_1"


def signed(body: bytes, **changes: str) -> InboundRequest:
    made = signatures.sign([HOOK], "msg_1", body)
    headers = {name.replace("webhook-", "svix-"): value for name, value in made.items()}
    return InboundRequest("POST", {**headers, **changes}, body)


GOOD = json.dumps({"type": "email.sent", "data": {"email_id": "1"}}).encode()
BAD = {
    "unsigned": InboundRequest("POST", {}, GOOD),
    "tampered": InboundRequest("POST", signed(GOOD).headers, GOOD.replace(b"1", b"2")),
    "replayed": signed(GOOD, **{"svix-timestamp": "1"}),
    "not a signature": signed(GOOD, **{"svix-signature": "nonsense"}),
    "letters": signed(GOOD, **{"svix-signature": "v1,äöü"}),
}


def test_resends_signature_is_taken():
    resend().verify(signed(GOOD))


@pytest.mark.parametrize("name", BAD)
def test_bad_requests_are_refused(name):
    with pytest.raises(SignatureError):
        resend().verify(BAD[name])


def test_without_a_secret_nobody_is_let_in():
    with pytest.raises(SignatureError, match="takes no webhooks"):
        email().verify(signed(GOOD))


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"\xff", b'{"type": 1}', b'{"type": "email.sent", "data": []}'], ids=repr
)
def test_what_cant_be_read_says_so(body):
    with pytest.raises(Unparsable):
        list(resend().parse(InboundRequest("POST", {}, body)))


@pytest.mark.parametrize(
    "body",
    [b"", b"\0\xff\xfe", b"From: \r\n" * 1000, b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x"],
    ids=["empty", "bytes", "headers", "cut"],
)
def test_no_mail_is_too_broken(body):
    assert len(list(email().parse(InboundRequest("POST", {"content-type": "message/rfc822"}, body)))) == 1


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"address": "not an address"}, "address"),
        ({"imap_host": "host:993"}, "imap_host"),
        ({"imap_port": 0}, "imap_port"),
        ({"team": "shop.example"}, "team"),
        ({"oauth_token_url": "example.com"}, "oauth_token_url"),
        ({"resend_webhook_secret": "abc"}, "resend_webhook_secret"),
        ({"name": "a\r\nb"}, "name"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_isnt_a_configuration(values, field):
    with pytest.raises(ConfigError) as raised:
        email(**values)
    assert list(raised.value.errors) == [field]


def test_smtplib_has_what_we_use_of_it():
    assert smtplib._quote_periods(b".a\r\n.") == b"..a\r\n.."
