"""Make a request to Zendesk's API, and say exactly how it failed.

Errors: https://developer.zendesk.com/api-reference/introduction/requests/
Limits: https://developer.zendesk.com/api-reference/introduction/rate-limits/
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from agents.http import Http, HttpError, Response
from gateways import answers
from gateways.errors import DeliveryError, Failure
from gateways.messages import Allowance

PAGE = 100  # rows; Zendesk gives no more at once
WINDOW = 60.0  # seconds in which the account's requests are counted, where the answer doesn't say when it ends
ENDPOINT_LIMIT = re.compile(r"remaining=(\d+);?\s*resets=(\d+)")


class CallError(DeliveryError):
    """Zendesk said no. `status` is what it answered, `details` what it says of the fields."""

    def __init__(self, error: DeliveryError, public: str, status: int, details: str) -> None:
        super().__init__(error.failure, public, retry_after=error.retry_after, vendor_code=str(status))
        self.status, self.details = status, details


class Calls:
    """The API of one account."""

    def __init__(self, http: Http, base: str, authorization: str, heed: Callable[[Allowance], None]) -> None:
        self.http, self.base, self.authorization, self.heed = http, base, authorization, heed

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return self.call("GET", path, query)

    def call(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """What the API answers, {} for nothing. Raises DeliveryError; CallError where it is Zendesk that says no."""
        content = b"" if body is None else json.dumps(body).encode()
        kind = {} if body is None else {"Content-Type": "application/json"}
        return read(self.send(method, self.address(path, query), {**kind, **(headers or {})}, content))

    def address(self, path: str, query: Mapping[str, Any] | None = None) -> str:
        told = urlencode(query, doseq=True, quote_via=quote, safe="[],") if query else ""
        return f"{self.base}{path}{'?' if told else ''}{told}"

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes = b"", **limits: Any) -> Response:
        """One request to an address of the account's, signed in. Raises DeliveryError for all but a 2xx."""
        signed = {"Authorization": self.authorization, "Accept": "application/json", **headers}
        try:
            response = self.http.request(method, url, headers=signed, body=body, **limits)
        except HttpError as error:
            raise answers.unanswered(error) from error
        if allowance := allowance_of(response.headers):
            self.heed(allowance)
        if refusal := problem(response):
            raise refusal
        return response

    def pages(self, path: str, rows: str, query: Mapping[str, Any] | None = None) -> Iterator[dict[str, Any]]:
        """The rows of all pages, each with nothing but an object. https://developer.zendesk.com/api-reference/introduction/pagination/"""
        for page in self.whole_pages(path, query):
            found = page.get(rows)
            yield from (row for row in found or () if isinstance(row, dict))

    def whole_pages(self, path: str, query: Mapping[str, Any] | None = None) -> Iterator[dict[str, Any]]:
        following = self.address(path, {"page[size]": PAGE, **(query or {})})
        while following:
            page = read(self.send("GET", following, {}))
            yield page
            following = self._following(page)

    def _following(self, page: Mapping[str, Any]) -> str:
        """The address of the next page, "" after the last. We sign in nowhere but where we were sent to."""
        meta, links = page.get("meta"), page.get("links")
        if not isinstance(meta, dict) or meta.get("has_more") is not True or not isinstance(links, dict):
            return ""
        following = links.get("next")
        return following if isinstance(following, str) and same_host(following, self.base) else ""


def same_host(url: str, base: str) -> bool:
    """Whether both are on one host and port, by the same scheme."""
    try:
        one, other = urlsplit(url), urlsplit(base)
        return (one.scheme, one.hostname, one.port) == (other.scheme, other.hostname, other.port) and "@" not in (
            one.netloc
        )
    except ValueError:
        return False


def read(response: Response) -> dict[str, Any]:
    return answers.read(response.body, "Zendesk") if response.body.strip() else {}


def allowance_of(headers: Mapping[str, str]) -> Allowance | None:
    """How much more the account, or what was asked for, takes: whichever is less. Exports have a limit of their own."""
    found = []
    left, reset = headers.get("x-rate-limit-remaining", ""), headers.get("ratelimit-reset", "")
    if left.isdecimal():
        found.append(Allowance(int(left), float(reset) if reset.isdecimal() else WINDOW))
    for name, value in headers.items():
        told = ENDPOINT_LIMIT.search(value) if name.startswith("zendesk-ratelimit-") else None
        if told and "incremental" not in name:
            found.append(Allowance(int(told[1]), float(told[2])))
    return min(found, key=lambda each: each.left, default=None)


def problem(response: Response) -> CallError | None:
    """Why this answer means that Zendesk didn't do it, or None if it did."""
    usual = answers.problem(response)
    if usual is None:
        return None
    word, details = _told(response.body)
    said = f"Zendesk answered {response.status}{f' ({word})' if word else ''}"
    match response.status:
        case 401:
            public = f"{said}: it doesn't accept our sign-in. Check the token, or authorise again."
        case 403 if "scope" in details.lower():
            public = f"{said}: what was authorised isn't enough. Authorise again, with the scopes read and write."
        case 403:  # of one ticket, say: others go on
            usual = DeliveryError(Failure.REJECTED, usual.public)
            public = f"{said}: our user may not do this. Give it access to the ticket, or another role."
        case 404 if "no help desk" in details.lower():
            usual = DeliveryError(Failure.CREDENTIALS, usual.public)
            public = f"{said}. Correct the subdomain."
        case 404:
            public = f"{said}: there is no such ticket or thing (any more)."
        case 409:
            usual = DeliveryError(Failure.UNREACHABLE, usual.public)
            public = f"{said}: somebody else changed the ticket at the same moment."
        case 422:
            public = f"{said}: {_invalid(details)}"
        case 429 | 503 if usual.failure is Failure.THROTTLED:
            public = f"{said}: later, please."
        case status if status >= 500:
            public = f"{said}: it isn't working now."
        case _:
            public = f"{said}: it refuses this."
    return CallError(usual, public, response.status, details)


def _told(body: bytes) -> tuple[str, str]:
    """The error's name, and everything that is said about it."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return "", ""
    error = answer.get("error") if isinstance(answer, dict) else None
    word = error.get("title") if isinstance(error, dict) else error
    fine = isinstance(word, str) and re.fullmatch(r"[\w .:-]{1,60}", word)
    return str(word) if fine else "", json.dumps(answer)


def _invalid(details: str) -> str:
    """What is known to be the matter with a ticket. Zendesk's own words may hold the customer's."""
    if "closed prevents" in details.lower():
        return "the ticket is closed for good and takes no changes any more. The customer has to write a new one."
    if "assignee" in details.lower():
        return "the ticket has to be assigned to somebody of the group first. Choose the gateway's teammate."
    return "the ticket's fields don't allow it. Look whether a field is needed that is empty."
