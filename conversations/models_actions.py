"""Actions that write, as rows: asked for by the agent, approved by a person or by how they are set up, done once."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from agents.actions.action import Outcome
from agents.models import Action
from gateways.models import Gateway

APPROVE_WITHIN = timedelta(hours=24)


class ActionRequest(models.Model):
    """One call of a writing action. Whoever turns it from approved to running carries it out; nobody does so twice.

    `gateway` is the conversation's, as with turns and deliveries.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting for approval"
        APPROVED = "approved", "Approved"
        RUNNING = "running", "Being carried out"
        DONE = "done", "Done"
        FAILED = "failed", "Failed: it hasn't happened"
        UNKNOWN = "unknown", "Unknown whether it happened: a person looks"
        DECLINED = "declined", "Declined"
        EXPIRED = "expired", "Nobody approved it in time"

    conversation = models.ForeignKey(
        "conversations.Conversation", on_delete=models.CASCADE, related_name="action_requests"
    )
    gateway = models.ForeignKey(Gateway, on_delete=models.CASCADE, related_name="+", editable=False)
    turn = models.ForeignKey(
        "conversations.Turn", on_delete=models.SET_NULL, null=True, blank=True, related_name="action_requests"
    )
    action = models.ForeignKey(Action, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    slug = models.CharField(max_length=64)
    name = models.CharField(max_length=100)
    arguments = models.TextField(help_text="JSON.")
    state = models.CharField(max_length=10, choices=State)
    epoch = models.PositiveIntegerField(
        null=True, blank=True, help_text="Carried out by itself only in this epoch; empty when a person approved it."
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    decided_by_name = models.CharField(max_length=200, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)
    claims = models.PositiveSmallIntegerField(
        default=0, help_text="Raised by each claim; fences a worker that lost it."
    )
    outcome = models.CharField(max_length=20, blank=True)
    says = models.CharField(max_length=500, blank=True, help_text="What came of it, in a sentence.")
    outputs = models.TextField(blank=True, help_text="JSON of what may be shown.")
    http_status = models.PositiveSmallIntegerField(null=True, blank=True)
    milliseconds = models.PositiveIntegerField(default=0)
    tell_epoch = models.PositiveIntegerField(
        null=True, blank=True, help_text="The customer is yet to be told what came of it, in this epoch."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("id",)
        indexes = [
            models.Index(
                fields=["gateway", "due_at"], condition=Q(state__in=("approved", "running")), name="action_due"
            ),
            models.Index(fields=["expires_at"], condition=Q(state="waiting"), name="action_waiting"),
            models.Index(fields=["conversation"], condition=Q(tell_epoch__isnull=False), name="action_untold"),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.get_state_display()}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.gateway_id is None:
            self.gateway_id = self.conversation.gateway_id
        super().save(*args, **kwargs)

    @property
    def reported(self) -> Outcome:
        """What an engine is told."""
        State = ActionRequest.State  # noqa: N806 - a class
        if self.state in (State.DONE, State.FAILED):
            return Outcome(self.outcome)
        if self.state in (State.APPROVED, State.RUNNING):
            return Outcome.REQUESTED
        return Outcome(self.state)
