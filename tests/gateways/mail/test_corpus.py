"""109 mails that were written for this: all automatic ones are recognised, and no person is refused."""

import json
from pathlib import Path

import pytest

from agents.http import Http, Policy
from gateways import config, signatures
from gateways.adapters.email import Email
from gateways.base import Account, InboundRequest
from gateways.mail import automated, read
from gateways.messages import CustomerSaid, DeliveryReported, Ignored, Progress, Unreachable

CORPUS = Path(__file__).parents[2] / "payloads" / "email" / "corpus"
TABLE = json.loads((CORPUS / "corpus.json").read_text("utf-8"))
REF = "5f0c3d1e-1f0a-4c57-8a53-7f6f2f3f1a01"


def adapter() -> Email:
    given = {"address": "support@shop.example", "signing_key": signatures.new_secret()}
    return Email(Account(1, "mail", "Mail"), config.load(Email.Config, given), given, Http(Policy()))


def parsed(file: str):
    """The events in a mail of the corpus, with our marks where it returns a mail of ours."""
    ours, raw = adapter(), (CORPUS / file).read_bytes()
    thread = ours.tokens.new_thread("ann@customer.example", "<q@customer.example>")
    marked = ours.tokens.message_id(thread, REF).encode()
    raw = raw.replace(b"<5f0c3d1e1f0a4c578a537f6f2f3f1a01.{THREAD}.{MAC}@shop.example>", marked)
    return list(ours.parse(InboundRequest("POST", {"content-type": "message/rfc822"}, raw)))


def test_the_corpus_is_as_large_as_it_says_and_has_no_other_files():
    kinds = [row["kind"] for row in TABLE]
    assert (len(kinds), kinds.count("automatic"), kinds.count("human")) == (109, 65, 44)
    assert {path.name for path in CORPUS.glob("*.eml")} == {row["file"] for row in TABLE}


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row["file"])
def test_automatic_mail_is_recognised_and_no_person_refused(row):
    why = automated.reason(read.read((CORPUS / row["file"]).read_bytes()), ["support@shop.example"])
    assert bool(why) is (row["kind"] == "automatic"), why
    assert not why or why.endswith(".")


@pytest.mark.parametrize("row", [row for row in TABLE if row["kind"] == "human"], ids=lambda row: row["file"])
def test_people_are_heard(row):
    (said,) = parsed(row["file"])
    assert isinstance(said, CustomerSaid)
    assert said.automated == ""
    assert said.sender.id.endswith("@customer.example") or row["file"].endswith("with_reply_to.eml")
    assert said.text
    assert said.text == row.get("text", said.text)


FAILED = {
    "dsn_postfix": "ann@customer.example: 5.1.1 550 5.1.1 <ann@customer.example>: "
    "Recipient address rejected: User unknown",
    "dsn_exchange": "ann@customer.example: 5.2.2 554 5.2.2 mailbox full",
    "dsn_gmail": "ann@customer.example: 5.1.1 550-5.1.1 The email account that you tried to reach does not exist.",
    "dsn_sendmail": "ann@customer.example: 5.1.2 550 Host unknown",
    "dsn_two_recipients": "ann@customer.example: 5.7.1 554 5.7.1 Spam",
    "bounce_qmail": "550 5.1.1 no mailbox here by that name",
    "bounce_exim": "ann@customer.example: SMTP error from remote mail server: 550 5.1.1 User unknown",
    "bounce_german": "ann@customer.example: 554 5.7.1 abgelehnt",
}
GONE = {"dsn_postfix", "dsn_gmail", "dsn_sendmail", "bounce_qmail", "bounce_exim"}


@pytest.mark.parametrize("name", FAILED)
def test_a_bounce_is_a_failed_delivery_of_ours(name):
    file = next(row["file"] for row in TABLE if name in row["file"])
    reported, *more = parsed(file)
    assert isinstance(reported, DeliveryReported)
    assert reported.progress is Progress.FAILED
    assert reported.detail == f"It came back from {FAILED[name]}"
    assert [type(event) for event in more] == ([Unreachable] if name in GONE else [])


@pytest.mark.parametrize("name", ["dsn_delayed", "dsn_delivered"])
def test_what_isnt_a_failure_changes_nothing(name):
    (event,) = parsed(next(row["file"] for row in TABLE if name in row["file"]))
    assert isinstance(event, Ignored)


def test_a_bounce_of_a_mail_that_isnt_ours_is_no_delivery_of_ours():
    (event,) = parsed(next(row["file"] for row in TABLE if "bounce_of_others" in row["file"]))
    assert isinstance(event, CustomerSaid)
    assert event.automated
