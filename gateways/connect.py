"""Have a platform call our webhook, and stop it again, where its adapter can. Whatever goes wrong is an answer."""

from collections.abc import Callable

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from agents.http import HttpError
from gateways import poll
from gateways.base import Adapter, Health
from gateways.errors import ConfigError, DeliveryError
from gateways.models import Gateway
from gateways.registry import ADAPTERS, adapter


def can_connect(gateway: Gateway) -> bool:
    return gateway.platform in ADAPTERS and ADAPTERS[gateway.platform].capabilities.connects


def address(gateway: Gateway) -> str:
    """Where the platform is to send its webhooks."""
    return f"{settings.PUBLIC_URL}{reverse('webhook', args=[gateway.public_id])}"


def connect(gateway: Gateway) -> Health:
    """Set our webhook up on the platform. Twice is once."""
    return _try(gateway, _connect)


def disconnect(gateway: Gateway) -> Health:
    """Undo it."""
    return _try(gateway, _disconnect)


def _connect(gateway: Gateway, ours: Adapter) -> str:
    made = ours.connect(address(gateway), gateway.connection)
    with transaction.atomic():
        Gateway.objects.filter(pk=gateway.pk).update(connection=dict(made.state))
        for name, value in made.secrets.items():
            gateway.secrets.update_or_create(name=name, defaults={"value": value})
    poll.begin(gateway)
    return " ".join([f"{ours.label} sends to {address(gateway)} now.", *made.steps])


def _disconnect(gateway: Gateway, ours: Adapter) -> str:
    ours.disconnect(gateway.connection)
    Gateway.objects.filter(pk=gateway.pk).update(connection={})
    return f"{ours.label} doesn't send to us any more."


def _try(gateway: Gateway, act: Callable[[Gateway, Adapter], str]) -> Health:
    if not can_connect(gateway):
        return Health(ok=False, message="Webhooks of this platform are set up by hand, with the address shown here.")
    try:
        return Health(ok=True, message=act(gateway, adapter(gateway)))
    except ConfigError as error:
        return Health(ok=False, message=f"The configuration isn't complete. {error}")
    except (DeliveryError, HttpError) as error:
        return Health(ok=False, message=error.public)
