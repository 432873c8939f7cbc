"""Agents in admin: the agent, its sub agents and articles as lists of their own, and the keys of its API."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db import models
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from rest_framework_api_key.admin import APIKeyModelAdmin

from agents import admin_actions as admin_actions  # registers its page
from agents import admin_rephrasings as admin_rephrasings  # registers its page
from agents import advice, avatars
from agents.admin_origin import FromSource, WithSources
from agents.admin_parts import PlainSelects, WriteOnlyInline, badge, shown_once
from agents.admin_wording import AvatarFields, FactsField, Linted
from agents.config import options
from agents.engines.registry import ENGINES, engine
from agents.forms import EngineSettingForm
from agents.lines import LinesField
from agents.lint import Warning
from agents.models import Action, Agent, ApiKey, Article, EngineSetting, SubAgent


class AgentForm(AvatarFields):
    engine = forms.ChoiceField(
        choices=lambda: [(name, engine(name).label) for name in sorted(ENGINES) if not options(engine(name).Config)],
        help_text="What decides, unless engines are listed below.",
    )


class EngineSettingInline(WriteOnlyInline, admin.StackedInline[EngineSetting, Agent]):
    model = EngineSetting
    form = EngineSettingForm
    fields = ("position", "engine", "options", "secret", "remove_secret")
    extra = 0
    verbose_name_plural = "Engines, in the order in which they are tried"


@admin.register(Agent)
class AgentAdmin(Linted):
    form = AgentForm
    list_display = ("name", "display_name", "is_active", "engine", "sub_agent_count", "article_count")
    list_filter = ("is_active",)
    search_fields = ("name", "instructions")
    readonly_fields = ("parts", "warnings", "picture")
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    inlines: ClassVar[Any] = (EngineSettingInline,)
    fieldsets = (
        (None, {"fields": ("name", "display_name", "is_active", "parts")}),
        (
            "What it says",
            {
                "fields": ("warnings", "instructions", "character", "language", "greeting", "closing"),
                "description": "What holds in every conversation. What is about one case belongs in a sub agent.",
            },
        ),
        ("How it looks", {"fields": ("picture", "avatar", "remove_avatar", "avatar_url"), "classes": ("collapse",)}),
        ("What it remembers", {"fields": ("memory_days",)}),
        (
            "How it decides",
            {"fields": ("otherwise", "engine", "engine_delay", "conversation_tokens"), "classes": ("collapse",)},
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Agent]:
        agents: QuerySet[Agent] = super().get_queryset(request)
        return agents.annotate(
            sub_agents_active=Count("sub_agents", filter=Q(sub_agents__is_active=True), distinct=True),
            articles_active=Count("articles", filter=Q(articles__is_active=True), distinct=True),
        )

    def save_model(self, request: HttpRequest, obj: Agent, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        form.keep_avatar()

    def advise(self, row: Agent) -> tuple[Warning, ...]:
        return advice.of_agent(row)

    @admin.display(description="Picture now")
    def picture(self, agent: Agent) -> SafeString | str:
        """Only the uploaded one: another site isn't to learn who looks at this page."""
        if agent.pk and (address := avatars.address(agent)) and not avatars.origin(address):
            return format_html('<img src="{}" alt="" width="48" height="48">', address)
        return agent.avatar_url or "None."

    @admin.display(description="Sub agents", ordering="sub_agents_active")
    def sub_agent_count(self, agent: Any) -> int:
        return int(agent.sub_agents_active)

    @admin.display(description="Articles", ordering="articles_active")
    def article_count(self, agent: Any) -> int:
        return int(agent.articles_active)

    @admin.display(description="Knows")
    def parts(self, agent: Any) -> SafeString | str:
        if agent.pk is None:
            return "Save the agent first; then give it sub agents and articles."
        return format_html(
            '<a href="{}?agent__id__exact={}">{} sub agents</a> · <a href="{}?agent__id__exact={}">{} articles</a>'
            ' · <a href="{}?agent__id__exact={}">sources that articles are imported from</a>',
            reverse("admin:agents_subagent_changelist"),
            agent.pk,
            agent.sub_agents_active,
            reverse("admin:agents_article_changelist"),
            agent.pk,
            agent.articles_active,
            reverse("admin:agents_source_changelist"),
            agent.pk,
        )


