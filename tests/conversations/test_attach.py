"""What comes with messages is kept once, fetched where it has to be, and given only to be saved."""

import hashlib

import pytest
from django.test import Client

from conversations import attach
from conversations.files import Attachment, File
from conversations.models import AuditEvent, Message
from gateways.errors import DeliveryError, Failure
from gateways.messages import Attachment as Came
from tests.conftest import Walk

pytestmark = pytest.mark.django_db


@pytest.fixture
def message(walk: Walk) -> Message:
    walk.answer("Hello")
    return Message.objects.get(seq=1)


def kept(message: Message, *came: Came) -> list[Attachment]:
    attach.keep(message, message.conversation.gateway_id, came)
    return list(Attachment.objects.order_by("pk"))


def test_the_same_bytes_are_kept_once(message):
    rows = kept(message, Came("a.txt", "text/plain", content=b"Hello"), Came("b.txt", "text/plain", content=b"Hello"))
    assert [(row.name, row.state, row.size) for row in rows] == [("a.txt", "kept", 5), ("b.txt", "kept", 5)]
    assert [file.sha256 for file in File.objects.all()] == [hashlib.sha256(b"Hello").hexdigest()]


@pytest.mark.parametrize(
    ("came", "kind"),
    [
        ("text/HTML; charset=utf-8", "text/html"),
        ("", "application/octet-stream"),
        ("a b/\r\nX: y", "application/octet-stream"),
    ],
    ids=["parameters", "none", "nonsense"],
)
def test_a_type_is_a_type(message, came, kind):
    assert kept(message, Came("a", came, content=b""))[0].content_type == kind


def test_what_is_too_large_is_named_and_not_kept(message, monkeypatch):
    monkeypatch.setattr(attach, "MOST_BYTES", 4)
    rows = kept(message, Came("a", content=b"Hello"), Came("b", size=5, reference="x"))
    assert [(row.state, row.why) for row in rows] == [("refused", "It has 5 bytes; up to 4 are kept.")] * 2
    assert not File.objects.exists()


def test_what_came_without_bytes_is_fetched(walk, message, rings, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        kept(message, Came("photo.jpg", "image/jpeg", reference="f1"))
    assert ("fetch", walk.gateway.pk, 0.0) in rings.heard
    asked = []
    walk.platform.fetch = lambda self, attachment: asked.append(attachment) or b"jpeg"
    assert attach.fetch(walk.gateway.pk) == 1
    assert asked == [Came("photo.jpg", "image/jpeg", None, "f1", False)]
    row = Attachment.objects.get()
    assert (row.state, bytes(row.file.content)) == ("kept", b"jpeg")
    assert attach.fetch(walk.gateway.pk) == 0


@pytest.mark.parametrize(
    ("failure", "state", "tries"),
    [(Failure.UNREACHABLE, "waiting", 1), (Failure.REJECTED, "failed", 0), (None, "failed", 0)],
    ids=["away", "gone", "our own mistake"],
)
def test_what_cant_be_fetched_says_why(walk, message, failure, state, tries):
    def fails(self, attachment):
        raise DeliveryError(failure, "No.") if failure else ValueError("secret")

    walk.platform.fetch = fails
    kept(message, Came("photo.jpg", reference="f1"))
    attach.fetch(walk.gateway.pk)
    row = Attachment.objects.get()
    assert (row.state, row.tries) == (state, tries)
    assert row.why == ("No." if failure else "Our code for this platform failed (ValueError); the log says where.")


def test_operators_save_a_file_and_never_open_it(admin_client: Client, message):
    kept(message, Came("evil\r\n.svg", "image/svg+xml", content=b"<svg onload=alert(1)>"))
    page = admin_client.get(f"/admin/conversations/conversation/{message.conversation_id}/change/").content.decode()
    address = f"/admin/conversations/conversation/{message.conversation_id}/files/{Attachment.objects.get().pk}/"
    assert f'<a href="{address}">evil .svg</a>' in page
    answer = admin_client.get(address)
    assert answer.content == b"<svg onload=alert(1)>"
    assert {name: answer[name] for name in ("Content-Type", "Content-Disposition", "X-Content-Type-Options")} == {
        "Content-Type": "application/octet-stream",
        "Content-Disposition": 'attachment; filename="evil .svg"',
        "X-Content-Type-Options": "nosniff",
    }
    other = address.replace(f"/{message.conversation_id}/files", f"/{message.conversation_id + 1}/files")
    assert admin_client.get(other).status_code == 404
    assert Client().get(address).status_code == 302


# --- Automatic mail ---------------------------------------------------------------------------------------------------


def test_automatic_mail_is_recorded_and_never_answered(walk: Walk):
    walk.customer("I am away.", automated="it says so.", channel="email")
    walk.run()
    conversation = walk.conversation()
    assert walk.told() == []
    assert (conversation.tags, conversation.customer_seq) == (["automated"], 0)
    assert Message.objects.get().author == Message.Author.SYSTEM
    assert AuditEvent.objects.get().why == "An automatic mail: it says so."


def test_automatic_mail_neither_disturbs_a_turn_nor_reaches_the_engine(walk: Walk, engine):
    walk.customer("Where is my order?")
    walk.customer("I am away.", automated="it says so.", channel="email")
    walk.run()
    assert walk.told() == ["re: Where is my order?"]
    assert [line.text for line in engine.briefs[0].transcript] == ["Where is my order?"]
    assert walk.conversation().tags == []


def test_automatic_mail_reopens_nothing(walk: Walk):
    walk.answer("Hello")
    walk.receive({"event": "Closed", "thread": "t1"})
    walk.run()
    walk.customer("I am away.", automated="it says so.")
    walk.run()
    assert walk.conversation().status == "closed"


# --- Whose conversation -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sender", "thread"),
    [("t1", "t1"), ("colleague", "t1"), ("stranger", "t2")],
    ids=["customer", "drawn in", "stranger"],
)
def test_only_who_has_a_part_gets_into_a_conversation(walk: Walk, sender, thread):
    walk.customer("Hello", sender={"id": "t1"}, others=["colleague"])
    walk.run()
    walk.customer("Me too", sender={"id": sender}, apart="t2")
    walk.run()
    assert walk.conversation(thread).messages.filter(text="Me too").exists()
    trail = AuditEvent.objects.filter(kind="kept_apart", conversation__external_id="t2")
    assert trail.exists() is (thread == "t2")
