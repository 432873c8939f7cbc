"""The list of conversations, and the wordings that gateways use.

A conversation's own page needs to know about handovers; it is in `handover.admin`, which builds on this list.
"""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from agents.admin_parts import badge, moment
from conversations import dead_letters
from conversations.models import Conversation, Message, MessageTemplate, Offer
from gateways.admin import OfGatewayInline

OWNER_BADGES = {"agent": ("agent", "Agent"), "human": ("people", "People"), "nobody": ("nobody", "Nobody")}
UNSAID = (Message.Kind.NOTE, Message.Kind.DRAFT)
STATUS_BADGES = {"suspended": ("warn", "Suspended"), "closed": ("nobody", "Closed")}


class MessageTemplateInline(OfGatewayInline):
    model = MessageTemplate
    fields = ("kind", "language", "text")
    verbose_name_plural = "Your own wording of what the system says by itself"
    classes = ("collapse",)


class DraftsToReview(admin.SimpleListFilter):
    title = "drafts"
    parameter_name = "drafts"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("review", "To be reviewed")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Conversation]) -> QuerySet[Conversation]:
        return queryset.filter(has_draft=True) if self.value() == "review" else queryset


class StuckDeliveries(admin.SimpleListFilter):
    title = "deliveries"
    parameter_name = "deliveries"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("stuck", "Failed or unknown")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Conversation]) -> QuerySet[Conversation]:
        if self.value() != "stuck":
            return queryset
        return queryset.filter(Exists(dead_letters.dead().filter(conversation=OuterRef("pk"))))


class Offered(admin.SimpleListFilter):
    title = "offers of a person"
    parameter_name = "offer"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("pending", "Waiting for the customer’s answer")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Conversation]) -> QuerySet[Conversation]:
        if self.value() != "pending":
            return queryset
        return queryset.filter(Exists(Offer.objects.filter(conversation=OuterRef("pk"), state=Offer.State.PENDING)))


class ConversationAdmin(admin.ModelAdmin[Conversation]):
    """Everything that the list shows comes with one query; cells ask for nothing more."""

    list_display: Any = ("who", "last_words", "gateway", "state", "last_message")
    list_display_links = ("who", "last_words")
    list_filter: ClassVar[Any] = (
        "owner",
        "status",
        "gateway",
        DraftsToReview,
        StuckDeliveries,
        Offered,
        ("language", admin.AllValuesFieldListFilter),
    )
    list_select_related = ("gateway", "identity__contact", "assignee")
    list_per_page = 50
    search_fields = ("identity__contact__name", "identity__contact__email", "subject", "messages__text")
    search_help_text = "Name, email address, subject, or words of any message."
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Conversation]:
        said = Message.objects.filter(conversation=OuterRef("pk")).exclude(kind__in=UNSAID).order_by("-seq")
        return Conversation.objects.annotate(
            last_text=Subquery(said.values("text")[:1]),
            last_author=Subquery(said.values("author")[:1]),
            is_offered=Exists(Offer.objects.filter(conversation=OuterRef("pk"), state=Offer.State.PENDING)),
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.display(description="Who", ordering="identity__contact__name")
    def who(self, conversation: Conversation) -> str:
        return str(conversation.identity.contact)

    @admin.display(description="Last words")
    def last_words(self, conversation: Any) -> SafeString:
        text = Truncator(" ".join((conversation.last_text or "Nothing said yet").split())).chars(90)
        before = "" if conversation.last_author == Message.Author.CUSTOMER else "↩ "
        return format_html('<span class="last-words">{}{}</span>', before, text)

    @admin.display(description="Owner, status", ordering="owner")
    def state(self, conversation: Any) -> SafeString:
        """Whose move it is; a conversation that is no one's says why instead."""
        if conversation.status in STATUS_BADGES:
            return badge(*STATUS_BADGES[conversation.status])
        if conversation.has_draft and conversation.owner == Conversation.Owner.AGENT:
            return badge("people", "Draft to review")
        tone, text = OWNER_BADGES[conversation.owner]
        assignee = conversation.assignee
        whose = badge(tone, (assignee.get_full_name() or assignee.get_username()) if assignee else text)
        return format_html("{} {}", whose, badge("warn", "Offered a person")) if conversation.is_offered else whose

    @admin.display(description="Last message", ordering="last_message_at")
    def last_message(self, conversation: Conversation) -> SafeString:
        return moment(conversation.last_message_at)
