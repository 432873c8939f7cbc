"""Call a method of the Bot API, and say exactly how it failed. https://core.telegram.org/bots/api#making-requests

The token stands in the address. Nothing here puts an address into a sentence, and `agents.http` leaves it out of what
it records.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from agents.http import Http, HttpError, Response
from gateways import answers
from gateways.answers import LONGEST_WAIT, SHORTEST_WAIT, WAIT_WITHOUT_RETRY_AFTER, unanswered
from gateways.errors import DeliveryError, Failure
from gateways.messages import Attachment
from gateways.multipart import form

BIGGEST_FILE = 20_000_000  # bytes; Telegram's own server gives bots no bigger ones
QUICK_LIMITS = {"read_timeout": 4.0, "total_timeout": 8.0}
UPLOAD_LIMITS = {"read_timeout": 60.0, "total_timeout": 70.0}  # twice, as a photo and as a document, is within a lease


class CallError(DeliveryError):
    """The Bot API said no. `description` is its own sentence, `parameters` what it adds for programs."""

    def __init__(self, failure: Failure, public: str, code: int, answer: Mapping[str, Any]) -> None:
        self.description = str(answer.get("description", ""))
        found = answer.get("parameters")
        self.parameters: Mapping[str, Any] = found if isinstance(found, dict) else {}
        wait = _wait(self.parameters.get("retry_after")) if failure is Failure.THROTTLED else None
        super().__init__(failure, public, retry_after=wait, vendor_code=str(code))


class Calls:
    """The methods of one bot."""

    def __init__(self, http: Http, api_url: str, token: str) -> None:
        self.http, self.api_url, self.token = http, api_url.rstrip("/"), token

    def call(self, method: str, wait: float = 0.0, **parameters: Any) -> Any:
        """What the method returns, waiting so many seconds longer than usual. Raises DeliveryError."""
        limits = {"read_timeout": wait + 10, "total_timeout": wait + 20} if wait else {}
        return self._post(method, json.dumps(parameters).encode(), "application/json", limits)

    def try_to(self, method: str, **parameters: Any) -> None:
        """For what does no harm if it fails: within a few seconds, so that what follows still has its time."""
        with suppress(DeliveryError):
            self._post(method, json.dumps(parameters).encode(), "application/json", QUICK_LIMITS)

    def upload(self, method: str, files: Mapping[str, Attachment], **parameters: Any) -> Any:
        """The same for a method that takes files, which go by the names of their parameters."""
        fields = {name: value if isinstance(value, str) else json.dumps(value) for name, value in parameters.items()}
        return self._post(method, *form(fields, files), UPLOAD_LIMITS)

    def _post(self, method: str, body: bytes, content_type: str, limits: Mapping[str, float]) -> Any:
        url, headers = f"{self.api_url}/bot{self.token}/{method}", {"Content-Type": content_type}
        try:
            response = self.http.request("POST", url, headers=headers, body=body, **limits)
        except HttpError as error:
            raise unanswered(error) from error
        answer = _answer(response)
        if answer.get("ok") is True:
            return answer.get("result")
        raise problem(response.status, answer)

    def download(self, path: str) -> bytes:
        """A file by the path that getFile tells. Raises DeliveryError."""
        try:
            response = self.http.request(
                "GET", f"{self.api_url}/file/bot{self.token}/{quote(path)}", max_bytes=BIGGEST_FILE + 1_000_000
            )
        except HttpError as error:
            raise unanswered(error) from error
        if response.status != 200:
            raise problem(response.status, _answer(response))
        return response.body


def _answer(response: Response) -> Mapping[str, Any]:
    if 200 <= response.status < 300:
        return answers.read(response.body, "The Bot API")
    return answers.json_object(response.body) or {}


def problem(status: int, answer: Mapping[str, Any]) -> CallError:
    """https://core.telegram.org/api/errors, as far as bots meet them."""
    failure, public = _named(status, str(answer.get("description", ""))[:200])
    return CallError(failure, public, status, answer)


def _named(status: int, description: str) -> tuple[Failure, str]:
    said = f"Telegram answered {status}: {description or 'without a reason'}"
    match status:
        case 429:
            return Failure.THROTTLED, f"{said}."
        case 401 | 404:
            return Failure.CREDENTIALS, f"{said}. The token isn't valid (any more); get one from @BotFather."
        case 409:
            return Failure.UNREACHABLE, f"{said}."
        case 403:
            return Failure.REJECTED, f"{said}. The customer has blocked the bot, or the bot isn't in the group."
    if status >= 500:
        return Failure.UNREACHABLE, f"{said}. It isn't working now."
    if "chat not found" in description:
        return Failure.REJECTED, f"{said}. The customer has never started the bot, or the chat is gone."
    return Failure.REJECTED, f"{said}."


def _wait(seconds: Any) -> float:
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        return WAIT_WITHOUT_RETRY_AFTER
    return min(max(float(seconds), SHORTEST_WAIT), LONGEST_WAIT)
