"""Dead letters: deliveries that won't go out by themselves any more, and sending them again.

It stands here and not in `conversations`, because sending again is an act of the desk.
"""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import AbstractUser
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from agents.admin_parts import ReadOnlyAdmin, ReadOnlyInline, badge, moment
from conversations import dead_letters
from conversations.models import Attempt, Conversation, Delivery
from handover import desk

TONES = {"failed": "bad", "unknown": "warn"}
CONFIRM = "admin/conversations/delivery/confirm.html"


class Unattended(admin.SimpleListFilter):
    title = "dealt with"
    parameter_name = "dealt_with"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("no", "No: no reply by a person since, and not closed")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> QuerySet[Delivery]:
        return queryset.filter(pk__in=dead_letters.unattended()) if self.value() == "no" else queryset


class AttemptInline(ReadOnlyInline):
    model = Attempt
    fields = ("at", "outcome", "detail", "vendor_code", "milliseconds")
    readonly_fields = fields


@admin.register(Delivery)
class DeadLetterAdmin(ReadOnlyAdmin):
    list_display = ("letter", "state", "error", "gateway", "conversation_link", "tries", "age")
    list_filter = (Unattended, "status", ("gateway", admin.RelatedOnlyFieldListFilter), "kind")
    list_select_related = ("gateway", "conversation__identity__contact", "message")
    search_fields = ("error", "external_id", "client_ref")
    actions = ("retry",)
    inlines = (AttemptInline,)
    fields = (
        ("kind", "part", "parts"), "state", "error", "text", "gateway", "conversation_link", "tries", "client_ref",
        "external_id", "created_at", "done_at",
    )  # fmt: skip
    readonly_fields = ("state", "text", "gateway", "conversation_link", "tries", "client_ref", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        attempts = Attempt.objects.filter(delivery=OuterRef("pk")).order_by().values("delivery")
        return dead_letters.dead().annotate(tried=Subquery(attempts.values(count=Count("pk"))))

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ("-id",)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may read conversations may read what didn't get through in them."""
        user = request.user
        return user.has_perm("conversations.view_conversation") or self.has_retry_permission(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("conversations.change_conversation")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # what was to be said to a customer belongs to the conversation

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"title": "Dead letters", **(extra_context or {})})

    @admin.action(description="Retry: send again", permissions=["retry"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> HttpResponse | None:
        unsure = queryset.filter(status=Delivery.Status.UNKNOWN)
        if request.POST.get("twice") != "yes" and unsure.exists():
            return self._ask(request, queryset, list(unsure))
        retried, refused = _retry_each(request, queryset)
        if retried:
            messages.success(request, f"{retried} will be sent again.")
        for why in refused:
            messages.warning(request, why)
        return None

    def _ask(self, request: HttpRequest, queryset: QuerySet[Delivery], unsure: list[Delivery]) -> HttpResponse:
        """The page that asks whether something may arrive twice."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "It may arrive twice",
            "unsure": unsure,
            "chosen": [(ACTION_CHECKBOX_NAME, pk) for pk in queryset.values_list("pk", flat=True)],
        }
        return TemplateResponse(request, CONFIRM, context)

    @admin.display(description="Delivery", ordering="id")
    def letter(self, delivery: Delivery) -> str:
        part = f" {delivery.part}/{delivery.parts}" if delivery.parts > 1 else ""
        return f"{delivery.kind.capitalize()} {delivery.pk}{part}"

    @admin.display(description="Status", ordering="status")
    def state(self, delivery: Delivery) -> SafeString:
        return badge(TONES[delivery.status], delivery.get_status_display())

    @admin.display(description="Conversation")
    def conversation_link(self, delivery: Delivery) -> SafeString:
        conversation: Conversation = delivery.conversation
        url = reverse("admin:conversations_conversation_change", args=[conversation.pk])
        return format_html('<a href="{}">{}</a>', url, conversation.identity.contact)

    @admin.display(description="Attempts", ordering="tried")
    def tries(self, delivery: Any) -> int:
        return delivery.tried or 0

    @admin.display(description="Dead since", ordering="done_at")
    def age(self, delivery: Delivery) -> SafeString:
        return moment(delivery.done_at)

    @admin.display(description="Text")
    def text(self, delivery: Delivery) -> str:
        return delivery.message.text if delivery.message else "–"


def _retry_each(request: HttpRequest, deliveries: QuerySet[Delivery]) -> tuple[int, list[str]]:
    """Send each again. Returns how many will be, and why others won't, one sentence for each reason."""
    user = request.user
    assert isinstance(user, AbstractUser)  # noqa: S101  # admin_view lets nobody else in
    refused: dict[str, None] = {}
    ids = list(deliveries.order_by("pk").values_list("pk", flat=True))
    count = 0
    for pk in ids:
        try:
            desk.retry(pk, user=user, author=user.get_full_name() or user.get_username())
            count += 1
        except desk.DeskError as error:
            refused[error.public] = None
    return count, list(refused)
