"""Agents and what they know: sub agents, articles, and the API keys that act for them."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from rest_framework_api_key.models import AbstractAPIKey

from agents import config
from agents.config import ConfigError
from agents.secrets import SecretTextField


class Agent(models.Model):
    """The AI workspace that answers: instructions, sub agents, articles, and the engine that decides."""

    name = models.CharField(max_length=100, unique=True)
    is_active = models.BooleanField(default=True, help_text="An inactive agent answers nobody; people still can.")
    display_name = models.CharField(max_length=60, default="Assistant", help_text="The name that customers see.")
    instructions = models.TextField(blank=True, help_text="What always holds: tone, limits, facts about the company.")
    greeting = models.TextField(blank=True, help_text="Shown in a web chat before the customer has written anything.")
    engine = models.CharField(
        max_length=30, default="offline", help_text="What decides, unless engines are listed below."
    )
    engine_delay = models.FloatField(
        default=0,
        validators=[MinValueValidator(0), MaxValueValidator(600)],
        help_text="Seconds that the engine waits before it decides. For trying out thinking messages; 0 in real life.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        try:
            config.load(_engine_config(self.engine), {})
        except ConfigError:
            raise ValidationError(
                {"engine": "This engine has options. Add it to the list of engines instead."}
            ) from None


class EngineSetting(models.Model):
    """One engine of an agent, with its options. They are tried in order; if there are none, `Agent.engine` decides."""

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="engine_settings")
    position = models.PositiveSmallIntegerField(default=1, help_text="The lowest is asked first; the next if it fails.")
    engine = models.CharField(max_length=30)
    options = models.JSONField(default=dict, blank=True)
    secret = SecretTextField(blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("position", "pk")

    def __str__(self) -> str:
        return f"{self.position}. {self.engine}"

    def clean(self) -> None:
        kind = _engine_config(self.engine)
        if not isinstance(self.options, dict):
            raise ValidationError({"options": "Give names and values, like {“model”: “…”}."})
        if self.secret != "" and not config.secret_names(kind):
            raise ValidationError({"secret": "This engine has no secret."})
        try:
            config.load(kind, config.with_secret(kind, self.options, self.secret))
        except ConfigError as error:
            raise ValidationError(_by_column(kind, error)) from None


def _engine_config(name: str) -> type:
    """The Config of the engine called so. Raises ValidationError if there is none."""
    from agents.engines.registry import ENGINES, engine

    if name not in ENGINES:
        raise ValidationError({"engine": f"Unknown engine. Choose one of: {', '.join(sorted(ENGINES))}."})
    return engine(name).Config


def _by_column(kind: type, error: ConfigError) -> dict[str, list[str]]:
    """The sentences under the column that they are about."""
    secret, found = config.secret_names(kind), dict[str, list[str]]()
    for name, text in error.errors.items():
        column, sentence = ("secret", text) if name in secret else ("options", f"{name}: {text}")
        found.setdefault(column, []).append(sentence)
    return found


class Article(models.Model):
    """One piece of knowledge, in markdown. Its words are what the offline engine answers with."""

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="articles")
    title = models.CharField(max_length=200)
    body = models.TextField(help_text="Markdown. The first paragraph should answer the title.")
    url = models.URLField(blank=True, help_text="Where customers can read it; shown under the answer.")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("title",)
        constraints = [models.UniqueConstraint(fields=["agent", "title"], name="article_title_once_per_agent")]

    def __str__(self) -> str:
        return self.title


class SubAgent(models.Model):
    """One workflow of an agent: when it applies, what it may draw on, and what happens after its answer."""

    class After(models.TextChoices):
        REPLY = "reply", "Reply"
        HAND_OVER = "hand_over", "Hand over to people"
        STAY_SILENT = "stay_silent", "Stay silent"

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="sub_agents")
    name = models.CharField(max_length=100)
    slug = models.SlugField(max_length=100)
    scenario = models.TextField(help_text="In plain words: when does this sub agent apply?")
    examples = models.JSONField(default=list, blank=True, help_text="What customers say when it applies, one per line.")
    instructions = models.TextField(blank=True)
    articles = models.ManyToManyField(Article, blank=True, help_text="Answers come from these; empty means from all.")
    after = models.CharField(max_length=20, choices=After, default=After.REPLY)
    priority = models.PositiveSmallIntegerField(
        default=100, help_text="Of two that match equally well, the lower wins."
    )
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("priority", "name")
        constraints = [models.UniqueConstraint(fields=["agent", "slug"], name="sub_agent_slug_once_per_agent")]

    def __str__(self) -> str:
        return f"{self.agent}: {self.name}"

    def clean(self) -> None:
        if not isinstance(self.examples, list) or not all(isinstance(line, str) for line in self.examples):
            raise ValidationError({"examples": "Give a list of sentences."})


class ApiKey(AbstractAPIKey):
    """A key of the REST API that acts for one agent. Only its hash is kept; the key itself is shown once."""

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="api_keys")

    class Meta(AbstractAPIKey.Meta):
        verbose_name = "API key"
        verbose_name_plural = "API keys"

    def __str__(self) -> str:
        return f"{self.prefix}… ({self.name})"


class Rephrasing(models.Model):
    """A text of an operator's, said by the agent's engine in another language. Made ahead of need, only read then."""

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="rephrasings")
    text_hash = models.CharField(max_length=64, help_text="SHA-256 of the operator's text, in hexadecimal digits.")
    language = models.CharField(max_length=10, help_text="ISO 639-1, like “de”.")
    text = models.TextField(blank=True, help_text="Empty when what the engine said couldn't be used.")
    made_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agent", "text_hash", "language"], name="rephrasing_once_per_language")
        ]

    def __str__(self) -> str:
        return f"{self.language}: {self.text[:60]}"


from agents.knowledge_models import (  # noqa: E402, F401 - Django looks for an app's models here
    ChunkVector,
    ImportedArticle,
    Source,
    SourceFile,
    SourceLink,
    SourcePage,
)
