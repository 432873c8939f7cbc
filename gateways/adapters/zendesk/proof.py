"""That a webhook surely comes from Zendesk: https://developer.zendesk.com/documentation/webhooks/verifying/

The signature is base64(HMAC-SHA256(secret, timestamp + body)); how old it may be is ours to say.
"""

import base64
import hashlib
import hmac
import time
from collections.abc import Iterable
from datetime import UTC, datetime

from gateways.base import InboundRequest
from gateways.errors import SignatureError

SIGNATURE, TIMESTAMP = "x-zendesk-webhook-signature", "x-zendesk-webhook-signature-timestamp"
TOLERANCE = 300  # seconds, to both sides


def sign(secret: str, timestamp: str, body: bytes) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), timestamp.encode() + body, hashlib.sha256)).decode()


def verify(secrets: Iterable[str], request: InboundRequest, now: float | None = None) -> None:
    """Raises SignatureError unless one of the secrets signed the request within five minutes."""
    usable = [secret for secret in secrets if secret]
    if not usable:
        raise SignatureError("This gateway has no webhook signing secret yet. Ask its operator to press “Connect”.")
    timestamp, given = (request.headers.get(name, "").strip() for name in (TIMESTAMP, SIGNATURE))
    if not timestamp or not given:
        raise SignatureError(f"The headers {SIGNATURE} and {TIMESTAMP} are needed: Zendesk signs its webhooks.")
    _check_time(timestamp, time.time() if now is None else now)
    expected = [sign(secret, timestamp, request.body) for secret in usable]
    # Every pair is compared, so that the time taken doesn't tell which one matched.
    if not any([hmac.compare_digest(one.encode(), given.encode()) for one in expected]):  # noqa: C419 - see above
        raise SignatureError("The signature doesn't match the webhook's signing secret. Connect the gateway again.")


def _check_time(timestamp: str, now: float) -> None:
    try:
        at = datetime.fromisoformat(timestamp)
        age = now - at.replace(tzinfo=at.tzinfo or UTC).timestamp()
    except (ValueError, OverflowError):
        raise SignatureError(f"The header {TIMESTAMP} must be a time like 2026-01-31T12:00:00Z.") from None
    if abs(age) > TOLERANCE:
        raise SignatureError("The timestamp is more than five minutes off; check the clock of the sender.")
