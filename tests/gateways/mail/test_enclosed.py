"""Files that go with a mail: how it is made up, what they are called in it, and how much is too much."""

from email import message_from_bytes
from email.policy import default

import pytest

from gateways.errors import DeliveryError, Failure
from gateways.mail import enclosed, read
from gateways.mail.compose import Letter, compose
from gateways.mail.headers import Party
from gateways.messages import Attachment

OURS = "<5f0c3d1e1f0a4c578a537f6f2f3f1a01.a.b@shop.example>"
PNG = Attachment("hole.png", "image/png", content=b"\x89PNG picture")
PDF = Attachment("Rückgabe – Zettel.pdf", "application/pdf", content=b"%PDF-1.7")


def letter(text: str, *files: Attachment) -> Letter:
    return Letter(
        sender=Party("support@shop.example", "Ada"),
        to=Party("ann@customer.example"),
        cc=(),
        reply_to="",
        subject="My tent",
        text=text,
        message_id=OURS,
        answers="",
        references=(),
        automatic="",
        files=enclosed.enclosed(files, text, OURS),
    )


def composed(text: str, *files: Attachment):
    return message_from_bytes(compose(letter(text, *files)), policy=default)


def shape(part) -> object:
    if not part.is_multipart():
        return part.get_content_type()
    return {part.get_content_subtype(): [shape(each) for each in part.iter_parts()]}


PLAIN = {"alternative": ["text/plain", "text/html"]}
WITH_PICTURE = {"alternative": ["text/plain", {"related": ["text/html", "image/png"]}]}


@pytest.mark.parametrize(
    ("text", "files", "shaped"),
    [
        ("See here.", (), PLAIN),
        ("See here.", (PDF,), {"mixed": [PLAIN, "application/pdf"]}),
        ("See here.", (PNG, PDF), {"mixed": [PLAIN, "image/png", "application/pdf"]}),
        ("See ![the hole](hole.png) here.", (PNG,), WITH_PICTURE),
        ("See ![the hole](cid:hole.png) here.", (PDF, PNG), {"mixed": [WITH_PICTURE, "application/pdf"]}),
        ("See ![another](other.png).", (PNG,), {"mixed": [PLAIN, "image/png"]}),
    ],
    ids=["no file", "a file", "two", "a picture in the text", "both", "a picture that isn't in the text"],
)
def test_what_a_mail_is_made_of(text, files, shaped):
    assert shape(composed(text, *files)) == shaped


def test_a_picture_is_shown_where_the_text_has_it():
    mail = composed("Look:\n\n![the *hole* <b>](hole.png)\n\nSee?", PNG)
    rich = mail.get_body(("html",)).get_content()
    content_id = mail.get_body(("related",)).get_payload()[1]["Content-ID"]
    assert content_id == f"<file1.{OURS[1:]}"
    assert f'<p><img src="cid:{content_id[1:-1]}" alt="the *hole* &lt;b&gt;"></p>' in rich
    assert mail.get_body(("plain",)).get_content().split() == ["Look:", "[the", "*hole*", "<b>]", "See?"]


def test_what_we_attach_is_read_as_it_was():
    found = read.read(compose(letter("See ![it](hole.png).", PNG, PDF)))
    assert [(one.name, one.content_type, one.content, one.inline) for one in found.attachments] == [
        ("hole.png", "image/png", PNG.content, True),
        (PDF.name, "application/pdf", PDF.content, False),
    ]
    assert found.text.strip() == "See [it]."


@pytest.mark.parametrize(
    ("name", "kind", "called", "sent_as"),
    [
        ("../../etc/passwd", "text/plain", "_.._etc_passwd", "text/plain"),
        (
            'a"\r\nBcc: eve@evil.example\r\n',
            "text/plain\r\nX: y",
            "a_Bcc_ eve@evil.example_",
            "application/octet-stream",
        ),
        ("", "no kind", "file", "application/octet-stream"),
        ("old.eml", "message/rfc822", "old.eml", "application/octet-stream"),
        ("page.html", "TEXT/HTML; charset=utf-8", "page.html", "text/html"),
    ],
    ids=["a path", "a header", "nothing", "a mail", "a parameter"],
)
def test_names_and_kinds_are_made_harmless(name, kind, called, sent_as):
    mail = composed("Hi", Attachment(name, kind, content=b"bytes"))
    (part,) = mail.iter_attachments()
    assert (part.get_filename(), part.get_content_type(), part.get_payload(decode=True)) == (called, sent_as, b"bytes")
    assert not {"bcc", "x"} & {header.lower() for each in mail.walk() for header in each}


def test_too_much_is_refused_with_the_figures():
    large = Attachment("a.bin", content=b"0" * 11_000_000)
    with pytest.raises(DeliveryError) as raised:
        letter("Hi", large, large)
    assert raised.value.failure is Failure.REJECTED
    assert raised.value.public.startswith("With its files the mail has 30.1 MB; 27.0 MB can be sent.")


def test_a_file_that_is_gone_isnt_left_out_quietly():
    with pytest.raises(DeliveryError, match="“a.pdf” isn't there any more"):
        letter("Hi", Attachment("a.pdf"))
