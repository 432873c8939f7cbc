"""Gateways in admin. What arrived and left through them is in `gateways.admin_records`.

`handover.admin` completes the gateway's page with what the rooms to the right know about it.
"""

import json
from typing import Any, ClassVar

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import ForeignKey, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.views.decorators.http import require_POST

from agents.admin_parts import PlainSelects, WriteOnlyInline, badge, copyable, raw, shown_once
from gateways import admin_oauth, admin_records, admin_scope, config  # noqa: F401 - importing admin_records registers its pages
from gateways.admin_oauth import OAuthPart
from gateways.admin_scope import DestinationSelect, ScopePart, suggest_teammates
from gateways.check import check
from gateways.connect import can_connect, connect, disconnect
from gateways.forms import (
    GatewayForm,
    HoursForm,
    NamedSecretForm,
    make_missing_secrets,
    option_fields,
    options_form,
)
from gateways.models import Cursor, Destination, Gateway, Hours, ManagingPoint, Secret
from gateways.read_places import can_read, read_places
from gateways.registry import ADAPTERS
from gateways.tokens import can_authorize

BASICS = ("name", "agent", "mode", "scheduled", "time_zone")
PACE = ("burst_window", "longest_wait", "first_delay", "later_delay", "thinking_after")
STATUSES = ("status_after_answer", "status_at_handover", "status_at_close")
COPILOT = ("command_names", "team_language", "notes_as_context", "widget_origins")
# By the end of their address.
QUESTIONS = {"check": check, "connect": connect, "disconnect": disconnect, "read": read_places}
TONES = {"ok": "good", "rate_limited": "warn", "error": "bad"}


class OfGatewayInline(PlainSelects, admin.TabularInline[Any, Gateway]):
    """Rows of one gateway, which may only point at destinations of that gateway."""

    extra = 0
    gateway: Gateway | None = None

    def get_formset(self, request: HttpRequest, obj: Gateway | None = None, **kwargs: Any) -> Any:
        self.gateway = obj
        return super().get_formset(request, obj, **kwargs)

    def formfield_for_foreignkey(self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.remote_field.model is Destination:
            kwargs["queryset"] = Destination.objects.filter(gateway=self.gateway)
            kwargs["widget"] = DestinationSelect(db_field, self.admin_site, self.gateway)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class DestinationInline(OfGatewayInline):
    model = Destination
    fields = ("name", "kind", "external_id", "is_active")
    verbose_name_plural = "Destinations typed in by hand or met in conversations"
    classes = ("collapse",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Destination]:
        """Those that were read from the platform may be thousands, and are the platform's to name."""
        return super().get_queryset(request).filter(refreshed_at=None)


class HoursInline(OfGatewayInline):
    model = Hours
    form = HoursForm
    fields = ("what", "days", "first_date", "last_date", "starts", "ends")
    verbose_name_plural = (
        "Schedule: which mode at which hours, and when people are there. The first row that fits counts"
    )
    classes = ("collapse",)


class ManagingPointInline(OfGatewayInline):
    model = ManagingPoint
    verbose_name_plural = "Managing points: with any here, the gateway handles their conversations and no others"
    classes = ("collapse",)


class SecretInline(WriteOnlyInline, OfGatewayInline):
    """Secrets beyond those that the platform's options name."""

    model = Secret
    form = NamedSecretForm
    fields = ("name", "value")
    verbose_name_plural = "More secrets, for {{secrets.name}} in the options"
    classes = ("collapse",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Secret]:
        kind = ADAPTERS.get(self.gateway.platform) if self.gateway else None
        named = config.secret_names(kind.Config) if kind else ()
        return super().get_queryset(request).exclude(name__in=named).exclude(issued=True)


class PlatformFilter(admin.SimpleListFilter):
    title = "platform"
    parameter_name = "platform"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return sorted((name, kind.label) for name, kind in ADAPTERS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Gateway]) -> QuerySet[Gateway]:
        return queryset.filter(platform=self.value()) if self.value() else queryset


