"""What colleagues have told agents, in admin: who told it when, where it holds, and a button that revokes it."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from agents.admin_parts import PlainSelects, badge, moment
from agents.instruct import LONGEST, revoke
from agents.models import Instruction


class HoldsFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("holds", "Holds"), ("revoked", "Revoked")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Instruction]) -> QuerySet[Instruction]:
        return queryset.filter(revoked_at__isnull=self.value() == "holds") if self.value() else queryset


class InstructionForm(forms.ModelForm[Instruction]):
    text = forms.CharField(widget=forms.Textarea(attrs={"rows": 4}), max_length=LONGEST)


@admin.register(Instruction)
class InstructionAdmin(PlainSelects, admin.ModelAdmin[Instruction]):
    """They are told, and they are revoked; what one says never changes."""

    form = InstructionForm
    change_form_template = "admin/agents/instruction/change_form.html"
    list_display: Any = ("text_shown", "agent", "where", "by", "told", "state")
    list_filter: ClassVar[Any] = (HoldsFilter, "agent")
    list_select_related = ("agent", "sub_agent")
    search_fields = ("text", "by")
    actions: Any = ("revoke_all",)
    fields: ClassVar[Any] = ("agent", "sub_agent", "gateway", "text")

    def get_fields(self, request: HttpRequest, obj: Instruction | None = None) -> Any:
        return ("text", "agent", "where", "by", "told", "told_in", "state") if obj else self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Instruction | None = None) -> Any:
        return self.get_fields(request, obj) if obj else ()

    def save_model(self, request: HttpRequest, obj: Instruction, form: Any, change: bool) -> None:
        if not change:
            obj.by = request.user.get_username()
            obj.save()

    # --- Cells and lines ----------------------------------------------------------------------------------------------

    @admin.display(description="Instruction")
    def text_shown(self, instruction: Instruction) -> str:
        return str(instruction)

    @admin.display(description="Holds for")
    def where(self, instruction: Instruction) -> str:
        gateway = f"gateway {instruction.gateway}" if instruction.gateway else "all gateways"
        return f"{gateway}, when “{instruction.sub_agent.name}” applies" if instruction.sub_agent else gateway

    @admin.display(description="Told", ordering="created_at")
    def told(self, instruction: Instruction) -> SafeString:
        return moment(instruction.created_at)

    @admin.display(description="Told in")
    def told_in(self, instruction: Instruction) -> SafeString | str:
        if not instruction.conversation:
            return "Not in a conversation."
        url = reverse("admin:conversations_conversation_change", args=[instruction.conversation])
        return format_html('<a href="{}">Conversation {}</a>', url, instruction.conversation)

    @admin.display(description="State", ordering="revoked_at")
    def state(self, instruction: Instruction) -> SafeString:
        if instruction.revoked_at is None:
            return badge("good", "Holds")
        shown, at = badge("quiet", "Revoked"), moment(instruction.revoked_at)
        return format_html("{} {} by {}", shown, at, instruction.revoked_by)

    # --- Revoking -----------------------------------------------------------------------------------------------------

    @admin.action(description="Revoke the selected instructions", permissions=["change"])
    def revoke_all(self, request: HttpRequest, queryset: QuerySet[Instruction]) -> None:
        count = sum(revoke(each, request.user.get_username()) for each in queryset)
        messages.success(request, f"{count} instruction(s) no longer hold.")

    def get_urls(self) -> list[URLPattern]:
        view = require_POST(self.admin_site.admin_view(self.revoke_view))
        return [path("<int:pk>/revoke/", view, name="agents_instruction_revoke"), *super().get_urls()]

    def revoke_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        instruction = get_object_or_404(Instruction, pk=pk)
        if not self.has_change_permission(request, instruction):
            raise PermissionDenied
        if revoke(instruction, request.user.get_username()):
            messages.success(request, "The instruction no longer holds.")
        else:
            messages.info(request, "The instruction was revoked already.")
        return HttpResponseRedirect(reverse("admin:agents_instruction_change", args=[pk]))
