"""What a platform has told of a conversation and its customer, from before we were told of it and from beside us."""

from typing import Any

from django.db import models
from django.utils.dateparse import parse_datetime

from gateways import messages
from gateways.messages import Past, Speaker


class Background(models.Model):
    """Read for a turn, at most once in an epoch: people may have left notes since. Data, never messages."""

    conversation = models.OneToOneField(
        "conversations.Conversation", on_delete=models.CASCADE, related_name="background"
    )
    epoch = models.PositiveIntegerField(help_text="The conversation's when it was read.")
    said = models.JSONField(default=list, blank=True, help_text="Oldest first, without what we know ourselves.")
    customer = models.JSONField(default=dict, blank=True, help_text="By the platform's names.")
    read_at = models.DateTimeField(help_text="When the platform was last asked.")
    error = models.CharField(max_length=500, blank=True, help_text="Why it didn't tell then.")

    def __str__(self) -> str:
        return f"background of conversation {self.conversation_id}"

    @property
    def told(self) -> messages.Background:
        """As the platform told it."""
        return messages.Background(tuple(_past(each) for each in self.said), self.customer)


def _past(each: dict[str, Any]) -> Past:
    at = parse_datetime(each["at"]) if each["at"] else None
    return Past(**{**each, "who": Speaker(each["who"]), "at": at})
