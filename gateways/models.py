"""Gateways, what they handle, and everything that arrived through them."""

import re
import secrets
import zoneinfo
from functools import cache, cached_property

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, validate_email
from django.db import models
from django.utils import timezone

from agents.models import Agent
from agents.secrets import SecretTextField
from gateways import commands
from gateways.base import Adapter
from gateways.errors import ConfigError
from gateways.models_oauth import Authorization, AuthorizationRequest
from gateways.models_scope import Scoped, Teammate
from gateways.reasons import Reason
from gateways.schedule import PEOPLE_AWAY, PEOPLE_HERE, WEEKDAYS, Schedule, Span, mode_at, people_at

__all__ = [
    "Authorization",
    "AuthorizationRequest",
    "Bucket",
    "Cursor",
    "Destination",
    "Exchange",
    "Gateway",
    "Hours",
    "InboundEvent",
    "ManagingPoint",
    "Receipt",
    "Secret",
    "Teammate",
    "check_days",
    "check_zone",
    "new_public_id",
]
ENGLISH = "en"
LANGUAGE = re.compile(r"[^\W\d_]{2,15}(?:[ -][^\W\d_]{2,15})?")
ORIGIN = re.compile(
    r"https://(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d{1,5})?"
    r"|http://(?:localhost|127\.0\.0\.1)(?::\d{1,5})?"
)


def new_public_id() -> str:
    """An id for addresses that can't be guessed from another one."""
    return secrets.token_urlsafe(12).replace("-", "x").replace("_", "y")


@cache
def zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def check_zone(name: str) -> None:
    if name not in zones():
        raise ValidationError("There is no such time zone. Give one like Europe/Berlin.")


def check_days(days: object) -> None:
    if not isinstance(days, list) or any(day not in WEEKDAYS for day in days):
        raise ValidationError(f"Give a list of days, out of {', '.join(WEEKDAYS)}.")


def check_command_names(names: object) -> None:
    if why := commands.trouble(names):
        raise ValidationError(why)


def check_language(name: str) -> None:
    if not LANGUAGE.fullmatch(name):
        raise ValidationError("Give a language's code or its English name, like “de” or “German”.")


def check_origins(text: str) -> None:
    """They stand in a Content-Security-Policy, so nothing else may."""
    for origin in text.split():
        if not ORIGIN.fullmatch(origin):
            raise ValidationError(f"“{origin}” is no address of a site. Give one like https://example.zendesk.com.")


