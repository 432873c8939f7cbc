"""Standard Webhooks signatures: secrets, and signing what we send. Taking in what others signed is the gateways' part.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Iterable

ID = "webhook-id"
TIMESTAMP = "webhook-timestamp"
SIGNATURE = "webhook-signature"

PREFIX = "whsec_"
KEY_BYTES = range(24, 65)


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def check_secret(value: str) -> str:
    """Why `value` can't be a signing secret, as a sentence; "" when it can."""
    if key_of(value) is None:
        return "This must be “whsec_” followed by 24 to 64 bytes in base64. Leave it empty to have one made."
    return ""


def sign(keys: Iterable[str], message_id: str, body: bytes, now: float | None = None) -> dict[str, str]:
    """The three headers for a request, signed with each of the secrets. Raises ValueError for one that isn't any."""
    timestamp = str(int(time.time() if now is None else now))
    made = [signature(_usable(key), message_id, timestamp, body) for key in keys]
    return {ID: message_id, TIMESTAMP: timestamp, SIGNATURE: " ".join(f"v1,{one}" for one in made)}


def signature(key: bytes, message_id: str, timestamp: str, body: bytes) -> str:
    signed = f"{message_id}.{timestamp}.".encode() + body
    return base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def _usable(secret: str) -> bytes:
    if (key := key_of(secret)) is None:
        raise ValueError("This isn't a signing secret")
    return key


def key_of(secret: str) -> bytes | None:
    """The key in a secret, or None if there is none to be had."""
    encoded = secret.removeprefix(PREFIX).rstrip("=")
    if not secret.startswith(PREFIX):
        return None
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except ValueError:
        return None
    return key if len(key) in KEY_BYTES else None
