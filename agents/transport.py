"""One HTTP/1.1 exchange over a guarded line, as an adapter of `requests`.

What `requests` brings along for this goes through urllib3 and http.client: pools, proxies, retries and redirects that
aren't wanted here, and three times the computing. So the request is written here, and its answer is read by llhttp, the
parser of Node.js. Tests intercept it where they intercept any adapter. https://github.com/MagicStack/httptools
"""

import socket
import ssl
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import certifi
import requests
from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

from agents.connections import Line

PORTS = {"http": 80, "https": 443}
CHUNK = 65_536  # bytes
MOST_BESIDE = 262_144  # bytes of an answer at a stretch that aren't its body: headers, sizes of chunks


class Request(requests.PreparedRequest):
    """A request that is ready to go, and the line that it goes over."""

    line: Line


class Transport(HTTPAdapter):
    """Used without a `requests.Session`: so there are no redirects, proxies, cookies or .netrc to switch off."""

    def get_connection_with_tls_context(self, request: Any, *_: Any, **__: Any) -> Any:
        return _Exchange(request)

    def cert_verify(self, *_: Any) -> None:
        """The context verifies already."""

    def request_url(self, request: Any, *_: Any) -> str:
        """Never a proxy's."""
        return str(request.path_url)


class _Exchange:
    """Stands where HTTPAdapter has a pool of connections: this is for one request."""

    def __init__(self, request: Request) -> None:
        self.request = request

    def urlopen(
        self, *, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None, **_: Any
    ) -> "Answer":
        """Send the request and read the answer's head. Raises NotSent, Blocked; OSError once it may have arrived."""
        line, target = self.request.line, urlsplit(str(self.request.url))
        host, port = target.hostname or "", target.port or PORTS[target.scheme]
        sock = _connected(line, host, port, secure=target.scheme == "https")
        try:
            sock.settimeout(line.policy.read_timeout)
            with suppress(BrokenPipeError, ConnectionResetError):  # it may have answered before it had heard all
                sock.sendall(_head(method, url, _named(host, target.port, target.scheme), headers) + (body or b""))
            return Answer(sock, method)
        except BaseException:
            sock.close()
            raise


def _connected(line: Line, host: str, port: int, *, secure: bool) -> socket.socket:
    with line.connecting(host):
        sock = line.dial(host, port)
        if not secure:
            return sock
        try:
            sock.settimeout(line.policy.connect_timeout)
            return _tls_context().wrap_socket(sock, server_hostname=host)
        except BaseException:
            sock.close()
            raise


def _named(host: str, port: int | None, scheme: str) -> str:
    """The value of the header Host. https://www.rfc-editor.org/rfc/rfc9110#section-7.2"""
    shown = f"[{host}]" if ":" in host else host
    return shown if port in (None, PORTS[scheme]) else f"{shown}:{port}"


def _head(method: str, url: str, host: str, headers: Mapping[str, str]) -> bytes:
    rows: Iterable[str] = (f"{name}: {value}\r\n" for name, value in headers.items())
    return f"{method} {url} HTTP/1.1\r\nHost: {host}\r\n{''.join(rows)}\r\n".encode("latin-1")


class Answer:
    """What comes back, read as it is asked for: as much of urllib3's answer as `requests` wants.

    An answer that gives its length, or ends by itself, has to come whole. Any other ends where the connection does.
    """

    reason = ""

    def __init__(self, sock: socket.socket, method: str) -> None:
        self.status = 0  # 0 until the head is whole
        self.headers: dict[str, str] = {}  # names in lower case
        self._sock = sock
        self._has_no_body = method == "HEAD"
        self._body: list[bytes] = []
        self._beside = 0  # bytes since the last of the body
        self._is_whole = False
        self._parser = HttpResponseParser(self)
        while not self.status:
            self._read()

    def stream(self, size: int, decode_content: bool = True) -> Iterator[bytes]:
        """The body, piece by piece. Raises OSError where it breaks off, urllib3's DecodeError where it isn't proper."""
        if decode_content and "content-encoding" in self.headers:  # which we never ask for
            packed: Any = _Raw(self)  # not quite a file, but all of one that is asked for
            yield from HTTPResponse(packed, headers=self.headers, preload_content=False).stream(size)
            return
        while piece := self._next():
            yield piece

    def close(self) -> None:
        self._sock.close()

    release_conn = close

    def _next(self) -> bytes:
        """A piece of the body that isn't empty; an empty one at its end."""
        while not self._body:
            if self._is_whole:
                return b""
            self._read()
        return self._body.pop(0)

    def _read(self) -> None:
        received = self._sock.recv(CHUNK)
        self._beside += len(received)
        if received:
            try:
                self._parser.feed_data(received)
            except (HttpParserError, HttpParserUpgrade) as error:
                raise ConnectionError(f"The answer isn't HTTP: {type(error).__name__}") from None
            if self._beside > MOST_BESIDE:
                raise ConnectionError("The answer has headers without end.")
        elif self.status and self._ends_with_its_connection():
            self._is_whole = True
        else:
            raise ConnectionResetError("The connection ended before the answer did.")

    def _ends_with_its_connection(self) -> bool:
        """https://www.rfc-editor.org/rfc/rfc9112#section-6.3"""
        is_chunked = "chunked" in self.headers.get("transfer-encoding", "").lower()
        return not is_chunked and "content-length" not in self.headers

    # --- Called by the parser ---

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.status:
            return  # behind the body
        key, text = name.decode("latin-1").lower(), value.decode("latin-1").strip()
        self.headers[key] = f"{self.headers[key]}, {text}" if key in self.headers else text

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if 100 <= status < 200:  # the answer itself is still to come
            self.headers.clear()
            return
        self.status = status
        self._is_whole = self._has_no_body

    def on_body(self, body: bytes) -> None:
        self._body.append(body)
        self._beside = 0

    def on_message_complete(self) -> None:
        self._is_whole = bool(self.status)


class _Raw:
    """A body as a file, from which urllib3 undoes what it was packed with."""

    def __init__(self, answer: Answer) -> None:
        self.closed = False
        self._answer = answer
        self._rest = b""

    def read(self, size: int = CHUNK) -> bytes:
        piece = self._rest or self._answer._next()
        self._rest = piece[size:]
        return piece[:size]

    def close(self) -> None:
        self.closed = True
        self._answer.close()


@cache
def _tls_context() -> ssl.SSLContext:
    """Trusts the system's authorities, to which SSL_CERT_FILE may add, and those of certifi. Costly to make."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    context.set_alpn_protocols(["http/1.1"])
    return context