class Gateway(Scoped):
    """One configured account on one platform, run by exactly one agent."""

    class Mode(models.TextChoices):
        AUTO = "auto", "Auto-Pilot: the agent answers"
        DRAFT = "draft", "Auto-Draft: the agent drafts, people send"
        COPILOT = "copilot", "Co-Pilot: the agent drafts when people ask it to"
        SHADOW = "shadow", "Shadow: the agent decides and sends nothing, to compare it with people"
        OFF = "off", "Off: everything is recorded, people answer"

    class Status(models.TextChoices):
        OK = "ok", "OK"
        RATE_LIMITED = "rate_limited", "Rate limited by the platform"
        ERROR = "error", "Error: needs an operator"

    class OnSilence(models.TextChoices):
        REST = "rest", "Let it rest"
        HAND_OVER = "hand_over", "Hand over to people"

    class StatusAfterAnswer(models.TextChoices):
        LEAVE = "leave", "Leave it as it is"
        PENDING = "pending", "Pending: the customer's move"

    class StatusAtHandover(models.TextChoices):
        LEAVE = "leave", "Leave it as it is"
        OPEN = "open", "Open: people's move"

    class StatusAtClose(models.TextChoices):
        LEAVE = "leave", "Leave it as it is"
        SOLVED = "solved", "Solved"

    class OnUnknown(models.TextChoices):
        HOLD = "hold", "Hold it and ask a person"
        RESEND = "resend", "Send it again"

    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="gateways")
    name = models.CharField(max_length=100, unique=True)
    platform = models.CharField(max_length=30)
    public_id = models.CharField(max_length=40, unique=True, default=new_public_id, editable=False)
    mode = models.CharField(max_length=20, choices=Mode, default=Mode.AUTO)
    scheduled = models.BooleanField(
        "follow the schedule",
        default=False,
        help_text="With it, the mode above counts only when no row of the schedule does.",
    )
    time_zone = models.CharField(
        max_length=50, default="UTC", validators=[check_zone], help_text="Of the schedule, like “Europe/Berlin”."
    )
    config = models.JSONField(default=dict, blank=True, help_text="The platform's own options, without its secrets.")
    burst_window = models.FloatField(
        default=0.6,
        validators=[MinValueValidator(0), MaxValueValidator(60)],
        help_text="Seconds to wait for the customer's next message before answering, so that a burst gets one answer.",
    )
    longest_wait = models.FloatField(
        default=10,
        validators=[MinValueValidator(0), MaxValueValidator(600)],
        help_text="Seconds after which a customer who keeps writing is answered anyway.",
    )
    thinking_after = models.FloatField(
        default=8,
        validators=[MinValueValidator(0), MaxValueValidator(600)],
        help_text="Seconds without an answer after which the customer gets the thinking message; 0 for never. They "
        "begin when the delay is over, if there is one.",
    )
    first_delay = models.FloatField(
        default=0,
        validators=[MinValueValidator(0), MaxValueValidator(3600)],
        help_text="Seconds that the agent waits before its first reply in a conversation, so that people may be first.",
    )
    later_delay = models.FloatField(
        default=0,
        validators=[MinValueValidator(0), MaxValueValidator(3600)],
        help_text="Seconds that the agent waits before each later reply.",
    )
    offer_minutes = models.PositiveIntegerField(
        default=30,
        validators=[MaxValueValidator(10_080)],
        help_text="Minutes in which a customer who is offered a person may say yes or no; 0 to wait for ever.",
    )
    # A customer who was asked and went away isn't waiting: a queue full of those hides the ones who are. Their yes is
    # still understood when it comes hours later, as it does by email.
    on_silence = models.CharField(
        max_length=10,
        choices=OnSilence,
        default=OnSilence.REST,
        help_text="What to do when that time is over. A yes that comes later still counts as one.",
    )
    on_unknown = models.CharField(
        max_length=10,
        choices=OnUnknown,
        default=OnUnknown.HOLD,
        help_text="What to do with a message that may or may not have arrived, where the platform can't tell us.",
    )
    # An answered ticket that stays open stands in people's list of those that wait for them, and its clock runs on.
    status_after_answer = models.CharField(
        max_length=10,
        choices=StatusAfterAnswer,
        default=StatusAfterAnswer.PENDING,
        help_text="What the conversation's status on the platform becomes when the agent has answered.",
    )
    status_at_handover = models.CharField(
        max_length=10,
        choices=StatusAtHandover,
        default=StatusAtHandover.OPEN,
        help_text="What it becomes when the agent hands the conversation over to people.",
    )
    status_at_close = models.CharField(
        max_length=10,
        choices=StatusAtClose,
        default=StatusAtClose.SOLVED,
        help_text="What it becomes when the agent closes the conversation, or somebody does so here.",
    )
    command_names = models.JSONField(
        default=dict,
        blank=True,
        validators=[check_command_names],
        help_text="Other names for commands in internal notes, like {“draft”: “entwurf”}; an empty one switches the "
        "command off.",
    )
    team_language = models.CharField(
        "people's language",
        max_length=40,
        default=ENGLISH,
        blank=True,
        validators=[check_language],
        help_text="What people here read, like “de” or “German”; empty for English. /translate and /summarize use it.",
    )
    notes_as_context = models.BooleanField(
        "agent reads internal notes",
        default=True,
        help_text="What people have noted lately, and what the platform knows of the customer, helps the agent decide. "
        "It never quotes a note to a customer.",
    )
    widget_origins = models.TextField(
        "side panel may be shown by",
        blank=True,
        validators=[check_origins],
        help_text="Addresses of the helpdesk, one per line, like https://example.zendesk.com. Empty: only this site.",
    )
    rate_limit = models.FloatField(
        null=True,
        blank=True,
        validators=[MinValueValidator(0.01), MaxValueValidator(1000)],
        help_text="Most things sent per second, by all workers together; empty for the platform's own limit.",
    )
    connection = models.JSONField(
        default=dict, editable=False, help_text="What was set up on the platform, by the platform's ids."
    )
    status = models.CharField(max_length=20, choices=Status, default=Status.OK, editable=False)
    status_detail = models.CharField(max_length=500, blank=True, editable=False)
    throttled_until = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        from gateways.registry import ADAPTERS

        if self.platform not in ADAPTERS:
            raise ValidationError({"platform": f"Unknown platform. Choose one of: {', '.join(sorted(ADAPTERS))}."})
        self._refuse_overlap()

    def _refuse_overlap(self) -> None:
        """Points are looked at when they are saved; those of a gateway that was off, when it is switched on."""
        from gateways.overlap import overlap

        if self.pk and self.is_active and not Gateway.objects.get(pk=self.pk).is_active:
            points = Destination.objects.filter(managing_point__gateway=self)
            if why := overlap(self, points):
                raise ValidationError({"mode": why})

    @property
    def is_active(self) -> bool:
        """Whether the agent ever acts here, if only at some hours."""
        return self.mode != self.Mode.OFF or self.scheduled

    def mode_now(self) -> Mode:
        """The mode that counts at this moment."""
        return self.Mode(mode_at(self.schedule, timezone.now()) if self.scheduled else self.mode)

    @property
    def given_secrets(self) -> list["Secret"]:
        """Those that people set, and not the tokens that the platform has issued."""
        return [secret for secret in self.secrets.all() if not secret.issued]

    def people_are_there(self) -> bool:
        return not self.scheduled or people_at(self.schedule, timezone.now())

    @property
    def schedule(self) -> Schedule:
        return Schedule(self.mode, zoneinfo.ZoneInfo(self.time_zone), self._spans if self.scheduled else ())

    @cached_property
    def _spans(self) -> tuple[Span, ...]:
        """Read once for each gateway that is read, and only where the schedule is followed."""
        return tuple(row.span() for row in self.hours.all())


