"""One conversation as its page shows it: read once, with a fixed number of queries, into values for the template."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from agents.models import Article
from contacts.models import Memory
from conversations import background
from conversations.chat.render import render
from conversations.files import Attachment
from conversations.models import ActionRequest, AuditEvent, Conversation, Delivery, Draft, Message, Offer, Turn
from gateways.messages import Past, Typing
from gateways.models import Destination
from handover.models import Handover

LATEST = 200  # messages, and as many events, unless everything is asked for
QUEUE_ONLY = {Message.Status.RECEIVED}
STUCK = (Delivery.Status.FAILED, Delivery.Status.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Decision:
    """What an engine decided, with the articles that it cited looked up."""

    turn: Turn
    values: dict[str, Any]
    articles: tuple[Article, ...]

    @property
    def percent(self) -> int:
        return round(float(self.values.get("confidence") or 0) * 100)

    @property
    def reason(self) -> str:
        return str(self.values.get("reason", "")).replace("_", " ")

    @property
    def then(self) -> str:
        """What happened with the reply or after it, where it wasn't just sent."""
        after = str(self.values.get("after", ""))
        return "" if after in ("", "reply") else after.replace("_", " ")

    @property
    def usage(self) -> str:
        """Model, tokens and cost as one line; "" where none was used, and for decisions older than the record."""
        used = self.values.get("cost") or {}
        if not used.get("model"):
            return ""
        line = f"{used['model']}: {used['input_tokens']} tokens in, {used['output_tokens']} out"
        return line if used["cost"] is None else f"{line}, cost {used['cost']:.4f}"


@dataclass(frozen=True, slots=True)
class Bubble:
    """One message in the thread. `look` is its CSS class."""

    message: Message
    look: str
    html: SafeString
    deliveries: tuple[Delivery, ...]
    decision: Decision | None
    files: tuple[Attachment, ...]
    details: str  # JSON of what else is known, "" when nothing is
    draft: Draft | None = None  # what became of it, where the message is one

    @property
    def label(self) -> str:
        if self.draft:
            return f"Draft: {self.draft.get_state_display().lower()}"
        return "" if self.message.kind == Message.Kind.MESSAGE else self.message.get_kind_display()

    @property
    def to_review(self) -> bool:
        return self.draft is not None and self.draft.state == Draft.State.PENDING

    @property
    def stuck(self) -> list[Delivery]:
        return [delivery for delivery in self.deliveries if delivery.status in STUCK]

    @property
    def shows_status(self) -> bool:
        return self.message.status not in QUEUE_ONLY and self.draft is None


@dataclass(frozen=True, slots=True)
class Day:
    date: date
    bubbles: tuple[Bubble, ...]


@dataclass(frozen=True, slots=True)
class Happening:
    """One sentence of the why-trail; the decision stands with it where no message in the thread shows it."""

    event: AuditEvent
    decision: Decision | None
    data: str


@dataclass(frozen=True, slots=True)
class Buttons:
    """What makes sense to do now, beside replying and noting, which always do."""

    take_over: bool
    hand_over: bool
    give_back: bool
    suspend: bool
    close: bool
    ask_for_draft: bool


@dataclass(frozen=True, slots=True)
class Transcript:
    conversation: Conversation
    earlier: int  # messages that aren't shown
    days: tuple[Day, ...]
    trail: tuple[Happening, ...]
    effects: tuple[Delivery, ...]  # those that carry no message: assignments
    handovers: tuple[Handover, ...]
    offers: tuple[Offer, ...]
    memories: tuple[Memory, ...]
    destinations: tuple[Destination, ...]
    buttons: Buttons
    requests: tuple[ActionRequest, ...]  # of writing actions
    before: tuple[Past, ...]  # said on the platform before we were told of it
    known: Mapping[str, str]  # of the customer, by the platform

    @property
    def pending_offer(self) -> Offer | None:
        return next((offer for offer in self.offers if offer.state == Offer.State.PENDING), None)


def buttons(conversation: Conversation, user_id: int | None, handed_over: bool) -> Buttons:
    """`handed_over`: whether people have been asked and the conversation is still with them."""
    is_open = conversation.status == Conversation.Status.OPEN
    closed = conversation.status == Conversation.Status.CLOSED
    with_people = conversation.owner == Conversation.Owner.HUMAN
    return Buttons(
        take_over=not closed and not (with_people and conversation.assignee_id == user_id),
        hand_over=not closed and not (with_people and handed_over),
        give_back=not closed and conversation.owner != Conversation.Owner.AGENT,
        suspend=is_open,
        close=not closed,
        ask_for_draft=not closed and conversation.customer_seq > 0,
    )


def read(conversation: Conversation, user_id: int | None, everything: bool = False) -> Transcript:
    """What the page shows of a conversation fetched with its gateway, identity and assignee."""
    limit = None if everything else LATEST
    messages = list(conversation.messages.order_by("-seq")[:limit])[::-1]
    first = messages[0].seq if messages else 1
    shown = Q(message=None) | Q(message__seq__gte=first)
    files = list(Attachment.objects.filter(message__conversation=conversation, message__seq__gte=first))
    deliveries = list(conversation.deliveries.filter(shown).prefetch_related("attempts"))
    decisions = _decisions(conversation)
    handovers = tuple(conversation.handovers.select_related("destination", "rule__sub_agent", "accepted_by"))
    before, known = background.before_us(conversation, messages)
    handed_over = any(found.state in (Handover.State.WAITING, Handover.State.ACCEPTED) for found in handovers)
    return Transcript(
        conversation=conversation,
        earlier=first - 1,
        days=_days(messages, deliveries, decisions, _drafts(messages), files),
        trail=_trail(list(conversation.audit_events.order_by("-pk")[:limit])[::-1], decisions, messages),
        effects=tuple(delivery for delivery in deliveries if _is_effect(delivery)),
        handovers=handovers,
        offers=tuple(conversation.offers.all()),
        memories=tuple(_known(conversation)),
        destinations=tuple(conversation.gateway.destinations.all()),
        buttons=buttons(conversation, user_id, handed_over),
        requests=tuple(conversation.action_requests.select_related("decided_by")),
        before=tuple(before),
        known=known,
    )


