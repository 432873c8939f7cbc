"""Agents and what they know: sub agents, articles, and the API keys that act for them."""

import hashlib

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, URLValidator
from django.db import models
from django.utils import timezone
from rest_framework_api_key.models import AbstractAPIKey

from agents import config, facts, summaries
from agents.config import ConfigError
from agents.languages import NAMES
from agents.models_actions import Action, ActionSecret
from agents.secrets import SecretTextField

__all__ = ["Action", "ActionSecret", "Agent", "ApiKey", "Article", "EngineSetting", "Rephrasing", "SubAgent"]

LANGUAGES = [("", "Automatic: the customer's"), *sorted(NAMES.items(), key=lambda item: item[1])]


class Agent(models.Model):
    """The AI workspace that answers: instructions, sub agents, articles, and the engine that decides."""

    class Otherwise(models.TextChoices):
        ANSWER = "answer", "Answer it from the articles"
        HAND_OVER = "hand_over", "Hand it over to people"
        STAY_SILENT = "stay_silent", "Stay silent"

    name = models.CharField(max_length=100, unique=True)
    is_active = models.BooleanField(default=True, help_text="An inactive agent answers nobody; people still can.")
    display_name = models.CharField(max_length=60, default="Assistant", help_text="The name that customers see.")
    instructions = models.TextField(blank=True, help_text="What always holds: tone, limits, facts about the company.")
    character = models.TextField(
        blank=True, help_text="Character and tone in plain words, like “warm, brief, never jokes about money”."
    )
    language = models.CharField(
        max_length=10,
        blank=True,
        choices=LANGUAGES,
        help_text="The customer's own, or always this one, whatever they write.",
    )
    greeting = models.TextField(blank=True, help_text="Shown in a web chat before the customer has written anything.")
    closing = models.TextField(blank=True, help_text="Its last words in a conversation that it closes.")
    avatar_url = models.URLField(
        blank=True,
        validators=[URLValidator(schemes=["https"], message="Give an address that begins with https://.")],
        help_text="Address of a picture, https. An uploaded one goes before it.",
    )
    otherwise = models.CharField(
        max_length=20,
        choices=Otherwise,
        default=Otherwise.ANSWER,
        help_text="What happens with what none of its sub agents recognises. Who asks for a person gets one anyway.",
    )
    memory_days = models.PositiveIntegerField(
        default=365,
        validators=[MaxValueValidator(3650)],
        help_text="Days that facts about a contact are remembered, unless a person keeps them; 0 to remember none.",
    )
    engine = models.CharField(
        max_length=30, default="offline", help_text="What decides, unless engines are listed below."
    )
    engine_delay = models.FloatField(
        default=0,
        validators=[MinValueValidator(0), MaxValueValidator(600)],
        help_text="Seconds that the engine waits before it decides. For trying out thinking messages; 0 in real life.",
    )
    conversation_tokens = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="Tokens that models may take in one conversation. Then the next engine answers that needs none, or "
        "people do. Empty for no limit.",
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

    class Kind(models.TextChoices):
        WORKFLOW = "workflow", "Workflow"
        IGNORE = "ignore", "Ignore: adverts and the like are tagged, neither answered nor handed over"

    class Trigger(models.TextChoices):
        CUSTOMER = "customer", "The customer's message"
        AGENT = "agent", "The agent's own reply"
        BOTH = "both", "Both"

    class After(models.TextChoices):
        REPLY = "reply", "Reply"
        DRAFT = "draft", "Propose the reply to people, send nothing"
        HAND_OVER = "hand_over", "Hand over to people"
        SUSPEND = "suspend", "Reply, then suspend: the agent is silent until it is given the conversation back"
        STAY_SILENT = "stay_silent", "Stay silent"
        CLOSE = "close", "Reply with the closing, then close the conversation"

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="sub_agents")
    name = models.CharField(max_length=100)
    slug = models.SlugField(max_length=100)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.WORKFLOW)
    trigger = models.CharField(
        max_length=10, choices=Trigger, default=Trigger.CUSTOMER, help_text="In whose words it looks for its scenario."
    )
    scenario = models.TextField(help_text="In plain words: when does this sub agent apply?")
    examples = models.JSONField(default=list, blank=True, help_text="What customers say when it applies, one per line.")
    instructions = models.TextField(blank=True)
    articles = models.ManyToManyField(Article, blank=True, help_text="Answers come from these; empty means from all.")
    facts = models.JSONField(
        default=list, blank=True, help_text="What to know before it acts: name, question and optional pattern of each."
    )
    acknowledgement = models.TextField(
        blank=True, help_text="Said once in a conversation, before anything else, when it matches for the first time."
    )
    actions = models.ManyToManyField(Action, blank=True, related_name="sub_agents", help_text="What it may call.")
    after = models.CharField(max_length=20, choices=After, default=After.REPLY)
    summary_template = models.TextField(
        blank=True, help_text=f"Of the note that people get with a handover. May have {summaries.LISTED}."
    )
    tag = models.CharField(
        max_length=50, blank=True, help_text="Put on every conversation in which it matches; the slug if empty."
    )
    priority = models.PositiveSmallIntegerField(
        default=100, help_text="Of two that match equally well, the lower wins."
    )
    expires_at = models.DateTimeField(null=True, blank=True, help_text="From then on it no longer applies.")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("priority", "name")
        constraints = [models.UniqueConstraint(fields=["agent", "slug"], name="sub_agent_slug_once_per_agent")]

    def __str__(self) -> str:
        return f"{self.agent}: {self.name}"

    @property
    def is_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()

    def clean(self) -> None:
        errors = {
            "examples": "" if _are_texts(self.examples) else "Give a list of sentences.",
            "facts": facts.problem(self.facts),
            "summary_template": summaries.problem(self.summary_template),
            "trigger": self._problem_of_trigger(),
        }
        if found := {name: sentence for name, sentence in errors.items() if sentence}:
            raise ValidationError(found)

    def _problem_of_trigger(self) -> str:
        if self.kind == self.Kind.IGNORE and self.trigger != self.Trigger.CUSTOMER:
            return "What is ignored is the customer's message. Choose that as the trigger."
        if self.facts and self.trigger == self.Trigger.AGENT:
            return "Facts are collected from customers. Remove them, or let it listen to the customer's message, too."
        return ""


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(line, str) for line in value)


