"""Contacts, and the identities under which platforms know them."""

import re

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from agents.languages import canonical
from gateways.models import Gateway

_CODE = re.compile(r"[a-z]{2}")


def check_tags(value: object) -> None:
    """Raise ValidationError for what isn't a list of names."""
    if not isinstance(value, list) or not all(isinstance(tag, str) and 0 < len(tag) <= 100 for tag in value):
        raise ValidationError('Give a list of names of up to 100 characters, like ["vip"].')


class Contact(models.Model):
    """A person who writes to us."""

    name = models.CharField(max_length=200, blank=True)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    language = models.CharField(
        max_length=10, blank=True, help_text="Overrides what is detected. ISO 639-1, like “de”."
    )
    tags = models.JSONField(
        default=list,
        blank=True,
        validators=[check_tags],
        help_text='Names, like ["vip"]; handover rules may ask for them.',
    )
    remembered = models.PositiveSmallIntegerField(
        default=0, editable=False, help_text="How many facts an engine is told. Where it is 0, none are looked for."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.name or self.email or self.phone or f"Visitor {self.pk}"

    def clean(self) -> None:
        self.language = clean_language(self.language)


def clean_language(code: str) -> str:
    """The code as we write it: “de” for “de-AT”. Raises ValidationError for one that isn't any."""
    language = canonical(code.strip())
    if language and not _CODE.fullmatch(language):
        raise ValidationError({"language": "Give a language by its two letters of ISO 639-1, like “de”."})
    return language


class Identity(models.Model):
    """A contact as one gateway's platform knows them."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="identities")
    gateway = models.ForeignKey(Gateway, on_delete=models.CASCADE, related_name="identities")
    external_id = models.CharField(max_length=255)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "identities"
        constraints = [models.UniqueConstraint(fields=["gateway", "external_id"], name="identity_once_per_gateway")]

    def __str__(self) -> str:
        return f"{self.external_id} on {self.gateway}"


class Memory(models.Model):
    """One fact about a contact that the agent may know the next time. An engine offers it, or a person writes it."""

    class State(models.TextChoices):
        OFFERED = "offered", "Offered by the agent"
        KEPT = "kept", "Kept by a person"
        REJECTED = "rejected", "Not to be remembered"

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="memories")
    text = models.CharField(max_length=200, blank=True, help_text="One sentence; empty once it is rejected.")
    same = models.CharField(max_length=64, editable=False, help_text="Digest of its words: the same for the same fact.")
    language = models.CharField(max_length=10, blank=True, help_text="ISO 639-1, like “de”.")
    state = models.CharField(max_length=10, choices=State, default=State.OFFERED)
    # Numbers and no keys: this room doesn't know conversations, and a fact outlives the one that it was told in.
    conversation = models.PositiveBigIntegerField(null=True, blank=True, editable=False)
    seq = models.PositiveIntegerField(null=True, blank=True, editable=False, help_text="The message that it is from.")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="When it is forgotten; empty for never.")

    class Meta:
        verbose_name_plural = "memories"
        ordering = ("-id",)
        constraints = [models.UniqueConstraint(fields=["contact", "same"], name="memory_once_per_contact")]
        indexes = [models.Index(fields=["expires_at"], name="memory_expires")]

    def __str__(self) -> str:
        return self.text or self.get_state_display()
