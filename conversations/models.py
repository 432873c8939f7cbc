"""Conversations and all that happens in one: messages, turns, deliveries, timers, and the trail that explains them."""

import uuid
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from contacts.models import Identity
from conversations.models_actions import ActionRequest
from gateways.models import Destination, Gateway, Receipt

__all__ = [
    "ActionRequest",
    "Attempt",
    "AuditEvent",
    "Conversation",
    "Delivery",
    "Message",
    "MessageTemplate",
    "Timer",
    "Turn",
]


class Conversation(models.Model):
    """A thread with one customer. `epoch` is raised by every change of owner and fences everything the agent sends."""

    class Owner(models.TextChoices):
        AGENT = "agent", "Agent"
        HUMAN = "human", "People"
        NOBODY = "nobody", "Nobody (suspended or closed)"

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        SUSPENDED = "suspended", "Suspended: the agent is silent until resumed"
        CLOSED = "closed", "Closed"

    class Relay(models.TextChoices):
        NONE = "", "On its own"
        AWAY = "away", "Its people are on another gateway"
        FOR = "for", "It stands for a conversation of another gateway"

    gateway = models.ForeignKey(Gateway, on_delete=models.PROTECT, related_name="conversations")
    identity = models.ForeignKey(Identity, on_delete=models.CASCADE, related_name="conversations")
    external_id = models.CharField(max_length=255, help_text="The platform's id of the conversation.")
    destination = models.ForeignKey(Destination, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    places = models.JSONField(
        default=dict, blank=True, help_text="By kind of destination, our id of the one that it is in."
    )
    channel = models.CharField(max_length=30, blank=True, help_text="How it reached the platform, as told there.")
    brand = models.CharField(max_length=100, blank=True, help_text="As on the platform.")
    subject = models.CharField(max_length=300, blank=True)
    language = models.CharField(max_length=10, blank=True)
    tags = models.JSONField(default=list, blank=True, help_text="Names, as on the platform.")
    acknowledged = models.JSONField(
        default=list, blank=True, help_text="Slugs of the sub agents whose acknowledgement the customer has been told."
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    owner = models.CharField(max_length=10, choices=Owner, default=Owner.AGENT)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    relay = models.CharField(
        max_length=4, choices=Relay, default=Relay.NONE, blank=True, editable=False, help_text="Whether two are linked."
    )
    epoch = models.PositiveIntegerField(default=1)
    held_until = models.DateTimeField(null=True, blank=True, help_text="Until then nothing of the agent's is sent.")
    offered_at = models.DateTimeField(
        null=True, blank=True, help_text="A person was offered then; the customer's next words are the answer."
    )
    solved_at = models.DateTimeField(
        null=True, blank=True, help_text="When we wanted it solved on the platform; empty once the platform says it is."
    )
    last_seq = models.PositiveIntegerField(default=0)
    customer_seq = models.PositiveIntegerField(default=0, help_text="Number of the customer's last message.")
    answered_seq = models.PositiveIntegerField(default=0, help_text="All messages up to this one are dealt with.")
    last_message_at = models.DateTimeField(null=True, blank=True)
    has_draft = models.BooleanField(default=False, help_text="A draft of the agent's waits for people to review it.")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("-last_message_at", "-id")
        constraints = [models.UniqueConstraint(fields=["gateway", "external_id"], name="conversation_once_per_gateway")]
        indexes = [
            models.Index(fields=["owner", "status", "last_message_at"], name="conversation_waiting"),
            models.Index(fields=["last_message_at"], condition=Q(has_draft=True), name="conversation_to_review"),
        ]

    def __str__(self) -> str:
        return self.subject or f"Conversation {self.pk}"

    @property
    def spoken(self) -> str:
        """What the customer is to be spoken to in: what was set for the contact, else what they write."""
        return self.identity.contact.language or self.language

    @cached_property
    def newest(self) -> "Message | None":
        """The customer's newest message."""
        return self.messages.filter(seq=self.customer_seq).first()

    @cached_property
    def live_turn(self) -> "Turn | None":
        """The turn that isn't done. Read once, for as long as the conversation is locked."""
        return self.turns.exclude(state=Turn.State.DONE).first()


class Turn(models.Model):
    """The agent's one attempt to deal with what the customer has said since the last turn.

    `gateway` is the conversation's: so a gateway's due turns are found without looking at any other's.
    """

    class State(models.TextChoices):
        DUE = "due", "Due"
        RUNNING = "running", "Running"
        DONE = "done", "Done"

    class Outcome(models.TextChoices):
        NONE = "", "Not yet"
        REPLIED = "replied", "Replied"
        ASKED = "asked", "Asked back"
        OFFERED = "offered", "Offered a person"
        HANDED_OVER = "handed_over", "Handed over"
        SILENT = "silent", "Stayed silent"
        DRAFTED = "drafted", "Left a draft"
        SHADOW = "shadow", "Decided in the shadow: nothing was sent"
        LEFT = "left", "Left it to people"
        HELPED = "helped", "Helped a colleague"
        OVERTAKEN = "overtaken", "Overtaken by people"
        HELD = "held", "Held: another automation had answered"

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="turns")
    gateway = models.ForeignKey(Gateway, on_delete=models.CASCADE, related_name="+", editable=False)
    epoch = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.DUE)
    outcome = models.CharField(max_length=12, choices=Outcome, default=Outcome.NONE, blank=True)
    due_at = models.DateTimeField(help_text="When it may be taken: after the burst window, or after a back-off.")
    answer_by = models.DateTimeField(help_text="When it is taken even if the customer keeps writing.")
    lease_until = models.DateTimeField(null=True, blank=True)
    claims = models.PositiveIntegerField(default=0, help_text="Raised by each claim; fences a worker that lost it.")
    failures = models.PositiveSmallIntegerField(default=0)
    awaits = models.PositiveSmallIntegerField(
        default=0, help_text="The engine, by its place, that answers at the callback until the lease ends; 0 for none."
    )
    passed = models.PositiveSmallIntegerField(
        default=0, help_text="So many of the agent's first engines were asked and didn't answer in time."
    )
    upto_seq = models.PositiveIntegerField(default=0, help_text="The answer takes all messages up to this one in.")
    decision = models.JSONField(default=dict, blank=True)
    error = models.TextField(blank=True)
    asked_by = models.CharField(
        max_length=200, blank=True, help_text="Who asked for it: then all it leads to is a draft."
    )
    instruction = models.TextField(blank=True, help_text="What they want of the draft, in their words.")
    help = models.CharField(
        max_length=12, blank=True, help_text="What they want instead of a draft: translate, summarize, rephrase."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(
                fields=["conversation"], condition=~Q(state="done"), name="one_live_turn_per_conversation"
            )
        ]
        indexes = [models.Index(fields=["gateway", "due_at"], condition=~Q(state="done"), name="turn_due")]

    def __str__(self) -> str:
        return f"turn {self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.gateway_id is None:
            self.gateway_id = self.conversation.gateway_id
        super().save(*args, **kwargs)


