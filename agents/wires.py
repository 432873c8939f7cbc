"""Guarded connections for protocols other than HTTP: the same policy and the same check of addresses.

One wire is one connection. It ends at the latest when the policy's total time is over, whatever the other side does.
"""

import socket
import ssl
from functools import lru_cache
from ipaddress import ip_address

import certifi

from agents.addresses import is_reachable
from agents.connections import Line, Policy

__all__ = ["Wire", "is_public", "tls_context"]


class Wire:
    """A connection to one host and port, yet to be opened. `close` it in the end, opened or not."""

    def __init__(self, policy: Policy, host: str, port: int, authority: str = "") -> None:
        """`authority`: certificates in PEM that are trusted on this wire besides the usual ones."""
        self.policy = policy
        self.host = host
        self.port = port
        self.authority = authority
        self._line = Line(policy)

    @property
    def expired(self) -> bool:
        """Whether it was cut because it took too long."""
        return self._line.expired

    def open(self, *, tls: bool) -> socket.socket:
        """The connected socket, each of whose reads waits `read_timeout` at most. Raises Blocked or NotSent."""
        sock = self._line.dial(self.host, self.port)
        if tls:
            sock = self.secure(sock)
        sock.settimeout(self.policy.read_timeout)
        return sock

    def secure(self, sock: socket.socket) -> socket.socket:
        """TLS over a connection that is open, with the certificate checked. Raises NotSent."""
        with self._line.connecting(self.host):
            sock.settimeout(self.policy.connect_timeout)
            secured = tls_context(self.authority).wrap_socket(sock, server_hostname=self.host)
        secured.settimeout(self.policy.read_timeout)
        return secured

    def close(self) -> None:
        self._line.close()


@lru_cache(maxsize=32)
def tls_context(authority: str = "") -> ssl.SSLContext:
    """Trusts the system's authorities, to which SSL_CERT_FILE may add, those of certifi, and `authority`.

    Costly to make. Raises ssl.SSLError or ValueError for an `authority` without certificates.
    """
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    if authority:
        context.load_verify_locations(cadata=authority)
    return context


def is_public(sock: socket.socket) -> bool:
    """Whether what is sent there crosses the internet."""
    return is_reachable(ip_address(sock.getpeername()[0].partition("%")[0]))
