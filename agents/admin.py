"""Agents in admin: the agent, its sub agents and articles as lists of their own, and the keys of its API."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextareaWidget
from django.db import models
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from rest_framework_api_key.admin import APIKeyModelAdmin

from agents.admin_origin import FromSource, WithSources
from agents.admin_parts import PlainSelects, WriteOnlyInline, shown_once
from agents.config import options
from agents.engines.registry import ENGINES, engine
from agents.forms import EngineSettingForm
from agents.models import Agent, ApiKey, Article, EngineSetting, SubAgent


class LinesField(forms.CharField):
    """A list of sentences as a text with one sentence on each line."""

    widget = AdminTextareaWidget

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(str(line) for line in value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return [line.strip() for line in (super().to_python(value) or "").splitlines() if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool((initial or []) != self.to_python(data))


class AgentForm(forms.ModelForm[Agent]):
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
class AgentAdmin(admin.ModelAdmin[Agent]):
    form = AgentForm
    list_display = ("name", "display_name", "is_active", "engine", "sub_agent_count", "article_count")
    list_filter = ("is_active",)
    search_fields = ("name", "instructions")
    readonly_fields = ("parts",)
    inlines: ClassVar[Any] = (EngineSettingInline,)
    fieldsets = (
        (None, {"fields": ("name", "display_name", "is_active", "parts")}),
        ("What it says", {"fields": ("instructions", "greeting")}),
        ("How it decides", {"fields": ("engine", "engine_delay"), "classes": ("collapse",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Agent]:
        return (
            super()
            .get_queryset(request)
            .annotate(
                sub_agents_active=Count("sub_agents", filter=Q(sub_agents__is_active=True), distinct=True),
                articles_active=Count("articles", filter=Q(articles__is_active=True), distinct=True),
            )
        )

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
    examples = LinesField(required=False, help_text="What customers say when it applies, one sentence per line.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        articles = self.fields.get("articles")
        if self.instance.pk and isinstance(articles, forms.ModelMultipleChoiceField):
            articles.queryset = Article.objects.filter(agent_id=self.instance.agent_id)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        agent = data.get("agent")
        if agent and any(article.agent_id != agent.pk for article in data.get("articles") or ()):
            self.add_error("articles", f"Some of these articles belong to another agent. Choose articles of {agent}.")
        return data


@admin.register(SubAgent)
class SubAgentAdmin(PlainSelects, admin.ModelAdmin[SubAgent]):
    form = SubAgentForm
    list_display = ("name", "agent", "after", "priority", "is_active")
    list_filter = ("agent", "after", "is_active")
    list_select_related = ("agent",)
    search_fields = ("name", "scenario", "instructions")
    prepopulated_fields = {"slug": ("name",)}
    filter_horizontal = ("articles",)
    fieldsets = (
        (None, {"fields": ("agent", "name", "slug", "is_active")}),
        ("When it applies", {"fields": ("scenario", "examples", "priority")}),
        ("What it does", {"fields": ("instructions", "articles", "sources", "after")}),
    )


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
