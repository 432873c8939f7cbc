"""Real mail: in by SMTP, fetched by IMAP, answered by SMTP, threaded; restarts lose and double nothing."""

import imaplib
import threading
import time
from typing import Any
from uuid import uuid4

import pytest

from conversations.models import AuditEvent, Conversation, Message
from gateways import poll
from gateways.mail import imap
from gateways.messages import Answered, Attachment, Outgoing, Purpose, Reply, Sent
from gateways.models import Cursor, InboundEvent
from gateways.registry import adapter
from tests.conftest import Walk
from tests.gateways.mail.server import PASSWORD, MailServer, missing, wait_for
from tests.processes.mailbox import look, look_until, mail, opened, received

PNG, PDF = b"\x89PNG\r\n\x1a\n\x00\xff picture", b"%PDF-1.7\n\x00\xff\n.\n"
pytestmark = [
    pytest.mark.processes,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(bool(missing()), reason=missing() or "there"),
]


@pytest.fixture
def mailbox(server: MailServer, agent: Any, settings: Any) -> Walk:
    settings.OUTBOUND_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    return opened(server, agent)


def test_a_mail_is_answered_and_the_answer_to_that_joins(server: MailServer, mailbox: Walk) -> None:
    before = len(server.mails("ann@customer.example"))
    question = mail("My tent has a hole, see the picture.")
    question.add_attachment(b"\x89PNG picture", maintype="image", subtype="png", filename="hole.png")
    server.write(question)
    look_until(mailbox, Conversation.objects.exists)
    answer = received(server, before + 1)[-1]
    assert answer["From"] == f"Ada <{server.support}>"
    assert (answer["Subject"], answer["In-Reply-To"]) == ("Re: My tent", question["Message-ID"])
    assert answer["References"] == question["Message-ID"]
    assert answer["Auto-Submitted"] == "auto-replied"
    assert answer.get_body(("plain",)).get_content().strip() == "re: My tent has a hole, see the picture."
    assert answer.get_body(("html",)).get_content().count("<p>") == 1
    kept = Message.objects.get(seq=1).attachments.get()
    assert (kept.name, bytes(kept.file.content)) == ("hole.png", b"\x89PNG picture")
    # By its marks alone: neither the subject nor the references are the conversation's.
    back = mail("Thank you!\n\nOn Mon, 5 Jan 2026, Ada wrote:\n> re: My tent", Subject="Something else")
    del back["To"]
    back["To"] = answer["Reply-To"]
    server.write(back)
    look_until(mailbox, lambda: Message.objects.filter(text="Thank you!").exists())
    assert Conversation.objects.count() == 1
    again = mail("One more thing.", Subject="Re: My tent", In_Reply_To=answer["Message-ID"])
    server.write(again)
    look_until(mailbox, lambda: Message.objects.filter(text="One more thing.").exists())
    assert Conversation.objects.count() == 1
    assert received(server, before + 3)[-1]["In-Reply-To"] == again["Message-ID"]


def test_a_stranger_with_the_marks_begins_a_conversation_of_their_own(server: MailServer, mailbox: Walk) -> None:
    before = len(server.mails("ann@customer.example"))
    server.write(mail("Hello from Ann"))
    answer = received_after(mailbox, server, before + 1)
    server.write(
        mail("I'm Eve.", From="eve@customer.example", In_Reply_To=answer["Message-ID"]), "eve@customer.example"
    )
    look_until(mailbox, lambda: Message.objects.filter(text__contains="Eve").exists())
    assert Conversation.objects.count() == 2
    assert AuditEvent.objects.get(kind="kept_apart").why.endswith("eve@customer.example has no part.")


def received_after(walk: Walk, server: MailServer, count: int) -> Any:
    look_until(walk, lambda: len(server.mails("ann@customer.example")) >= count)
    return received(server, count)[-1]