class Message(models.Model):
    """One thing said in a conversation, numbered without gaps."""

    class Author(models.TextChoices):
        CUSTOMER = "customer", "Customer"
        AGENT = "agent", "Agent"
        HUMAN = "human", "Person"
        SYSTEM = "system", "System"

    class Kind(models.TextChoices):
        MESSAGE = "message", "Message"
        THINKING = "thinking", "Thinking message"
        HANDOVER = "handover", "Handover message"
        NOTE = "note", "Internal note"
        DRAFT = "draft", "Draft"

    class Status(models.TextChoices):
        """The order of the first five is the order in which a message may advance."""

        RECEIVED = "received", "Received"
        QUEUED = "queued", "Queued"
        SENT = "sent", "Sent"
        DELIVERED = "delivered", "Delivered"
        READ = "read", "Read"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Withdrawn before it was sent"
        UNKNOWN = "unknown", "Unknown whether it arrived"

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages")
    turn = models.ForeignKey(Turn, on_delete=models.SET_NULL, null=True, blank=True, related_name="messages")
    seq = models.PositiveIntegerField()
    author = models.CharField(max_length=10, choices=Author)
    author_name = models.CharField(max_length=200, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.MESSAGE)
    text = models.TextField()
    external_id = models.CharField(max_length=255, blank=True)
    receipt = models.ForeignKey(Receipt, on_delete=models.SET_NULL, null=True, blank=True, related_name="messages")
    status = models.CharField(max_length=10, choices=Status)
    metadata = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("conversation", "seq")
        constraints = [models.UniqueConstraint(fields=["conversation", "seq"], name="message_seq_once")]

    def __str__(self) -> str:
        return f"{self.get_author_display()}: {self.text[:60]}"


