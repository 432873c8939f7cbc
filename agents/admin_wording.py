"""What the forms of agents and sub agents have in common: warnings about their texts, facts as lines, a picture."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget
from django.db.models import Model
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from agents import avatars, facts
from agents.lint import Warning

MOST_MESSAGES = 10


class Linted(admin.ModelAdmin[Any]):
    """Warns, after saving and on the form, about what is doubtful in the texts. Never refuses them."""

    def advise(self, row: Any) -> tuple[Warning, ...]:
        """What is doubtful about a saved row."""
        raise NotImplementedError

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)  # engines among them, which the warnings depend on
        for warning in self.advise(form.instance)[:MOST_MESSAGES]:
            messages.warning(request, f"{warning.field.replace('_', ' ').capitalize()}: {warning.message}")

    @admin.display(description="Warnings")
    def warnings(self, row: Model) -> SafeString | str:
        """The panel on the form."""
        found = self.advise(row) if row.pk else ()
        if not found:
            return "None."
        lines = ((each.field.replace("_", " ").capitalize(), each.message) for each in found)
        return format_html('<ul class="lint">{}</ul>', format_html_join("", "<li><strong>{}</strong>: {}</li>", lines))


class FactsField(forms.CharField):
    """Facts to collect as a text with one fact on each line."""

    widget = AdminTextareaWidget

    def prepare_value(self, value: Any) -> Any:
        return facts.lines(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return facts.from_lines(super().to_python(value) or "")

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(facts.lines(initial or []) != facts.lines(self.to_python(data)))


class AvatarFields(forms.ModelForm[Any]):
    """A picture to upload or to take away, kept when the form is saved."""

    avatar = forms.FileField(
        required=False, help_text="PNG, JPEG, GIF or WebP of at most 200 kB, shown in web chats beside its messages."
    )
    remove_avatar = forms.BooleanField(required=False, help_text="Take the uploaded picture away.")

    def clean_avatar(self) -> bytes | None:
        uploaded = self.cleaned_data.get("avatar")
        if not uploaded:
            return None
        image: bytes = uploaded.read(avatars.LARGEST + 1)
        if problem := avatars.problem(image):
            raise forms.ValidationError(problem)
        return image

    def keep_avatar(self) -> None:
        """Wants the agent to be saved."""
        if self.cleaned_data.get("remove_avatar"):
            avatars.remove(self.instance)
        if image := self.cleaned_data.get("avatar"):
            avatars.keep(self.instance, image)
