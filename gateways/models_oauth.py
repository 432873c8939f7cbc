"""How gateways were let in on their platforms by OAuth. The tokens themselves are among a gateway's secrets.

`gateways.models` takes all of it in.
"""

from typing import Any

from django.db import models


class Authorization(models.Model):
    """Who let a gateway in, until when that lasts, and how renewing it goes.

    Written by `gateways.tokens`, `gateways.authorize` and `gateways.renew` alone. Who renews holds the lease meanwhile,
    and no transaction: with refresh tokens that count once, two renewals at a time would lose the gateway its access.
    """

    gateway: Any = models.OneToOneField("gateways.Gateway", on_delete=models.CASCADE, related_name="authorization")
    granted_at = models.DateTimeField(null=True, blank=True, help_text="When an operator last let us in.")
    granted_by = models.CharField(max_length=150, blank=True, help_text="That operator.")
    issued_at = models.DateTimeField(null=True, blank=True, help_text="When the tokens in use were issued.")
    issued_to = models.CharField(max_length=150, blank=True, help_text="The operator or the process that fetched them.")
    expires_at = models.DateTimeField(null=True, blank=True, help_text="When they end; empty for never.")
    renew_at = models.DateTimeField(null=True, blank=True, db_index=True, help_text="When to fetch new ones.")
    holder = models.CharField(max_length=32, blank=True, help_text="The renewal that is under way.")
    lease_until = models.DateTimeField(null=True, blank=True, help_text="It is dead if it hasn't ended by then.")
    unsure = models.BooleanField(
        default=False, help_text="A renewal ended without an answer: the platform may have replaced the tokens."
    )
    failing_since = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=500, blank=True, help_text="Why renewing failed the last time.")
    dead_with = models.CharField(
        max_length=64, blank=True, help_text="Fingerprint of options and secrets with which renewing is in vain."
    )

    def __str__(self) -> str:
        return f"authorization of {self.gateway}"

    @property
    def stands(self) -> bool:
        """Whether we were let in, and may be for longer without anybody's help."""
        return self.issued_at is not None and not self.dead_with


class AuthorizationRequest(models.Model):
    """An operator who was sent to the platform and hasn't come back yet. Whoever deletes the row goes on with it."""

    gateway: Any = models.ForeignKey("gateways.Gateway", on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=64, help_text="A digest of what they have to bring back.")
    session = models.CharField(max_length=64, db_index=True, help_text="A keyed digest of their session's key.")
    begun_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"request for {self.gateway}"
