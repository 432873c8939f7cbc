"""What the watchdog has found, for reading: open incidents first."""

from typing import Any

from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from agents.admin_parts import ReadOnlyAdmin, badge, moment
from aissist_site.models import Incident


class OpenOrClosed(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "Open"), ("closed", "Closed")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Incident]) -> QuerySet[Incident]:
        return queryset.filter(closed_at__isnull=self.value() == "open") if self.value() else queryset


@admin.register(Incident)
class IncidentAdmin(ReadOnlyAdmin):
    list_display = ("kind", "subject", "state", "says", "worst", "opened", "closed")
    list_filter = (OpenOrClosed, "kind")
    search_fields = ("subject", "says")
    fields = ("kind", "subject", "state", "says", "worst", "opened_at", "closed_at")
    readonly_fields = fields

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        return (F("closed_at").desc(nulls_first=True), "-opened_at")

    @admin.display(description="State")
    def state(self, incident: Incident) -> SafeString:
        return badge("quiet", "Closed") if incident.closed_at else badge("bad", "Open")

    @admin.display(description="Opened", ordering="opened_at")
    def opened(self, incident: Incident) -> SafeString:
        return moment(incident.opened_at)

    @admin.display(description="Closed", ordering="closed_at")
    def closed(self, incident: Incident) -> SafeString:
        return moment(incident.closed_at)
