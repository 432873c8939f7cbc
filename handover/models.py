"""Who takes over: targets, rules, and the record of each handover."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils import timezone

from agents.models import SubAgent
from contacts.models import clean_language
from conversations.models import Conversation, Message, Turn
from gateways.models import Destination, Gateway
from handover import addresses, hours

NEXT = "Gets it instead, once, when nobody has accepted it in time."
ACCEPT = "Minutes in which somebody has to accept it; empty for the gateway's setting, 0 for no limit."
LONGEST = 10_080  # minutes: a week


class EscalationTarget(models.Model):
    """Where a gateway's escalated conversations go when no rule says otherwise. Without one they wait for people."""

    gateway = models.OneToOneField(Gateway, on_delete=models.CASCADE, related_name="escalation_target")
    destination = models.ForeignKey(Destination, on_delete=models.CASCADE, related_name="+")
    next_destination = models.ForeignKey(
        Destination, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", help_text=NEXT
    )
    accept_within = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MaxValueValidator(LONGEST)], help_text=ACCEPT
    )

    def __str__(self) -> str:
        return f"{self.gateway}: {self.destination}"

    def clean(self) -> None:
        if self.destination_id is not None:
            _same_gateway(self.gateway, self.destination)
            _another(self.gateway, self.destination, self.next_destination)


class HandoverRule(models.Model):
    """Which destination gets what is handed over, where all that the rule asks for is so."""

    gateway = models.ForeignKey(Gateway, on_delete=models.CASCADE, related_name="handover_rules")
    sub_agent = models.ForeignKey(
        SubAgent,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="handover_rules",
        help_text="Empty for whatever is handed over.",
    )
    language = models.CharField(max_length=10, blank=True, help_text="The customer's, ISO 639-1, like “de”.")
    channel = models.CharField(max_length=30, blank=True, help_text="As the platform calls it, like “email”.")
    hours = models.CharField(
        max_length=300,
        blank=True,
        help_text="In the gateway's time zone, like “mon-fri 09:00-17:00, sat 10:00-12:00”. Empty for always.",
    )
    tag = models.CharField(max_length=100, blank=True, help_text="The conversation has it.")
    contact_tag = models.CharField(max_length=100, blank=True, help_text="The contact has it.")
    destination = models.ForeignKey(Destination, on_delete=models.CASCADE, related_name="+")
    next_destination = models.ForeignKey(
        Destination, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", help_text=NEXT
    )
    accept_within = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MaxValueValidator(LONGEST)], help_text=ACCEPT
    )
    position = models.PositiveSmallIntegerField(default=1, help_text="The first rule that fits is the one that counts.")
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ("gateway", "position", "id")

    def __str__(self) -> str:
        return f"{self.sub_agent.name if self.sub_agent else 'Everything'} → {self.destination}"

    def clean(self) -> None:
        self.language = clean_language(self.language)
        try:
            hours.read(self.hours)
        except ValueError as error:
            raise ValidationError({"hours": str(error)}) from error
        if self.destination_id is None:
            return  # the form says so already
        _same_gateway(self.gateway, self.destination)
        _another(self.gateway, self.destination, self.next_destination)
        if self.sub_agent and self.sub_agent.agent_id != self.gateway.agent_id:
            raise ValidationError({"sub_agent": "This sub agent belongs to another agent than the gateway's."})


