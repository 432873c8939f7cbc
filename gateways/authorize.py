"""Let an operator connect a gateway by OAuth: send them to the platform, take them back, exchange the code for tokens.

What they bring back counts once, for ten minutes, and only in the session that they left in.
https://datatracker.ietf.org/doc/html/rfc6749#section-4.1, https://datatracker.ietf.org/doc/html/rfc9700#section-2.1
"""

import hashlib
import secrets
from datetime import timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from agents.http import HttpError
from gateways import config
from gateways.base import Health
from gateways.errors import ConfigError, DeliveryError, our_fault
from gateways.messages import Tokens
from gateways.models import Authorization, AuthorizationRequest, Gateway
from gateways.registry import ADAPTERS, adapter
from gateways.tokens import can_authorize, keep

log = structlog.get_logger(__name__)

SALT = "gateways.authorize"
PATIENCE = timedelta(minutes=10)  # for an operator to come back
REMEMBERED = timedelta(days=1)  # then “too late” becomes “never heard of”
# https://datatracker.ietf.org/doc/html/rfc6749#section-4.1.2.1
REFUSALS = {
    "access_denied": "Access was denied there. Press the button again and allow it.",
    "invalid_request": "It didn't understand our request. Check the options, and the redirect address entered there.",
    "invalid_scope": "It doesn't grant what we asked for. Check which scopes the application may ask for there.",
    "server_error": "It has trouble of its own. Press the button again later.",
    "temporarily_unavailable": "It is too busy at the moment. Press the button again later.",
    "unauthorized_client": "The application may not do this. Check how it is set up there, and its id here.",
    "unsupported_response_type": "The application may not do this. Check how it is set up there.",
}


class NotOurs(Exception):
    """What was brought back belongs to nothing that was begun here. `public` says so to operators."""

    def __init__(self, public: str) -> None:
        super().__init__(public)
        self.public = public


def redirect_address() -> str:
    """Where platforms send operators back to: one address for all gateways, to be entered there."""
    return f"{settings.PUBLIC_URL}{reverse('oauth-callback')}"


def begin(gateway: Gateway, session: str) -> str:
    """The platform's address to send the operator with this session's key to. Raises ConfigError, DeliveryError."""
    state = secrets.token_urlsafe(32)
    address = adapter(gateway).authorize(redirect_address(), state)
    if not config.is_web_address(address):
        raise ConfigError({"address": "The options don't make an address at which to ask for access."})
    AuthorizationRequest.objects.filter(begun_at__lt=timezone.now() - REMEMBERED).delete()
    AuthorizationRequest.objects.create(gateway=gateway, state=_digest(state), session=_of_session(session))
    return address


def take_back(session: str, state: str) -> Gateway:
    """The gateway for which somebody with this session's key was sent away with this state. Raises NotOurs."""
    digest = _digest(state)
    begun = AuthorizationRequest.objects.select_related("gateway").filter(session=_of_session(session))
    for request in begun:
        if constant_time_compare(request.state, digest):
            return _go_on(request)
    raise NotOurs(
        "What came back from the platform doesn't belong to anything that you have begun here, or it came a second "
        "time. Nothing was changed. Open the gateway and press the button to connect it again."
    )


def refusal(gateway: Gateway, error: str) -> str:
    """What it means that a platform sent an operator back with this error, and what to do.

    Its own description isn't shown: anybody can write one into an address.
    """
    label = ADAPTERS[gateway.platform].label
    return f"{label} didn't let us in. {REFUSALS.get(error, 'Check the options and the application there.')}"


def exchange(gateway: Gateway, code: str, operator: str) -> Health:
    """Get tokens for the code and keep them. Whatever goes wrong is an answer, without the code in it."""
    label = ADAPTERS[gateway.platform].label
    try:
        tokens = adapter(gateway).exchange(redirect_address(), code)
    except ConfigError as error:
        return Health(ok=False, message=f"The configuration isn't complete. {error}")
    except (DeliveryError, HttpError) as error:
        why = error.public if code not in error.public else "It refused the code that it gave."
        return Health(ok=False, message=f"{label} didn't let us in. {why} Press the button again for a new try.")
    except Exception as error:  # the operator's browser is at an address with a code in it, and has to go on
        log.exception("authorization_failed", gateway=gateway.public_id)
        public = our_fault(error)
        return Health(ok=False, message=public)
    grant(gateway, tokens, operator)
    lasts = "." if tokens.expires_in is None else ", and its access is renewed by itself."
    return Health(ok=True, message=f"“{gateway}” is connected with {label}{lasts}")


def grant(gateway: Gateway, tokens: Tokens, operator: str) -> None:
    """From now on these tokens count, whoever renews the ones before them at the moment; and the gateway is well."""
    who = operator[:150]
    with transaction.atomic():
        Authorization.objects.get_or_create(gateway=gateway)
        rows = Authorization.objects.filter(gateway=gateway)
        keep(rows, gateway.pk, tokens, issued_to=who, granted_by=who, granted_at=timezone.now())
        broken = Gateway.objects.filter(pk=gateway.pk, status=Gateway.Status.ERROR)
        broken.update(status=Gateway.Status.OK, status_detail="")


def _go_on(request: AuthorizationRequest) -> Gateway:
    if not AuthorizationRequest.objects.filter(pk=request.pk).delete()[0]:
        raise NotOurs("This has been dealt with already. Look at the gateway's page whether it is connected.")
    gateway: Gateway = request.gateway
    if not can_authorize(gateway):
        raise NotOurs(f"The platform of “{gateway}” can't be connected like this any more.")
    if request.begun_at < timezone.now() - PATIENCE:
        raise NotOurs(f"That took longer than ten minutes. Open “{gateway}” and press the button to connect it again.")
    return gateway


def _digest(state: str) -> str:
    return hashlib.sha256(state.encode("utf-8", "replace")).hexdigest()


def _of_session(key: str) -> str:
    return salted_hmac(SALT, key, algorithm="sha256").hexdigest()
