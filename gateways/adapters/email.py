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
from contextlib import suppress
from typing import Any

from agents.http import Trace
from gateways import messages, signatures
from gateways.base import Adapter, Capabilities, Files, Health, InboundRequest, Polled
from gateways.bodies import read_object
from gateways.errors import ConfigError, DeliveryError, Failure, Malformed, SignatureError, Unparsable
from gateways.mail import automated, dsn, imap, inbox, oauth, quotes, smtp, threads
from gateways.mail.compose import MOST_REFERENCES, REPLY_PREFIX, Letter, compose
from gateways.mail.headers import clean_address
from gateways.mail.letters import Letters
from gateways.mail.logins import Server
from gateways.mail.options import BY_US, IMAP, NOTHING, RESEND, SMTP, Config
from gateways.mail.read import Mail, read
from gateways.mail.resend import Resend, mail_of
from gateways.mail.resend_hooks import reported
from gateways.mail.tokens import Tokens
from gateways.messages import (
    Attachment,
    CustomerSaid,
    DeliveryReported,
    Event,
    Ignored,
    Open,
    Outgoing,
    Person,
    Progress,
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
QUICK = 10.0  # seconds for a look into the sent mail, or a copy for it: a sending's lease isn't long
MOST_FILE = 18_000_000  # bytes: as base64 it still goes into a mail of 25 MB


class Email(Adapter):
    label = "Email"
    docs = "https://www.rfc-editor.org/rfc/rfc5322"
    capabilities = Capabilities(
        opens=True, quotes=True, polls=True, machines=True, authorizes=True, files=Files.ALONG, max_file=MOST_FILE
    )
    Config = Config
    kept_headers = ("content-type", inbox.FOLDER, inbox.CUT, "svix-id")

    @property
    def tokens(self) -> Tokens:
        return Tokens(self.config.signing_key, self.config.own)

    @property
    def _letters(self) -> Letters:
        return Letters(self.config, self.tokens, self.account.name)

    @property
    def resend(self) -> Resend:
        if not self.config.resend_api_key:
            raise DeliveryError(Failure.CREDENTIALS, "This gateway has no Resend API key. Set it in its options.")
        return Resend(self.http, self.config.resend_api_key)

    @property
    def _imap(self) -> Server:
        server: Server = self.config.imap(self.secrets.get(oauth.ACCESS, ""))
        return server

    @property
    def _smtp(self) -> Server:
        server: Server = self.config.smtp(self.secrets.get(oauth.ACCESS, ""))
        return server

    # --- OAuth --------------------------------------------------------------------------------------------------------

    def authorize(self, redirect: str, state: str) -> str:
        if self.config.sign_in == oauth.PASSWORD:
            raise ConfigError({"sign_in": "Choose the provider first: this gateway signs in with passwords."})
        if self.config.oauth_application:
            raise ConfigError({"oauth_application": "The application speaks for itself: nobody has to authorise it."})
        return oauth.address(self.config.client(), redirect, state)

    def exchange(self, redirect: str, code: str) -> messages.Tokens:
        return oauth.exchange(self.config.client(), redirect, code, self.http)

    def refresh(self) -> messages.Tokens | None:
        if self.config.sign_in == oauth.PASSWORD:
            return None
        if self.config.oauth_application:
            return oauth.speak_for_itself(self.config.client(), self.http)
        if not self.config.oauth_refresh_token:
            return None
        return oauth.refresh(self.config.client(), self.config.oauth_refresh_token, self.http)

    # --- In -----------------------------------------------------------------------------------------------------------

    def verify(self, request: InboundRequest) -> None:
        """Only Resend calls. It signs with Svix, which is Standard Webhooks with other names for the headers."""
        if not self.config.resend_webhook_secret:
            raise SignatureError("This gateway takes no webhooks: it has no Resend webhook secret.")
        renamed = {SVIX.get(name, name): value for name, value in request.headers.items()}
        signatures.verify([self.config.resend_webhook_secret], renamed, request.body)

    def wants_polling(self) -> bool:
        wanted = {IMAP: self.config.receives_by_imap, RESEND: bool(self.config.resend_api_key), NOTHING: False}
        return bool(wanted[self.config.receive])

    def poll(self, cursor: Mapping[str, Any], wait: float) -> Polled:
        if self.config.receive == RESEND:
            return self._poll_resend(cursor, wait)
        names = {inbox.SENT: self.config.sent_folder, inbox.INBOX: self.config.folder}
        folders = {role: name for role, name in names.items() if name}
        with imap.opened(self._imap, self.http, wait) as folder:
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
        answer_to = next((party for party in mail.reply_to if not self.config.is_own(party.address)), mail.sender)
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
        return [one for one in known if one != mail.sender.address and not self.config.is_own(one)][:MOST_OTHERS]

    def _about_ours(self, found: Iterable[str]) -> tuple[str, str] | None:
        """The mail of ours among these ids, as `send` called it, and its conversation. Nobody can forge one."""
        for each in found:
            if ours := self.tokens.read_id(each):
                began = self.tokens.opened_thread(ours.client_ref) == ours.thread
                return ours.thread if began else each, ours.thread
        return None

    def fetch(self, attachment: Attachment) -> bytes:
        return self.resend.attachment(attachment.reference)

    @classmethod
    def addressee(cls, at: str) -> Person:
        if not (address := clean_address(at)):
            raise ConfigError({"at": "Give the address of who gets it, behind a slash: “1a2B3c/grace@example.com”."})
        return Person(address, email=address)

    # --- Out ----------------------------------------------------------------------------------------------------------

    def send(self, outgoing: Outgoing) -> Sent:
        return self._sent(outgoing, self._post(self._letters.write(outgoing), outgoing.client_ref))

    def _sent(self, outgoing: Outgoing, found: str) -> Sent:
        """A conversation that we have begun goes by its own name, not by that of its first mail."""
        begun = isinstance(outgoing.effect, Open)
        return Sent(self.tokens.opened_thread(outgoing.client_ref) if begun else found)

    def _post(self, letter: Letter, client_ref: str) -> str:
        """Send it. The id under which we are told what becomes of it."""
        if self.config.send == RESEND:
            return self.resend.send(letter, client_ref) or letter.message_id
        recipients = (letter.to.address, *(party.address for party in letter.cc))
        envelope = smtp.Envelope(self.config.own, recipients, compose(letter))
        server = self._smtp
        began = time.monotonic()
        try:
            smtp.send(server, envelope, self._hello(), self.http)
        except DeliveryError as error:
            self._trace(server, began, error)
            raise
        self._trace(server, began, None)
        if self.config.sent_copies == BY_US:
            self._keep_copy(envelope.data)
        return letter.message_id

    def _keep_copy(self, mail: bytes) -> None:
        """Whatever becomes of the copy, the mail has been sent."""
        with suppress(DeliveryError):
            server, began = self._imap, time.monotonic()
            try:
                with imap.opened(server, self.http, 0, spare=QUICK) as folder:
                    folder.keep(self.config.sent_folder or "Sent", mail)
            except DeliveryError as error:
                self._trace(server, began, error, "IMAP")

    def can_settle(self) -> bool:
        return bool(self.config.has_sent_mail or (self.config.send == RESEND and self.config.receive == RESEND))

    def can_repeat(self) -> bool:
        return bool(self.config.send == RESEND)

    def settle(self, outgoing: Outgoing) -> Sent | None:
        letter = self._letters.write(outgoing)
        found = self.resend.find(letter) if self.config.send == RESEND else self._find(letter.message_id)
        return self._sent(outgoing, found) if found else None

    def _find(self, message_id: str) -> str:
        """The id, if there is such a mail among those that the server filed as sent; else an empty one."""
        try:
            with imap.opened(self._imap, self.http, 0, spare=QUICK) as folder:
                folder.choose(self.config.sent_folder, readonly=True)
                return message_id if folder.holds(message_id) else ""
        except DeliveryError as error:
            if error.failure is not Failure.REJECTED:
                raise
            public = f"The sent folder couldn't be looked into, so the mail may have been sent. {error.public}"
            raise DeliveryError(Failure.UNKNOWN, public) from error

    def _hello(self) -> str:
        return str(self.config.own.rpartition("@")[2])

    def _trace(self, server: Server, began: float, error: DeliveryError | None, verb: str = "SMTP") -> None:
        if self.http.record is None:
            return
        status = int(error.vendor_code) if error and error.vendor_code.isdigit() else None if error else 250
        milliseconds = round((time.monotonic() - began) * 1000)
        url = f"{verb.lower()}://{server.host}:{server.port}"
        self.http.record(Trace(verb, url, status, milliseconds, error.public if error else ""))

    # --- Check --------------------------------------------------------------------------------------------------------

    def check(self) -> Health:
        return Health(ok=True, message=" ".join((self._check_receiving(), self._check_sending())).strip())

    def _check_receiving(self) -> str:
        if self.config.receive == NOTHING:
            return "Nothing is received."
        if self.config.receive == RESEND:
            return self.resend.check()
        with imap.opened(self._imap, self.http, 0) as folder:
            for name in filter(None, (self.config.sent_folder, self.config.folder)):
                folder.choose(name, readonly=True)
            quick = (
                "tells of new mail at once" if "IDLE" in folder.known else "has no IDLE and is asked every few seconds"
            )
        return f"The IMAP server lets us in and {quick}."

    def _check_sending(self) -> str:
        if self.config.send == SMTP:
            smtp.check(self._smtp, self._hello(), self.http)
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