@admin.register(Gateway)
class GatewayAdmin(ScopePart, OAuthPart, PlainSelects, admin.ModelAdmin[Gateway]):
    change_form_template = "admin/gateways/gateway/change_form.html"
    list_display = ("name", "platform_label", "agent", "mode", "state")
    list_filter = ("status", "mode", PlatformFilter, "agent")
    list_select_related = ("agent",)
    search_fields = ("name", "public_id")
    readonly_fields = (
        "platform_label",
        "state",
        "webhook_address",
        "polling",
        "chat_page",
        "embed_snippet",
        "config_shown",
        *admin_scope.READ_ONLY,
        *admin_oauth.READ_ONLY,
    )
    inlines: ClassVar[Any] = (HoursInline, DestinationInline, ManagingPointInline, SecretInline)

    def has_change_permission(self, request: HttpRequest, obj: Gateway | None = None) -> bool:
        """A gateway whose platform isn't installed here has no options to change; it can be read and deleted."""
        return (obj is None or obj.platform in ADAPTERS) and super().has_change_permission(request, obj)

    # --- The form -----------------------------------------------------------------------------------------------------

    def get_form(self, request: HttpRequest, obj: Gateway | None = None, change: bool = False, **kwargs: Any) -> Any:
        editable = obj is not None and self.has_change_permission(request, obj)
        kwargs["form"] = options_form(obj) if obj is not None and editable else GatewayForm
        form = super().get_form(request, obj, change=change, **kwargs)
        if editable and obj is not None:
            suggest_teammates(form, obj)
        return form

    def get_fieldsets(self, request: HttpRequest, obj: Gateway | None = None) -> Any:
        if obj is None:
            return ((None, {"fields": ("platform", "agent", "name", "mode")}),)
        options = list(option_fields(obj)) if self.has_change_permission(request, obj) else ["config_shown"]
        label = self.platform_label(obj)
        return (
            (None, {"fields": (*BASICS, "state", "last_day", *_address_fields(obj))}),
            (f"{label} options", {"fields": options}),
            ("Which conversations, and who the agent is", {"fields": admin_scope.FIELDS, "classes": ("collapse",)}),
            (
                "Pace",
                {
                    "fields": (*PACE, "offer_minutes", "on_silence", "on_unknown"),
                    "classes": ("collapse",),
                },
            ),
            *_statuses(obj),
            ("Co-Pilot: for people on the helpdesk's side", {"fields": COPILOT, "classes": ("collapse",)}),
        )

    def get_inlines(self, request: HttpRequest, obj: Gateway | None) -> Any:
        return self.inlines if obj else ()

    def save_model(self, request: HttpRequest, obj: Gateway, form: Any, change: bool) -> None:
        obj.know_teammate()
        super().save_model(request, obj, form, change)
        made = form.store_secrets() if change else make_missing_secrets(obj)
        request.made_secrets = made  # type: ignore[attr-defined]  # lives as long as the request

    def response_add(self, request: HttpRequest, obj: Gateway, post_url_continue: str | None = None) -> HttpResponse:
        usual = HttpResponseRedirect(reverse("admin:gateways_gateway_change", args=[obj.pk]))
        messages.success(request, f"Gateway “{obj}” is there. Now set the options of {self.platform_label(obj)}.")
        return self._with_made_secrets(request, obj, usual)

    def response_change(self, request: HttpRequest, obj: Gateway) -> HttpResponse:
        return self._with_made_secrets(request, obj, super().response_change(request, obj))

    def _with_made_secrets(self, request: HttpRequest, obj: Gateway, usual: HttpResponse) -> HttpResponse:
        made: dict[str, str] = getattr(request, "made_secrets", {})
        if not made:
            return usual
        here = reverse("admin:gateways_gateway_change", args=[obj.pk])
        return shown_once(request, self.admin_site, f"New secrets of “{obj}”", made, here)

    # --- Cells and lines ----------------------------------------------------------------------------------------------

    @admin.display(description="Platform", ordering="platform")
    def platform_label(self, gateway: Gateway) -> str:
        kind = ADAPTERS.get(gateway.platform)
        return kind.label if kind else f"{gateway.platform} (not installed)"

    @admin.display(description="Status", ordering="status")
    def state(self, gateway: Gateway) -> SafeString:
        shown = badge(TONES[gateway.status], gateway.get_status_display())
        return format_html("{} {}", shown, gateway.status_detail)

    @admin.display(description="Webhook address")
    def webhook_address(self, gateway: Gateway) -> SafeString:
        return copyable(f"{settings.PUBLIC_URL}/hooks/{gateway.public_id}")

    @admin.display(description="Polling")
    def polling(self, gateway: Gateway) -> str | SafeString:
        cursor = Cursor.objects.filter(gateway=gateway).first()
        if cursor is None:
            return "Not yet. The process “poll” does that within seconds of saving, once the options are complete."
        last = f"Last asked what is new {timesince(cursor.polled_at)} ago." if cursor.polled_at else "Never worked yet."
        return format_html("{} {}", badge("bad", "Failing"), cursor.error) if cursor.error else last

    @admin.display(description="Chat page")
    def chat_page(self, gateway: Gateway) -> SafeString:
        url = f"{settings.PUBLIC_URL}/chat/{gateway.public_id}/"
        return format_html('<a href="{}" target="_blank" rel="noopener">{}</a>', url, url)

    @admin.display(description="For your website")
    def embed_snippet(self, gateway: Gateway) -> SafeString:
        return copyable(f'<script src="{settings.PUBLIC_URL}/chat/{gateway.public_id}/widget.js" async></script>')

    @admin.display(description="Options")
    def config_shown(self, gateway: Gateway) -> SafeString:
        return raw(json.dumps(gateway.config, indent=2, ensure_ascii=False))

    # --- Test connection, connect, disconnect -----------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        view = require_POST(self.admin_site.admin_view(self.ask_view))
        own = [path(f"<int:pk>/{name}/", view, {"what": name}, name=f"gateways_gateway_{name}") for name in QUESTIONS]
        return [*own, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        gateway = self.get_object(request, object_id)
        can: dict[str, Any] = {"connects": can_connect(gateway), "lists": can_read(gateway)} if gateway else {}
        if gateway and can_authorize(gateway):
            can["authorizes"] = self.platform_label(gateway)
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **can})

    def ask_view(self, request: HttpRequest, pk: int, what: str) -> HttpResponse:
        gateway = get_object_or_404(Gateway, pk=pk)
        if not self.has_change_permission(request, gateway):
            raise PermissionDenied
        health = QUESTIONS[what](gateway)
        messages.add_message(request, messages.SUCCESS if health.ok else messages.ERROR, health.message)
        return HttpResponseRedirect(reverse("admin:gateways_gateway_change", args=[pk]))


def _statuses(gateway: Gateway) -> tuple[Any, ...]:
    """What is set on the platform, where its conversations have a status."""
    kind = ADAPTERS.get(gateway.platform)
    if kind is None or not kind.capabilities.statuses:
        return ()
    return (("Status on the platform", {"fields": STATUSES, "classes": ("collapse",)}),)


def _address_fields(gateway: Gateway) -> tuple[str, ...]:
    kind = ADAPTERS.get(gateway.platform)
    if kind and kind.capabilities.hosted:
        return ("chat_page", "embed_snippet")
    polling = ("polling",) if kind and kind.capabilities.polls else ()
    return ("webhook_address", *polling, *admin_oauth.fields(gateway))
