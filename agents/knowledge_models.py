"""Where an agent's articles come from: sources, their pages, and what was made of them."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

MOST_PAGES = 2_000  # of one source
MOST_BYTES = 20_000_000  # of a file
YEAR = 24 * 366  # hours


class Source(models.Model):
    """A page, a website or a file that articles are imported from, and how far that is.

    Its row is the queue: whoever holds the lease imports, and `claims` fences a worker that has lost it.
    """

    class Kind(models.TextChoices):
        PAGE = "url", "One page"
        SITEMAP = "sitemap", "Website, by its sitemap"
        FILE = "file", "File"

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        PARTLY = "partly", "Partly done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    agent = models.ForeignKey("agents.Agent", on_delete=models.CASCADE, related_name="sources")
    name = models.CharField(max_length=100, help_text="The name that operators know it by.")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.PAGE)
    address = models.URLField(
        max_length=2_000,
        blank=True,
        help_text="Of the page, or the sitemap: https://…/sitemap.xml. Empty for files.",
    )
    include = models.JSONField(
        default=list, blank=True, help_text="Of a sitemap: addresses to import. * stands for anything; empty means all."
    )
    exclude = models.JSONField(default=list, blank=True, help_text="Of a sitemap: addresses to leave out, likewise.")
    most_pages = models.PositiveIntegerField(
        default=200,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_PAGES)],
        help_text=f"Of a sitemap: at most so many pages, up to {MOST_PAGES}.",
    )
    every_hours = models.PositiveIntegerField(
        default=0, validators=[MaxValueValidator(YEAR)], help_text="Import again after so many hours; 0 means never."
    )
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    error = models.TextField(blank=True, help_text="What went wrong, in one sentence.")
    found = models.PositiveIntegerField(default=0, help_text="Pages of the import that runs, or ran last.")
    done = models.PositiveIntegerField(default=0, help_text="Of these, pages that were read.")
    failed = models.PositiveIntegerField(default=0, help_text="Of these, pages that couldn't be read.")
    run = models.PositiveIntegerField(default=0, help_text="Number of the import that runs, or ran last.")
    listed = models.BooleanField(default=False, help_text="Whether that import knows all of its pages.")
    cancel_asked = models.BooleanField(default=False)
    claims = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True, db_index=True, help_text="When it is imported again.")
    imported_at = models.DateTimeField(null=True, blank=True, help_text="When an import last ended.")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("name",)
        constraints = [models.UniqueConstraint(fields=["agent", "name"], name="source_name_once_per_agent")]

    def __str__(self) -> str:
        return self.name

    @property
    def busy(self) -> bool:
        return self.state in (self.State.WAITING, self.State.RUNNING)

    @property
    def sub_agents(self) -> list[Any]:
        """The sub agents that draw on every article of it."""
        return [link.sub_agent for link in self.links.select_related("sub_agent").order_by("sub_agent__slug")]

    def clean(self) -> None:
        problems: dict[str, str] = {}
        if self.kind == self.Kind.FILE and self.address:
            problems["address"] = "A file has no address. Leave this empty, or choose another kind."
        if self.kind != self.Kind.FILE and not self.address.startswith(("http://", "https://")):
            problems["address"] = "Give the address, beginning with https:// or http://."
        for name in ("include", "exclude"):
            if not _texts(getattr(self, name)):
                problems[name] = "Give a list of addresses."
        if problems:
            raise ValidationError(problems)


class SourceFile(models.Model):
    """The bytes of an uploaded file. In the database, because workers on other hosts read them, too."""

    source = models.OneToOneField(Source, on_delete=models.CASCADE, related_name="file")
    name = models.CharField(max_length=200)
    content = models.BinaryField()
    uploaded_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.name


class SourcePage(models.Model):
    """One page of a source, or its file. Those of the import that runs are its queue."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        READ = "read", "Read"
        FAILED = "failed", "Failed"
        GONE = "gone", "Gone"

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="pages")
    address = models.TextField(help_text="As the source names it; of a file its name.")
    address_hash = models.CharField(max_length=64, help_text="SHA-256 of the address, in hexadecimal digits.")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    error = models.TextField(blank=True, help_text="Why it couldn't be read, in one sentence.")
    run = models.PositiveIntegerField(default=0, help_text="The last import that found it.")
    attempts = models.PositiveSmallIntegerField(default=0, help_text="How often that import has begun to read it.")
    pieces = models.JSONField(default=list, blank=True, help_text="What was read and isn't in the articles yet.")
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("pk",)
        constraints = [models.UniqueConstraint(fields=["source", "address_hash"], name="page_once_per_source")]
        indexes = [models.Index(fields=["source", "run", "state"], name="page_queue")]

    def __str__(self) -> str:
        return self.address


class ImportedArticle(models.Model):
    """What ties an article to the page that it was made of. Without `article`: somebody deleted that."""

    article = models.OneToOneField("agents.Article", on_delete=models.SET_NULL, null=True, related_name="imported")
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="imported")
    page = models.ForeignKey(SourcePage, on_delete=models.CASCADE, related_name="imported")
    key = models.CharField(max_length=200, help_text="Which part of the page it is.")
    content_hash = models.CharField(max_length=64, help_text="Of what the page said when its words were taken.")
    written_hash = models.CharField(max_length=64, help_text="Of the article as it was written then.")
    edited = models.BooleanField(default=False, help_text="Edited here since then: imports leave its words alone.")
    gone = models.BooleanField(default=False, help_text="The source doesn't have it any more.")
    news_title = models.CharField(max_length=200, blank=True)
    news_body = models.TextField(blank=True, help_text="What the source says now, where the article was edited.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["page", "key"], name="imported_once_per_page")]

    def __str__(self) -> str:
        return f"{self.page}: {self.key}" if self.key else str(self.page)


class SourceLink(models.Model):
    """A sub agent draws on every article of a source, those of later imports included."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="links")
    sub_agent = models.ForeignKey("agents.SubAgent", on_delete=models.CASCADE, related_name="source_links")

    class Meta:
        verbose_name = "source as a whole"
        verbose_name_plural = "sources as a whole"
        constraints = [models.UniqueConstraint(fields=["source", "sub_agent"], name="source_once_per_sub_agent")]

    def __str__(self) -> str:
        return f"{self.sub_agent} · {self.source}"

    def clean(self) -> None:
        source, sub_agent = getattr(self, "source", None), getattr(self, "sub_agent", None)
        if source and sub_agent and source.agent_id != sub_agent.agent_id:
            raise ValidationError(f"“{source}” belongs to another agent. Choose a source of {sub_agent.agent}.")


class ChunkVector(models.Model):
    """A part of an agent's articles as an embedding model sees it. Made ahead of need, only read then."""

    agent = models.ForeignKey("agents.Agent", on_delete=models.CASCADE, related_name="chunk_vectors")
    model = models.CharField(max_length=200, help_text="The server's address and its model's name.")
    text_hash = models.CharField(max_length=64, help_text="SHA-256 of the part's text, in hexadecimal digits.")
    vector = models.BinaryField(help_text="32-bit floats, lowest byte first, of length 1 together.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agent", "model", "text_hash"], name="vector_once_per_chunk_and_model")
        ]

    def __str__(self) -> str:
        return f"{self.model}: {self.text_hash[:8]}"


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)
