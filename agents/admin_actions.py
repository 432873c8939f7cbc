"""Actions in admin: set one up, give it secrets, and try it out with typed-in arguments."""

import json
from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from agents.actions import arguments
from agents.actions.action import ActionBrief, ActionResult, CannotRender
from agents.actions.run import run
from agents.actions.template import Rendered, shown
from agents.admin_parts import PlainSelects, WriteOnlyInline
from agents.ask import way_out
from agents.brief_actions import action_brief
from agents.forms_actions import ActionForm, ActionSecretForm, TryForm
from agents.lines import LinesField
from agents.models import Action, ActionSecret

TRY = "admin/agents/action/try.html"


class LinedActionForm(ActionForm):
    outputs = LinesField(
        required=False,
        help_text="Places in the answer, one per line, like /order/status or /items/*/name; / is all of it. The rest "
        "is shown to nobody, neither the engine nor people.",
    )


class ActionSecretInline(WriteOnlyInline, admin.StackedInline[ActionSecret, Action]):
    model = ActionSecret
    form = ActionSecretForm
    fields = ("name", "value")
    extra = 0
    verbose_name_plural = "Secrets, for {{secrets.name}} in headers"


@admin.register(Action)
class ActionAdmin(PlainSelects, admin.ModelAdmin[Action]):
    form = LinedActionForm
    change_form_template = "admin/agents/action/change_form.html"
    list_display = ("name", "agent", "kind", "method", "used_by", "is_active")
    list_filter = ("agent", "kind", "is_active")
    list_select_related = ("agent",)
    search_fields = ("name", "description", "url")
    prepopulated_fields = {"slug": ("name",)}
    inlines: ClassVar[Any] = (ActionSecretInline,)
    fieldsets = (
        (None, {"fields": ("agent", "name", "slug", "is_active")}),
        ("When it is called", {"fields": ("description", "everywhere", "kind", "run")}),
        ("The request", {"fields": ("method", "url", "query", "body", "headers", "arguments", "seconds")}),
        ("The answer", {"fields": ("outputs",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found: QuerySet[Any] = super().get_queryset(request).annotate(users=Count("sub_agents"))
        return found

    @admin.display(description="For")
    def used_by(self, action: Any) -> str:
        if action.everywhere:
            return "Every sub agent"
        return f"{action.users} sub agent{'' if action.users == 1 else 's'}" if action.users else "Nobody yet"

    # --- Trying it out ------------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.try_view)
        return [path("<int:pk>/try/", view, name="agents_action_try"), *super().get_urls()]

    def try_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The form; with arguments posted, the request as it was sent but for its secrets, and what came of it."""
        action = get_object_or_404(Action.objects.prefetch_related("secrets"), pk=pk)
        if not self.has_change_permission(request, action):
            raise PermissionDenied
        form = TryForm(action, request.POST if request.method == "POST" else None)
        tried = self._try(request, action, form.values()) if form.is_bound and form.is_valid() else None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Try {action}",
            "action": action,
            "form": form,
            "tried": tried,
        }
        return TemplateResponse(request, TRY, context)

    def _try(self, request: HttpRequest, action: Action, values: dict[str, Any]) -> dict[str, Any]:
        made = action_brief(action)
        typed = json.dumps(values, ensure_ascii=False)
        self.log_change(request, action, f"Tried out with {typed}"[:1000])
        return _tried(made, values, run(made, values, way_out()))


def _tried(action: ActionBrief, values: dict[str, Any], result: ActionResult) -> dict[str, Any]:
    return {
        "request": _request(action, values),
        "result": result,
        "outputs": json.dumps(dict(result.outputs), indent=2, ensure_ascii=False),
    }


def _request(action: ActionBrief, values: dict[str, Any]) -> str:
    """As it went out, without secrets; "" when none could be made."""
    try:
        made: Rendered = shown(action, arguments.check(action, values))
    except CannotRender:
        return ""
    head = [f"{made.method} {made.url}", *(f"{name}: {value}" for name, value in made.headers.items())]
    return "\n".join([*head, "", made.body.decode()] if made.body else head)
