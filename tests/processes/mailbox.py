"""What tests with real mail share: a gateway on a mailbox, looking into it, writing to it, and what customers get."""

import email
import time
from email.message import EmailMessage
from email.policy import default
from typing import Any

from gateways import poll, signatures
from gateways.models import Gateway
from tests.conftest import Walk
from tests.fakes import FakePlatform
from tests.gateways.mail.server import PASSWORD, MailServer, wait_for


def opened(server: MailServer, agent: Any, **options: Any) -> Walk:
    """A gateway on a mailbox of its own on the server, which has looked once."""
    server.support = f"support{time.time_ns()}@shop.example"
    local = {"imap_host": "127.0.0.1", "smtp_host": "127.0.0.1", "imap_security": "none", "smtp_security": "none"}
    gateway = Gateway.objects.create(
        agent=agent,
        platform="email",
        name=f"Mail to {server.support}",
        burst_window=0,
        thinking_after=0,
        config={
            "address": server.support,
            **local,
            "imap_port": server.imap,
            "smtp_port": server.smtp,
            "plus_addressing": True,
            **options,
        },
    )
    gateway.secrets.create(name="signing_key", value=signatures.new_secret())
    gateway.secrets.create(name="imap_password", value=PASSWORD)
    # Postfix asks for no login and offers none; the password is the mailbox's.
    walk = Walk(gateway, FakePlatform)
    assert poll.claim(gateway, "test")
    look(walk)
    return walk


def look(walk: Walk, wait: float = 0.0) -> None:
    assert poll.poll(walk.gateway.pk, "test", wait) is not None
    walk.run()


def look_until(walk: Walk, found: Any) -> None:
    def looked() -> bool:
        look(walk, 1.0)
        return bool(found())

    wait_for(looked, "the mail")


def mail(text: str, **headers: str) -> EmailMessage:
    made = EmailMessage()
    given = {"From": "Ann <ann@customer.example>", "To": "support@shop.example", "Subject": "My tent", **headers}
    for name, value in given.items():
        made[name.replace("_", "-")] = value
    made["Message-ID"] = f"<{time.time_ns()}@customer.example>"
    made["Date"] = email.utils.format_datetime(email.utils.localtime())
    made.set_content(text)
    return made


def received(server: MailServer, count: int, address: str = "ann@customer.example") -> list[Any]:
    wait_for(lambda: len(server.mails(address)) >= count, f"mail number {count}")
    return [email.message_from_bytes(raw, policy=default) for raw in server.mails(address)]
