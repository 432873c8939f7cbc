"""A customer of the shop whose helpdesk is Request Tracker, and the people there."""

from dataclasses import dataclass, field
from email.message import EmailMessage
from uuid import uuid4

from tests.loopback.request_tracker import RequestTracker
from tests.loopback.walk import QUESTION
from tests.processes.newcomer import Operator, eventually

AUTOREPLY = "AutoReply:"  # in the subject of the mail that confirms a new ticket


@dataclass
class Writer:
    """Somebody who writes mails, and reads what comes back."""

    rt: RequestTracker
    address: str = field(default_factory=lambda: f"ada-{uuid4().hex[:8]}@customer.example")
    subject: str = "My order"

    def say(self, text: str) -> None:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = f"Ada <{self.address}>", "support@shop.example", self.subject
        mail["Message-ID"] = f"<{uuid4().hex}@customer.example>"
        mail.set_content(text)
        self.rt.mail(mail.as_bytes())
        if not self.subject.startswith("Re:"):
            confirmed = eventually(lambda: self.rt.mails(self.address), "The confirmation", patience=60)[0]
            assert AUTOREPLY in confirmed["Subject"], confirmed["Subject"]
            self.subject = f"Re: {confirmed['Subject'].replace(AUTOREPLY, '').strip()}"

    def heard(self) -> list[str]:
        mails = [mail for mail in self.rt.mails(self.address) if AUTOREPLY not in mail["Subject"]]
        return [mail.get_body(("plain",)).get_content() for mail in mails]

    @property
    def ticket(self) -> str:
        return self.subject.partition("#")[2].partition("]")[0]


@dataclass
class Staff:
    """Grace, who looks after the tickets in the queue Billing. `queue` is where the agent's tickets are."""

    rt: RequestTracker
    customer: Writer
    billing: str
    queue: str
    operator: Operator  # of ours, who sees whose move it is

    def are_asked(self) -> None:
        eventually(lambda: self._is_in(self.billing), "The ticket in the queue for people", patience=60)
        [note] = eventually(lambda: self.rt.texts(self.customer.ticket, "Comment"), "The note", patience=60)
        assert "I want to talk to a human" in note, note
        assert QUESTION in note, note

    def reply(self, text: str) -> None:
        path = f"ticket/{self.customer.ticket}/correspond"
        self.rt.as_("grace", "POST", path, Content=f"<p>{text}</p>", ContentType="text/html")

    def give_back(self) -> None:
        """Back into the agent's queue, and to the user that it is."""
        path = f"ticket/{self.customer.ticket}"
        self.rt.as_("grace", "PUT", path, Queue=self.queue)
        self.rt.as_("grace", "PUT", path, Owner="aissist")
        eventually(lambda: not self._waits(), "The agent, who has the ticket again", patience=60)

    def _waits(self) -> bool:
        return any(row["external_id"] == self.customer.ticket for row in self.operator.waiting())

    def _is_in(self, queue: str) -> bool:
        return str(self.rt.ticket(self.customer.ticket)["Queue"]["id"]) == queue
