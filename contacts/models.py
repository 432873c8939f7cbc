"""Contacts, and the identities under which platforms know them."""

from django.db import models

from gateways.models import Gateway


class Contact(models.Model):
    """A person who writes to us."""

    name = models.CharField(max_length=200, blank=True)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    language = models.CharField(
        max_length=10, blank=True, help_text="Overrides what is detected. ISO 639-1, like “de”."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.name or self.email or self.phone or f"Visitor {self.pk}"


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
