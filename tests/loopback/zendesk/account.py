"""Who may call a Zendesk account and how often, and how its answers are refused and paged.

https://developer.zendesk.com/api-reference/introduction/security-and-auth/
https://developer.zendesk.com/api-reference/introduction/rate-limits/
https://developer.zendesk.com/api-reference/introduction/pagination/
"""

import base64
import binascii
import math
import time
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from tests.loopback.server import Platform, Reply, Request

ANONYMOUS = {"id": None, "name": "Anonymous user", "email": "invalid@example.com", "role": "end-user"}
STAFF = ("agent", "admin")
LARGEST_PAGE = 100


class Refusal(Exception):
    """What Zendesk answers in place of what was asked for."""

    def __init__(self, status: int, error: Any, description: str = "", details: Any = None, **headers: str) -> None:
        super().__init__(f"{status} {error}")
        said = {"description": description} if description else {}
        self.body = {"error": error, **said, **({"details": details} if details else {})}
        self.status, self.headers = status, {name.replace("_", "-"): value for name, value in headers.items()}

    def reply(self) -> Reply:
        return Reply(self.body, self.status, self.headers)


def invalid(**fields: str) -> Refusal:
    """What is wrong with which field of a record."""
    details = {name: [{"description": text, "error": "InvalidValue"}] for name, text in fields.items()}
    return Refusal(422, "RecordInvalid", "Record validation errors", details)


