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
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Any, Self

from agents.addresses import Network, is_reachable
from agents.deadlines import DEADLINES, Deadline


@dataclass(frozen=True, slots=True)
class Policy:
    """Which addresses may be reached beyond the public ones, how long a request may take, how much may come back."""

    allowed: tuple[Network, ...] = ()
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
            if not _may_be_reached(address[0], self.policy.allowed):
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
        except OSError as error:
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


@lru_cache(maxsize=1000)
def _may_be_reached(address: str, allowed: tuple[Network, ...]) -> bool:
    return is_reachable(ip_address(address), allowed)


def _resolve(host: str, port: int) -> list[Any]:
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotSent(f"The name {host} can't be resolved to an address.") from None
