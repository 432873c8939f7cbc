"""Where an article came from, on its own page and on its sub agent's."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from agents.admin_parts import badge, raw
from agents.imports.apply import is_edited, take_news
from agents.knowledge_models import ImportedArticle, Source, SourceLink
from agents.models import Article, SubAgent


class WithSources(forms.ModelForm[SubAgent]):
    """On a sub agent: sources that it draws on as a whole."""

    sources = forms.ModelMultipleChoiceField(
        Source.objects.none(), required=False, help_text="Answers also come from every article of these sources."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields.get("sources")
        if isinstance(field, forms.ModelMultipleChoiceField):
            field.queryset = Source.objects.all()
            if self.instance.pk:
                field.queryset = Source.objects.filter(agent=self.instance.agent_id)
                field.initial = list(self.instance.source_links.values_list("source_id", flat=True))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        agent = data.get("agent")
        if agent and any(source.agent_id != agent.pk for source in data.get("sources") or ()):
            self.add_error("sources", f"Some of these sources belong to another agent. Choose sources of {agent}.")
        return data

    def _save_m2m(self) -> None:
        super()._save_m2m()  # type: ignore[misc]  # where Django saves what needs the row's id
        chosen = self.cleaned_data.get("sources")
        if chosen is not None:
            self.instance.source_links.exclude(source__in=chosen).delete()
            known = set(self.instance.source_links.values_list("source_id", flat=True))
            links = [SourceLink(source=each, sub_agent=self.instance) for each in chosen if each.pk not in known]
            SourceLink.objects.bulk_create(links)


class FromSource(admin.ModelAdmin[Article]):
    """An article's page says what it was imported from, and whether it is still the same there."""

    change_form_template = "admin/agents/article/change_form.html"

    @admin.display(description="Imported from")
    def origin(self, article: Article) -> SafeString | str:
        imported = ImportedArticle.objects.filter(article=article.pk).select_related("source", "page").first()
        if imported is None:
            return "Nowhere: it was written here."
        link = reverse("admin:agents_source_change", args=[imported.source_id])
        return format_html('<a href="{}">{}</a> {}', link, imported.source, _state(imported, article))

    @admin.display(description="The source now says")
    def news(self, article: Article) -> SafeString:
        imported = ImportedArticle.objects.filter(article=article.pk).first()
        return raw(f"{imported.news_title}\n\n{imported.news_body}" if imported else "")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("origin", "news")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_fields(request, obj)
        if obj is None:
            return fields
        news = ImportedArticle.objects.filter(article=obj.pk).exclude(news_body="").exists()
        return (*fields, "origin", *(("news",) if news else ()))

    def get_urls(self) -> list[URLPattern]:
        view = require_POST(self.admin_site.admin_view(self.take_view))
        return [path("<int:pk>/take/", view, name="agents_article_take"), *super().get_urls()]

    def take_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        article = get_object_or_404(Article, pk=pk)
        if not self.has_change_permission(request, article):
            raise PermissionDenied
        imported = ImportedArticle.objects.filter(article=pk).exclude(news_body="").select_related("article").first()
        if imported is None:
            messages.warning(request, "The source says nothing new.")
        else:
            take_news(imported)
            messages.success(request, "The article now says what its source says.")
        return HttpResponseRedirect(reverse("admin:agents_article_change", args=[pk]))

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        article = kwargs.get("obj")
        rows = ImportedArticle.objects.filter(article=article.pk) if article else ImportedArticle.objects.none()
        context["has_news"] = rows.exclude(news_body="").exists()
        return super().render_change_form(request, context, *args, **kwargs)


def _state(imported: ImportedArticle, article: Article) -> SafeString:
    if imported.news_body:
        return badge("warn", "Edited here; the source has changed since")
    if imported.gone:
        return badge("warn", "The source doesn't have it any more")
    if is_edited(imported, article):
        return badge("quiet", "Edited here: imports leave it alone")
    return badge("good", "As the source has it; edit it, and imports leave it alone")