def fingerprint(conversation: Conversation, user_id: int | None) -> str:
    """A text that changes whenever the page would look different to this user."""
    deliveries = conversation.deliveries.annotate(attempts_made=Count("attempts")).order_by("-pk")
    facts = [
        user_id,
        conversation.updated_at,
        conversation.epoch,
        conversation.subject,
        str(conversation.identity.contact),
        list(conversation.messages.order_by("-seq").values_list("seq", "status")[:LATEST]),
        list(deliveries.values_list("pk", "status", "error", "attempts_made")[:LATEST]),
        list(conversation.turns.order_by("-pk").values_list("pk", "state", "outcome")[:LATEST]),
        conversation.audit_events.count(),
        list(Attachment.objects.filter(message__conversation=conversation).values_list("pk", "state")),
        list(conversation.handovers.values_list("pk", "state")),
        list(_known(conversation).values_list("pk", "state", "text")),
        conversation.identity.contact.language,
        list(conversation.action_requests.values_list("pk", "state")),
        list(conversation.drafts.values_list("pk", "state")),
    ]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:32]


def _known(conversation: Conversation) -> QuerySet[Memory]:
    return conversation.identity.contact.memories.exclude(state=Memory.State.REJECTED).order_by("pk")


def _is_effect(delivery: Delivery) -> bool:
    return delivery.message_id is None and delivery.kind != Typing.kind


def _drafts(messages: Iterable[Message]) -> dict[int, Draft]:
    """By message, for those messages that are drafts."""
    ids = [message.pk for message in messages if message.kind == Message.Kind.DRAFT]
    return {draft.message_id: draft for draft in Draft.objects.filter(message__in=ids)} if ids else {}


def _days(
    messages: Iterable[Message],
    deliveries: Iterable[Delivery],
    decisions: dict[int, Decision],
    drafts: dict[int, Draft],
    files: Iterable[Attachment],
) -> tuple[Day, ...]:
    carried: dict[int, list[Delivery]] = defaultdict(list)
    came: dict[int, list[Attachment]] = defaultdict(list)
    for file in files:
        came[file.message_id].append(file)
    for delivery in deliveries:
        if delivery.message_id is not None:
            carried[delivery.message_id].append(delivery)
    days: dict[date, list[Bubble]] = defaultdict(list)
    for message in messages:
        carries = tuple(carried[message.pk])
        bubble = _bubble(message, carries, decisions, drafts.get(message.pk), tuple(came[message.pk]))
        days[message.created_at.date()].append(bubble)
    return tuple(Day(day, tuple(bubbles)) for day, bubbles in days.items())


def _bubble(
    message: Message,
    deliveries: tuple[Delivery, ...],
    decisions: dict[int, Decision],
    draft: Draft | None,
    files: tuple[Attachment, ...],
) -> Bubble:
    return Bubble(
        message=message,
        look=_look(message),
        html=_html(message),
        deliveries=deliveries,
        decision=decisions.get(message.turn_id or 0) if _is_answer(message) else None,
        files=files,
        details=_json(_origin(message)),
        draft=draft,
    )


def _origin(message: Message) -> dict[str, Any]:
    """What the platform said about the message, and in which receipt."""
    known = {"id": message.external_id, "receipt": message.receipt_id}
    return {**message.metadata, **{name: value for name, value in known.items() if value}}


def _look(message: Message) -> str:
    if message.kind == Message.Kind.NOTE:
        return "note"
    if message.kind == Message.Kind.DRAFT:
        return "draft"
    side = "customer" if message.author == Message.Author.CUSTOMER else message.author
    automatic = " automatic" if message.kind != Message.Kind.MESSAGE else ""
    return f"{side}{automatic} {message.status}"


def _html(message: Message) -> SafeString:
    """Customers' words are text and nothing else; ours are markdown, cleaned."""
    if message.author == Message.Author.CUSTOMER:
        return format_html('<div class="plain">{}</div>', message.text)
    return mark_safe(render(message.text))  # noqa: S308  # render() sanitises, and its tests attack it


def _is_answer(message: Message) -> bool:
    return message.author == Message.Author.AGENT and message.kind in (Message.Kind.MESSAGE, Message.Kind.DRAFT)


def _decisions(conversation: Conversation) -> dict[int, Decision]:
    """By turn. All articles are looked up at once."""
    turns = [turn for turn in conversation.turns.all() if turn.decision]
    cited = {pk for turn in turns for pk in turn.decision.get("articles") or ()}
    articles = Article.objects.in_bulk(cited) if cited else {}
    return {
        turn.pk: Decision(
            turn,
            turn.decision,
            tuple(articles[pk] for pk in turn.decision.get("articles") or () if pk in articles),
        )
        for turn in turns
    }


def _trail(
    events: Sequence[AuditEvent], decisions: dict[int, Decision], messages: Iterable[Message]
) -> tuple[Happening, ...]:
    shown = {message.turn_id for message in messages if _is_answer(message)}
    last = {event.turn_id: event.pk for event in events if event.turn_id}
    return tuple(
        Happening(
            event=event,
            decision=decisions.get(event.turn_id or 0)
            if event.turn_id and last[event.turn_id] == event.pk and event.turn_id not in shown
            else None,
            data=_json(event.data),
        )
        for event in events
    )


def _json(data: dict[str, Any]) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False, default=str) if data else ""
