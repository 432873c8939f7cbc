"""What the answer to an outgoing request, or its absence, means for what we wanted to deliver.

For platforms that use HTTP statuses as RFC 9110 means them. One that doesn't has a table of its own in its adapter.
"""

import json
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from agents.http import Blocked, HttpError, Interrupted, NotSent, Response
from gateways.errors import DeliveryError, Failure
from gateways.messages import Allowance

WAIT_WITHOUT_RETRY_AFTER = 30.0  # seconds, after a 429 that names no time
SHORTEST_WAIT = 1.0  # seconds; being throttled costs no attempt, so “at once” could go on for ever
LONGEST_WAIT = 86_400.0  # seconds; a Retry-After beyond this is taken for a mistake


def problem(response: Response) -> DeliveryError | None:
    """Why this answer means that they didn't take it, or None if they did."""
    status, code = response.status, str(response.status)
    if 200 <= status < 300:
        return None
    wait = retry_after(response.headers.get("retry-after", ""))
    if status == 429 or (status == 503 and wait is not None):
        wait = WAIT_WITHOUT_RETRY_AFTER if wait is None else wait
        return DeliveryError(
            Failure.THROTTLED, f"The URL answered {status}: later, please.", retry_after=wait, vendor_code=code
        )
    if status in (401, 403):
        sentence = f"The URL answered {status}: it doesn't accept our credentials. Check the headers and secrets."
        return DeliveryError(Failure.CREDENTIALS, sentence, vendor_code=code)
    if status >= 500 or status == 408:  # 408: they gave up waiting for the request, so they didn't act on it
        return DeliveryError(Failure.UNREACHABLE, f"The URL answered {status}: it isn't working now.", vendor_code=code)
    return DeliveryError(Failure.REJECTED, _refusal(status), vendor_code=code)


def _refusal(status: int) -> str:
    if status == 410:
        return "The URL answered 410: nothing is to be sent there any more. Set another one."
    if 300 <= status < 400:
        return f"The URL answered {status}: it points to another one. Set that one; redirects aren't followed."
    return f"The URL answered {status}: it refuses this message."


def unanswered(error: HttpError) -> DeliveryError:
    """What it means for the message that no whole answer came."""
    failures = {Blocked: Failure.REJECTED, NotSent: Failure.UNREACHABLE, Interrupted: Failure.UNKNOWN}
    return DeliveryError(failures.get(type(error), Failure.UNKNOWN), error.public)


def read(body: bytes, who: str) -> dict[str, Any]:
    """The JSON object in an answer that is a yes. Raises DeliveryError: they took it, only the answer can't be read."""
    if (found := json_object(body)) is None:
        raise DeliveryError(Failure.UNKNOWN, f"{who} answered something that isn't JSON. It may have acted on it.")
    return found


def json_object(body: bytes) -> dict[str, Any] | None:
    """The JSON object in an answer; None where there is none."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def allowance(response: Response) -> Allowance | None:
    """What they still take, where they say so in `RateLimit-Remaining` and, in seconds, `RateLimit-Reset`.

    https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-07
    """
    left, seconds = (response.headers.get(f"ratelimit-{name}", "").strip() for name in ("remaining", "reset"))
    if not re.fullmatch(r"[0-9]{1,9}", left) or not re.fullmatch(r"[0-9]{1,5}", seconds):
        return None
    return Allowance(int(left), float(seconds))


def retry_after(value: str) -> float | None:
    """Seconds to wait by a Retry-After header, RFC 9110, 10.2.3; None where it doesn't say."""
    if re.fullmatch(r"[0-9]{1,12}", value.strip()):
        seconds = float(value)
    else:
        try:
            until = parsedate_to_datetime(value)
            seconds = (until.replace(tzinfo=until.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
        except (ValueError, OverflowError):
            return None
    return min(max(seconds, SHORTEST_WAIT), LONGEST_WAIT)
