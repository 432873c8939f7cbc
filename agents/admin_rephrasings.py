"""Rephrasings in admin: what engines made of operators' words, to be read, corrected, or made again."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from agents.models import Rephrasing
from agents.rephrase import is_usable


class RephrasingForm(forms.ModelForm[Rephrasing]):
    class Meta:
        model = Rephrasing
        fields = ("text",)

    def clean_text(self) -> str:
        """Checked as an engine's words are."""
        text, original = self.cleaned_data["text"].strip(), self.instance.original
        if text and original and not is_usable(original, text):
            raise forms.ValidationError("Keep all that stands in braces, and the links, and about the same length.")
        return str(text)


@admin.register(Rephrasing)
class RephrasingAdmin(admin.ModelAdmin[Rephrasing]):
    """The system makes them; what a person writes instead is said as it stands, until the original changes."""

    form = RephrasingForm
    list_display = ("said", "language", "agent", "made_at")
    list_filter = ("agent", ("language", admin.AllValuesFieldListFilter))
    list_select_related = ("agent",)
    search_fields = ("text",)
    fields = ("agent", "original", "language", "text", "made_at")
    readonly_fields = ("agent", "original", "language", "made_at")
    actions = ("make_again",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.display(description="Text", ordering="text")
    def said(self, rephrasing: Rephrasing) -> str:
        return rephrasing.text[:100] or "Couldn’t be used; it is tried again after a day"

    @admin.action(description="Have the engine make them again", permissions=["delete"])
    def make_again(self, request: HttpRequest, queryset: QuerySet[Rephrasing]) -> None:
        """What is missing is made within minutes. Until then the original is said."""
        count = queryset.delete()[0]
        what = "1 rephrasing is" if count == 1 else f"{count} rephrasings are"
        messages.success(request, f"{what} made again, within a few minutes.")

    @admin.display(description="Original")
    def original(self, rephrasing: Any) -> str:
        return rephrasing.original or "It was made before originals were kept."
