"""The platforms by name, and the one place where an adapter is built. A new platform is one line here."""

from collections.abc import Callable
from functools import cache

from django.conf import settings

from agents.http import Http, Policy, Trace
from gateways import config
from gateways.adapters.email import Email
from gateways.adapters.request_tracker.adapter import RequestTracker
from gateways.adapters.telegram.adapter import Telegram
from gateways.adapters.webchat import WebChat
from gateways.adapters.webhook import Webhook
from gateways.adapters.zendesk.adapter import Zendesk
from gateways.base import Account, Adapter
from gateways.exchanges import recorder
from gateways.models import Gateway

ADAPTERS: dict[str, type[Adapter]] = {
    "email": Email,
    "request_tracker": RequestTracker,
    "telegram": Telegram,
    "webchat": WebChat,
    "webhook": Webhook,
    "zendesk": Zendesk,
}


def adapter(gateway: Gateway, record: Callable[[Trace], None] | None = None, *, within: float | None = None) -> Adapter:
    """The adapter of `gateway`, with its configuration and secrets as they are now. Raises ConfigError.

    Each request that it makes is recorded at once, or told to `record`. All of them get `within` seconds together.
    """
    kind = ADAPTERS[gateway.platform]
    secrets = {secret.name: secret.value for secret in gateway.secrets.all()}
    names = config.secret_names(kind.Config)
    values = {**gateway.config, **{name: secrets[name] for name in names if name in secrets}}
    return kind(
        account=Account(gateway.pk, gateway.public_id, gateway.name, gateway.teammate),
        config=config.load(kind.Config, values),
        secrets=secrets,
        http=Http(
            _policy(tuple(settings.OUTBOUND_ALLOWED_NETWORKS)), record or recorder(gateway.pk), secrets.values(), within
        ),
    )


@cache
def _policy(allowed: tuple[str, ...]) -> Policy:
    return Policy.of(allowed)
