"""“Test connection”: whether a gateway works as it is configured, in one sentence."""

from dataclasses import replace
from datetime import timedelta

from django.utils import timezone
from django.utils.timesince import timeuntil

from agents.http import HttpError
from gateways import renew
from gateways.base import Health
from gateways.errors import ConfigError, DeliveryError, Failure
from gateways.models import Gateway
from gateways.registry import ADAPTERS, adapter
from gateways.tokens import authorization, is_dead

SOON = timedelta(hours=1)


def check(gateway: Gateway) -> Health:
    """Ask the platform. Whatever goes wrong is an answer, not an error."""
    if gateway.platform not in ADAPTERS:
        return Health(ok=False, message=f"The platform {gateway.platform} isn't installed here.")
    try:
        return _with_tokens(gateway, adapter(gateway).check())
    except ConfigError as error:
        return Health(ok=False, message=f"The configuration isn't complete. {error}")
    except DeliveryError as error:
        return Health(ok=False, message=_refused(gateway, error))
    except HttpError as error:
        return Health(ok=False, message=error.public)


def _refused(gateway: Gateway, error: DeliveryError) -> str:
    if error.failure is not Failure.CREDENTIALS:
        return error.public
    row = authorization(gateway)
    if renew.ask(gateway) is not None and row and row.issued_at:
        return f"{error.public} New tokens are being fetched. Test again in some seconds."
    return renew.explain(gateway, error.public)


def _with_tokens(gateway: Gateway, health: Health) -> Health:
    """What the platform said, and what there is to say about the tokens that a vendor has issued."""
    row, now = authorization(gateway), timezone.now()
    if row is None or row.issued_at is None:
        return health
    if is_dead(gateway):
        return Health(ok=False, message=f"{health.message} {row.error}")
    if row.expires_at is None or (row.expires_at > now + SOON and not row.error):
        return health
    left = f"end in {timeuntil(row.expires_at, now)}" if row.expires_at > now else "have ended"
    then = row.error or "They are renewed by themselves."
    return replace(health, message=f"{health.message} Its tokens {left}. {then}")
