"""Files that people send: what they may be, kept once, and sent with the text or each by itself."""

import dataclasses
from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile as Upload
from django.db import OperationalError

from conversations import attach, deliver, enclose
from conversations.files import Attachment, File
from conversations.models import Delivery, Message
from gateways.base import Files
from gateways.errors import DeliveryError, Failure
from gateways.messages import Attachment as Came
from gateways.messages import Reply
from handover import desk
from tests.conftest import Walk

pytestmark = pytest.mark.django_db

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
BO = {"user": None, "author": "Bo"}
BILL, PHOTO = Came("bill.txt", "text/plain", 4, content=b"1.00"), Came("a.png", "image/png", len(PNG), content=PNG)


@pytest.fixture
def talk(walk: Walk) -> Walk:
    """A conversation in which something was said."""
    walk.answer("Hello")
    walk.platform.outbox.clear()
    return walk


def takes(walk: Walk, how: Files, **more) -> None:
    changed = {"files": how, **more}
    walk.platform.capabilities = dataclasses.replace(walk.platform.capabilities, **changed)


def send(walk: Walk, text: str = "", *files: Came) -> Message:
    message = desk.reply(walk.conversation().pk, **BO, text=text, files=files)
    walk.run()
    return message


def sent(walk: Walk) -> list[tuple[str, tuple[Came, ...]]]:
    return [(each.effect.text, each.files) for each in walk.platform.outbox if isinstance(each.effect, Reply)]


# --- What a file is ---------------------------------------------------------------------------------------------------

