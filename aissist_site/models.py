"""What the site knows about itself: who is alive, and whether the encryption key is the right one."""

from django.db import models

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