class Delivery(models.Model):
    """One outward effect, with what became of it. Of a conversation's deliveries, the oldest open one goes first."""

    class Status(models.TextChoices):
        PENDING = "pending", "Waiting"
        SENDING = "sending", "Being sent"
        SENT = "sent", "Sent"
        FAILED = "failed", "Failed"
        UNKNOWN = "unknown", "Unknown whether it arrived: a person decides"
        CANCELLED = "cancelled", "Withdrawn before it was sent"

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="deliveries")
    gateway = models.ForeignKey(Gateway, on_delete=models.CASCADE, related_name="+", editable=False)
    message = models.ForeignKey(Message, on_delete=models.CASCADE, null=True, blank=True, related_name="deliveries")
    turn = models.ForeignKey(Turn, on_delete=models.SET_NULL, null=True, blank=True, related_name="deliveries")
    kind = models.CharField(max_length=20)
    payload = models.JSONField()
    part = models.PositiveSmallIntegerField(default=1)
    parts = models.PositiveSmallIntegerField(default=1)
    epoch = models.PositiveIntegerField(null=True, blank=True, help_text="Sent only in this epoch; empty for people's.")
    client_ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    priority = models.PositiveSmallIntegerField(
        default=1, help_text="Of two conversations that wait, the lower goes first: words to customers before the rest."
    )
    due_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)
    maybe_sent = models.BooleanField(
        default=False, help_text="An attempt ended without an answer: it may have arrived."
    )
    attempts_used = models.PositiveSmallIntegerField(default=0)
    external_id = models.CharField(max_length=255, blank=True)
    error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        ordering = ("id",)
        indexes = [
            models.Index(
                fields=["gateway", "priority", "due_at"],
                condition=Q(status__in=("pending", "sending")),
                name="delivery_due",
            ),
            models.Index(fields=["id"], condition=Q(status__in=("failed", "unknown")), name="delivery_dead"),
            models.Index(fields=["conversation", "id"], name="delivery_in_conversation"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.gateway_id is None:
            self.gateway_id = self.conversation.gateway_id
        super().save(*args, **kwargs)


class Draft(models.Model):
    """A reply that the agent left for people, and what they made of it. At most one of a conversation waits."""

    class State(models.TextChoices):
        PENDING = "pending", "To be reviewed"
        SENT = "sent", "Sent as it was"
        EDITED = "edited", "Sent after editing"
        DISCARDED = "discarded", "Discarded"
        IGNORED = "ignored", "Ignored: people answered in other words"
        OUTDATED = "outdated", "Outdated before anybody used it"

    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="draft")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="drafts")
    gateway = models.ForeignKey(Gateway, on_delete=models.CASCADE, related_name="+", editable=False)
    turn = models.ForeignKey(Turn, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    sub_agent = models.CharField(max_length=100, blank=True, help_text="The slug of the sub agent that matched.")
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    became = models.ForeignKey(
        Message, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", help_text="What people sent."
    )
    by = models.CharField(max_length=200, blank=True, help_text="Who dealt with it.")
    created_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=["conversation"], condition=Q(state="pending"), name="one_pending_draft_per_conversation"
            )
        ]
        indexes = [models.Index(fields=["gateway", "sub_agent", "state"], name="draft_evidence")]

    def __str__(self) -> str:
        return f"draft {self.pk}"