class Hours(models.Model):
    """A row of a gateway's schedule: on these days, or dates, from–to: this mode."""

    class What(models.TextChoices):
        AUTO = "auto", "Auto-Pilot"
        DRAFT = "draft", "Auto-Draft"
        COPILOT = "copilot", "Co-Pilot"
        SHADOW = "shadow", "Shadow"
        OFF = "off", "Off"
        PEOPLE_HERE = PEOPLE_HERE, "People are there"
        PEOPLE_AWAY = PEOPLE_AWAY, "People are away"

    gateway = models.ForeignKey(Gateway, on_delete=models.CASCADE, related_name="hours")
    what = models.CharField(
        "what holds",
        max_length=20,
        choices=What,
        help_text="A mode; or whether people are there: while they aren't, a handover says the away message.",
    )
    days = models.JSONField(default=list, blank=True, validators=[check_days], help_text="Empty for a holiday.")
    first_date = models.DateField(
        null=True, blank=True, help_text="Of a holiday, for which the rows of its weekday don't count."
    )
    last_date = models.DateField(null=True, blank=True, help_text="Empty for one day.")
    starts = models.TimeField("from")
    ends = models.TimeField("to", help_text="Not later than “from”: on the next day. 00:00 to 00:00 is a whole day.")

    class Meta:
        verbose_name = verbose_name_plural = "hours"
        ordering = ("gateway", "id")

    def __str__(self) -> str:
        when = ", ".join(self.days) if self.first_date is None else str(self.first_date)
        return f"{when} {self.starts:%H:%M}–{self.ends:%H:%M}: {self.get_what_display()}"

    def clean(self) -> None:
        if bool(self.days) == (self.first_date is not None):
            raise ValidationError("Choose weekdays, or give the first date of a holiday: one of the two.")
        if self.last_date and (self.first_date is None or self.last_date < self.first_date):
            raise ValidationError({"last_date": "The last date can't be before the first."})

    def span(self) -> Span:
        return Span(self.what, self.starts, self.ends, frozenset(self.days), self.first_date, self.last_date)


class Bucket(models.Model):
    """How much a gateway may send at once, see `gateways.limits`."""

    gateway = models.OneToOneField(Gateway, on_delete=models.CASCADE, related_name="bucket")
    tokens = models.FloatField()
    at = models.DateTimeField(help_text="When there were so many.")
    left = models.PositiveIntegerField(
        null=True, blank=True, help_text="Requests that the platform still takes, less those that we have begun since."
    )
    left_until = models.DateTimeField(null=True, blank=True, help_text="When it takes new ones.")

    def __str__(self) -> str:
        return f"bucket of {self.gateway}"