class HandoverSettings(models.Model):
    """How a gateway hands over. A gateway without a row has the defaults."""

    class Language(models.TextChoices):
        ENGLISH = "en", "English"
        GERMAN = "de", "Deutsch"

    gateway = models.OneToOneField(Gateway, on_delete=models.CASCADE, related_name="handover_settings")
    need_human_tag = models.CharField(
        "tag: needs a person",
        max_length=100,
        blank=True,
        default="need_human_help",
        help_text="Put on what is handed over without a rule, or because the customer asked. Empty for none.",
    )
    information_tag = models.CharField(
        "tag: information",
        max_length=100,
        blank=True,
        default="information_to_human",
        help_text="Put where the agent leaves what it collected in a note without handing over. Empty for none.",
    )
    transfer_tag = models.CharField(
        "tag: transferred",
        max_length=100,
        blank=True,
        default="transfer_to_human",
        help_text="Put on what the agent hands over by a rule. Empty for none.",
    )
    operators_language = models.CharField(
        max_length=10, choices=Language, default=Language.ENGLISH, help_text="Of the summaries that people get."
    )
    notify = models.TextField(
        blank=True,
        validators=[addresses.check],
        help_text="Email addresses, with commas between, that are told when a handover waits here with no target.",
    )
    accept_within = models.PositiveSmallIntegerField(
        default=0,
        validators=[MaxValueValidator(LONGEST)],
        help_text="Minutes after which a handover that nobody accepted goes to the next target; 0 for never.",
    )
    give_back_after = models.PositiveSmallIntegerField(
        default=0,
        validators=[MaxValueValidator(LONGEST)],
        help_text="Minutes without a word from anybody after which people's conversations are the agent's again; "
        "0 for never. The agent then answers the customer's next message, and none before it.",
    )

    class Meta:
        verbose_name = verbose_name_plural = "handover settings"

    def __str__(self) -> str:
        return f"handover settings of {self.gateway}"

    @classmethod
    def of(cls, gateway: Gateway) -> "HandoverSettings":
        """The gateway's, or the defaults."""
        return cls.objects.filter(gateway=gateway).first() or cls(gateway=gateway)


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
    next_destination = models.ForeignKey(
        Destination, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", help_text=NEXT
    )
    accept_by = models.DateTimeField(null=True, blank=True, help_text="When it goes on, if nobody has accepted it.")
    passed_on_at = models.DateTimeField(null=True, blank=True, help_text="When it went on, as nobody accepted it.")

    class Meta:
        ordering = ("-id",)
        constraints = [models.UniqueConstraint(fields=["conversation", "epoch"], name="handover_once_per_epoch")]
        indexes = [
            models.Index(fields=["state", "created_at"], name="handover_waiting"),
            models.Index(fields=["accept_by"], condition=models.Q(accept_by__isnull=False), name="handover_accept_by"),
        ]

    def __str__(self) -> str:
        return f"handover {self.pk}"


class Notice(models.Model):
    """An email about a handover, written down with it and sent by a worker. At most one of each kind for each."""

    class Kind(models.TextChoices):
        NO_TARGET = "no_target", "To the operators: it waits, and nobody was told"
        SUMMARY = "summary", "To the destination, an address"

    class State(models.TextChoices):
        PENDING = "pending", "Waiting"
        SENDING = "sending", "Being sent"
        SENT = "sent", "Sent"
        FAILED = "failed", "Failed"

    handover = models.ForeignKey(Handover, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=10, choices=Kind)
    address = models.CharField(max_length=254, help_text="Email address.")
    subject = models.CharField(max_length=200)
    text = models.TextField()
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    due_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(fields=["handover", "kind", "address"], name="notice_once"),
        ]
        indexes = [models.Index(fields=["due_at"], condition=models.Q(state="pending"), name="notice_due")]

    def __str__(self) -> str:
        return f"{self.kind} notice of {self.handover}"


class Relay(models.Model):
    """A conversation whose people are on another gateway, and the one that was opened for them there."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        ENDED = "ended", "Ended"

    here = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="relays")
    there = models.OneToOneField(Conversation, on_delete=models.CASCADE, related_name="relay_from")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(fields=["here"], condition=models.Q(state="open"), name="one_open_relay")
        ]

    def __str__(self) -> str:
        return f"relay {self.pk}"


class Relayed(models.Model):
    """Something said or done in one of the two, to be carried over to the other. Whoever deletes the row carries it."""

    class Kind(models.TextChoices):
        SAID = "said", "Said"
        FILES = "files", "Files of what was said, which hadn't been fetched by then"
        ENDED = "ended", "Ended"

    relay = models.ForeignKey(Relay, on_delete=models.CASCADE, related_name="relayed")
    back = models.BooleanField(help_text="From there to here: from people to the customer.")
    kind = models.CharField(max_length=10, choices=Kind)
    author = models.CharField(max_length=200, blank=True)
    text = models.TextField(blank=True)
    message = models.ForeignKey(
        Message, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", help_text="Whose files go along."
    )

    class Meta:
        verbose_name_plural = "relayed"
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.kind} in {self.relay}"


def _another(gateway: Gateway, destination: Destination, following: Destination | None) -> None:
    if following is None:
        return
    if following.gateway_id != gateway.pk:
        raise ValidationError({"next_destination": "This destination belongs to another gateway."})
    if following.pk == destination.pk:
        raise ValidationError({"next_destination": "This is the first destination already. Choose another one."})


def _same_gateway(gateway: Gateway, destination: Destination) -> None:
    if destination.gateway_id != gateway.pk:
        raise ValidationError({"destination": "This destination belongs to another gateway."})
