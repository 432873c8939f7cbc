"""Files that came with messages, each kept once however often it is sent: in the database, which all hosts share."""

from django.db import models
from django.utils import timezone


class File(models.Model):
    """Bytes, by what they are. Whoever sends the same again, on any gateway, adds nothing."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    size = models.PositiveIntegerField()
    content = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.sha256


class Attachment(models.Model):
    """A file as it came with one message: under which name, and whether we have it yet."""

    class State(models.TextChoices):
        WAITING = "waiting", "Not fetched yet"
        KEPT = "kept", "Kept"
        FAILED = "failed", "Could not be fetched"
        REFUSED = "refused", "Too large to be kept"

    message = models.ForeignKey("conversations.Message", on_delete=models.CASCADE, related_name="attachments")
    gateway = models.ForeignKey("gateways.Gateway", on_delete=models.CASCADE, related_name="+", editable=False)
    file = models.ForeignKey(File, on_delete=models.PROTECT, null=True, blank=True, related_name="attachments")
    position = models.PositiveSmallIntegerField(default=0)
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField(null=True, blank=True, help_text="Bytes, as far as they are known.")
    reference = models.CharField(max_length=500, blank=True, help_text="The platform's id or address of it.")
    inline = models.BooleanField(default=False, help_text="Shown within the text.")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    why = models.CharField(max_length=300, blank=True, help_text="Why it isn't kept.")
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now, help_text="When fetching it is tried, or tried again.")

    class Meta:
        ordering = ("message", "position")
        indexes = [
            models.Index(fields=["gateway", "due_at"], condition=models.Q(state="waiting"), name="attachment_waiting")
        ]

    def __str__(self) -> str:
        return self.name