def test_new_mail_is_told_by_idle(server: MailServer, mailbox: Walk, record_property: Any) -> None:
    """The seconds between handing a mail to Postfix and having it are in the report."""
    cursor, seconds = Cursor.objects.get().position, []
    for number in range(5):
        found: list[Any] = []
        ours = adapter(mailbox.gateway, lambda trace: None)
        ask = lambda found=found, ours=ours, cursor=cursor: found.append(ours.poll(cursor, 30))  # noqa: E731
        thread = threading.Thread(target=ask)
        thread.start()
        time.sleep(0.7)
        began = time.monotonic()
        server.write(mail(f"Quick {number}"))
        thread.join()
        seconds.append(time.monotonic() - began)
        assert [request.headers["content-type"] for request in found[0].requests] == ["message/rfc822"]
        cursor = found[0].cursor
    record_property("idle_seconds", seconds)
    print(f"IDLE: {sorted(round(each, 3) for each in seconds)} s from SMTP to us")  # noqa: T201 - a measurement


def test_restarts_and_a_new_uidvalidity_lose_and_double_nothing(server: MailServer, mailbox: Walk) -> None:
    for number in range(3):
        server.write(mail(f"Before {number}"))
    look_until(mailbox, lambda: Conversation.objects.count() == 3)
    server.stop_dovecot()
    assert poll.poll(mailbox.gateway.pk, "test", 0) > 0  # nobody there: later
    server.start_dovecot()
    server.write(mail("Between"))
    look_until(mailbox, lambda: Conversation.objects.count() == 4)
    server.write(mail("Meanwhile"))
    wait_for(lambda: any(b"Meanwhile" in raw for raw in server.mails(server.support)), "the mail")
    old = Cursor.objects.get().position["inbox"]["validity"]
    server.new_validity(server.support)
    look_until(mailbox, lambda: Message.objects.filter(text__contains="Meanwhile").exists())
    assert Cursor.objects.get().position["inbox"]["validity"] != old
    server.write(mail("After"))
    look_until(mailbox, lambda: Message.objects.filter(text__contains="After").exists())
    texts = Message.objects.filter(author="customer").values_list("text", flat=True)
    said = ["Before 0", "Before 1", "Before 2", "Between", "Meanwhile", "After"]
    assert sorted(text.split("\n")[-1] for text in texts) == sorted(said)
    assert InboundEvent.objects.count() == len(said)


def test_a_mail_that_comes_back_is_a_failed_delivery(server: MailServer, mailbox: Walk) -> None:
    server.write(mail("Hello?", From="gone@customer.example"), "gone@customer.example")
    look_until(mailbox, lambda: InboundEvent.objects.filter(kind="DeliveryReported").exists())
    sent = Message.objects.get(author="agent")
    assert sent.status == Message.Status.FAILED
    assert AuditEvent.objects.filter(kind="unreachable").exists()


def test_a_server_without_idle_is_asked_now_and_then(
    server: MailServer, mailbox: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "LOOK_EVERY", 0.1)
    monkeypatch.setattr(imap.Folder, "_capabilities", lambda self: {"IMAP4REV1"})
    threading.Timer(0.5, server.write, [mail("Slow")]).start()
    found = adapter(mailbox.gateway, lambda trace: None).poll(Cursor.objects.get().position, 30)
    assert [b"Slow" in request.body for request in found.requests] == [True]


def test_what_the_server_has_filed_as_sent_was_sent(server: MailServer, mailbox: Walk) -> None:
    """As Gmail does; here the copy is put there by hand."""
    files = (Attachment("note.txt", "text/plain", content=b"Hello"),)
    outgoing = Outgoing(
        Reply("Hello", Purpose.HUMAN, "Bo"), "a" * 16, "bob@customer.example", str(uuid4()), files=files
    )
    with imaplib.IMAP4("127.0.0.1", server.imap) as program:
        program.login(server.support, PASSWORD)
        program.create("Sent")
        mailbox.gateway.config |= {"sent_folder": "Sent", "sent_copies": "server"}
        ours = adapter(mailbox.gateway)
        assert ours.can_settle() and ours.settle(outgoing) is None
        ours.send(outgoing)
        assert ours.settle(outgoing) is None
        (copy,) = received(server, 1, "bob@customer.example")
        program.append("Sent", "", "", copy.as_bytes())
        assert ours.settle(outgoing) == Sent(copy["Message-ID"])


