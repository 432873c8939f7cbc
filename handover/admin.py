"""What operators do all day: the list of conversations with those that wait, one conversation's page, a gateway's page
completed with who takes over, and an agent's with a page to try it out on.

It replaces the plainer pages that `conversations.admin`, `gateways.admin` and `agents.admin` offer, because only this
room knows all.
"""

from typing import Any

from django.contrib import admin
from django.db.models import Exists, ForeignKey, OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST, require_safe

from agents.admin import AgentAdmin
from agents.admin_parts import moment
from agents.models import Agent, SubAgent
from conversations.admin import ConversationAdmin, MessageTemplateInline
from conversations.models import ActionRequest, Conversation
from gateways.admin import GatewayAdmin, OfGatewayInline
from gateways.models import Gateway
from handover import (  # noqa: F401 - importing admin_dead_letters registers its page
    admin_configuration,
    admin_dead_letters,
    dry_run_page,
    mode_pages,
    pages,
    playground,
)
from handover.models import EscalationTarget, Handover, HandoverRule, HandoverSettings

# --- Agents: trying them out ------------------------------------------------------------------------------------------

admin.site.unregister(Agent)


@admin.register(Agent)
class TriedAgentAdmin(AgentAdmin):
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.playground_view)
        return [path("<int:pk>/try/", view, name="agents_agent_try"), *super().get_urls()]

    def playground_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return playground.show(self, request, pk)


# --- Gateways: who takes over -----------------------------------------------------------------------------------------


class EscalationTargetInline(OfGatewayInline):
    model = EscalationTarget
    fields = ("destination", "next_destination", "accept_within")
    verbose_name_plural = "Escalation target: gets what the agent hands over when no rule says otherwise"


class HandoverSettingsInline(admin.StackedInline[Any, Gateway]):
    model = HandoverSettings
    extra = 0
    max_num = 1
    can_delete = False
    classes = ("collapse",)
    verbose_name_plural = "Handover settings: tags, who is told, and what people do too late"


class HandoverRuleInline(OfGatewayInline):
    model = HandoverRule
    fields = (
        "position", "sub_agent", "language", "channel", "hours", "tag", "contact_tag", "destination",
        "next_destination", "accept_within", "is_active",
    )  # fmt: skip
    verbose_name_plural = (
        "Handover rules: the first whose every condition is so decides who gets it; what is empty isn’t asked for"
    )

    def formfield_for_foreignkey(self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "sub_agent":
            kwargs["queryset"] = SubAgent.objects.filter(agent=self.gateway.agent_id if self.gateway else None)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


admin.site.unregister(Gateway)


@admin.register(Gateway)
class CompleteGatewayAdmin(GatewayAdmin):
    inlines = (
        EscalationTargetInline,
        HandoverRuleInline,
        HandoverSettingsInline,
        *GatewayAdmin.inlines,
        MessageTemplateInline,
    )

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        if gateway := kwargs.get("obj"):
            context["warning"] = _nobody_is_told(gateway)
        return super().render_change_form(request, context, *args, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        guard = self.admin_site.admin_view
        return [
            *admin_configuration.urls(self),
            path("<int:pk>/drafts/", require_safe(guard(self.drafts_view)), name="gateways_gateway_drafts"),
            path("<int:pk>/promote/", require_POST(guard(self.promote_view)), name="gateways_gateway_promote"),
            path("<int:pk>/dry-run/", guard(self.dry_run_view), name="gateways_gateway_dry_run"),
            path("<int:pk>/shadow/", require_safe(guard(self.shadow_view)), name="gateways_gateway_shadow"),
            *super().get_urls(),
        ]

    def dry_run_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return dry_run_page.show(self, request, pk)

    def drafts_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return mode_pages.drafts(self, request, pk)

    def promote_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return mode_pages.promote(self, request, pk)

    def shadow_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return mode_pages.shadow_report(self, request, pk)


def _nobody_is_told(gateway: Gateway) -> str:
    """What is missing so that people learn of a handover; "" when nothing is."""
    if EscalationTarget.objects.filter(gateway=gateway, destination__is_active=True).exists():
        return ""
    if HandoverSettings.of(gateway).notify.strip():
        return ""
    return (
        "Nobody is told of a handover that no rule fits: it only waits in the list “Waiting for people”. "
        "Choose an escalation target, or give addresses to notify in the handover settings."
    )


# --- Conversations ----------------------------------------------------------------------------------------------------


class WaitingForPeople(admin.SimpleListFilter):
    title = "waiting for people"
    parameter_name = "waiting"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Waiting, oldest first")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.exclude(waiting_since=None) if self.value() == "yes" else queryset


class WaitingForApproval(admin.SimpleListFilter):
    title = "actions"
    parameter_name = "approval"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Waiting for approval")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() != "yes":
            return queryset
        waiting = ActionRequest.objects.filter(conversation=OuterRef("pk"), state=ActionRequest.State.WAITING)
        return queryset.filter(Exists(waiting))


@admin.register(Conversation)
class ConversationDesk(ConversationAdmin):
    list_filter = (WaitingForPeople, WaitingForApproval, *ConversationAdmin.list_filter)

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        if request.GET.get("waiting") == "yes":
            return ("who", "waiting", "why_waiting", "waits_for", "last_words", "gateway")
        return ("who", "last_words", "gateway", "state", "waiting", "last_message")

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ("waiting_since", "id") if request.GET.get("waiting") == "yes" else ("-last_message_at", "-id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Conversation]:
        waiting = Handover.objects.filter(conversation=OuterRef("pk"), state=Handover.State.WAITING).order_by("-id")
        return (
            super()
            .get_queryset(request)
            .annotate(
                waiting_since=Subquery(waiting.values("created_at")[:1]),
                waiting_why=Subquery(waiting.values("why")[:1]),
                waiting_at=Subquery(waiting.values("destination__name")[:1]),
            )
        )

    @admin.display(description="Waiting since", ordering="waiting_since")
    def waiting(self, conversation: Any) -> SafeString:
        return moment(conversation.waiting_since)

    @admin.display(description="Why")
    def why_waiting(self, conversation: Any) -> str:
        return str(conversation.waiting_why or "–")

    @admin.display(description="Where", ordering="waiting_at")
    def waits_for(self, conversation: Any) -> str:
        return str(conversation.waiting_at or "Here")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        title = "Waiting for people" if request.GET.get("waiting") == "yes" else "Conversations"
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def get_urls(self) -> list[URLPattern]:
        guard = self.admin_site.admin_view
        acts = [
            path(f"<int:pk>/{name}/", require_POST(guard(self.act_view)), {"name": name}, f"conversation_{name}")
            for name in pages.ACTS
        ]
        live = path("<int:pk>/live/", require_safe(guard(self.live_view)), name="conversation_live")
        file = path("<int:pk>/files/<int:number>/", require_safe(guard(self.file_view)), name="conversation_file")
        link = path("<int:pk>/widget-link/", require_POST(guard(self.widget_view)), name="conversation_widget_link")
        return [*acts, live, file, link, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not object_id.isdecimal():
            raise Http404("There is no such conversation.")
        return pages.show(self, request, int(object_id))

    def live_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return pages.fresh(self, request, pk)

    def file_view(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        return pages.file(self, request, pk, number)

    def widget_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return pages.widget_link(self, request, pk)

    def act_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        return pages.act(self, request, pk, name)