class Attempt(models.Model):
    """One try at a delivery."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempts")
    at = models.DateTimeField(default=timezone.now, help_text="When it ended.")
    milliseconds = models.PositiveIntegerField(default=0)
    outcome = models.CharField(max_length=20, help_text="“sent”, or how it failed.")
    detail = models.CharField(max_length=500, blank=True)
    vendor_code = models.CharField(max_length=60, blank=True)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"attempt {self.pk}: {self.outcome}"


class Timer(models.Model):
    """Something due later. Whoever deletes the row carries it out, in the same transaction.

    `gateway` is the turn's: so what is due at a gateway is found without looking at any turn.
    """

    class Kind(models.TextChoices):
        THINKING = "thinking", "Thinking message"

    turn = models.ForeignKey(Turn, on_delete=models.CASCADE, related_name="timers")
    # Neither constraint nor index of its own: the turn's vouches for it, and `timer_due` begins with it.
    gateway = models.ForeignKey(
        Gateway, on_delete=models.CASCADE, related_name="+", editable=False, db_index=False, db_constraint=False
    )
    kind = models.CharField(max_length=20, choices=Kind)
    due_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["turn", "kind"], name="timer_once_per_turn")]
        indexes = [models.Index(fields=["gateway", "due_at"], name="timer_due")]

    def __str__(self) -> str:
        return f"{self.kind} timer of turn {self.turn_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.gateway_id is None:
            self.gateway_id = self.turn.gateway_id
        super().save(*args, **kwargs)


class MessageTemplate(models.Model):
    """An operator's own wording of a message that the system says by itself."""

    class Kind(models.TextChoices):
        """There is none for errors: when no engine answers people get the conversation, and that is what is said."""

        THINKING = "thinking", "Thinking message"
        HANDOVER = "handover", "Handover message"
        CRISIS = "crisis", "Instead of it, to somebody who may harm themselves"
        GREETING = "greeting", "Greeting, before the customer has written"
        LATE = "late", "Late message: nobody accepted the handover in time"
        AWAY = "away", "Away message: in place of the handover message, while people aren't there"

    gateway = models.ForeignKey(Gateway, on_delete=models.CASCADE, related_name="message_templates")
    kind = models.CharField(max_length=20, choices=Kind)
    language = models.CharField(max_length=10, blank=True, help_text="ISO 639-1, like “de”; empty for all others.")
    text = models.TextField()

    class Meta:
        ordering = ("kind", "language")
        constraints = [
            models.UniqueConstraint(fields=["gateway", "kind", "language"], name="template_once_per_language")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.language or 'any language'})"


class AuditEvent(models.Model):
    """One thing that happened in a conversation, and why. Written by `conversations.events`, never changed."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="audit_events")
    turn = models.ForeignKey(Turn, on_delete=models.SET_NULL, null=True, blank=True, related_name="audit_events")
    at = models.DateTimeField(auto_now_add=True)
    kind = models.CharField(max_length=40)
    why = models.CharField(max_length=500)
    actor = models.CharField(max_length=200, blank=True)
    data = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.kind}: {self.why}"


class Offer(models.Model):
    """A person that the agent offered, until the customer's answer, a time-out or a person's act decides on it.

    The row is also what the time-out is due by: whoever locks the conversation and finds it pending carries that out.
    """

    class State(models.TextChoices):
        PENDING = "pending", "Waiting for the customer's answer"
        ACCEPTED = "accepted", "Accepted"
        DECLINED = "declined", "Declined"
        EXPIRED = "expired", "Not answered in time"
        WITHDRAWN = "withdrawn", "Withdrawn"

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="offers")
    gateway = models.ForeignKey(Gateway, on_delete=models.CASCADE, related_name="+", editable=False)
    turn = models.ForeignKey(Turn, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    reason = models.CharField(max_length=30)
    why = models.CharField(max_length=500)
    sub_agent = models.CharField(max_length=100, blank=True, help_text="Slug of the one that applied.")
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True, help_text="When its time is over; empty for never.")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(
                fields=["conversation"], condition=Q(state="pending"), name="one_pending_offer_per_conversation"
            )
        ]
        indexes = [models.Index(fields=["gateway", "due_at"], condition=Q(state="pending"), name="offer_due")]

    def __str__(self) -> str:
        return f"offer {self.pk}: {self.get_state_display()}"


from conversations.files import Attachment, File  # noqa: E402, F401 - Django looks for models here
from conversations.models_background import Background  # noqa: E402, F401 - likewise
