"""Contacts in admin, each with the identities under which platforms know them."""

from django.contrib import admin

from agents.admin_parts import ReadOnlyInline
from contacts.models import Contact, Identity


class IdentityInline(ReadOnlyInline):
    model = Identity
    fields = ("gateway", "external_id", "created_at")
    readonly_fields = fields


@admin.register(Contact)
class ContactAdmin(admin.ModelAdmin[Contact]):
    list_display = ("__str__", "email", "phone", "language", "updated_at")
    list_filter = (
        ("language", admin.AllValuesFieldListFilter),
        ("identities__gateway", admin.RelatedOnlyFieldListFilter),
    )
    search_fields = ("name", "email", "phone", "identities__external_id")
    fields = ("name", "email", "phone", "language", "created_at", "updated_at")
    readonly_fields = ("created_at", "updated_at")
    inlines = (IdentityInline,)
