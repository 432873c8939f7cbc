"""What all loopback platforms are made of: an HTTP server with a table of routes, state under one lock, and faults.

class Desk(Platform):
    routes = {("GET", r"/tickets/(?P<id>[0-9]+)"): "ticket"}

    def ticket(self, request: Request, id: str) -> Reply: ...
"""

import json
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Self
from urllib.parse import parse_qsl, urlsplit

import requests


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]  # names in lower case
    body: bytes
    pairs: tuple[tuple[str, str], ...] = ()  # the query with what is in it more than once

    def json(self) -> Any:
        return json.loads(self.body or b"{}")


@dataclass(frozen=True)
class Reply:
    body: Any = None  # bytes, or what becomes JSON
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


Fault = Callable[[Request], Reply | None]


class Platform:
    """One vendor's server. `lock` guards all state; wait for news with it."""

    routes: ClassVar[Mapping[tuple[str, str], str]] = {}

    def __init__(self) -> None:
        self.lock = threading.Condition()
        self.requests: list[Request] = []
        self._faults: deque[tuple[str, Fault]] = deque()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._threads = [threading.Thread(target=self._server.serve_forever, args=[0.05], daemon=True)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *args: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def fail(self, path: str, fault: Fault, times: int = 1) -> None:
        """Answer the next requests whose path matches with what the fault gives."""
        self._faults += [(path, fault)] * times

    def mend(self, path: str) -> None:
        """Forget the faults for this path that haven't happened yet."""
        with self.lock:
            self._faults = deque(each for each in self._faults if each[0] != path)

    def answer(self, request: Request) -> Reply:
        with self.lock:
            self.requests.append(request)
            fault = self._fault(request)
        if fault and (reply := fault(request)):
            return reply
        return self.handle(request)

    def handle(self, request: Request) -> Reply:
        for (method, pattern), name in self.routes.items():
            if method == request.method and (found := re.fullmatch(pattern, request.path)):
                reply = getattr(self, name)(request, **found.groupdict())
                assert isinstance(reply, Reply)
                return reply
        return self.nowhere(request)

    def nowhere(self, request: Request) -> Reply:
        return Reply({"error": "not found"}, 404)

    def _fault(self, request: Request) -> Fault | None:
        for index, (path, fault) in enumerate(self._faults):
            if re.search(path, request.path):
                del self._faults[index]
                return fault
        return None

    def wait_for(self, look: Callable[[], Any], what: str, patience: float = 30.0) -> Any:
        """What `look` finds in the state, once it finds something."""
        with self.lock:
            found = None
            until = time.monotonic() + patience
            while not (found := look()) and (left := until - time.monotonic()) > 0:
                self.lock.wait(min(left, 0.2))
        assert found, f"{what} didn't come within {patience:g} s"
        return found

    @staticmethod
    def push(url: str, body: bytes, headers: Mapping[str, str], tries: int = 5) -> bool:
        """Call a webhook as vendors do, again and again until it is taken. Whether it was."""
        for attempt in range(tries):
            try:
                if requests.post(url, data=body, headers=dict(headers), timeout=10).ok:
                    return True
            except requests.RequestException:
                pass
            time.sleep(0.1 * 2**attempt)
        return False


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Who hung up has hung up."""


def _handler(platform: Platform) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            pairs = tuple(parse_qsl(parts.query, keep_blank_values=True))
            reply = platform.answer(Request(self.command, parts.path, dict(pairs), headers, body, pairs))
            content = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            self.send_response(reply.status)
            self.send_header("Content-Type", "application/json")
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

        def log_message(self, *args: Any) -> None:
            pass

    return Handler
