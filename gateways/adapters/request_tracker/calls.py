"""Call REST 2 of Request Tracker, and say exactly how it failed. https://docs.bestpractical.com/rt/5.0.3/RT/REST2.html

It tells in a sentence what it refuses, in the language of our user there; a change (PUT) that it doesn't make it
answers with 200 and such a sentence. So what was to be changed is read back.
"""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from agents.http import Http, HttpError, Response, basic
from gateways import answers
from gateways.adapters.request_tracker.options import Config
from gateways.errors import DeliveryError, Failure

BIGGEST_ANSWER = 40_000_000  # bytes; files come in base64
MOST = 100  # Request Tracker lists no more at once


class Calls:
    """REST 2 as our user."""

    def __init__(self, http: Http, config: Config) -> None:
        self.http, self.config = http, config

    def get(self, path: str, **parameters: Any) -> Any:
        """`fields_Owner="id,Name"` asks for those of the owner: fields[Owner]. Raises DeliveryError."""
        return _read(self._ask("GET", path, _query(parameters)))

    def find(self, path: str, **parameters: Any) -> dict[str, Any] | None:
        """The same; None where there is no such thing."""
        response = self._ask("GET", path, _query(parameters))
        return None if response.status == 404 else _object(_read(response))

    def items(self, path: str, **parameters: Any) -> list[dict[str, Any]]:
        """What is listed on one page."""
        listed = _object(self.get(path, **parameters)).get("items")
        return [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []

    def post(self, path: str, body: Mapping[str, Any]) -> str:
        """The number of what came about, "" where it isn't told. Raises DeliveryError."""
        response = self._ask("POST", path, "", body)
        if refusal := _problem(response, "POST"):
            raise refusal
        number = response.headers.get("location", "").rstrip("/").rpartition("/")[2]
        return number if number.isdigit() else ""

    def put(self, path: str, body: Mapping[str, Any]) -> str:
        """What Request Tracker says about it, which may be that it didn't do it. Raises DeliveryError."""
        said = _read(self._ask("PUT", path, "", body))
        return " ".join(map(str, said))[:200] if isinstance(said, list) else ""

    def _ask(self, method: str, path: str, query: str, body: Mapping[str, Any] | None = None) -> Response:
        headers = {"Authorization": self._authorization(), "Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        sent = json.dumps(body).encode() if body is not None else b""
        address = f"{self.config.rest}/{path}{query}"
        try:
            return self.http.request(method, address, headers=headers, body=sent, max_bytes=BIGGEST_ANSWER)
        except HttpError as error:
            raise answers.unanswered(error) from error

    def _authorization(self) -> str:
        """https://docs.bestpractical.com/rt/5.0.3/RT/REST2.html#Authentication-Methods"""
        if self.config.token:
            return f"token {self.config.token}"
        if self.config.user and self.config.password:
            return basic(self.config.user, self.config.password)
        raise DeliveryError(Failure.CREDENTIALS, "Set a token, or a user name and its password.")


def _query(parameters: Mapping[str, Any]) -> str:
    named = {
        f"fields[{name.removeprefix('fields_')}]" if name.startswith("fields_") else name: value
        for name, value in parameters.items()
    }
    return f"?{urlencode(named)}" if named else ""


def _read(response: Response) -> Any:
    if refusal := _problem(response, "GET"):
        raise refusal
    try:
        return json.loads(response.body)
    except (ValueError, RecursionError):
        sentence = "Request Tracker answered something that isn't JSON. Is it version 5, and the address right?"
        raise DeliveryError(Failure.REJECTED, sentence) from None


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise DeliveryError(Failure.REJECTED, "Request Tracker answered something that can't be read.")
    return value


def _problem(response: Response, method: str) -> DeliveryError | None:
    """https://docs.bestpractical.com/rt/5.0.3/RT/REST2.html#Status-codes"""
    status, code = response.status, str(response.status)
    if 200 <= status < 300:
        return None
    said = f"Request Tracker answered {status}: {_said(response.body)}"
    if status == 401:
        return DeliveryError(Failure.CREDENTIALS, f"{said} It doesn't know our token or password.", vendor_code=code)
    if status == 403:
        return DeliveryError(Failure.REJECTED, f"{said} Our user there lacks a right.", vendor_code=code)
    if status >= 500 and status != 503:
        # It may have failed after the ticket was changed: in a scrip, or in a proxy before it.
        failure = Failure.UNKNOWN if method == "POST" else Failure.UNREACHABLE
        return DeliveryError(failure, f"{said} It isn't working now.", vendor_code=code)
    if status in (408, 429, 503):
        return answers.problem(response)
    return DeliveryError(Failure.REJECTED, said, vendor_code=code)


def _said(body: bytes) -> str:
    message = (answers.json_object(body) or {}).get("message")
    words = " ".join(message.split())[:200].rstrip(".") if isinstance(message, str) else ""
    return f"{words or 'without a reason'}."
