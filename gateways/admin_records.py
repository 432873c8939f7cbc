"""What arrived through gateways and what left, for reading: receipts, the events in them, requests to platforms."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from agents.admin_parts import ReadOnlyAdmin, ReadOnlyInline, badge, moment, raw
from gateways import receive
from gateways.models import Exchange, InboundEvent, Receipt

SHOWN_BYTES = 20_000  # of a receipt's body
TONES = {"done": "good", "pending": "quiet", "failed": "bad"}


class InboundEventInline(ReadOnlyInline):
    model = InboundEvent
    fields = ("kind", "key", "verdict", "reason", "why", "at", "duplicates")
    readonly_fields = fields
    verbose_name_plural = "Events found in it"


@admin.register(Receipt)
class ReceiptAdmin(ReadOnlyAdmin):
    list_display = ("id", "received", "gateway", "state", "result")
    list_filter = ("status", "gateway")
    list_select_related = ("gateway",)
    date_hierarchy = "received_at"
    actions = ("replay",)
    inlines = (InboundEventInline,)
    fields = ("gateway", "received_at", "state", "done_at", "result", "body_text", "headers_text", "query_text")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Receipt]:
        return super().get_queryset(request).defer("body")

    def has_replay_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("gateways.change_receipt")

    @admin.action(description="Replay: read failed receipts again", permissions=["replay"])
    def replay(self, request: HttpRequest, queryset: QuerySet[Receipt]) -> None:
        count = receive.replay(list(queryset.values_list("pk", flat=True)))
        left = queryset.count() - count
        text = f"{count} will be read again." + (f" {left} had not failed and were left alone." if left else "")
        messages.add_message(request, messages.SUCCESS if count else messages.WARNING, text)

    @admin.display(description="Received", ordering="received_at")
    def received(self, receipt: Receipt) -> SafeString:
        return moment(receipt.received_at)

    @admin.display(description="Status", ordering="status")
    def state(self, receipt: Receipt) -> SafeString:
        return badge(TONES[receipt.status], receipt.get_status_display())

    @admin.display(description="What became of it")
    def result(self, receipt: Receipt) -> str:
        return receipt.error or receipt.outcome or "–"

    @admin.display(description="Body")
    def body_text(self, receipt: Receipt) -> SafeString:
        body = bytes(receipt.body)
        text = body[:SHOWN_BYTES].decode("utf-8", "replace")
        rest = len(body) - SHOWN_BYTES
        return raw(text + (f"\n… and {rest:,} more bytes" if rest > 0 else ""))

    @admin.display(description="Headers")
    def headers_text(self, receipt: Receipt) -> SafeString:
        return raw("\n".join(f"{name}: {value}" for name, value in receipt.headers.items()) or "none")

    @admin.display(description="Query")
    def query_text(self, receipt: Receipt) -> SafeString:
        return raw("\n".join(f"{name}={value}" for name, value in receipt.query.items()) or "none")


class Repeated(admin.SimpleListFilter):
    title = "duplicates"
    parameter_name = "duplicates"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Came more than once")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[InboundEvent]) -> QuerySet[InboundEvent]:
        return queryset.filter(duplicates__gt=0) if self.value() == "yes" else queryset


@admin.register(InboundEvent)
class InboundEventAdmin(ReadOnlyAdmin):
    list_display = ("id", "seen", "gateway", "kind", "verdict", "reason", "why", "duplicates", "receipt")
    list_filter = ("verdict", "reason", Repeated, "kind", "gateway")
    list_select_related = ("gateway", "receipt")
    search_fields = ("key",)
    fields = ("gateway", "receipt", "kind", "key", "verdict", "reason", "why", "at", "duplicates", "duplicated_at")

    @admin.display(description="At", ordering="at")
    def seen(self, event: InboundEvent) -> SafeString:
        return moment(event.at)


@admin.register(Exchange)
class ExchangeAdmin(ReadOnlyAdmin):
    list_display = ("id", "made", "gateway", "method", "url", "status", "milliseconds", "error")
    list_filter = ("gateway", "status", "method")
    list_select_related = ("gateway",)
    search_fields = ("url", "error")
    date_hierarchy = "at"
    fields = ("gateway", "at", "method", "url", "status", "milliseconds", "error")

    @admin.display(description="At", ordering="at")
    def made(self, exchange: Exchange) -> SafeString:
        return moment(exchange.at)
