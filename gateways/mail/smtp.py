"""One mail over SMTP, and exactly what became of it. RFC 5321: https://www.rfc-editor.org/rfc/rfc5321

| when | what | failure |
|---|---|---|
| before the final dot | no connection, cut, 4xx | unreachable: again later |
| login | 5xx | credentials |
| sender, recipient, data | 5xx | rejected |
| after the final dot | cut, silence | unknown: it may have been taken |
"""

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from agents.connections import HttpError
from agents.http import Http
from agents.wires import Wire
from gateways.errors import DeliveryError, Failure
from gateways.mail.enclosed import too_large
from gateways.mail.logins import (
    STARTTLS,
    TLS,
    OAuth,
    Server,
    in_the_open,
    no_starttls,
    open_login,
    unconnected,
    xoauth2,
)

FILED_WITHIN = 120.0  # seconds from then on in which a server that took a mail has filed it, too
NOT_US = frozenset((530, 534, 535, 538))  # authentication is needed, or isn't good enough: RFC 4954, 6


@dataclass(frozen=True, slots=True)
class Envelope:
    sender: str
    recipients: tuple[str, ...]
    data: bytes  # the mail with CRLF line ends


class _Client(smtplib.SMTP):
    """smtplib over a guarded wire."""

    def __init__(self, wire: Wire, hello: str) -> None:
        super().__init__(local_hostname=hello, timeout=wire.policy.read_timeout)
        self.wire = wire

    def open(self, server: Server) -> None:
        """Connected, greeted, and secured where that is wanted."""
        self.sock = self.wire.open(tls=server.security == TLS)
        self.file = None
        self._expect(self.getreply(), 220)
        self.ehlo_or_helo_if_needed()
        if server.security == STARTTLS:
            if not self.has_extn("starttls") or self.docmd("STARTTLS")[0] != 220:
                raise no_starttls(server)
            self.sock = self.wire.secure(self.sock)
            self.file = None  # whatever came before TLS isn't from whom the certificate names
            self.helo_resp = self.ehlo_resp = None
            self.esmtp_features = {}
            self.ehlo_or_helo_if_needed()

    def sign_in(self, server: Server) -> None:
        login = server.login
        if login is None or not self.has_extn("auth"):
            return  # it knows us by our address, or will say 530
        if in_the_open(server, self.sock):
            raise open_login(server)
        if isinstance(login, OAuth):
            said = xoauth2(login.user, login.token)
            self.auth("XOAUTH2", lambda challenge=None: said if challenge is None else "")
        else:
            self.login(login.user, login.password)

    def deliver(self, envelope: Envelope) -> str:
        """The server's word on it. What is raised up to the final dot is `_Early`."""
        options = [] if envelope.data.isascii() else ["smtputf8"]
        if options and not self.has_extn("smtputf8"):
            raise DeliveryError(Failure.REJECTED, "The server can't send to addresses with such letters (SMTPUTF8).")
        options += self._announced(len(envelope.data))
        self._expect(self.mail(envelope.sender, options), 250)
        for recipient in envelope.recipients:
            self._expect(self.rcpt(recipient), 250, 251)
        self._expect(self.docmd("DATA"), 354)
        try:
            self.send(_dotted(envelope.data))
            reply = self.getreply()
        except (OSError, smtplib.SMTPException) as error:
            public = "The connection was cut after the mail was sent: it may have been taken."
            raise DeliveryError(Failure.UNKNOWN, public, retry_after=FILED_WITHIN) from error
        return self._expect(reply, 250)

    def _announced(self, size: int) -> list[str]:
        """The size, for servers that want to know it before the mail, RFC 1870."""
        if not self.has_extn("size"):
            return []
        most = self.esmtp_features["size"].strip()
        if most.isdigit() and 0 < int(most) < size:
            raise too_large(size, int(most))
        return [f"size={size}"]

    def _expect(self, reply: tuple[int, bytes], *codes: int) -> str:
        code, words = reply
        if code not in codes:
            raise smtplib.SMTPResponseException(code, words)
        return words.decode("utf-8", "replace")


def _dotted(data: bytes) -> bytes:
    """With the dots doubled that stand at the beginning of a line, RFC 5321, 4.5.2, and the one that ends it all."""
    stuffed = smtplib._quote_periods(data)  # type: ignore[attr-defined]  # what sendmail() uses
    return bytes(stuffed if stuffed.endswith(b"\r\n") else stuffed + b"\r\n") + b".\r\n"


def send(server: Server, envelope: Envelope, hello: str, http: Http) -> str:
    """Send it. Returns the server's word. Raises DeliveryError."""
    with _client(server, hello, http) as client:
        return client.deliver(envelope)


def check(server: Server, hello: str, http: Http) -> None:
    """Return if we could send now. Raises DeliveryError."""
    with _client(server, hello, http):
        pass


@contextmanager
def _client(server: Server, hello: str, http: Http) -> Iterator[_Client]:
    wire = Wire(http.policy, server.host, server.port, server.authority)
    client = _Client(wire, hello)
    try:
        with _named(server):
            client.open(server)
            client.sign_in(server)
            yield client
            with suppress(OSError, smtplib.SMTPException):
                client.quit()
    finally:
        with suppress(OSError):
            client.close()
        wire.close()


@contextmanager
def _named(server: Server) -> Iterator[None]:
    """Whatever goes wrong, as the failure that it is."""
    where = f"{server.host}, port {server.port}"
    try:
        yield
    except HttpError as error:
        raise unconnected(error) from error
    except smtplib.SMTPAuthenticationError as error:
        raise _refused(error, where, Failure.CREDENTIALS) from error
    except smtplib.SMTPResponseException as error:
        raise _refused(error, where, Failure.REJECTED) from error
    except smtplib.SMTPNotSupportedError as error:
        public = f"The mail server at {where} offers no login that we know. Check port, security and user name."
        raise DeliveryError(Failure.CREDENTIALS, public) from error
    except (smtplib.SMTPException, OSError) as error:
        public = f"The mail server at {where} ended the connection before the mail was sent."
        raise DeliveryError(Failure.UNREACHABLE, public) from error


def _refused(error: smtplib.SMTPResponseException, where: str, failure: Failure) -> DeliveryError:
    code = error.smtp_code
    raw = error.smtp_error if isinstance(error.smtp_error, bytes) else str(error.smtp_error).encode()
    words = " ".join(raw.decode("utf-8", "replace").split())[:200]
    if code in NOT_US:
        failure = Failure.CREDENTIALS
    elif not 500 <= code < 600:
        failure = Failure.UNREACHABLE
    return DeliveryError(failure, f"The mail server at {where} said {code} {words}", vendor_code=str(code))
