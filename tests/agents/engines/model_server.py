"""A server on loopback that plays one scripted answer after the other, and keeps what it was asked."""

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Behaviour = Callable[[BaseHTTPRequestHandler], None]


@dataclass(frozen=True)
class Asked:
    path: str
    headers: dict[str, str]  # names in lower case
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class ModelServer:
    url: str
    script: deque[Behaviour] = field(default_factory=deque)
    asked: list[Asked] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)  # lets go whoever answers slowly

    def slow(self, handler: BaseHTTPRequestHandler) -> None:
        self.over.wait(10)


def answer(status: int, body: Any) -> Behaviour:
    """A whole answer; `body` is bytes, or anything that is sent as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()

    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    return send


def cut(handler: BaseHTTPRequestHandler) -> None:
    """An answer that ends in the middle of its body."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"choices": [')
    handler.close_connection = True


def decided(**changes: Any) -> dict[str, Any]:
    """A decision as a well-behaved model writes it."""
    return {
        "reply": "Within 5 working days.",
        "escalation": "none",
        "reason": "answered",
        "why": "The article on refunds says so.",
        "confidence": 0.9,
        "sub_agent": "",
        "articles": [1],
        "note": "Asked about a refund.",
        "clarifies": False,
        "tags": ["refund"],
        "language": "en",
        "facts": ["Bought a tent."],
        **changes,
    }


def completion(content: Any, finish: str = "stop", **message: Any) -> Behaviour:
    """https://platform.openai.com/docs/api-reference/chat/object; `content` is text, or a decision."""
    text = content if isinstance(content, str) or content is None else json.dumps(content)
    return answer(
        200,
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1_770_000_000,
            "model": "small-1",
            "choices": [
                {"index": 0, "message": {"role": "assistant", "content": text, **message}, "finish_reason": finish}
            ],
            "usage": {"prompt_tokens": 1200, "completion_tokens": 80, "total_tokens": 1280},
        },
    )


@contextmanager
def serving() -> Iterator[ModelServer]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            model.asked.append(Asked(self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            model.script.popleft()(self)

        def log_message(self, *args: Any) -> None:
            """Nothing: tests look at `asked`."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        model = ModelServer(f"http://127.0.0.1:{server.server_address[1]}")
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield model
        model.over.set()
        server.shutdown()
