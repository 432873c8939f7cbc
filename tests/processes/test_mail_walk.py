"""The walk by real mail: the whole product beside Postfix and Dovecot, told of new mail by IDLE."""

import email
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.policy import default
from typing import Any

import pytest

from tests.gateways.mail.server import PASSWORD, MailServer, missing
from tests.loopback.walk import Customer, Desk, walk
from tests.processes.mailbox import mail
from tests.processes.newcomer import Operator, eventually
from tests.processes.site import Site, stacks

pytestmark = [pytest.mark.processes, pytest.mark.skipif(bool(missing()), reason=missing() or "there")]


@pytest.fixture(scope="module", params=stacks()[:1])
def site(request, tmp_path_factory) -> Iterator[Site]:
    with Site(request.param, tmp_path_factory.mktemp("site")) as site:
        yield site


class Writer:
    """Somebody with a mail program, who answers the last mail."""

    def __init__(self, server: MailServer, support: str) -> None:
        self.server, self.support = server, support
        self.address = f"ann{time.time_ns()}@customer.example"

    def mails(self) -> list[Any]:
        return [email.message_from_bytes(raw, policy=default) for raw in self.server.mails(self.address)]

    def say(self, text: str) -> None:
        got = self.mails()
        answered = {"In_Reply_To": got[-1]["Message-ID"], "Subject": f"Re: {got[-1]['Subject']}"} if got else {}
        to = str(got[-1]["Reply-To"] or self.support) if got else self.support
        made = mail(text, From=f"Ann <{self.address}>", To=to, **answered)
        self.server.write(made, self.address)

    def heard(self) -> list[str]:
        return [each.get_body(("plain",)).get_content() for each in self.mails()]


def test_the_walk(site: Site, operator: Operator, server: MailServer):
    server.support = support = f"support{time.time_ns()}@shop.example"
    local = {"imap_host": "127.0.0.1", "smtp_host": "127.0.0.1", "imap_security": "none", "smtp_security": "none"}
    ports = {"imap_port": server.imap, "smtp_port": server.smtp}
    made = {
        "platform": "email",
        "name": "Mail",
        "config": {"address": support, "plus_addressing": True, **local, **ports},
        "secrets": {"imap_password": PASSWORD},
    }
    gateways = f"agents/{operator.agent['id']}/gateways"
    path = f"{gateways}/{operator.send('POST', gateways, made)['id']}"
    checked = operator.send("POST", f"{path}/check", {})
    assert checked["ok"], checked
    page = f"{site.base}/admin/gateways/gateway/{path.rpartition('/')[2]}/change/"
    asked = lambda: "Last asked what is new" in operator.http.get(page, timeout=30).text  # noqa: E731
    eventually(asked, "The first look into the mailbox")  # what is in it before that is left alone
    ann = Writer(server, support)
    walk(Customer(ann.say, ann.heard), Colleagues(operator, "", address=ann.address))
    assert len({str(each["Message-ID"]) for each in ann.mails()}) == len(ann.mails())
    assert all(each["In-Reply-To"] for each in ann.mails())


@dataclass
class Colleagues(Desk):
    """People in admin, who find the conversation by whom it is with."""

    address: str = ""

    def are_asked(self) -> None:
        [self.thread] = eventually(self._with_them, "The conversation in the waiting list")
        super().are_asked()

    def _with_them(self) -> list[str]:
        rows = self.operator.waiting()
        return [row["external_id"] for row in rows if row["contact"]["email"] == self.address]
