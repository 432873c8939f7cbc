"""What the site knows about itself: who is alive, what is wrong, and whether the encryption key is the right one."""

from django.db import models
from django.db.models import Q

from agents.secrets import SecretTextField


class Heartbeat(models.Model):
    """The last sign of life of one kind of process."""

    name = models.CharField(max_length=100, unique=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Canary(models.Model):
    """One known text, encrypted on the first start. A key that can't read it is the wrong key."""

    text = SecretTextField()

    class Meta:
        verbose_name_plural = "canaries"

    def __str__(self) -> str:
        return "canary"


class Incident(models.Model):
    """Something that is wrong, from when the watchdog first saw it until it no longer does."""

    class Kind(models.TextChoices):
        LIMBO = "limbo", "Customers wait and nobody is on it"
        LATE = "late", "A step is late"
        SILENT = "silent", "A process is silent"
        GATEWAY = "gateway", "A gateway is in trouble"
        RECEIPTS = "receipts", "Failed receipts"
        DEAD_LETTERS = "dead_letters", "Dead letters"

    kind = models.CharField(max_length=20, choices=Kind)
    subject = models.CharField(max_length=120, help_text="Which step, process or gateway.")
    says = models.CharField(max_length=500, help_text="What the watchdog saw at its last look.")
    worst = models.PositiveIntegerField(help_text="The most it has been: seconds for late and silent, else a number.")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-opened_at", "-id")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject"], condition=Q(closed_at=None), name="one_open_incident_per_subject"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.subject}"
