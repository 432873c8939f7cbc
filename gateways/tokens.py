"""The tokens that a platform has issued to a gateway: kept among its secrets, all of a set at once or none.

https://datatracker.ietf.org/doc/html/rfc6749#section-5.1
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

from gateways import doorbell
from gateways.messages import Tokens
from gateways.models import Authorization, Gateway, Secret
from gateways.registry import ADAPTERS

SALT = "gateways.tokens"
AHEAD = 300.0  # seconds before their end, at least, at which tokens are renewed
SHARE = 5  # or with so much of their lifetime left: a fifth
LONGEST_LIFE = 10 * 365 * 86_400.0  # seconds; beyond this it is as good as never


def can_authorize(gateway: Gateway) -> bool:
    return gateway.platform in ADAPTERS and ADAPTERS[gateway.platform].capabilities.authorizes


def authorization(gateway: Gateway) -> Authorization | None:
    """As it is now; None for a gateway that never was let in, and for platforms without that."""
    return Authorization.objects.filter(gateway=gateway.pk).first() if can_authorize(gateway) else None


def fingerprint(gateway: Gateway) -> str:
    """A keyed digest of the gateway's options and secrets, as it was read: another one means other credentials."""
    secrets = sorted((secret.name, secret.value) for secret in gateway.secrets.all())
    return salted_hmac(SALT, json.dumps([gateway.config, secrets], sort_keys=True), algorithm="sha256").hexdigest()


def is_dead(gateway: Gateway) -> bool:
    """Whether the tokens of the gateway, as it was read, can't be renewed: an operator has to let us in again."""
    row = authorization(gateway)
    return row is not None and bool(row.error) and row.dead_with == fingerprint(gateway)


def reconnect(gateway: Gateway) -> str:
    """What an operator has to do, as a sentence."""
    label = ADAPTERS[gateway.platform].label
    return f"Reconnect it: open the gateway and press “Connect with {label}”."


def keep(rows: QuerySet[Authorization], gateway_id: int, tokens: Tokens, **changes: Any) -> bool:
    """Put new tokens in the place of the old ones. Returns whether `rows`, the gateway's, were still there to change.

    The row is locked first: a renewal reads the tokens that it renews while it holds that lock.
    """
    with transaction.atomic():
        if not rows.update(**_fresh(tokens, timezone.now()), **changes):
            return False
        for name, value in tokens.secrets.items():
            found = {"value": value, "issued": True}
            Secret.objects.update_or_create(gateway_id=gateway_id, name=name, defaults=found)
        doorbell.ring(doorbell.Step.RENEW, gateway_id)  # for what was put off meanwhile
    return True


def _fresh(tokens: Tokens, now: datetime) -> Mapping[str, Any]:
    """The columns of an authorization with new tokens, and nobody at it."""
    nobody = {"holder": "", "lease_until": None, "unsure": False, "failing_since": None, "error": "", "dead_with": ""}
    life = tokens.expires_in
    if life is None or not life < LONGEST_LIFE:
        return {**nobody, "issued_at": now, "expires_at": None, "renew_at": None}
    ends = now + timedelta(seconds=max(0.0, life))
    return {**nobody, "issued_at": now, "expires_at": ends, "renew_at": ends - timedelta(seconds=_ahead(life))}


def _ahead(life: float) -> float:
    """Seconds before their end at which tokens of this lifetime are renewed; of short ones half is always used."""
    return min(max(life / SHARE, AHEAD), max(0.0, life) / 2)
