"""Get pages over the guarded way out: redirects checked one by one, robots.txt kept, with pauses."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from protego import Protego

from agents.http import Http, HttpError, Response
from agents.imports.pieces import Gone, Unreadable
from agents.imports.text import decoded

AGENT = "Aissist-Gateways"
MOST_BYTES = 10_000_000  # of one answer
MOST_REDIRECTS = 5
LONGEST = 60.0  # seconds for a page with all its redirects; the last request may take longer
PAUSE = 0.5  # seconds between two requests
LONGEST_PAUSE = 10.0  # that a robots.txt can ask for
LONGEST_WAIT = 20.0  # seconds that a server can have us wait before we ask once more
REDIRECTS = (301, 302, 303, 307, 308)
BUSY = (429, 500, 502, 503, 504)
ACCEPT = "text/html, application/xhtml+xml, text/markdown;q=0.9, application/xml;q=0.9, */*;q=0.8"
FORBIDDEN = "Its robots.txt asks programs to leave this page alone."


@dataclass(frozen=True, slots=True)
class Fetched:
    address: str  # where it was in the end
    content_type: str
    body: bytes


class Fetcher:
    """Requests of one import, one after the other."""

    def __init__(self, http: Http, sleep: Callable[[float], None] = time.sleep, pause: float = PAUSE) -> None:
        self._http, self._sleep, self._pause = http, sleep, pause
        self._last = 0.0  # when the last request ended, by time.monotonic()
        self._robots: dict[str, Protego | None] = {}  # by origin; None: none of it may be fetched

    def get(self, address: str, *, polite: bool) -> Fetched:
        """What is at `address` or where that leads. A polite one keeps to robots.txt. Raises Unreadable."""
        until = time.monotonic() + LONGEST
        for _ in range(MOST_REDIRECTS + 1):
            if time.monotonic() > until:
                raise Unreadable("Its server takes too long.")
            if polite:
                self._check_robots(address)
            response = self._patiently(address)
            if response.status not in REDIRECTS or "location" not in response.headers:
                return _checked(address, response)
            address = urljoin(address, response.headers["location"]).partition("#")[0]
        raise Unreadable(f"It redirects more than {MOST_REDIRECTS} times.")

    def _patiently(self, address: str) -> Response:
        """The answer; of a server that is busy, the second."""
        response = self._ask(address)
        if response.status in BUSY:
            self._sleep(_wait(response))
            response = self._ask(address)
        return response

    def _ask(self, address: str) -> Response:
        self._sleep(max(0.0, self._last + self._pause - time.monotonic()))
        try:
            return self._http.request("GET", address, headers={"Accept": ACCEPT}, max_bytes=MOST_BYTES)
        except HttpError as error:
            raise Unreadable(error.public) from None
        finally:
            self._last = time.monotonic()

    # --- robots.txt, RFC 9309 ---

    def _check_robots(self, address: str) -> None:
        parts = urlsplit(address)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._robots:
            self._robots[origin] = self._read_robots(origin)
        rules = self._robots[origin]
        if rules is None:
            raise Unreadable(f"{origin}/robots.txt can't be read, so its pages aren't either.")
        if not rules.can_fetch(address, AGENT):
            raise Unreadable(FORBIDDEN)
        asked = rules.crawl_delay(AGENT)
        self._pause = max(self._pause, min(float(asked or 0), LONGEST_PAUSE))

    def _read_robots(self, origin: str) -> Protego | None:
        """The rules. Without a robots.txt all is allowed; while its server fails, nothing is."""
        address = f"{origin}/robots.txt"
        try:
            for _ in range(MOST_REDIRECTS):
                response = self._patiently(address)
                if response.status not in REDIRECTS or "location" not in response.headers:
                    break
                address = urljoin(address, response.headers["location"])
        except Unreadable:
            return None
        if response.status >= 500 or response.status == 429:
            return None
        return Protego.parse(decoded(response.body) if response.status == 200 else "")


def _checked(address: str, response: Response) -> Fetched:
    if response.status in (404, 410):
        raise Gone(f"It isn't there any more ({response.status}).")
    if response.status in (401, 403):
        raise Unreadable(f"Its server doesn't let us read it ({response.status}).")
    if response.status != 200:
        raise Unreadable(f"Its server answered {response.status}.")
    return Fetched(address, response.headers.get("content-type", ""), response.body)


def _wait(response: Response) -> float:
    """https://www.rfc-editor.org/rfc/rfc9110#field.retry-after; a date counts as nothing said."""
    said = response.headers.get("retry-after", "")
    return min(float(said), LONGEST_WAIT) if said.isascii() and said.isdigit() else 2.0
