"""One connection for one request, made only to addresses that were checked.

The guard sits where the connection is made: the name is resolved once, every address found is checked, and the
connection goes to one of those. There is no second lookup that could answer differently (DNS rebinding), while the Host
header, SNI and the certificate check stay with the name. Connections aren't kept: one that the other side closes just
as we write to it would leave us not knowing whether the request arrived.
"""

import os
import socket
import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any, Self

import certifi
import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError as Urllib3Error
from urllib3.util import parse_url
from urllib3.util.ssl_match_hostname import CertificateError

from agents.addresses import is_reachable
from agents.deadlines import DEADLINES, Deadline


@dataclass(frozen=True, slots=True)
class Policy:
    """Which addresses may be reached beyond the public ones, how long a request may take, how much may come back."""

    allowed: tuple[IPv4Network | IPv6Network, ...] = ()
    connect_timeout: float = 5.0  # seconds, for each address and for the TLS handshake
    read_timeout: float = 20.0  # seconds of silence
    max_bytes: int = 5_000_000
    total_timeout: float = 30.0  # seconds for everything after the name is resolved

    @classmethod
    def of(cls, networks: Iterable[str]) -> Self:
        return cls(allowed=tuple(ip_network(network) for network in networks))


class HttpError(Exception):
    """No answer came. `public` holds no secret."""

    def __init__(
        self, public: str, status: int | None = None, *, timed_out: bool = False, untrusted: bool = False
    ) -> None:
        super().__init__(public)
        self.public = public
        self.status = status  # of an answer that began and didn't end, else None
        self.timed_out = timed_out
        self.untrusted = untrusted  # the other side's certificate isn't good


class Blocked(HttpError):
    """We don't send this: the address is not one that we may reach, or the request isn't a proper one."""


class NotSent(HttpError):
    """Surely nothing arrived there: no address, no connection."""


class Interrupted(HttpError):
    """The request left, and no whole answer came back: it may or may not have been acted on.

    Where `status` is set, the answer had begun with it; then only the rest of the answer is missing.
    """


class Line:
    """The one connection of one request, and how far it got."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.connected = False  # TLS included: only from here on can anything have arrived
        self.expired = False
        self._hold: socket.socket | None = None
        self._deadline: Deadline | None = None

    def dial(self, host: str, port: int) -> socket.socket:
        """A TCP connection to an address of `host`, all of which may be reached. Raises Blocked or NotSent."""
        addresses = _resolve(host, port)
        for *_, address in addresses:
            if not is_reachable(ip_address(address[0]), self.policy.allowed):
                raise Blocked(
                    f"{host} is at {address[0]}, which is not a public address. If requests may go there, "
                    "add its network to the setting OUTBOUND_ALLOWED_NETWORKS."
                )
        self._deadline = DEADLINES.set(self.policy.total_timeout, self._cut)
        sock = self._connect(host, port, addresses)
        # TLS takes the socket object apart while it shakes hands; a duplicate can end the connection at any moment.
        self._hold = sock.dup()
        return sock

    def _connect(self, host: str, port: int, addresses: list[Any]) -> socket.socket:
        problem: OSError = TimeoutError()
        for family, kind, protocol, _, address in addresses:
            if self.expired:
                break
            sock = socket.socket(family, kind, protocol)
            try:
                sock.settimeout(self.policy.connect_timeout)
                sock.connect(address)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError as error:
                sock.close()
                problem = error
            else:
                return sock
        text = f"No connection to {host}, port {port}: {self._cause(problem)}."
        raise NotSent(text, timed_out=isinstance(problem, TimeoutError))

    @contextmanager
    def connecting(self, host: str) -> Iterator[None]:
        """Around everything up to the end of the TLS handshake."""
        try:
            yield
        except (OSError, CertificateError, Urllib3Error) as error:
            text = f"No connection to {host}: {self._cause(error)}."
            untrusted = isinstance(error, ssl.SSLCertVerificationError)
            raise NotSent(text, timed_out=isinstance(error, TimeoutError), untrusted=untrusted) from None
        if self.expired:
            text = f"No connection to {host}: it took more than {self.policy.total_timeout:g} s."
            raise NotSent(text, timed_out=True)
        self.connected = True

    def _cause(self, error: Exception) -> str:
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"its certificate isn't valid ({error.verify_message.rstrip('.')})"
        if isinstance(error, TimeoutError):
            return f"no answer within {self.policy.connect_timeout:g} s"
        if isinstance(error, ssl.SSLError) or not isinstance(error, OSError) or not error.errno:
            return "the TLS handshake failed"
        return os.strerror(error.errno).lower()

    def _cut(self) -> None:
        self.expired = True
        self._hang_up()

    def _hang_up(self) -> None:
        if self._hold is not None:
            with suppress(OSError):  # it is closed already, which is all we want
                self._hold.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._hang_up()
        if self._hold is not None:
            self._hold.close()


def _resolve(host: str, port: int) -> list[Any]:
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotSent(f"The name {host} can't be resolved to an address.") from None


class _OverLine(HTTPConnection):
    """A connection that is dialled by a line, which has checked the address."""

    def __init__(self, *args: Any, line: Line, **options: Any) -> None:
        super().__init__(*args, **options)
        self.line = line

    def _new_conn(self) -> socket.socket:
        return self.line.dial(self.host, self.port)

    def connect(self) -> None:
        with self.line.connecting(self.host):
            super().connect()


class _Plain(_OverLine):
    pass


class _Tls(_OverLine, HTTPSConnection):
    pass


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _Tls


class Transport(HTTPAdapter):
    """Used without a `requests.Session`: so there are no redirects, proxies, cookies or .netrc to switch off."""

    def __init__(self, line: Line) -> None:
        super().__init__()
        self.line = line

    def get_connection_with_tls_context(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> Any:
        url = parse_url(str(request.url))
        # Without a port http.client looks for one in the host, and finds it in any IPv6 address.
        if url.scheme == "https":
            return _TlsPool(str(url.host), url.port or 443, line=self.line, ssl_context=_tls_context())
        return _PlainPool(str(url.host), url.port or 80, line=self.line)

    def cert_verify(self, *_: Any) -> None:
        """The context verifies already."""


@cache
def _tls_context() -> ssl.SSLContext:
    """Trusts the system's authorities, to which SSL_CERT_FILE may add, and those of certifi. Costly to make."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    context.set_alpn_protocols(["http/1.1"])
    return context
