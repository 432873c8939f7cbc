"""The one guarded way out of this machine: time-outs, size caps, and no way into private networks.

It stands in the leftmost room because engines and adapters alike go through it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Policy:
    """Which addresses may be reached beyond the public ones, how long a request may take, how much may come back."""

    allowed: tuple[IPv4Network | IPv6Network, ...] = ()
    connect_timeout: float = 5.0  # seconds
    read_timeout: float = 20.0  # seconds
    max_bytes: int = 5_000_000

    @classmethod
    def of(cls, networks: Iterable[str]) -> Self:
        return cls(allowed=tuple(ip_network(network) for network in networks))


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes


@dataclass(frozen=True, slots=True)
class Trace:
    """What may be kept of a request: no query, no headers, no bodies."""

    method: str
    url: str
    status: int | None
    milliseconds: int
    error: str


class HttpError(Exception):
    """No answer came. `public` holds no secret."""

    def __init__(self, public: str) -> None:
        super().__init__(public)
        self.public = public


class Blocked(HttpError):
    """The address is not one that we may reach."""


class NotSent(HttpError):
    """Surely nothing arrived there: no address, no connection."""


class Interrupted(HttpError):
    """The request left, and no whole answer came back: it may or may not have been acted on."""


class Http:
    """Makes requests under a policy and tells `record` about each."""

    def __init__(self, policy: Policy, record: Callable[[Trace], None] | None = None) -> None:
        self.policy = policy
        self.record = record

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes = b"", **options: Any
    ) -> Response:
        """Send one request, without following redirects. Any status is an answer; no answer raises HttpError."""
        raise NotImplementedError
