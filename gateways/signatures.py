"""Standard Webhooks signatures over raw bodies, compared in constant time, failing closed.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

Only symmetric signatures (`v1`, HMAC-SHA256) are made and taken. The specification's own Python library isn't used
here: it takes bodies as text, and timestamps that aren't whole seconds. The tests hold the two against each other.
"""

import hmac
import re
import time
from collections.abc import Iterable, Mapping

from agents.signatures import ID, SIGNATURE, TIMESTAMP, check_secret, key_of, new_secret, sign, signature
from gateways.errors import SignatureError

__all__ = ["ID", "SIGNATURE", "TIMESTAMP", "TOLERANCE", "check_secret", "new_secret", "sign", "verify"]

TOLERANCE = 300  # seconds, to both sides

SECONDS = re.compile(r"[0-9]{1,12}")
# Ours go into logs, database columns and other people's headers.
MESSAGE_ID = re.compile(r"[!-~]{1,255}")


def verify(
    keys: Iterable[str], headers: Mapping[str, str], body: bytes, now: float | None = None, whose: str = "gateway"
) -> None:
    """Return if one of the secrets signed this request within five minutes. Raises SignatureError for all else.

    `headers` has names in lower case. Empty and unusable secrets match nothing. `whose` they are, the refusals say.
    """
    message_id, timestamp = _header(headers, ID), _header(headers, TIMESTAMP)
    given = _signatures(_header(headers, SIGNATURE))
    if not MESSAGE_ID.fullmatch(message_id):
        raise SignatureError(f"The header {ID} must be 1 to 255 printable ASCII characters without spaces.")
    _check_time(timestamp, time.time() if now is None else now)
    usable = [key for key in map(key_of, keys) if key is not None]
    if not usable:
        raise SignatureError(f"This {whose} has no signing secret yet. Ask its operator to set one.")
    expected = [signature(key, message_id, timestamp, body) for key in usable]
    # Every pair is compared, so that the time taken doesn't tell which one matched.
    if not any([hmac.compare_digest(one, other) for one in expected for other in given]):  # noqa: C419 - see above
        raise SignatureError(
            f"The signature doesn't match. Sign “id.timestamp.body” with this {whose}'s signing secret, "
            "over the exact bytes that you send."
        )


def _header(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name, "").strip()
    if not value:
        raise SignatureError(f"The header {name} is missing. Sign requests as www.standardwebhooks.com describes.")
    return value


def _signatures(header: str) -> list[str]:
    """The `v1` signatures in the header, as they stand there."""
    pairs = [entry.partition(",") for entry in header.split()]
    found = [signature for version, _, signature in pairs if version == "v1" and signature.isascii()]
    if not found:
        raise SignatureError(f"The header {SIGNATURE} must hold “v1,” followed by the signature in base64.")
    return found


def _check_time(timestamp: str, now: float) -> None:
    if not SECONDS.fullmatch(timestamp):
        raise SignatureError(f"The header {TIMESTAMP} must be whole seconds since 1970, like {int(now)}.")
    if abs(now - int(timestamp)) > TOLERANCE:
        raise SignatureError("The timestamp is more than five minutes off; check the clock of the sender.")
