"""Email: a mailbox over IMAP and SMTP, or an address at Resend.

SMTP: https://www.rfc-editor.org/rfc/rfc5321  IMAP: https://www.rfc-editor.org/rfc/rfc3501
Resend, API 1.5.0: https://resend.com/docs/api-reference/introduction

In:  `poll` fetches mails as they are (message/rfc822), or as Resend tells them (JSON); its webhook tells of bounces.
     A person's text is stripped of quotes and signature; what a program wrote is recorded and never answered.
Out: text and HTML, with marks of ours by which the answer finds its conversation (`gateways.mail.tokens`).
"""

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from agents.http import Trace
from gateways import signatures
from gateways.base import Adapter, Capabilities, Health, InboundRequest, Polled
from gateways.bodies import read_object
from gateways.errors import DeliveryError, Failure, Malformed, SignatureError, Unparsable
from gateways.mail import automated, dsn, imap, inbox, quotes, smtp, threads
from gateways.mail.compose import MOST_REFERENCES, REPLY_PREFIX, Letter, compose
from gateways.mail.headers import Party, clean_address, message_ids
from gateways.mail.options import IMAP, NOTHING, RESEND, SMTP, Config
from gateways.mail.read import Mail, read
from gateways.mail.resend import Resend, mail_of
from gateways.mail.resend_hooks import reported
from gateways.mail.tokens import Tokens
from gateways.messages import (
    Answered,
    Attachment,
    CustomerSaid,
    DeliveryReported,
    Event,
    Ignored,
    Outgoing,
    Person,
    Progress,
    Purpose,
    Reply,
    Sent,
    StaffSaid,
    Unreachable,
)

SVIX = {"svix-id": signatures.ID, "svix-timestamp": signatures.TIMESTAMP, "svix-signature": signatures.SIGNATURE}
RECEIVED = "received"  # what `poll` calls a mail that it fetched from Resend
POLL_RESEND_EVERY = 5.0  # seconds
SHORT = 60  # characters of a text, up to which its subject is part of what it says
LONGEST_FULL = 20_000  # characters of the original that are kept beside the new part
MOST_OTHERS = 20