class Avatar(models.Model):
    """The picture that customers see beside an agent's messages. Apart from the agent, which every turn reads."""

    agent = models.OneToOneField(Agent, on_delete=models.CASCADE, related_name="avatar")
    image = models.BinaryField()
    kind = models.CharField(max_length=20, help_text="Its media type, as found in the image itself.")
    digest = models.CharField(max_length=16, help_text="Changes with the image; a part of its address.")
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.agent}: {self.kind}"


class ApiKey(AbstractAPIKey):
    """A key of the REST API that acts for one agent. Only its hash is kept; the key itself is shown once."""

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="api_keys")

    class Meta(AbstractAPIKey.Meta):
        verbose_name = "API key"
        verbose_name_plural = "API keys"

    def __str__(self) -> str:
        return f"{self.prefix}… ({self.name})"


def text_hash(text: str) -> str:
    """Under which an operator's text is found again: SHA-256 in hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class Rephrasing(models.Model):
    """A text of an operator's, said by the agent's engine in another language. Made ahead of need, only read then."""

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="rephrasings")
    text_hash = models.CharField(max_length=64, help_text="SHA-256 of the operator's text, in hexadecimal digits.")
    language = models.CharField(max_length=10, help_text="ISO 639-1, like “de”.")
    original = models.TextField(
        blank=True, help_text="What the operator wrote; empty where it was made before that was kept."
    )
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
