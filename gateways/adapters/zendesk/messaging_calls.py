"""Call Sunshine Conversations, and say exactly how it failed. https://developer.zendesk.com/api-reference/conversations/

An API key has an id and a secret, which go into each request as user and password.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode, urljoin, urlsplit

from agents.http import Http, HttpError, Response, basic
from gateways import answers
from gateways.errors import DeliveryError, Failure
from gateways.messages import Attachment
from gateways.multipart import form

MEDIA_HOSTS = ("zendesk.com", "smooch.io", "zdusercontent.com")  # and all below them
BIGGEST_FILE = 30_000_000  # bytes that we fetch
ADVICE = {
    Failure.CREDENTIALS: "Check the app's id and the API key in the options of messaging.",
    Failure.UNREACHABLE: "It isn't working now.",
}
MOST_HOPS = 3  # addresses for one file: that of a private one leads to a signed one


class Calls:
    """The API of one app."""

    def __init__(self, http: Http, base: str, app_id: str, key_id: str, key_secret: str) -> None:
        self.http, self.base, self.app_id = http, base.rstrip("/"), app_id
        self._proof = basic(key_id, key_secret)

    def call(self, method: str, *path: str, body: Any = None, **query: str) -> dict[str, Any]:
        """What it answers. `path` are the parts behind the app's. Raises DeliveryError."""
        headers = {"Authorization": self._proof, "Content-Type": "application/json"}
        content = b"" if body is None else json.dumps(body).encode()
        return _answer(self._request(method, self._url(path, query), headers=headers, body=content))

    def all(self, *path: str, name: str) -> Iterator[dict[str, Any]]:
        """Each thing of a list that comes in pages. Raises DeliveryError."""
        query: dict[str, str] = {}
        while True:
            answer = self.call("GET", *path, **query)
            yield from (each for each in answer.get(name) or () if isinstance(each, dict))
            meta = answer.get("meta") or {}
            following = {"page[after]": str(meta.get("afterCursor"))}
            if not meta.get("hasMore") or not meta.get("afterCursor") or following == query:
                return
            query = following

    def upload(self, file: Attachment, conversation: str) -> tuple[str, str]:
        """A file for a message: its address and its type, as the platform calls it. Raises DeliveryError."""
        source = replace(file, name=_line(file.name), content_type=_line(file.content_type))
        body, content_type = form({}, {"source": source})
        query = {"access": "public", "for": "message", "conversationId": conversation}
        headers = {"Authorization": self._proof, "Content-Type": content_type}
        made = _answer(self._request("POST", self._url(("attachments",), query), headers=headers, body=body))
        attachment = made.get("attachment") or {}
        if not isinstance(address := attachment.get("mediaUrl"), str):
            raise DeliveryError(Failure.UNREACHABLE, "Zendesk took a file and doesn't say where it is.")
        return address, str(attachment.get("mediaType") or file.content_type)

    def download(self, address: str) -> bytes:
        """A file of a message. Raises DeliveryError.

        Where the first address leads to another one, that is the platform's to say; our proof stays with its API.
        """
        if not self._is_media(address):
            raise DeliveryError(Failure.REJECTED, "The file isn't at Zendesk, so it isn't fetched.")
        for _ in range(MOST_HOPS):
            signed = {"Authorization": self._proof} if self._is_api(address) else {}
            response = self._request("GET", address, headers=signed, max_bytes=BIGGEST_FILE + 1)
            if not 300 <= response.status < 400:
                break
            address = self._following(address, response)
        if response.status == 404 or (400 <= response.status < 500 and not signed):
            raise DeliveryError(Failure.REJECTED, "Zendesk doesn't give out this file (any more).")
        if error := problem(response):
            raise error
        return response.body

    def _following(self, address: str, response: Response) -> str:
        """Where a redirection leads: anywhere by https, since the platform says so."""
        try:
            following = urljoin(address, response.headers.get("location", ""))
        except ValueError:
            following = ""
        if not (following.startswith("https://") or self._is_api(following)):
            raise DeliveryError(Failure.REJECTED, "The file's address leads to one that isn't https.")
        return following

    def _request(self, method: str, url: str, **options: Any) -> Response:
        try:
            return self.http.request(method, url, **options)
        except HttpError as error:
            raise answers.unanswered(error) from error

    def _url(self, path: tuple[str, ...], query: Mapping[str, str]) -> str:
        parts = "/".join(quote(part, safe="") for part in (self.app_id, *path))
        asked = f"?{urlencode(query, safe='[]')}" if query else ""
        return f"{self.base}/v2/apps/{parts}{asked}"

    def _is_api(self, address: str) -> bool:
        return urlsplit(address)[:2] == urlsplit(self.base)[:2]

    def _is_media(self, address: str) -> bool:
        parts = urlsplit(address)
        host = (parts.hostname or "").lower()
        known = any(host == each or host.endswith(f".{each}") for each in MEDIA_HOSTS)
        return self._is_api(address) or (parts.scheme == "https" and known)


def _line(text: str) -> str:
    """As it can stand in a header."""
    return "".join(" " if character < " " else character for character in text).replace('"', "'")


def _answer(response: Response) -> dict[str, Any]:
    if error := problem(response):
        raise error
    return answers.read(response.body or b"{}", "Zendesk")


def problem(response: Response) -> DeliveryError | None:
    """Why this answer is a no. https://developer.zendesk.com/api-reference/conversations/#section/Introduction/Errors"""
    usual = answers.problem(response)
    if usual is None:
        return None
    said = f"Zendesk messaging answered {response.status}: {_reason(response) or 'without a reason'}."
    public = f"{said} {ADVICE.get(usual.failure, '')}".strip()
    return DeliveryError(usual.failure, public, retry_after=usual.retry_after, vendor_code=usual.vendor_code)


def _reason(response: Response) -> str:
    try:
        errors = json.loads(response.body).get("errors")
        return "; ".join(str(each.get("title") or each.get("code")) for each in errors)[:300].rstrip(".")
    except (ValueError, RecursionError, AttributeError, TypeError):
        return ""
