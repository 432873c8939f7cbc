"""The small pieces that the admin pages of every room are made of."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.options import BaseModelAdmin, InlineModelAdmin
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

TONES = ("agent", "people", "nobody", "good", "warn", "bad", "quiet")


def badge(tone: str, text: str) -> SafeString:
    """A coloured label; `tone` is one of TONES and also the end of its CSS class."""
    return format_html('<span class="badge badge-{}">{}</span>', tone, text)


def moment(at: datetime | None) -> SafeString:
    """A point in time in short, with the whole of it on hover. The page's script turns it into local time."""
    if at is None:
        return format_html("{}", "–")
    whole = f"{at:%a %-d %b %Y, %H:%M:%S} UTC"
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), whole, f"{at:%-d %b %H:%M}")


def raw(text: str) -> SafeString:
    """Text from outside, shown as it is and as nothing but text."""
    return format_html('<pre class="raw" tabindex="0">{}</pre>', text)


def copyable(text: str) -> SafeString:
    """Text with a button that copies it, where the browser allows that."""
    return format_html(
        '<span class="copyable"><code>{}</code> <button type="button" class="copy" data-copy="{}">Copy</button></span>',
        text,
        text,
    )


def shown_once(
    request: HttpRequest, site: admin.AdminSite, title: str, secrets: dict[str, str], next_url: str
) -> HttpResponse:
    """The page that shows new secrets by their labels, this one time.

    It is the answer to the form itself: nothing of it passes through a cookie or a session row.
    """
    context = {**site.each_context(request), "title": title, "secrets": secrets, "next_url": next_url}
    return TemplateResponse(request, "admin/shown_once.html", context, headers={"Cache-Control": "no-store"})


class SecretField(forms.CharField):
    """A text that is never shown again. What has been entered isn't repeated either when the form has errors."""

    def __init__(
        self, *, label: str, help_text: str = "", kept_since: datetime | None = None, multiline: bool = False
    ) -> None:
        widget = SecretTextarea() if multiline else forms.PasswordInput(render_value=False)
        placeholder = f"set on {kept_since:%-d %B %Y}; leave empty to keep" if kept_since else "not set yet"
        widget.attrs |= {"autocomplete": "new-password", "placeholder": placeholder, "spellcheck": "false"}
        super().__init__(label=label, help_text=help_text, required=False, widget=widget)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(data)


class SecretTextarea(forms.Textarea):
    """A text area that never renders its value."""

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        return super().get_context(name, None, attrs)


class WriteOnlyInline(InlineModelAdmin[Any, Any]):
    """Rows with a secret beside their parent. Where they can't be changed they aren't there.

    Django shows what a user may only look at as text, secrets too, also where it is just the parent that can't be
    changed.
    """

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        parent = self.admin_site.get_model_admin(self.parent_model)
        return parent.has_change_permission(request, obj) and super().has_change_permission(request, obj)


class PlainSelects(BaseModelAdmin[Any]):
    """Choices of rows without the icons that edit, add or delete those rows: a slip there would delete an agent."""

    def formfield_for_dbfield(self, db_field: models.Field[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    """Rows that the system writes and people only read. Deleting stays a matter of permission."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class ReadOnlyInline(admin.TabularInline[Any, Any]):
    """Rows beside their parent that people only read."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False
