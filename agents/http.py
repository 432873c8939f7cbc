"""The one guarded way out of this machine: time-outs, size caps, and no way into private networks.

It stands in the leftmost room because engines and adapters alike go through it.
"""

import base64
import logging
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import requests
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError as Urllib3Error
from urllib3.util import Url, parse_url

from agents.connections import Blocked, HttpError, Interrupted, Line, NotSent, Policy
from agents.transport import CHUNK, Request, Transport

__all__ = ["Blocked", "Http", "HttpError", "Interrupted", "NotSent", "Policy", "Response", "Trace", "basic"]

log = logging.getLogger(__name__)

DEFAULT_HEADERS = {"User-Agent": "Aissist-Gateways", "Accept-Encoding": "identity", "Connection": "close"}
# Those that follow from the address and the body. Set by hand they could make two requests of one.
RESERVED_HEADERS = frozenset(
    ("host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "expect")
)
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2
HEADER_VALUE = re.compile(r"(?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?")  # RFC 9110, 5.5
USERINFO = re.compile(r"[^/?#]*//[^/?#]*@")
HIDDEN = "***"
TRANSPORT = Transport()


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


class Http:
    """Makes requests under a policy and tells `record` about each. May be shared between threads."""

    def __init__(
        self,
        policy: Policy,
        record: Callable[[Trace], None] | None = None,
        hidden: Iterable[str] = (),
        within: float | None = None,
    ) -> None:
        """`hidden`: secrets that may stand in addresses, and are left out of what `record` is told.

        `within`: so many seconds from now, all requests have to be over.
        """
        self.policy = policy
        self.record = record
        self.until = None if within is None else time.monotonic() + within
        self.hidden = tuple(form for secret in hidden if secret for form in (secret, quote(secret, safe="")))

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes = b"", **options: Any
    ) -> Response:
        """Send one request, without following redirects. Any status is an answer; no answer raises HttpError.

        `options` replace the policy's time-outs and size cap for this request: `read_timeout=60, total_timeout=90`.
        """
        if "allowed" in options:
            raise TypeError("Which addresses are allowed is the policy's to say, not a request's.")
        started = time.monotonic()
        try:
            policy = self._hurried(replace(self.policy, **options))
            response = _exchange(_prepare(method, url, headers or {}, body), policy)
        except HttpError as error:
            self._trace(method, url, error.status, started, error.public)
            raise
        self._trace(method, url, response.status, started, "")
        return response

    def _hurried(self, policy: Policy) -> Policy:
        if self.until is None:
            return policy
        left = self.until - time.monotonic()
        if left <= 0:
            raise NotSent("The time for all requests together is over.")
        times = ("connect_timeout", "read_timeout", "total_timeout")
        return replace(policy, **{name: min(left, getattr(policy, name)) for name in times})

    def _trace(self, method: str, url: str, status: int | None, started: float, error: str) -> None:
        if self.record is None:
            return
        shown = _shown(url)
        for secret in self.hidden:
            shown = shown.replace(secret, HIDDEN)
        trace = Trace(method.upper(), shown, status, round((time.monotonic() - started) * 1000), error)
        try:
            self.record(trace)
        except Exception:  # whatever became of the record, the request has happened
            log.exception("A request couldn't be recorded")


# --- Before: only proper requests -------------------------------------------------------------------------------------


def basic(user: str, password: str) -> str:
    """A value for the header Authorization. https://www.rfc-editor.org/rfc/rfc7617#section-2"""
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


def _prepare(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Request:
    if not TOKEN.fullmatch(method):
        raise Blocked("The method of the request isn't a word.")
    _check_headers(headers)
    request = Request()
    request.method, request.url = method.upper(), _proper(url)
    request.headers = CaseInsensitiveDict(DEFAULT_HEADERS | dict(headers))
    request.body = body or None
    request.prepare_content_length(request.body)
    return request


@lru_cache(maxsize=1000)  # most gateways post to one address
def _proper(url: str) -> str:
    """The URL as it is asked for: quoted where that is needed, names in ASCII. Raises Blocked."""
    parsed = _parse(url)
    if parsed is None or not parsed.host:
        raise Blocked("The address can't be read as a URL.")
    if parsed.scheme not in ("http", "https"):
        raise Blocked("Only http:// and https:// addresses can be reached.")
    if parsed.auth is not None or USERINFO.match(url):  # an empty one isn't in `auth`
        raise Blocked("The address holds a user name or password. Put those into a header instead.")
    prepared = requests.PreparedRequest()
    try:
        prepared.prepare_url(url, None)
    except (requests.RequestException, ValueError):
        raise Blocked("The address can't be read as a URL.") from None
    return str(prepared.url)


def _check_headers(headers: Mapping[str, str]) -> None:
    for name, value in headers.items():
        if not TOKEN.fullmatch(name):
            raise Blocked("A header has a name with characters that header names can't have.")
        if name.lower() in RESERVED_HEADERS:
            raise Blocked(f"The header “{name}” follows from the request and can't be set.")
        if not HEADER_VALUE.fullmatch(value):
            raise Blocked(f"The header “{name}” holds a line break, or another character that headers can't carry.")


def _parse(url: str) -> Url | None:
    if any(character <= " " or character == "\x7f" for character in url):
        return None
    try:
        return parse_url(url)
    except Urllib3Error:
        return None


@lru_cache(maxsize=1000)
def _shown(url: str) -> str:
    """The URL without what may be secret in it."""
    parsed = _parse(url)
    if parsed is None or not parsed.host:
        return "(not a URL)"
    return Url(scheme=parsed.scheme, host=parsed.host, port=parsed.port, path=parsed.path).url


# --- During and after -------------------------------------------------------------------------------------------------


def _exchange(request: Request, policy: Policy) -> Response:
    line, status = Line(policy), None
    request.line = line
    try:
        with TRANSPORT.send(request, stream=True) as answer:
            status = answer.status_code
            body = _read(answer, policy.max_bytes)
        if line.expired:  # an answer without a length ends where we cut it, and looks whole
            raise TimeoutError
        return Response(status, {name.lower(): value for name, value in answer.headers.items()}, body)
    except (requests.RequestException, Urllib3Error, OSError) as error:
        raise _failure(error, line, status) from None  # its text holds the whole URL
    finally:
        line.close()


def _read(answer: requests.Response, most: int) -> bytes:
    body = bytearray()
    for chunk in answer.iter_content(CHUNK):
        body += chunk
        if len(body) > most:
            raise Interrupted(
                f"The answer ({answer.status_code}) has more than {most:,} bytes. We stopped reading it.",
                answer.status_code,
            )
    return bytes(body)


def _failure(error: Exception, line: Line, status: int | None) -> HttpError:
    """What a failure means. Before the connection stood, nothing can have been sent; after that, anything can."""
    timed_out = any(isinstance(each, TimeoutError | requests.ReadTimeout) for each in (error, *error.args))
    if not line.connected and not timed_out:
        return NotSent("No connection could be made.")
    begun = f"The answer ({status}) broke off" if status else "The request was sent, and no answer came"
    if line.expired:
        return Interrupted(f"{begun}: it took more than {line.policy.total_timeout:g} s.", status, timed_out=True)
    if timed_out:
        text = f"{begun}: there was silence for {line.policy.read_timeout:g} s."
        return Interrupted(text, status, timed_out=True)
    return Interrupted(f"{begun}: the connection was cut.", status)
