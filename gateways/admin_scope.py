"""The part of a gateway's page in admin that is about scope: what limits it, what was read to choose from, verdicts.

Destinations have a list of their own, and are picked by searching it.
"""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from agents.admin_parts import ReadOnlyAdmin, badge, moment
from gateways import verdicts
from gateways.models import Destination, Gateway, ManagingPoint
from gateways.models_scope import EDITABLE
from gateways.read_places import can_read

FIELDS = (*EDITABLE, "places_read")
READ_ONLY = ("places_read", "last_day")


class DestinationSelect(AutocompleteSelect):
    """A destination of one gateway, found by typing a part of its name. Asks the server only for that gateway's."""

    def __init__(self, field: Any, site: admin.AdminSite, gateway: Gateway | None) -> None:
        super().__init__(field, site)
        self.gateway = gateway

    def get_url(self) -> str:
        return f"{super().get_url()}?{urlencode({'gateway': self.gateway.pk if self.gateway else 0})}"


class Suggesting(forms.TextInput):
    """A text with suggestions of the browser's own: searchable, and anything else may be typed."""

    def __init__(self, suggestions: list[tuple[str, str]]) -> None:
        super().__init__(attrs={"list": "id_teammates", "class": "vTextField", "autocomplete": "off"})
        self.suggestions = suggestions

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        field = super().render(name, value, attrs, renderer)
        options = format_html_join("", '<option value="{}">{}</option>', self.suggestions)
        return format_html('{}<datalist id="id_teammates">{}</datalist>', field, options)


def suggest_teammates(form: Any, gateway: Gateway) -> None:
    """Let the form's field for the teammate suggest the platform's people."""
    if field := form.base_fields.get("teammate_id"):
        people = gateway.teammates.filter(gone=False)
        field.widget = Suggesting([(one.external_id, " ".join(filter(None, (one.name, one.email)))) for one in people])


class ScopePart(admin.ModelAdmin[Gateway]):
    """What the page of a gateway shows of it."""

    @admin.display(description="Destinations and people")
    def places_read(self, gateway: Gateway) -> SafeString:
        if not can_read(gateway):
            return format_html("{}", "This platform can't be asked: type destinations in by hand below.")
        url = reverse("admin:gateways_destination_changelist")
        count = gateway.destinations.filter(gone=False).count()
        listed = format_html('<a href="{}?gateway__id__exact={}">{} to choose from</a>', url, gateway.pk, count)
        at = gateway.places_read_at
        read = format_html("Read {}. ", moment(at)) if at else "Never read yet. "
        failed = format_html("{} {} ", badge("bad", "Failed"), gateway.places_error) if gateway.places_error else ""
        return format_html("{}{}{}", failed, read, listed)

    @admin.display(description="Last 24 hours")
    def last_day(self, gateway: Gateway) -> SafeString:
        """How many events met which end, each with a way to them."""
        since = timezone.now() - timedelta(hours=24)
        url = reverse("admin:gateways_inboundevent_changelist")
        rows = [
            (url, gateway.pk, tally.reason.value, tally.reason.label, tally.count)
            for tally in verdicts.tallies(gateway, since)
        ]
        line = '<a href="{}?gateway__id__exact={}&amp;reason__exact={}">{}: {}</a>'
        shown = format_html_join(" · ", line, rows) or format_html("{}", "Nothing has arrived.")
        again = verdicts.repeats(gateway, since)
        return format_html("{}{}", shown, f" · Duplicate: {again}" if again else "")


@admin.register(Destination)
class DestinationAdmin(ReadOnlyAdmin):
    """All destinations, for reading, and the answers to what is typed into a picker."""

    list_display = ("name", "kind", "external_id", "gateway", "listed", "gone")
    list_filter = ("gone", "kind", "gateway")
    list_select_related = ("gateway",)
    search_fields = ("name", "external_id")
    ordering = ("gone", "name", "id")
    fields = ("gateway", "kind", "external_id", "name", "refreshed_at", "gone")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who sees gateways sees what there is to choose for them."""
        seen = any(request.user.has_perm(f"gateways.{what}_gateway") for what in ("view", "change"))
        return seen or super().has_view_permission(request, obj)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Destination], search_term: str
    ) -> tuple[QuerySet[Destination], bool]:
        found, twice = super().get_search_results(request, queryset, search_term)
        if request.GET.get("model_name") == ManagingPoint._meta.model_name:
            found = found.exclude(kind=Destination.PEOPLE)  # a waiting list of ours, with no conversations of theirs
        if "field_name" in request.GET:  # a picker asks
            gateway = request.GET.get("gateway", "")
            found = found.filter(gateway=int(gateway) if gateway.isdecimal() else 0)
        return found, twice

    @admin.display(description="Listed by the platform", ordering="refreshed_at")
    def listed(self, destination: Destination) -> SafeString:
        return moment(destination.refreshed_at)
