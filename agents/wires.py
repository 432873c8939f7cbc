"""Guarded connections for protocols other than HTTP: the same policy and the same check of addresses.

One wire is one connection. It ends at the latest when the policy's total time is over, whatever the other side does.
"""

import socket
import ssl
from functools import cache

import certifi

from agents.connections import Line, Policy

__all__ = ["Wire"]


class Wire:
    """A connection to one host and port, yet to be opened. `close` it in the end, opened or not."""

    def __init__(self, policy: Policy, host: str, port: int) -> None:
        self.policy = policy
        self.host = host
        self.port = port
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
            secured = tls_context().wrap_socket(sock, server_hostname=self.host)
        secured.settimeout(self.policy.read_timeout)
        return secured

    def close(self) -> None:
        self._line.close()


@cache
def tls_context() -> ssl.SSLContext:
    """Trusts the system's authorities, to which SSL_CERT_FILE may add, and those of certifi. Costly to make."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