class Email(Adapter):
    label = "Email"
    docs = "https://www.rfc-editor.org/rfc/rfc5322"
    capabilities = Capabilities(quotes=True, polls=True, machines=True)
    Config = Config
    kept_headers = ("content-type", inbox.FOLDER, inbox.CUT, "svix-id")

    @property
    def tokens(self) -> Tokens:
        return Tokens(self.config.signing_key, self.config.own)

    @property
    def resend(self) -> Resend:
        if not self.config.resend_api_key:
            raise DeliveryError(Failure.CREDENTIALS, "This gateway has no Resend API key. Set it in its options.")
        return Resend(self.http, self.config.resend_api_key)

    # --- In -----------------------------------------------------------------------------------------------------------

    def verify(self, request: InboundRequest) -> None:
        """Only Resend calls. It signs with Svix, which is Standard Webhooks with other names for the headers."""
        if not self.config.resend_webhook_secret:
            raise SignatureError("This gateway takes no webhooks: it has no Resend webhook secret.")
        renamed = {SVIX.get(name, name): value for name, value in request.headers.items()}
        signatures.verify([self.config.resend_webhook_secret], renamed, request.body)

    def wants_polling(self) -> bool:
        wanted = {IMAP: self.config.imap_host, RESEND: self.config.resend_api_key, NOTHING: ""}
        return bool(wanted[self.config.receive])

    def poll(self, cursor: Mapping[str, Any], wait: float) -> Polled:
        if self.config.receive == RESEND:
            return self._poll_resend(cursor, wait)
        names = {inbox.SENT: self.config.sent_folder, inbox.INBOX: self.config.folder}
        folders = {role: name for role, name in names.items() if name}
        with imap.opened(self.config.imap(), self.http, wait) as folder:
            return inbox.look(folder, folders, cursor, self.config.mark_read, wait)

    def _poll_resend(self, cursor: Mapping[str, Any], wait: float) -> Polled:
        until, resend = time.monotonic() + wait, self.resend
        mails, after = resend.received(cursor)
        while not mails and time.monotonic() + POLL_RESEND_EVERY < until:
            time.sleep(POLL_RESEND_EVERY)
            mails, after = resend.received(after)
        return Polled(tuple(_as_request(mail) for mail in mails), after)

    def parse(self, request: InboundRequest) -> Iterable[Event]:
        if request.headers.get("content-type", "").startswith(inbox.RAW):
            yield from self._events(read(request.body), request.headers)
            return
        try:
            body = read_object(request.body)
            if request.headers.get(inbox.FOLDER) == RECEIVED:
                yield from self._events(mail_of(body), request.headers)
            else:
                yield from reported(body, request.headers.get("svix-id", ""), self._about_ours)
        except Malformed as error:
            raise Unparsable(error.public) from error

    def _events(self, mail: Mail, told: Mapping[str, str]) -> Iterator[Event]:
        """Our own mail come back, a delivery report, a colleague's answer, or what a customer says."""
        key, config = threads.key(mail), self.config
        if ours := self.tokens.read_id(mail.message_id):
            yield StaffSaid(
                key, ours.thread, mail.text, message_id=mail.message_id, client_ref=ours.client_ref, at=mail.at
            )
        elif told.get(inbox.FOLDER) == inbox.SENT:
            yield self._answer(key, mail, threads.place_of_answer(mail, self.tokens))
        elif (report := dsn.read(mail)) and (about := self._about_ours(report.message_ids)):
            yield from _bounced(key, report, *about)
        elif mail.sender.address == config.own or config.is_team(mail.sender.address):
            yield self._from_team(key, mail, told)
        else:
            yield self._said(key, mail, told)

    def _answer(self, key: str, mail: Mail, thread: str) -> Event:
        if not thread:
            return Ignored(key, "It belongs to no conversation that we know.")
        said = quotes.strip(mail.text)
        author = mail.sender.name or mail.sender.address
        return StaffSaid(key, thread, said.text, author, message_id=mail.message_id, at=mail.at)

    def _from_team(self, key: str, mail: Mail, told: Mapping[str, str]) -> Event:
        """What our own people write, if our mail server vouches for them: the sender's address alone proves nothing."""
        proven = threads.proven(mail, self.config.authserv_id)
        if proven and not automated.reason(mail, [self.config.own]):
            marked = self.tokens.thread((party.address for party in (*mail.to, *mail.cc)), mail.references)
            if marked:
                return self._answer(key, mail, marked)
        if mail.sender.address == self.config.own:
            return Ignored(key, "It says that it is from our own address, and belongs to no conversation.")
        return self._said(key, mail, told)

    def _said(self, key: str, mail: Mail, told: Mapping[str, str]) -> Event:
        reason = automated.reason(mail, [self.config.own])
        if not mail.sender.address:
            return Ignored(key, "The mail has no sender.")
        where, said = threads.place(mail, self.tokens, self.config.authserv_id), quotes.strip(mail.text)
        answer_to = next((party for party in mail.reply_to if not self._is_own(party.address)), mail.sender)
        cut = f"Of {told[inbox.CUT]} bytes only the beginning was fetched." if inbox.CUT in told else ""
        metadata = {
            "from": mail.sender.address,
            "reply_to": answer_to.address if answer_to.address != mail.sender.address else "",
            "to": [party.address for party in mail.to],
            "cc": [party.address for party in mail.cc],
            "references": list(mail.references[-MOST_REFERENCES:]),
            "full_text": mail.text[:LONGEST_FULL] if said.left_out else "",
            "problems": [*mail.problems, *([cut] if cut else [])],
        }
        return CustomerSaid(
            key=key,
            thread=where.thread,
            sender=Person(mail.sender.address, mail.sender.name, mail.sender.address),
            text=said.text or mail.subject if where.apart else _with_subject(mail, said.text),
            message_id=mail.message_id[:255],
            subject=mail.subject,
            at=mail.at,
            metadata={name: value for name, value in metadata.items() if value},
            attachments=mail.attachments,
            channel="email",
            automated=reason,
            apart=where.apart,
            others=tuple(self._others(mail)),
        )

    def _others(self, mail: Mail) -> list[str]:
        """Who got the mail besides us: they may write into its conversation."""
        known = dict.fromkeys(party.address for party in (*mail.to, *mail.cc))
        return [one for one in known if one != mail.sender.address and not self._is_own(one)][:MOST_OTHERS]

    def _is_own(self, address: str) -> bool:
        """Whether it is our address, or one of our marks."""
        local, _, domain = self.config.own.partition("@")
        return bool(address == self.config.own or (address.startswith(f"{local}+") and address.endswith(f"@{domain}")))

    def _about_ours(self, found: Iterable[str]) -> tuple[str, str] | None:
        """The mail of ours among these ids and its conversation. Nobody can forge one that is here."""
        for each in found:
            if ours := self.tokens.read_id(each):
                return each, ours.thread
        return None

    def fetch(self, attachment: Attachment) -> bytes:
        return self.resend.attachment(attachment.reference)

    # --- Out ----------------------------------------------------------------------------------------------------------

    def send(self, outgoing: Outgoing) -> Sent:
        if not isinstance(outgoing.effect, Reply):
            raise DeliveryError(Failure.REJECTED, "A mailbox has neither notes nor teams nor tags.")
        letter = self._letter(outgoing, outgoing.effect)
        if self.config.send == RESEND:
            return Sent(self.resend.send(letter, outgoing.client_ref) or letter.message_id)
        recipients = (letter.to.address, *(party.address for party in letter.cc))
        envelope = smtp.Envelope(self.config.own, recipients, compose(letter))
        server = self.config.smtp()
        began = time.monotonic()
        try:
            smtp.send(server, envelope, self._hello(), self.http)
        except DeliveryError as error:
            self._trace(server, began, error)
            raise
        self._trace(server, began, None)
        return Sent(letter.message_id)

    def _letter(self, outgoing: Outgoing, effect: Reply) -> Letter:
        answered = outgoing.answers or Answered("")
        to = clean_address(
            str(answered.metadata.get("reply_to") or answered.metadata.get("from") or outgoing.recipient)
        )
        if not to:
            raise DeliveryError(Failure.REJECTED, "The customer has no address that mail can be sent to.")
        customer = clean_address(outgoing.recipient)
        # Somebody else who has a part wrote last: the customer whose conversation it is hears the answer, too.
        cc = () if answered.metadata.get("from", customer) == customer or not customer else (Party(customer),)
        return Letter(
            sender=Party(self.config.own, self.config.name or effect.author),
            to=Party(to),
            cc=cc,
            reply_to=self.tokens.reply_address(outgoing.thread) if self.config.plus_addressing else "",
            subject=answered.subject or "Your message",
            text=effect.text,
            message_id=self.tokens.message_id(outgoing.thread, outgoing.client_ref),
            answers=answered.message_id,
            references=message_ids(str(one) for one in answered.metadata.get("references", ())),
            automatic=effect.purpose is not Purpose.HUMAN,
        )

    def _hello(self) -> str:
        return str(self.config.own.rpartition("@")[2])

    def _trace(self, server: smtp.Server, began: float, error: DeliveryError | None) -> None:
        if self.http.record is None:
            return
        status = int(error.vendor_code) if error and error.vendor_code.isdigit() else None if error else 250
        milliseconds = round((time.monotonic() - began) * 1000)
        url = f"smtp://{server.host}:{server.port}"
        self.http.record(Trace("SMTP", url, status, milliseconds, error.public if error else ""))

    # --- Check --------------------------------------------------------------------------------------------------------

    def check(self) -> Health:
        try:
            return Health(ok=True, message=" ".join((self._check_receiving(), self._check_sending())))
        except DeliveryError as error:
            return Health(ok=False, message=error.public)

    def _check_receiving(self) -> str:
        if self.config.receive == NOTHING:
            return "Nothing is received."
        if self.config.receive == RESEND:
            return self.resend.check()
        with imap.opened(self.config.imap(), self.http, 0) as folder:
            for name in filter(None, (self.config.sent_folder, self.config.folder)):
                folder.choose(name, readonly=True)
            quick = (
                "tells of new mail at once" if "IDLE" in folder.known else "has no IDLE and is asked every few seconds"
            )
        return f"The IMAP server lets us in and {quick}."

    def _check_sending(self) -> str:
        if self.config.send == SMTP:
            smtp.check(self.config.smtp(), self._hello(), self.http)
            return "The SMTP server lets us in."
        return self.resend.check() if self.config.receive != RESEND else ""


def _as_request(mail: dict[str, Any]) -> InboundRequest:
    headers = {"content-type": "application/json", inbox.FOLDER: RECEIVED}
    return InboundRequest("POST", headers, json.dumps(mail).encode())


def _with_subject(mail: Mail, text: str) -> str:
    """A first mail often says in its subject what its text only refers to."""
    if mail.references or REPLY_PREFIX.match(mail.subject) or len(text) > SHORT or mail.subject.lower() in text.lower():
        return text or mail.subject
    return f"{mail.subject}\n\n{text}".strip()


def _bounced(key: str, report: dsn.Report, message_id: str, thread: str) -> Iterator[Event]:
    who = f"{report.recipient}: " if report.recipient else ""
    if not report.failed:
        yield Ignored(key, f"A mail of ours is late or arrived: {who}{report.detail}"[:300])
        return
    yield DeliveryReported(key, message_id, Progress.FAILED, f"It came back from {who}{report.detail}"[:300])
    if report.gone:
        yield Unreachable(f"{key}:gone", thread, f"Mail to the customer comes back: {who}{report.detail}"[:300])
