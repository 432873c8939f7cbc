"""A server on loopback for one request, which behaves as a test says."""

import socket
import threading
from contextlib import contextmanager

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Kind: a\r\n\r\nhello"


@contextmanager
def serving(behave, context=None):
    """A server on loopback that gives its first connection to `behave`. Yields its port and what it has read."""
    heard = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def run():
            try:
                connection, _ = server.accept()
                with connection, context.wrap_socket(connection, server_side=True) if context else connection as line:
                    behave(line, heard)
            except OSError:  # the client or the test went away
                return

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield server.getsockname()[1], heard
        server.close()
        thread.join(5)


def answering(answer):
    def behave(line, heard):
        heard.append(read_request(line))
        line.sendall(answer)

    return behave


def read_request(line):
    request = b""
    while b"\r\n\r\n" not in request:
        request += line.recv(65536)
    head, _, body = request.partition(b"\r\n\r\n")
    length = next((int(row[15:]) for row in head.split(b"\r\n") if row.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        body += line.recv(65536)
    return head + b"\r\n\r\n" + body
