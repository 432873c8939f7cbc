"""The part of a gateway's page in admin that is about OAuth: the button, who pressed it, and until when it lasts."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from agents.admin_parts import badge, copyable, moment
from gateways import authorize
from gateways.errors import ConfigError, DeliveryError
from gateways.models import Authorization, Gateway
from gateways.registry import ADAPTERS
from gateways.tokens import authorization, can_authorize, is_dead

READ_ONLY = ("redirect_address", "access")


def fields(gateway: Gateway) -> tuple[str, ...]:
    """What is shown beside the address for webhooks."""
    return READ_ONLY if can_authorize(gateway) else ()


class OAuthPart(admin.ModelAdmin[Gateway]):
    @admin.display(description="Redirect address")
    def redirect_address(self, gateway: Gateway) -> SafeString:
        told = "To be entered at the platform, in the application that asks for access."
        return format_html("{} {}", copyable(authorize.redirect_address()), told)

    @admin.display(description="Access")
    def access(self, gateway: Gateway) -> SafeString:
        row = authorization(gateway)
        if row is None or row.issued_at is None:
            label = ADAPTERS[gateway.platform].label
            return format_html("{}", f"Not connected by “Connect with {label}”.")
        return format_html("{} {}{}{}", _state(gateway, row), *_granted(row), _lasts(row))

    def get_urls(self) -> list[URLPattern]:
        view = require_POST(self.admin_site.admin_view(self.authorize_view))
        return [path("<int:pk>/authorize/", view, name="gateways_gateway_authorize"), *super().get_urls()]

    def authorize_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        gateway = get_object_or_404(Gateway, pk=pk)
        if not self.has_change_permission(request, gateway):
            raise PermissionDenied
        if not can_authorize(gateway):
            raise Http404("This platform has no such button.")
        try:
            address = authorize.begin(gateway, request.session.session_key or "")
        except ConfigError as error:
            messages.error(request, f"The configuration isn't complete. {error}")
        except DeliveryError as error:
            messages.error(request, error.public)
        else:
            return self._leave(request, gateway, address)
        return HttpResponseRedirect(reverse("admin:gateways_gateway_change", args=[pk]))

    def _leave(self, request: HttpRequest, gateway: Gateway, address: str) -> HttpResponse:
        """A page that goes on by itself: browsers that keep to `form-action 'self'` follow no redirect of a form."""
        label = ADAPTERS[gateway.platform].label
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": f"On to {label}",
            "address": address,
            "label": label,
            "original": gateway,
        }
        headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
        return TemplateResponse(request, "admin/gateways/gateway/authorize.html", context, headers=headers)


def _state(gateway: Gateway, row: Authorization) -> SafeString:
    if is_dead(gateway):
        return format_html("{} {} ", badge("bad", "Ended"), row.error)
    if row.error:
        return format_html("{} {} ", badge("warn", "Failing"), row.error)
    return badge("good", "Connected")


def _granted(row: Authorization) -> tuple[SafeString, SafeString]:
    granted = format_html("By {}, {}.", row.granted_by, moment(row.granted_at))
    if row.issued_at == row.granted_at or row.issued_to == row.granted_by:
        return granted, format_html("{}", "")
    return granted, format_html(" Renewed by {}, {}.", row.issued_to, moment(row.issued_at))


def _lasts(row: Authorization) -> SafeString:
    if row.expires_at is None:
        return format_html("{}", " It has no end.")
    if row.renew_at is None:
        return format_html(" It lasts until {}.", moment(row.expires_at))
    return format_html(" It lasts until {} and is renewed {}.", moment(row.expires_at), moment(row.renew_at))
