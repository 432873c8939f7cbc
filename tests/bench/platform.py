"""The loopback platform, a process of its own: takes deliveries, fails as told, keeps a log of everything.

    POST /<gateway>             a delivery, as the webhook adapter sends it
    GET  /<gateway>/refs/<id>   200 if that delivery was accepted, else 404
    GET  /log                   every request, as JSON lines, in the order of arrival
    GET  /log/<n>               the same without the first n
    POST /faults                how to fail from now on (`faults.Faults` as JSON)
    POST /reset                 forget everything

A repeat of an accepted webhook-id is logged as `repeat`. What that means is for the reader: a receiver that keeps to
Standard Webhooks drops it, any other has it twice.
"""

import asyncio
import json
import math
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any

from tests.bench.faults import Fault, Faults
from tests.bench.http import Incoming, read_request, response


@dataclass(frozen=True, slots=True)
class Record:
    """One request of the site's, as the platform saw it. `at` is when its last byte had arrived, in Unix time."""

    at: float
    gateway: str
    ref: str
    attempt: int
    outcome: str  # accepted | repeat | refused
    fault: str
    kind: str = ""
    conversation: str = ""
    purpose: str = ""
    text: str = ""


class Platform:
    def __init__(self) -> None:
        self.faults = Faults()
        self.forget()

    def forget(self) -> None:
        self.log: list[Record] = []
        self.attempts: dict[str, int] = {}
        self.accepted: set[str] = set()
        self.free_at = 0.0

    def deliver(self, gateway: str, request: Incoming) -> tuple[bytes | None, float]:
        """The answer, None for a cut connection, and after how many seconds."""
        ref = request.headers.get("webhook-id", "")
        attempt = self.attempts[ref] = self.attempts.get(ref, 0) + 1
        fault = Fault.THROTTLED if (wait := self._banned_for()) else self.faults.of_request(ref, attempt)
        outcome = ("repeat" if ref in self.accepted else "accepted") if fault.accepts else "refused"
        self.log.append(Record(time.time(), gateway, ref, attempt, outcome, fault.value, **_content(request.body)))
        if fault.accepts:
            self.accepted.add(ref)
        seconds = self.faults.answer_time(ref, attempt) + (self.faults.slow if fault is Fault.SLOW else 0)
        return _answer(fault, ref, wait or self.faults.retry_after), seconds

    def _banned_for(self) -> float:
        """Seconds that a ban still lasts; the first request after `throttle` was set begins it."""
        now = time.time()
        if self.faults.throttle and not self.free_at:
            self.free_at = now + self.faults.throttle
        return max(0.0, self.free_at - now)

    def lookup(self, ref: str) -> bytes:
        return response(200 if ref in self.accepted else 404, b"{}")

    def control(self, request: Incoming) -> bytes:
        match request.method, request.path:
            case "GET", path if path.startswith("/log"):
                first = int(path.removeprefix("/log").strip("/") or 0)
                lines = "\n".join(json.dumps(asdict(record)) for record in self.log[first:])
                return response(200, lines.encode())
            case "POST", "/faults":
                self.faults, self.free_at = Faults.of(json.loads(request.body)), 0.0
            case "POST", "/reset":
                self.forget()
            case _:
                return response(404, b"{}")
        return response(200, b"{}")


def _content(body: bytes) -> dict[str, str]:
    said = json.loads(body)
    data: dict[str, Any] = said["data"]
    return {
        "kind": said["type"],
        "conversation": data.get("conversation", ""),
        "purpose": data.get("purpose", ""),
        "text": data.get("content", ""),
    }


def _answer(fault: Fault, ref: str, wait: float) -> bytes | None:
    match fault:
        case Fault.CUT_BEFORE | Fault.CUT_AFTER:
            return None
        case Fault.THROTTLED:
            return response(429, b"{}", {"Retry-After": str(math.ceil(wait))})
        case Fault.BROKEN:
            return response(500, b"{}")
        case Fault.UNAVAILABLE:
            return response(503, b"{}")
    return response(200, json.dumps({"id": f"p-{ref}"}).encode())


class Line(asyncio.Protocol):
    """One connection, kept alive; a request is read as soon as it is whole."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.buffer = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while request := read_request(self.buffer):
            self._answer(request)

    def _answer(self, request: Incoming) -> None:
        parts = request.path.strip("/").split("/")
        if len(parts) == 3 and parts[1] == "refs":
            self.transport.write(self.platform.lookup(parts[2]))
        elif "webhook-id" in request.headers:
            answer, seconds = self.platform.deliver(parts[0], request)
            asyncio.get_running_loop().call_later(seconds, self._finish, answer)
        else:
            self.transport.write(self.platform.control(request))

    def _finish(self, answer: bytes | None) -> None:
        if answer is None:
            self.transport.abort()
        elif not self.transport.is_closing():
            self.transport.write(answer)


async def serve(port: int, addresses: list[str]) -> None:
    platform = Platform()
    server = await asyncio.get_running_loop().create_server(lambda: Line(platform), addresses, port, backlog=1024)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), ["127.0.0.1", *sys.argv[2:]]))