class Cursor(models.Model):
    """Where to go on asking a platform what is new, and who asks at the moment, see `gateways.poll`."""

    gateway = models.OneToOneField(Gateway, on_delete=models.CASCADE, related_name="cursor")
    position = models.JSONField(default=dict, help_text="The adapter's own.")
    holder = models.CharField(max_length=32, blank=True, help_text="The process that asks.")
    lease_until = models.DateTimeField(null=True, blank=True, help_text="It is dead if it hasn't renewed by then.")
    polled_at = models.DateTimeField(null=True, blank=True, help_text="When asking last worked.")
    failing_since = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=500, blank=True)

    def __str__(self) -> str:
        return f"cursor of {self.gateway}"


class Secret(models.Model):
    """One secret of a gateway, by name. It goes in and never comes out, except into a request to the platform."""

    gateway = models.ForeignKey(Gateway, on_delete=models.CASCADE, related_name="secrets")
    name = models.SlugField(max_length=60)
    value = SecretTextField()
    issued = models.BooleanField(
        default=False, editable=False, help_text="By the platform when we were let in: nobody types it, it is renewed."
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("name",)
        constraints = [models.UniqueConstraint(fields=["gateway", "name"], name="secret_once_per_gateway")]

    def __str__(self) -> str:
        return self.name


class Destination(models.Model):
    """Where a conversation can be: an inbox, team, group … of the platform, or a waiting list of our own."""

    PEOPLE = "people"  # the kind of our own waiting lists, in admin
    EMAIL = "email_address"  # the kind of those that get the summary by email
    GATEWAY = "gateway"  # the kind of those that are another gateway, in which a conversation is opened
    OURS = (PEOPLE, EMAIL, GATEWAY)  # kinds that no platform knows

    gateway = models.ForeignKey(Gateway, on_delete=models.CASCADE, related_name="destinations")
    kind = models.CharField(
        max_length=30,
        default=PEOPLE,
        help_text="“people” is a waiting list here in admin, “email_address” an address that gets the summary, "
        "“gateway” another gateway, on which a conversation is opened and both are relayed.",
    )
    external_id = models.CharField(
        max_length=200,
        help_text="The platform's id of it; for “people”, any short name; for an address, the address; "
        "for a gateway, the last part of its webhook address, and behind a slash where on it, if anywhere: a group's "
        "id, or for mail the address of who gets it, like “1a2B3c/grace@example.com”.",
    )
    name = models.CharField(max_length=200)
    refreshed_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When the platform last listed it; empty if it never did."
    )
    gone = models.BooleanField(default=False, editable=False, help_text="The platform doesn't list it any more.")
    is_active = models.BooleanField(default=True, help_text="Without it, nothing is handed over to it.")

    class Meta:
        ordering = ("name",)
        constraints = [
            models.UniqueConstraint(fields=["gateway", "kind", "external_id"], name="destination_once_per_gateway")
        ]

    def __str__(self) -> str:
        kind = f" ({self.kind})" if self.on_platform else ""
        return f"{self.name}{kind}{', gone from the platform' if self.gone else ''}"

    def clean(self) -> None:
        if self.kind == self.EMAIL:
            try:
                validate_email(self.external_id)
            except ValidationError as error:
                raise ValidationError({"external_id": "Give the email address that gets the summary."}) from error
        if self.kind == self.GATEWAY:
            self._check_there()

    def _check_there(self) -> None:
        found = self._found_there()
        if found is None:
            say = "Give the last part of the webhook address of another gateway on which conversations can be opened."
            raise ValidationError({"external_id": say})
        try:
            found[1].addressee(self.place_there)
        except ConfigError as error:
            raise ValidationError({"external_id": " ".join(error.errors.values())}) from error

    def other_gateway(self) -> Gateway | None:
        """The gateway on which a conversation is opened; None where there isn't any, or none can be."""
        found = self._found_there()
        try:
            if found is not None:
                found[1].addressee(self.place_there)
        except ConfigError:
            return None
        return found[0] if found else None

    def _found_there(self) -> tuple[Gateway, type[Adapter]] | None:
        """The gateway that it names, if conversations can be opened there, and its kind."""
        from gateways.registry import ADAPTERS

        public_id = self.external_id.partition("/")[0]
        found = Gateway.objects.filter(public_id=public_id).exclude(pk=self.gateway_id).first()
        kind = ADAPTERS.get(found.platform) if found else None
        return (found, kind) if found and kind and kind.capabilities.opens else None

    @property
    def place_there(self) -> str:
        """Where on the other gateway, by that platform's id or address; "" for the usual place."""
        return self.external_id.partition("/")[2].strip()

    @property
    def on_platform(self) -> bool:
        return self.kind not in self.OURS


