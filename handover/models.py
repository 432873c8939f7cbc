"""Who takes over: targets, rules, and the record of each handover."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from agents.models import SubAgent
from conversations.models import Conversation, Turn
from gateways.models import Destination, Gateway


class EscalationTarget(models.Model):
    """Where a gateway's escalated conversations go when no rule says otherwise. Without one they wait for people."""

    gateway = models.OneToOneField(Gateway, on_delete=models.CASCADE, related_name="escalation_target")
    destination = models.ForeignKey(Destination, on_delete=models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return f"{self.gateway}: {self.destination}"

    def clean(self) -> None:
        if self.destination_id is not None:
            _same_gateway(self.gateway, self.destination)


class HandoverRule(models.Model):
    """Which destination gets the conversations that a sub agent hands over."""

    gateway = models.ForeignKey(Gateway, on_delete=models.CASCADE, related_name="handover_rules")
    sub_agent = models.ForeignKey(SubAgent, on_delete=models.CASCADE, related_name="handover_rules")
    destination = models.ForeignKey(Destination, on_delete=models.CASCADE, related_name="+")
    position = models.PositiveSmallIntegerField(default=1, help_text="The first rule that fits is the one that counts.")
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ("gateway", "position", "id")

    def __str__(self) -> str:
        return f"{self.sub_agent.name} → {self.destination}"

    def clean(self) -> None:
        if None in (self.destination_id, self.sub_agent_id):
            return  # the form says so already
        _same_gateway(self.gateway, self.destination)
        if self.sub_agent.agent_id != self.gateway.agent_id:
            raise ValidationError({"sub_agent": "This sub agent belongs to another agent than the gateway's."})


class Promotion(models.Model):
    """On a gateway in Auto-Draft, this sub agent answers by itself. See `handover.promotion` for what speaks for it."""

    gateway = models.ForeignKey(Gateway, on_delete=models.CASCADE, related_name="promotions")
    sub_agent = models.ForeignKey(SubAgent, on_delete=models.CASCADE, related_name="promotions")
    by = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("gateway", "sub_agent")
        constraints = [models.UniqueConstraint(fields=["gateway", "sub_agent"], name="promoted_once_per_gateway")]

    def __str__(self) -> str:
        return f"{self.sub_agent.name} answers by itself"


class Handover(models.Model):
    """The act of passing a conversation to people, and its record. At most one for each epoch of a conversation."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting for people"
        ACCEPTED = "accepted", "Accepted"
        RETURNED = "returned", "Given back to the agent"
        CLOSED = "closed", "Closed"

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="handovers")
    turn = models.ForeignKey(Turn, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    epoch = models.PositiveIntegerField(help_text="The conversation's epoch that this handover began.")
    destination = models.ForeignKey(Destination, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    rule = models.ForeignKey(HandoverRule, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    reason = models.CharField(max_length=30)
    why = models.CharField(max_length=500)
    summary = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    accepted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = [models.UniqueConstraint(fields=["conversation", "epoch"], name="handover_once_per_epoch")]
        indexes = [models.Index(fields=["state", "created_at"], name="handover_waiting")]

    def __str__(self) -> str:
        return f"handover {self.pk}"


def _same_gateway(gateway: Gateway, destination: Destination) -> None:
    if destination.gateway_id != gateway.pk:
        raise ValidationError({"destination": "This destination belongs to another gateway."})