@admin.register(Article)
class ArticleAdmin(PlainSelects, FromSource):
    list_display = ("title", "agent", "is_active", "updated_at")
    list_filter = ("agent", "is_active")
    list_select_related = ("agent",)
    search_fields = ("title", "body")
    fields = ("agent", "title", "body", "url", "is_active")
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}


class SubAgentForm(WithSources):
    examples = LinesField(
        required=False,
        help_text="What customers (or, in its own replies, the agent) say when it applies, one sentence per line.",
    )
    facts = FactsField(
        required=False,
        help_text="What it has to know before it acts, one fact per line, as “name | question | pattern”, like “order "
        "number | What is your order number? | BT-[0-9]{5}”. The pattern is a regular expression and may be left out: "
        "then the customer's next message is the answer.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        articles = self.fields.get("articles")
        if self.instance.pk and isinstance(articles, forms.ModelMultipleChoiceField):
            articles.queryset = Article.objects.filter(agent_id=self.instance.agent_id)
        actions = self.fields.get("actions")
        if self.instance.pk and isinstance(actions, forms.ModelMultipleChoiceField):
            actions.queryset = Action.objects.filter(agent_id=self.instance.agent_id)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        agent = data.get("agent")
        if agent and any(article.agent_id != agent.pk for article in data.get("articles") or ()):
            self.add_error("articles", f"Some of these articles belong to another agent. Choose articles of {agent}.")
        if agent and any(action.agent_id != agent.pk for action in data.get("actions") or ()):
            self.add_error("actions", f"Some of these actions belong to another agent. Choose actions of {agent}.")
        return data


@admin.register(SubAgent)
class SubAgentAdmin(PlainSelects, Linted):
    form = SubAgentForm
    list_display = ("name", "agent", "kind", "trigger", "after", "priority", "state")
    list_filter = ("agent", "kind", "trigger", "after", "is_active")
    readonly_fields = ("warnings",)
    list_select_related = ("agent",)
    search_fields = ("name", "scenario", "instructions")
    prepopulated_fields = {"slug": ("name",)}
    filter_horizontal = ("articles", "actions")
    fieldsets = (
        (None, {"fields": ("agent", "name", "slug", "kind", "is_active", "warnings")}),
        (
            "When it applies",
            {
                "fields": ("trigger", "scenario", "examples", "priority", "expires_at"),
                "description": "Found by its scenario and examples; ten examples or more make it sure.",
            },
        ),
        (
            "What it does",
            {
                "fields": ("acknowledgement", "facts", "instructions", "articles", "sources", "actions"),
                "description": "In this order: the acknowledgement is said once, facts are asked for one by one.",
            },
        ),
        (
            "What happens after",
            {
                "fields": ("after", "tag", "summary_template"),
                "description": "Who asks for a person, or has to have one, gets one whatever is chosen here.",
            },
        ),
    )

    def advise(self, row: SubAgent) -> tuple[Warning, ...]:
        return advice.of_sub_agent(row)

    @admin.display(description="State")
    def state(self, sub_agent: SubAgent) -> SafeString:
        if sub_agent.is_expired:
            return badge("warn", "Expired")
        return badge("good", "Active") if sub_agent.is_active else badge("nobody", "Inactive")


@admin.register(ApiKey)
class ApiKeyAdmin(PlainSelects, APIKeyModelAdmin):
    """A key is shown once, on the page that answers the form."""

    list_display: Any = ("name", "prefix", "agent", "created", "expiry_date", "revoked")
    list_filter: ClassVar[Any] = ("agent", "revoked")
    list_select_related = ("agent",)
    fields = ("agent", "name", "prefix", "expiry_date", "revoked")

    def save_model(self, request: HttpRequest, obj: Any, form: Any = None, change: bool = False) -> None:
        if change:
            obj.save()
            return
        # The library would put the key into a message, which may end up in the session table.
        request.new_api_key = ApiKey.objects.assign_key(obj)  # type: ignore[attr-defined]  # lives as long as the request
        obj.save()

    def response_add(self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None) -> HttpResponse:
        return shown_once(
            request,
            self.admin_site,
            f"API key “{obj.name}”",
            {"API key": request.new_api_key},  # type: ignore[attr-defined]  # set by save_model
            reverse("admin:agents_apikey_changelist"),
        )


from agents import admin_sources  # noqa: E402, F401 - registers its page, and needs what stands above