KINDS = {
    "by its name": ("a.PNG", PNG, "image/png"),
    "by its name alone": ("a.csv", b"a,b", "text/csv"),
    "a document": ("a.docx", b"PK", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "a voice message": ("a.opus", b"OggS\0", "audio/ogg"),
    "another than it says": ("a.png", b"<svg onload=alert(1)>", "application/octet-stream"),
    "one that its name doesn't tell": ("scan", PNG, "image/png"),
    "one that its name denies": ("a.xyz", PNG, "application/octet-stream"),
    "no text": ("a.txt", b"\0\1", "application/octet-stream"),
    "nothing that is known": ("a.xyz", b"abc", "application/octet-stream"),
}


@pytest.mark.parametrize(("name", "content", "kind"), KINDS.values(), ids=KINDS)
def test_a_file_is_what_its_name_and_its_beginning_agree_on(name, content, kind):
    [file] = enclose.received([Upload(name, content, content_type="text/html")])
    assert file == Came(name, kind, len(content), content=content)


BAD = {
    "empty": ([Upload("a.txt", b"")], "“a.txt” is empty. Choose another file."),
    "a program by name": (
        [Upload("Setup.EXE", b"x")],
        "“Setup.EXE” is a program, which most platforms refuse. Send a link to it instead.",
    ),
    "a program in disguise": (
        [Upload("a.txt", b"MZ\x90")],
        "“a.txt” is a program, which most platforms refuse. Send a link to it instead.",
    ),
    "too many": (
        [Upload(f"{n}.txt", b"x") for n in range(11)],
        "10 files are the most for one message; these are 11. Send fewer.",
    ),
    "too much, unread": (
        [SimpleNamespace(name="a.zip", size=50_000_001)],
        "The files have 50,000,001 bytes together; 50,000,000 are the most. Send fewer.",
    ),
}


@pytest.mark.parametrize(("uploads", "why"), BAD.values(), ids=BAD)
def test_what_is_not_sent_says_why(uploads, why):
    with pytest.raises(enclose.CantEnclose) as refused:
        enclose.received(uploads)
    assert refused.value.public == why


PLATFORMS = {
    "none": (Files.NONE, {}, (BILL,), "Fake takes no files from us. Put a link to them into the text instead."),
    "small ones": (Files.APART, {"max_file": 3}, (BILL,), "“bill.txt” has 4 bytes; Fake takes up to 3 from us."),
    "few along": (
        Files.ALONG,
        {"max_file": 30},
        (BILL, PHOTO),
        "The files have 32 bytes together; Fake takes up to 30 at once.",
    ),
}


@pytest.mark.parametrize(("how", "more", "files", "why"), PLATFORMS.values(), ids=PLATFORMS)
def test_what_the_platform_does_not_take_is_refused_before_anything_is_sent(talk, how, more, files, why):
    takes(talk, how, **more)
    with pytest.raises(desk.DeskError) as refused:
        send(talk, "See here", *files)
    assert refused.value.public == why
    assert (Message.objects.count(), talk.conversation().owner, File.objects.count()) == (2, "agent", 0)


FITTING = {
    "none": (Files.NONE, 100, []),
    "each by itself": (Files.APART, 6, ["a", "b", "c"]),
    "some of them by themselves": (Files.APART, 5, ["a", "c"]),
    "as many as go together": (Files.ALONG, 8, ["a", "c"]),
}


@pytest.mark.parametrize(("how", "largest", "names"), FITTING.values(), ids=FITTING)
def test_of_what_came_elsewhere_goes_what_fits(talk, how, largest, names):
    came = [Came(name, content=bytes(size)) for name, size in {"a": 3, "b": 6, "c": 5}.items()]
    attach.keep(Message.objects.get(seq=1), talk.gateway.pk, [*came, Came("d", reference="f1")])
    takes(talk, how, max_file=largest)
    fit = enclose.fitting(talk.conversation(), Attachment.objects.order_by("position"))
    assert [file.name for file in fit] == names


# --- Sending ----------------------------------------------------------------------------------------------------------

LONG = "Words and words. " * 20  # two parts

SENT = {
    "along with the text": (Files.ALONG, "See", [("See", (BILL, PHOTO))]),
    "along with the last part": (
        Files.ALONG,
        LONG,
        [(("Words and words. " * 11).strip(), ()), (("Words and words. " * 9).strip(), (BILL, PHOTO))],
    ),
    "along without a text": (Files.ALONG, "", [("", (BILL, PHOTO))]),
    "apart": (Files.APART, "See", [("See", ()), ("", (BILL,)), ("", (PHOTO,))]),
    "apart without a text": (Files.APART, "", [("", (BILL,)), ("", (PHOTO,))]),
}


@pytest.mark.parametrize(("how", "text", "parts"), SENT.values(), ids=SENT)
def test_files_go_as_the_platform_takes_them(talk, how, text, parts):
    takes(talk, how)
    message = send(talk, text, BILL, PHOTO)
    assert sent(talk) == parts
    message.refresh_from_db()
    assert message.status == "sent"
    rows = message.attachments.all()
    assert [(row.name, row.content_type, row.size, row.state) for row in rows] == [
        ("bill.txt", "text/plain", 4, "kept"),
        ("a.png", "image/png", 28, "kept"),
    ]


def test_the_same_file_is_kept_once_however_often_it_is_sent(talk):
    takes(talk, Files.ALONG)
    attach.keep(Message.objects.get(seq=1), talk.gateway.pk, [BILL])
    send(talk, "See", BILL)
    send(talk, "Again", BILL)
    assert (File.objects.count(), Attachment.objects.count()) == (1, 3)


def test_what_failed_at_the_second_file_resumes_there(talk):
    takes(talk, Files.APART)
    talk.platform.script.extend([None, None, DeliveryError(Failure.REJECTED, "No.")])
    send(talk, "See", BILL, PHOTO)
    assert sent(talk) == [("See", ()), ("", (BILL,))]
    failed = Delivery.objects.get(status="failed")
    desk.retry(failed.pk, **BO)
    talk.run()
    assert sent(talk) == [("See", ()), ("", (BILL,)), ("", (PHOTO,))]


def test_a_draft_is_sent_with_files(talk):
    takes(talk, Files.ALONG)
    talk.gateway.mode = "draft"
    talk.gateway.save()
    talk.customer("Where is my bill?")
    talk.run()
    draft = talk.conversation().drafts.get(state="pending")
    desk.send_draft(talk.conversation().pk, **BO, draft=draft.pk, files=[BILL])
    talk.run()
    assert sent(talk)[-1] == ("re: Where is my bill?", (BILL,))


def test_a_file_that_is_gone_fails_the_part_and_says_so(talk):
    takes(talk, Files.APART)
    message = desk.reply(talk.conversation().pk, **BO, text="See", files=[BILL])
    Attachment.objects.all().delete()
    talk.run()
    message.refresh_from_db()
    assert (sent(talk), message.status) == ([("See", ())], "failed")
    assert message.deliveries.get(part=2).error == "A file that was to be sent isn't there any more."


def test_a_database_that_is_away_has_sent_nothing(talk, monkeypatch):
    takes(talk, Files.ALONG)

    def away(*args):
        raise OperationalError

    with monkeypatch.context() as patched:
        patched.setattr(enclose.Attachment.objects, "select_related", away)
        message = send(talk, "See", BILL)
    delivery = message.deliveries.get()
    assert (delivery.status, delivery.maybe_sent, delivery.attempts_used) == ("pending", False, 1)
    assert delivery.error == "The files couldn't be read from our database."


def test_a_delivery_with_files_has_longer_to_arrive(talk):
    takes(talk, Files.ALONG)
    desk.reply(talk.conversation().pk, **BO, text="See", files=[BILL])
    [claimed] = deliver.claim(talk.gateway.pk, 5)
    held = Delivery.objects.get(pk=claimed.pk).lease_until
    assert held is not None
    assert held - claimed.created_at > deliver.LEASE
