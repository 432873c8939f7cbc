"""Sources in admin: what articles are imported from, how far that is, and what couldn't be read."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Case, Count, Q, QuerySet, When
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST, require_safe

from agents.admin_parts import PlainSelects, badge, moment
from agents.imports import order
from agents.imports.apply import remove
from agents.imports.kinds import KNOWN
from agents.knowledge_models import MOST_BYTES, Source, SourceLink, SourcePage
from agents.lines import LinesField

TONES = {"running": "agent", "done": "good", "partly": "warn", "failed": "bad"}  # all others are quiet
PAGE_TONES = {"waiting": "quiet", "read": "good", "failed": "bad", "gone": "warn"}
SHOWN_PAGES = 200  # those that couldn't be read come first
IMPORTED = ("agent", "kind", "address", "include", "exclude", "most_pages")  # a change of these asks for an import
PATTERNS = "One pattern per line: /help/*, or a whole address. * stands for anything; without it, it is a beginning."
FILES = f"{KNOWN}; up to {MOST_BYTES // 1_000_000} MB. Only for sources of the kind “File”."
ADDRESS = str(Source._meta.get_field("address").help_text)


class SourceForm(forms.ModelForm[Source]):
    address = forms.URLField(max_length=2_000, required=False, assume_scheme="https", help_text=ADDRESS)
    upload = forms.FileField(label="File", required=False, help_text=FILES)
    include = LinesField(required=False, help_text=f"Of a sitemap: pages to import; empty means all. {PATTERNS}")
    exclude = LinesField(required=False, help_text="Of a sitemap: pages to leave out, likewise.")

    class Meta:
        model = Source
        fields = ("agent", "name", "kind", "address", "include", "exclude", "most_pages", "every_hours")

    def clean_upload(self) -> Any:
        upload = self.cleaned_data["upload"]
        if upload:
            if upload.size > MOST_BYTES:  # before all of it is read into memory
                raise forms.ValidationError(f"The file has more than {MOST_BYTES // 1_000_000} MB. Split it.")
            self.content = upload.read()
            order.check_file(upload.name, self.content)
        return upload

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        is_file, upload = data.get("kind") == Source.Kind.FILE, data.get("upload")
        if is_file and not upload and "upload" not in self.errors and not hasattr(self.instance, "file"):
            self.add_error("upload", "Choose a file.")
        if upload and not is_file:
            self.add_error("upload", "Choose the kind “File” for it.")
        return data


class SubAgentLinkInline(admin.TabularInline[SourceLink, Source]):
    """On a source: sub agents that draw on all of it."""

    model = SourceLink
    extra = 0
    verbose_name_plural = "Sub agents that answer from every article of this source"


@admin.register(Source)
class SourceAdmin(PlainSelects, admin.ModelAdmin[Source]):
    form = SourceForm
    list_display = ("name", "agent", "kind", "status", "progress", "last", "next", "article_count")
    list_filter = ("agent", "kind", "state")
    list_select_related = ("agent",)
    search_fields = ("name", "address")
    actions = ("import_selected",)
    inlines = (SubAgentLinkInline,)
    fieldsets = (
        (None, {"fields": ("agent", "name", "kind", "address", "upload", "every_hours")}),
        ("Which pages of a website", {"fields": ("include", "exclude", "most_pages"), "classes": ("collapse",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Source]:
        active = Count("imported", filter=Q(imported__article__is_active=True))
        annotated: QuerySet[Source] = super().get_queryset(request).annotate(active_articles=active)
        return annotated

    def save_model(self, request: HttpRequest, obj: Source, form: Any, change: bool) -> None:
        if change:  # only what the form holds: how far the import is, a worker writes meanwhile
            obj.save(update_fields=[*SourceForm.Meta.fields, "updated_at"])
        else:
            super().save_model(request, obj, form, change)
        content = getattr(form, "content", None)
        if content is not None:
            order.keep_file(obj, form.cleaned_data["upload"].name, content)
        elif not change or set(form.changed_data) & set(IMPORTED):
            order.import_anew(obj)

    def response_add(self, request: HttpRequest, obj: Source, post_url_continue: str | None = None) -> HttpResponse:
        messages.success(request, f"“{obj}” is being imported. Its articles are used as soon as that is done.")
        return HttpResponseRedirect(reverse("admin:agents_source_change", args=[obj.pk]))

    def delete_model(self, request: HttpRequest, obj: Source) -> None:
        self._said(request, remove(obj))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Source]) -> None:
        self._said(request, sum(remove(source) for source in queryset))

    def _said(self, request: HttpRequest, left: int) -> None:
        said = f" {left} that were edited here are still there." if left else ""
        messages.info(request, f"The articles that were imported are deleted, too.{said}")

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Rows of the machinery aren't anybody's to have permissions for; articles are what matters."""
        names = [str(source) for source in objs]
        count = sum(source.imported.filter(article__isnull=False).count() for source in objs)
        told = [*names, f"{count} imported articles, but for those that were edited here"]
        return told, {"sources": len(names), "articles": count}, set(), []

    # --- Cells --------------------------------------------------------------------------------------------------------

    @admin.display(description="State", ordering="state")
    def status(self, source: Source) -> SafeString:
        return badge(TONES.get(source.state, "quiet"), source.get_state_display())

    @admin.display(description="Pages")
    def progress(self, source: Source) -> str:
        failed = f", {source.failed} failed" if source.failed else ""
        return f"{source.done} of {source.found} read{failed}" if source.found else source.error or "–"

    @admin.display(description="Last imported", ordering="imported_at")
    def last(self, source: Source) -> SafeString:
        return moment(source.imported_at)

    @admin.display(description="Next", ordering="due_at")
    def next(self, source: Source) -> SafeString:
        return moment(source.due_at)

    @admin.display(description="Articles", ordering="active_articles")
    def article_count(self, source: Any) -> int:
        return int(source.active_articles)

    # --- What people can have done ------------------------------------------------------------------------------------

    @admin.action(description="Import now", permissions=["change"])
    def import_selected(self, request: HttpRequest, queryset: QuerySet[Source]) -> None:
        count = sum(order.import_now(source) for source in queryset)
        messages.success(request, f"{count} are being imported.")

    def get_urls(self) -> list[URLPattern]:
        guard = self.admin_site.admin_view
        return [
            path("<int:pk>/import/", require_POST(guard(self.import_view)), name="agents_source_import"),
            path("<int:pk>/cancel/", require_POST(guard(self.cancel_view)), name="agents_source_cancel"),
            path("<int:pk>/live/", require_safe(guard(self.live_view)), name="agents_source_live"),
            *super().get_urls(),
        ]

    def import_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        source = self._changeable(request, pk)
        if order.import_now(source):
            messages.success(request, "It is being imported.")
        else:
            messages.warning(request, "It is being imported already.")
        return HttpResponseRedirect(reverse("admin:agents_source_change", args=[pk]))

    def cancel_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if order.cancel(self._changeable(request, pk)):
            messages.success(request, "The import stops at the next page. The articles stay as they are.")
        else:
            messages.warning(request, "There is no import to be stopped.")
        return HttpResponseRedirect(reverse("admin:agents_source_change", args=[pk]))

    def live_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        source = get_object_or_404(self.get_queryset(request), pk=pk)
        if not self.has_view_permission(request, source):
            raise PermissionDenied
        return TemplateResponse(request, "admin/agents/source/progress.html", self._shown(source))

    def _changeable(self, request: HttpRequest, pk: int) -> Source:
        source = get_object_or_404(Source, pk=pk)
        if not self.has_change_permission(request, source):
            raise PermissionDenied
        return source

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if kwargs.get("obj") is not None:
            context.update(self._shown(kwargs["obj"]))
        return super().render_change_form(request, context, *args, **kwargs)

    def _shown(self, source: Source) -> dict[str, Any]:
        worst = Case(When(state=SourcePage.State.FAILED, then=0), When(state=SourcePage.State.GONE, then=1), default=2)
        pages = source.pages.defer("pieces").annotate(worst=worst).order_by("worst", "pk")
        edited = source.imported.filter(article__isnull=False).exclude(news_body="").select_related("article")
        file = getattr(source, "file", None) if source.kind == Source.Kind.FILE else None
        return {
            "source": source,
            "state_badge": self.status(source),
            "last": self.last(source),
            "next": self.next(source),
            "pages": [(badge(PAGE_TONES[page.state], page.get_state_display()), page) for page in pages[:SHOWN_PAGES]],
            "more_pages": max(0, source.pages.count() - SHOWN_PAGES),
            "file_name": file.name if file else "",
            "news": edited,
        }
