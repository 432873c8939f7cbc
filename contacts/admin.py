"""Contacts in admin, each with the identities under which platforms know them, and what is remembered about them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from agents.admin_parts import ReadOnlyInline
from contacts import remember
from contacts.models import Contact, Identity, Memory


class IdentityInline(ReadOnlyInline):
    model = Identity
    fields = ("gateway", "external_id", "created_at")
    readonly_fields = fields


class MemoryForm(forms.ModelForm[Memory]):
    """A fact as a person writes or corrects it. What may not be kept is refused, with the reason."""

    text = forms.CharField(max_length=200, widget=forms.TextInput(attrs={"size": 60}))

    class Meta:
        model = Memory
        fields = ("text", "expires_at")

    def clean_text(self) -> str:
        try:
            return remember.fit(self.cleaned_data["text"])
        except remember.Unfit as error:
            raise forms.ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self.instance.same = remember.key(data.get("text", ""))
        twin = Memory.objects.filter(contact=self.instance.contact, same=self.instance.same).exclude(
            pk=self.instance.pk
        )
        if data.get("text") and self.instance.contact_id and twin.exclude(text="").exists():
            self.add_error("text", "This is remembered already.")
        return data


class MemoryInline(admin.TabularInline[Memory, Contact]):
    model = Memory
    form = MemoryForm
    fields = ("text", "state", "source", "expires_at")
    readonly_fields = ("state", "source")
    extra = 1
    verbose_name_plural = "Remembered. What you write or change is kept; to have a fact forgotten, delete it"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).exclude(state=Memory.State.REJECTED).order_by("pk")

    @admin.display(description="From")
    def source(self, memory: Memory) -> SafeString | str:
        if not memory.conversation:
            return "–"
        try:
            page = reverse("admin:conversations_conversation_change", args=[memory.conversation])
        except NoReverseMatch:
            return f"conversation {memory.conversation}"
        return format_html('<a href="{}#message-{}">message {}</a>', page, memory.seq, memory.seq)


@admin.register(Contact)
class ContactAdmin(admin.ModelAdmin[Contact]):
    list_display = ("__str__", "email", "phone", "language", "remembered", "updated_at")
    list_filter = (
        ("language", admin.AllValuesFieldListFilter),
        ("identities__gateway", admin.RelatedOnlyFieldListFilter),
    )
    search_fields = ("name", "email", "phone", "identities__external_id")
    fields = ("name", "email", "phone", "language", "tags", "created_at", "updated_at")
    readonly_fields = ("created_at", "updated_at")
    inlines = (IdentityInline, MemoryInline)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """What a person has written is kept; one that was rejected before may be written again."""
        if formset.model is not Memory:
            super().save_formset(request, form, formset, change)
            return
        for memory in formset.save(commit=False):
            Memory.objects.filter(contact=memory.contact, same=memory.same, text="").delete()
            memory.state, memory.decided_by = Memory.State.KEPT, request.user
            memory.save()
        for memory in formset.deleted_objects:
            memory.delete()
        remember.count(form.instance)