def moment(at: float | None = None) -> str:
    return datetime.fromtimestamp(time.time() if at is None else at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Account(Platform):
    """One account. `limit` requests are taken in `window` seconds, of exports `export_limit`."""

    def __init__(self) -> None:
        super().__init__()
        self.limit, self.window = 700, 60.0
        self.export_limit = 10
        self.api_tokens: set[str] = {"an-api-token-of-the-account"}
        self.access_tokens: dict[str, dict[str, Any]] = {}  # by token: user, scopes, until
        self.users: dict[int, dict[str, Any]] = {}
        self.throttled: list[Request] = []
        self._calls: dict[str, deque[float]] = defaultdict(deque)
        self._number = 9_000_000_000_000  # as many digits as theirs have

    def next(self) -> int:
        self._number += 1
        return self._number

    # --- Before any of it is looked at --------------------------------------------------------------------------------

    def answer(self, request: Request) -> Reply:
        request = replace(request, path=request.path.removesuffix(".json"))
        headers: dict[str, str] = {}
        try:
            if request.path.startswith("/api/"):
                headers = self._counted(request)
            reply = super().answer(request)
        except Refusal as no:
            reply = no.reply()
        return replace(reply, headers={**headers, **reply.headers})

    def handle(self, request: Request) -> Reply:
        with self.lock:
            if request.path.startswith("/api/") and request.path != "/api/v2/users/me":
                self.who(request)
            return super().handle(request)

    def nowhere(self, request: Request) -> Reply:
        return Refusal(404, "InvalidEndpoint", "Not found").reply()

    def _counted(self, request: Request) -> dict[str, str]:
        """The headers that tell how much is left. Raises Refusal where nothing is."""
        with self.lock:
            exports = "/incremental/" in request.path
            try:
                if exports:
                    self.count("exports", self.export_limit, self.window)
                left, reset = self.count("account", self.limit, self.window)
            except Refusal:
                self.requests.append(request)
                self.throttled.append(request)
                raise
        told = {"X-Rate-Limit": str(self.limit), "X-Rate-Limit-Remaining": str(left)}
        return {**told, "ratelimit-limit": str(self.limit), "ratelimit-remaining": str(left), "ratelimit-reset": reset}

    def count(self, what: str, limit: int, window: float) -> tuple[int, str]:
        """One more of these. How many are left, and in how many seconds there is room for another."""
        calls, now = self._calls[what], time.monotonic()
        while calls and calls[0] <= now - window:
            calls.popleft()
        reset = str(max(1, math.ceil(calls[0] + window - now))) if calls else str(math.ceil(window))
        if len(calls) >= limit:
            told = {"X-Rate-Limit": str(limit), "X-Rate-Limit-Remaining": "0", "ratelimit-reset": reset}
            raise Refusal(429, "TooManyRequests", "Number of allowed API requests exceeded", Retry_After=reset, **told)
        calls.append(now)
        return limit - len(calls), reset

    # --- Who calls ----------------------------------------------------------------------------------------------------

    def who(self, request: Request, staff: bool = False, admin: bool = False) -> dict[str, Any]:
        """The user whose credentials these are. Raises Refusal for none, and for one who may not do this."""
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        user = self._by_token(given, request) if scheme == "Bearer" else self._by_password(scheme, given)
        if (admin and user["role"] != "admin") or (staff and user["role"] not in STAFF):
            raise Refusal(403, "Forbidden", "You do not have access to this page.")
        return user

    def _by_token(self, given: str, request: Request) -> dict[str, Any]:
        found = self.access_tokens.get(given)
        if found is None or found["until"] < time.time():
            about = "The access token provided is expired, revoked, malformed or invalid for other reasons."
            raise Refusal(401, "invalid_token", about)
        needed = "read" if request.method == "GET" else "write"
        room = {"webhooks": "webhooks", "triggers": "triggers", "tickets": "tickets", "users": "users"}
        area = room.get(request.path.split("/")[3], "")
        if needed not in found["scopes"] and f"{area}:{needed}" not in found["scopes"]:
            raise Refusal(403, "Forbidden", "You are missing the following required scopes: " + needed)
        return self.users[found["user"]]

    def _by_password(self, scheme: str, given: str) -> dict[str, Any]:
        try:
            name, _, token = base64.b64decode(given, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            name, token = "", ""
        email, slash, kind = name.partition("/")
        found = [user for user in self.users.values() if user["email"] == email]
        if scheme != "Basic" or not found or (slash, kind) != ("/", "token") or token not in self.api_tokens:
            raise Refusal(401, "Couldn't authenticate you")
        return found[0]

    # --- Pages --------------------------------------------------------------------------------------------------------

    def page(self, request: Request, name: str, rows: Iterable[Mapping[str, Any]], **beside: Any) -> Reply:
        """The page that was asked for, by cursor or by number."""
        listed, query = list(rows), request.query
        if "page[size]" not in query and "page[after]" not in query:
            return self._numbered(request, name, listed, beside)
        size = _whole(query.get("page[size]", "100"), "page[size]", LARGEST_PAGE)
        start = _position(query["page[after]"]) if query.get("page[after]") else 0
        shown, more = listed[start : start + size], start + size < len(listed)
        after = base64.b64encode(f"o:{start + len(shown)}".encode()).decode() if shown else None
        following = f"{self.url}{request.path}.json?page[after]={after}&page[size]={size}" if more else None
        meta = {"has_more": more, "after_cursor": after, "before_cursor": None}
        return Reply({name: shown, **beside, "meta": meta, "links": {"next": following, "prev": None}})

    def _numbered(self, request: Request, name: str, rows: list[Any], beside: dict[str, Any]) -> Reply:
        number = _whole(request.query.get("page", "1"), "page", 10_000)
        size = _whole(request.query.get("per_page", "100"), "per_page", LARGEST_PAGE)
        shown, more = rows[(number - 1) * size : number * size], number * size < len(rows)
        address = f"{self.url}{request.path}.json?page={{}}&per_page={size}"
        around = {
            "next_page": address.format(number + 1) if more else None,
            "previous_page": address.format(number - 1) if number > 1 else None,
        }
        return Reply({name: shown, **beside, **around, "count": len(rows)})


def _whole(given: str, name: str, most: int) -> int:
    if not given.isdigit() or not 0 < int(given) <= most:
        raise Refusal(400, {"title": "Invalid attribute", "message": f"{name} must be between 1 and {most}"})
    return int(given)


def _position(cursor: str) -> int:
    try:
        return int(base64.b64decode(cursor).decode().removeprefix("o:"))
    except (ValueError, binascii.Error):
        about = {"title": "Invalid attribute", "message": "page[after] is not valid"}
        raise Refusal(400, about) from None
