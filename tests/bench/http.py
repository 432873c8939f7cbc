"""As much HTTP/1.1 as two loopback programs need, without the cost of a library per request."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Incoming:
    method: str
    path: str
    headers: dict[str, str]  # names in lower case
    body: bytes


def read_request(buffer: bytearray) -> Incoming | None:
    """Take the first request out of the buffer, if all of it is there."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return None
    first, headers = _head(buffer, end)
    length = int(headers.get("content-length", "0"))
    if len(buffer) < end + 4 + length:
        return None
    body = bytes(buffer[end + 4 : end + 4 + length])
    del buffer[: end + 4 + length]
    method, path, _ = first.split(" ", 2)
    return Incoming(method, path, headers, body)


def read_response(buffer: bytearray) -> int | None:
    """Take the first response out of the buffer, if all of it is there. Returns its status."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return None
    first, headers = _head(buffer, end)
    if "chunked" in headers.get("transfer-encoding", ""):
        last = buffer.find(b"0\r\n\r\n", end + 4)
        whole = last + 5 if last >= 0 else len(buffer) + 1
    else:
        whole = end + 4 + int(headers.get("content-length", "0"))
    if len(buffer) < whole:
        return None
    del buffer[:whole]
    return int(first.split(" ", 2)[1])


def response(status: int, body: bytes, headers: Mapping[str, str] | None = None) -> bytes:
    lines = [f"HTTP/1.1 {status} -", f"Content-Length: {len(body)}", "Content-Type: application/json"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def post(path: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """A whole request."""
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def _head(buffer: bytearray, end: int) -> tuple[str, dict[str, str]]:
    first, *lines = buffer[:end].decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return first, {name.lower(): value.strip() for name, _, value in pairs}


class Client(asyncio.Protocol):
    """One kept-alive connection; one request at a time."""

    def __init__(self) -> None:
        self.buffer = bytearray()
        self.answer: asyncio.Future[int] | None = None
        self.transport: asyncio.Transport | None = None

    @classmethod
    async def connect(cls, port: int) -> "Client":
        _, client = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        return client

    async def send(self, request: bytes) -> int:
        """The status of the answer. Raises OSError when the connection ends before it."""
        if self.transport is None or self.transport.is_closing():
            raise ConnectionError
        self.answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return await self.answer

    def close(self) -> None:
        if self.transport is not None:
            self.transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        status = read_response(self.buffer)
        if status is not None and self.answer and not self.answer.done():
            self.answer.set_result(status)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.answer and not self.answer.done():
            self.answer.set_exception(ConnectionResetError("The connection ended before an answer."))
