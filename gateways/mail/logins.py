"""Where mail servers are, how the way there is secured, and how we prove to them who we are.

https://developers.google.com/workspace/gmail/imap/xoauth2-protocol
https://learn.microsoft.com/en-us/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth
"""

import socket
from dataclasses import dataclass, field

from agents.connections import HttpError
from agents.wires import is_public
from gateways.answers import unanswered
from gateways.errors import DeliveryError, Failure

TLS, STARTTLS, NONE = "tls", "starttls", "none"


@dataclass(frozen=True, slots=True)
class Password:
    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OAuth:
    user: str
    token: str = field(repr=False)  # an access token, which the core renews in time


Login = Password | OAuth


@dataclass(frozen=True, slots=True)
class Server:
    """Where a mail server listens and who we are to it."""

    host: str
    port: int
    security: str  # TLS, STARTTLS or NONE
    login: Login | None  # None: it knows us by our address
    authority: str = ""  # certificates in PEM that are trusted there besides the usual ones

    @property
    def where(self) -> str:
        return f"{self.host}, port {self.port}"


def xoauth2(user: str, token: str) -> str:
    return f"user={user}\x01auth=Bearer {token}\x01\x01"


def in_the_open(server: Server, sock: socket.socket | None) -> bool:
    """Whether what we say there could be read by others on the way."""
    return server.security == NONE and (sock is None or is_public(sock))


def open_login(server: Server) -> DeliveryError:
    public = f"We don't sign in to {server.where} without TLS. Set its security to “tls” or “starttls”."
    return DeliveryError(Failure.CREDENTIALS, public)


def no_starttls(server: Server) -> DeliveryError:
    public = (
        f"The server at {server.where} offers no STARTTLS, so nothing was said to it. "
        "Check port and security: “tls” is usual on 993 and 465."
    )
    return DeliveryError(Failure.CREDENTIALS, public)


def unconnected(error: HttpError) -> DeliveryError:
    """What it means that no connection came about. One with a wrong certificate is for operators to mend."""
    if not error.untrusted:
        return unanswered(error)
    public = f"{error.public} If an authority of your own has signed it, enter that one's under “CA certificate”."
    return DeliveryError(Failure.CREDENTIALS, public)