class ManagingPoint(models.Model):
    """A destination whose conversations the gateway handles, and no others. A gateway without any handles all."""

    gateway = models.ForeignKey(Gateway, on_delete=models.CASCADE, related_name="managing_points")
    destination = models.OneToOneField(Destination, on_delete=models.CASCADE, related_name="managing_point")

    def __str__(self) -> str:
        return str(self.destination)

    def clean(self) -> None:
        from gateways.overlap import overlap, problem

        if self.destination_id is None:
            return  # the form says so already
        if why := problem(self.gateway, self.destination) or overlap(self.gateway, [self.destination]):
            raise ValidationError({"destination": why})


class Receipt(models.Model):
    """One inbound request, exactly as it arrived, committed before it was acknowledged."""

    class Status(models.TextChoices):
        PENDING = "pending", "Waiting"
        DONE = "done", "Done"
        FAILED = "failed", "Failed: can be replayed"

    # No foreign key in the database: it would have every request lock its gateway's row, all of them the same one.
    gateway = models.ForeignKey(Gateway, on_delete=models.CASCADE, related_name="receipts", db_constraint=False)
    received_at = models.DateTimeField(auto_now_add=True)
    headers = models.JSONField(default=dict, help_text="Without those that carry secrets or signatures.")
    query = models.JSONField(default=dict)
    body = models.BinaryField()
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    outcome = models.CharField(max_length=300, blank=True, help_text="What became of the events in it.")
    error = models.TextField(blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        indexes = [
            models.Index(fields=["gateway", "id"], condition=models.Q(status="pending"), name="receipt_pending"),
            models.Index(fields=["gateway", "id"], condition=models.Q(status="failed"), name="receipt_failed"),
        ]

    def __str__(self) -> str:
        return f"receipt {self.pk}"


class InboundEvent(models.Model):
    """One event found in a receipt, and what became of it. Its key is what makes a second copy a duplicate."""

    class Verdict(models.TextChoices):
        HANDLED = "handled", "Handled"
        RECORDED = "recorded", "Recorded, not answered"
        IGNORED = "ignored", "Ignored"

    gateway = models.ForeignKey(Gateway, on_delete=models.CASCADE, related_name="inbound_events")
    receipt = models.ForeignKey(Receipt, on_delete=models.CASCADE, related_name="events")
    key = models.CharField(max_length=255)
    kind = models.CharField(max_length=30)
    verdict = models.CharField(max_length=10, choices=Verdict)
    reason = models.CharField(max_length=30, choices=Reason, blank=True, help_text="Why, in one word.")
    why = models.CharField(max_length=300)
    at = models.DateTimeField(auto_now_add=True)
    duplicates = models.PositiveIntegerField(default=0, help_text="How often it came again, without effect.")
    duplicated_at = models.DateTimeField(null=True, blank=True, help_text="When it came again last.")

    class Meta:
        ordering = ("-id",)
        constraints = [models.UniqueConstraint(fields=["gateway", "key"], name="event_once_per_gateway")]
        indexes = [models.Index(fields=["gateway", "at"], name="event_by_gateway")]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class Exchange(models.Model):
    """One request that left this machine for a platform, and what came back: redacted, for finding out why."""

    gateway = models.ForeignKey(Gateway, on_delete=models.CASCADE, related_name="exchanges")
    at = models.DateTimeField(auto_now_add=True)
    method = models.CharField(max_length=10)
    url = models.CharField(max_length=500, help_text="Without its query.")
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    milliseconds = models.PositiveIntegerField()
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.method} {self.url}"