def test_our_own_copies_of_what_we_send_are_nobodys_answer(server: MailServer, mailbox: Walk) -> None:
    with imaplib.IMAP4("127.0.0.1", server.imap) as program:
        program.login(server.support, PASSWORD)
        program.create("Sent")
        mailbox.gateway.config |= {"sent_folder": "Sent", "sent_copies": "us"}
        mailbox.gateway.save()
        look(mailbox)
        server.write(mail("Hello?"))
        look_until(mailbox, lambda: InboundEvent.objects.filter(reason="own_echo").exists())
        program.select("Sent", readonly=True)
        _, flags = program.fetch("1", "(FLAGS)")
        assert b"Seen" in flags[0]
    assert Conversation.objects.get().owner == Conversation.Owner.AGENT
    assert Message.objects.filter(author="agent").count() == 1


def test_files_go_both_ways_in_one_thread(server: MailServer, mailbox: Walk) -> None:
    """The customer sends a picture, a person answers with one in the text and a form, the customer sends it back."""
    question = mail("My tent has a hole, see the picture.", From="Cy <cy@customer.example>")
    question.add_attachment(PNG, maintype="image", subtype="png", filename="Löch.png")
    server.write(question, "cy@customer.example")
    look_until(mailbox, Conversation.objects.exists)
    kept = Message.objects.get(seq=1).attachments.get()
    assert (kept.name, bytes(kept.file.content)) == ("Löch.png", PNG)
    conversation = Conversation.objects.get()
    answered = Answered(conversation.newest.external_id, conversation.subject, conversation.newest.metadata)
    files = (
        Attachment("here.png", "image/png", content=PNG),
        Attachment("Rückgabe.pdf", "application/pdf", content=PDF),
    )
    text = Reply("Is it ![this one](here.png)? Then send the form back.", Purpose.HUMAN, "Bo")
    thread = conversation.external_id
    outgoing = Outgoing(text, thread, "cy@customer.example", str(uuid4()), answered, files)
    adapter(mailbox.gateway).send(outgoing)
    answer = received(server, 2, "cy@customer.example")[-1]
    assert answer["In-Reply-To"] == question["Message-ID"]
    form = next(answer.iter_attachments())
    assert (form.get_filename(), form.get_content()) == ("Rückgabe.pdf", PDF)
    picture = answer.get_body(("related",)).get_payload()[1]
    assert picture.get_content() == PNG
    assert f'src="cid:{picture["Content-ID"][1:-1]}"' in answer.get_body(("html",)).get_content()
    back = mail("Here it is.", From="Cy <cy@customer.example>", In_Reply_To=answer["Message-ID"])
    back.add_attachment(form.get_content(), maintype="application", subtype="pdf", filename=form.get_filename())
    server.write(back, "cy@customer.example")
    look_until(mailbox, lambda: Message.objects.filter(text="Here it is.").exists())
    returned = Message.objects.get(text="Here it is.")
    assert returned.conversation == conversation
    assert bytes(returned.attachments.get().file.content) == PDF


def test_an_answer_from_a_mail_program_is_a_persons(server: MailServer, mailbox: Walk) -> None:
    """It lies in the Sent folder, with references that nobody signed; only the mailbox's owners write there."""
    with imaplib.IMAP4("127.0.0.1", server.imap) as program:
        program.login(server.support, PASSWORD)
        program.create("Sent")
        mailbox.gateway.config["sent_folder"] = "Sent"
        mailbox.gateway.save()
        question = mail("Hello?")
        server.write(question)
        look_until(mailbox, Conversation.objects.exists)
        told = {"From": server.support, "To": "ann@customer.example", "In_Reply_To": question["Message-ID"]}
        program.append("Sent", "", "", mail("I'll look myself.", **told).as_bytes())
    look_until(mailbox, lambda: Message.objects.filter(author="human").exists())
    assert Conversation.objects.get().owner == Conversation.Owner.HUMAN
