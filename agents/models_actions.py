"""Actions as rows: a public HTTP API as a tool of an agent, and the secrets that its headers need."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from agents.actions import arguments, outputs, template
from agents.secrets import SecretTextField


class Action(models.Model):
    """One HTTP request that an agent may make, with arguments that the engine chooses."""

    class Kind(models.TextChoices):
        READING = "reading", "Reading: it only looks something up"
        WRITING = "writing", "Writing: it changes something"

    class Run(models.TextChoices):
        APPROVAL = "approval", "When a person has approved it"
        AUTOMATIC = "automatic", "By itself"

    class Method(models.TextChoices):
        GET = "GET", "GET"
        POST = "POST", "POST"
        PUT = "PUT", "PUT"
        PATCH = "PATCH", "PATCH"
        DELETE = "DELETE", "DELETE"

    agent = models.ForeignKey("agents.Agent", on_delete=models.CASCADE, related_name="actions")
    name = models.CharField(max_length=100)
    slug = models.SlugField(max_length=64, help_text="The name that a model calls it by.")
    description = models.TextField(help_text="For the model: what it does, when to call it, what it returns.")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.READING)
    run = models.CharField(
        max_length=10,
        choices=Run,
        default=Run.APPROVAL,
        help_text="Of a writing action: when is it carried out? Reading ones always are by themselves.",
    )
    everywhere = models.BooleanField(
        "for every sub agent", default=False, help_text="Otherwise only for the sub agents that list it."
    )
    method = models.CharField(max_length=6, choices=Method, default=Method.GET)
    url = models.CharField(
        "URL",
        max_length=1000,
        help_text="Like https://api.example.com/orders/{order}, with arguments in braces after the host.",
    )
    query = models.JSONField(default=dict, blank=True, help_text="Like {“language”: “{language}”}. Added to the URL.")
    body = models.JSONField(
        null=True, blank=True, help_text="Sent as JSON, like {“reason”: “{reason}”}. Empty for no body."
    )
    headers = models.JSONField(
        default=dict, blank=True, help_text="Like {“Authorization”: “Bearer {{secrets.token}}”}."
    )
    arguments = models.JSONField(
        default=dict, blank=True, help_text="A JSON Schema of the type “object”. What it doesn't name isn't taken."
    )
    outputs = models.JSONField(
        default=list,
        blank=True,
        help_text="Places in the answer, like /order/status or /items/*/name; / is all of it. The rest is shown to "
        "nobody.",
    )
    seconds = models.PositiveSmallIntegerField(
        default=20, validators=[MinValueValidator(1), MaxValueValidator(180)], help_text="For one try, 1 to 180."
    )
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("name",)
        constraints = [models.UniqueConstraint(fields=["agent", "slug"], name="action_slug_once_per_agent")]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if found := problems(self):
            raise ValidationError(found)


class ActionSecret(models.Model):
    """A secret of an action, by name. It is sent to the address it was entered for and to no other."""

    action = models.ForeignKey(Action, on_delete=models.CASCADE, related_name="secrets")
    name = models.SlugField(max_length=60)
    value = SecretTextField()
    origin = models.CharField(max_length=300, help_text="Scheme, host and port that it was entered for.")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("name",)
        constraints = [models.UniqueConstraint(fields=["action", "name"], name="secret_once_per_action")]

    def __str__(self) -> str:
        return self.name

    @property
    def fits(self) -> bool:
        """Whether the action still calls the address that the secret was entered for."""
        return self.origin == template.origin(self.action.url)


def problems(action: Action) -> dict[str, str]:
    """What won't do, a sentence for each field that is wrong."""
    if sentence := arguments.check_schema(action.arguments):
        return {"arguments": sentence}
    names, needed = arguments.names(action.arguments), arguments.needed(action.arguments)
    query = action.query if isinstance(action.query, dict) else None
    found = {
        "url": template.check_url(action.url, names, needed),
        "query": "Give names and values." if query is None else template.check_template(query, names),
        "body": template.check_template(action.body, names) or _needless(action),
        "headers": template.check_headers(action.headers),
        "outputs": outputs.check(action.outputs),
    }
    return {field: sentence for field, sentence in found.items() if sentence}


def keep_secret(action: Action, name: str, value: str | None) -> None:
    """Set a secret, or remove it with None. The action counts as changed."""
    if value is None:
        action.secrets.filter(name=name).delete()
    else:
        entered: dict[str, Any] = {"value": value, "origin": template.origin(action.url)}
        action.secrets.update_or_create(name=name, defaults=entered)
    Action.objects.filter(pk=action.pk).update(updated_at=timezone.now())


def _needless(action: Action) -> str:
    has_body = action.body is not None and action.method in template.METHODS_WITHOUT_BODY
    return f"A {action.method} request has no body. Put the arguments into the query." if has_body else ""
