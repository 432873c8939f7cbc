"""Where platforms send operators back to after they let us in, or didn't: one address for all gateways.

Its address holds a code, so no page is shown at it: whatever happens, the browser goes on to the gateway's page at
once, with what there is to say as a message there.
"""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from gateways import authorize
from gateways.base import Health
from gateways.models import Gateway


@require_GET
@never_cache
def callback(request: HttpRequest) -> HttpResponse:
    """Take the operator back, exchange the code, go on."""
    answer = HttpResponseRedirect(_dealt_with(request))
    answer["Referrer-Policy"] = "no-referrer"
    return answer


def _dealt_with(request: HttpRequest) -> str:
    """What is in the address has been acted on, or refused. Returns where to go on."""
    if not admin.site.has_permission(request) or request.session.session_key is None:
        messages.error(request, "You were signed out meanwhile. Sign in, and connect the gateway again.")
        return reverse("admin:index")
    try:
        gateway = authorize.take_back(request.session.session_key, request.GET.get("state", ""))
    except authorize.NotOurs as error:
        messages.error(request, error.public)
        return reverse("admin:index")
    page: Any = admin.site.get_model_admin(Gateway)
    if not page.has_change_permission(request, gateway):
        messages.error(request, f"You may not change “{gateway}”. Nothing was changed.")
        return reverse("admin:index")
    health = _answered(request, gateway)
    if health.ok:
        page.log_change(request, gateway, health.message)
    messages.add_message(request, messages.SUCCESS if health.ok else messages.ERROR, health.message)
    return reverse("admin:gateways_gateway_change", args=[gateway.pk])


def _answered(request: HttpRequest, gateway: Gateway) -> Health:
    error, code = request.GET.get("error", ""), request.GET.get("code", "")
    if error or not code:
        return Health(ok=False, message=authorize.refusal(gateway, error))
    return authorize.exchange(gateway, code, request.user.get_username())
