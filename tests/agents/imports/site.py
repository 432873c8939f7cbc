"""A website on loopback whose pages a test sets, and which keeps what it was asked for."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network

from agents.http import Http, Policy
from agents.imports.fetch import Fetcher


@dataclass(frozen=True)
class Page:
    body: bytes
    content_type: str = "text/html; charset=utf-8"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Site:
    url: str
    pages: dict[str, Page | list[Page]] = field(default_factory=dict)  # of a list, one after the other
    asked: list[str] = field(default_factory=list)

    def put(self, path: str, body: str | bytes, **changes: object) -> None:
        content = body.encode() if isinstance(body, str) else body
        self.pages[path] = Page(content.replace(b"{url}", self.url.encode()), **changes)  # type: ignore[arg-type]

    def article(self, path: str, title: str, text: str) -> None:
        self.put(path, f"<html><body><nav>Menu</nav><main><h1>{title}</h1><p>{text}</p></main></body></html>")

    def sitemap(self, *paths: str, at: str = "/sitemap.xml") -> None:
        places = "".join(f"<url><loc>{{url}}{path}</loc></url>" for path in paths)
        space = "http://www.sitemaps.org/schemas/sitemap/0.9"
        self.put(at, f'<?xml version="1.0"?><urlset xmlns="{space}">{places}</urlset>', content_type="text/xml")

    def moved(self, path: str, to: str) -> None:
        self.put(path, b"", status=301, headers={"Location": to})

    def answer(self, path: str) -> Page:
        page = self.pages.get(path, Page(b"Nothing here", status=404))
        return page.pop(0) if isinstance(page, list) else page


@contextmanager
def serving() -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append(self.path)
            page = site.answer(self.path)
            self.send_response(page.status)
            self.send_header("Content-Type", page.content_type)
            self.send_header("Content-Length", str(len(page.body)))
            for name, value in page.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(page.body)

        def log_message(self, *args: object) -> None:
            """Nothing: tests look at `asked`."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        site = Site(f"http://127.0.0.1:{server.server_address[1]}")
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield site
        server.shutdown()


def fetcher(*allowed: str, waits: list[float] | None = None) -> Fetcher:
    """One that waits for nothing, and may go to loopback unless told otherwise."""
    networks = tuple(ip_network(network) for network in allowed or ("127.0.0.0/8",))
    noted = waits if waits is not None else []
    return Fetcher(Http(Policy(allowed=networks)), sleep=noted.append, pause=0.0)
