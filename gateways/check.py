"""“Test connection”: whether a gateway works as it is configured, in one sentence."""

from agents.http import HttpError
from gateways.base import Health
from gateways.errors import ConfigError, DeliveryError
from gateways.models import Gateway
from gateways.registry import ADAPTERS, adapter


def check(gateway: Gateway) -> Health:
    """Ask the platform. Whatever goes wrong is an answer, not an error."""
    if gateway.platform not in ADAPTERS:
        return Health(ok=False, message=f"The platform {gateway.platform} isn't installed here.")
    try:
        return adapter(gateway).check()
    except ConfigError as error:
        return Health(ok=False, message=f"The configuration isn't complete. {error}")
    except (DeliveryError, HttpError) as error:
        return Health(ok=False, message=error.public)
