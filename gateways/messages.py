"""What crosses the border to a platform: events come in, effects go out. All of it frozen, none of it vendor-shaped."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

# --- In: what an adapter's `parse` yields -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as the platform knows them. `id` is the platform's own, stable for one account."""

    id: str
    name: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a message. Its bytes are in `content`, or `Adapter.fetch` gets them from the platform."""

    name: str
    content_type: str = "application/octet-stream"
    size: int | None = None  # bytes, where the platform tells
    reference: str = ""  # the platform's id or address of it
    inline: bool = False  # shown within the text
    content: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class CustomerSaid:
    """A customer wrote."""

    key: str  # unique per gateway: a second event with the same key is a duplicate
    thread: str  # the platform's id of the conversation
    sender: Person
    text: str
    message_id: str = ""  # the platform's id of the message
    destination: str = ""  # the platform's id of the inbox, team, address … it arrived in
    subject: str = ""
    at: datetime | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()
    tags: tuple[str, ...] | None = None  # all that the conversation has on the platform, None where it doesn't tell
    channel: str = ""  # how it reached the platform: "email", "chat" …
    automated: str = ""  # why no person wrote this (an out-of-office reply, a bounce …), "" for a person
    destination_kind: str = ""  # one of `Capabilities.managing_points`, "" for the first of them
    brand: str = ""  # which of the account's brands it was written to
    assignee: str | None = None  # the platform's id of the teammate whose it is; "" nobody's, None not told
    assignee_name: str = ""
    apart: str = ""  # the thread to use instead where the sender has no part in `thread`; "" where that needs no asking
    others: tuple[str, ...] = ()  # who else has a part from now on, by the platform's ids


@dataclass(frozen=True, slots=True)
class StaffSaid:
    """Somebody on our side wrote on the platform: a person, or ourselves echoed back."""

    key: str
    thread: str
    text: str
    author: str = ""
    message_id: str = ""
    client_ref: str = ""  # our own reference, where the platform returns it
    internal: bool = False
    at: datetime | None = None
    automated: bool = False  # another automation wrote it, no person


class Progress(StrEnum):
    """How far an outgoing message has got, in the order in which it may advance."""

    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class DeliveryReported:
    """The platform tells how far one of our messages has got."""

    key: str
    message_id: str
    progress: Progress
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Closed:
    """The conversation was closed on the platform. One that mirrors our own `SetStatus(SOLVED)` is recognised."""

    key: str
    thread: str


@dataclass(frozen=True, slots=True)
class GivenBack:
    """The platform's people gave the conversation back to the agent."""

    key: str
    thread: str


@dataclass(frozen=True, slots=True)
class Assigned:
    """The conversation was moved or assigned on the platform. None: the event doesn't tell; "": to nobody."""

    key: str
    thread: str
    destination: str | None = None  # the platform's id of the inbox, team, group … it is in now
    assignee: str | None = None  # the platform's id of the teammate whose it is now
    assignee_name: str = ""
    to_agent: bool = False  # the assignee is the teammate that our agent is
    by: str = ""  # who did it
    destination_kind: str = ""  # one of `Capabilities.managing_points`, "" for the first of them


@dataclass(frozen=True, slots=True)
class Tagged:
    """The conversation's tags were changed on the platform."""

    key: str
    thread: str
    tags: tuple[str, ...]  # all that it has now


@dataclass(frozen=True, slots=True)
class Edited:
    """A customer changed what they had written."""

    key: str
    thread: str
    message_id: str
    text: str


@dataclass(frozen=True, slots=True)
class Gone:
    """The conversation doesn't exist any more on the platform: deleted, or merged into another."""

    key: str
    thread: str
    why: str  # one sentence
    into: str = ""  # the platform's id of the conversation that it was merged into


@dataclass(frozen=True, slots=True)
class Unreachable:
    """The customer can't be written to: they blocked us, left, or their address doesn't exist."""

    key: str
    thread: str
    why: str  # one sentence


@dataclass(frozen=True, slots=True)
class Ignored:
    """Understood, and deliberately not acted on."""

    key: str
    why: str


Event = (
    CustomerSaid
    | StaffSaid
    | DeliveryReported
    | Closed
    | GivenBack
    | Assigned
    | Tagged
    | Edited
    | Gone
    | Unreachable
    | Ignored
)

# --- Out: what an adapter's `send` is given ---------------------------------------------------------------------------


class Speaker(StrEnum):
    """Who said something that we are told of afterwards."""

    CUSTOMER = "customer"
    STAFF = "staff"
    NOTE = "note"  # somebody of the staff, to the staff


class Purpose(StrEnum):
    """What a message to the customer is for."""

    REPLY = "reply"
    THINKING = "thinking"
    HANDOVER = "handover"
    HUMAN = "human"


@dataclass(frozen=True, slots=True)
class Reply:
    """One part of a message to the customer."""

    kind: ClassVar[str] = "reply"
    text: str  # markdown
    purpose: Purpose
    author: str  # the name that the customer sees
    avatar: str = ""  # address of the picture beside it; only where `Capabilities.avatars`, "" for none
    replaces: str = ""  # the platform's id of a thinking message to edit into this; only where `Capabilities.edits`
    files: tuple[int, ...] = ()  # our ids of attachments that go with it; their bytes are in `Outgoing.files`
    choices: tuple[str, ...] = ()  # answers to offer as buttons; only where `Capabilities.choices`


@dataclass(frozen=True, slots=True)
class Note:
    """Something for the people on the platform, never for the customer."""

    kind: ClassVar[str] = "note"
    text: str  # markdown


@dataclass(frozen=True, slots=True)
class Assign:
    """Pass the conversation to a destination on the platform."""

    kind: ClassVar[str] = "assign"
    destination: str  # the platform's id; "" means nobody in particular
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Tag:
    """Add tags to the conversation and take some away, leaving all others as they are."""

    kind: ClassVar[str] = "tag"
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


class TicketStatus(StrEnum):
    """Whose move a conversation is on the platform, in the words of helpdesks."""

    OPEN = "open"  # people's
    PENDING = "pending"  # the customer's
    SOLVED = "solved"  # nobody's


@dataclass(frozen=True, slots=True)
class SetStatus:
    """Say on the platform whose move it is. Only where `Capabilities.statuses`."""

    kind: ClassVar[str] = "status"
    status: TicketStatus


@dataclass(frozen=True, slots=True)
class Open:
    """Begin a conversation on the platform, for its people, about a customer who is elsewhere."""

    kind: ClassVar[str] = "open"
    subject: str
    text: str  # markdown
    customer: Person  # `id` is ours
    at: str = ""  # the platform's id of the inbox, team, group … where, or an address; "" for the usual place


@dataclass(frozen=True, slots=True)
class Draft:
    """A reply for the people on the platform to look at, change and send. Only where `Capabilities.drafts`."""

    kind: ClassVar[str] = "draft"
    text: str  # markdown
    author: str  # the name that the customer would see


@dataclass(frozen=True, slots=True)
class Outdate:
    """Take a draft back: the customer wrote again, or people answered. One that is gone already is fine."""

    kind: ClassVar[str] = "outdate"
    draft_id: str  # the platform's id of the draft, as `send` returned it
    draft_ref: str  # the client_ref that the draft was sent with
    why: str  # one sentence


@dataclass(frozen=True, slots=True)
class Typing:
    """Show the customer that an answer is being written. Only where `Capabilities.typing`; if it fails, so be it."""

    kind: ClassVar[str] = "typing"


@dataclass(frozen=True, slots=True)
class Reclaim:
    """People gave the conversation back here: have the platform give it to the agent again. Only where `reclaims`.

    Twice is once; so is what the platform has done already.
    """

    kind: ClassVar[str] = "reclaim"


Effect = Reply | Note | Assign | Tag | SetStatus | Draft | Outdate | Typing | Open | Reclaim


@dataclass(frozen=True, slots=True)
class Answered:
    """The customer's newest message, for platforms on which an answer names what it answers."""

    message_id: str  # "" where we began, and nobody has answered yet
    subject: str = ""  # of the conversation
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An effect with everything needed to carry it out."""

    effect: Effect
    thread: str  # the platform's id of the conversation
    recipient: str  # the platform's id of the customer
    client_ref: str  # ours, unique, the same for every attempt at this effect
    answers: Answered | None = None  # only where `Capabilities.quotes`
    files: tuple[Attachment, ...] = ()  # with their bytes in `content`; only where `Capabilities.files`


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere on the platform that conversations can be: an inbox, team, group, queue, tag …"""

    kind: str  # one of `Capabilities.managing_points`
    id: str  # the platform's
    name: str


@dataclass(frozen=True, slots=True)
class Teammate:
    """A user of the platform: one of the people there, or the one that our agent is."""

    id: str  # the platform's
    name: str = ""
    email: str = ""
    avatar: str = ""  # address of a picture


@dataclass(frozen=True, slots=True)
class Past:
    """Something that was said or noted in a conversation before we were told of it."""

    who: Speaker
    text: str
    message_id: str = ""
    author: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Background:
    """What the platform knows of a conversation and its customer."""

    said: tuple[Past, ...] = ()  # oldest first
    customer: Mapping[str, str] = field(default_factory=dict)  # by the platform's names: plan, organisation, …


@dataclass(frozen=True, slots=True)
class Tokens:
    """What an authorisation by OAuth gives. https://datatracker.ietf.org/doc/html/rfc6749#section-5.1"""

    secrets: Mapping[str, str] = field(repr=False)  # by name, to be kept with the gateway's: new ones replace old ones
    expires_in: float | None = None  # seconds from now until they have to be renewed; None for never


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much more the platform takes, as its last answer said."""

    left: int  # requests
    seconds: float  # until there are new ones


@dataclass(frozen=True, slots=True)
class Sent:
    """The platform took it. `external_id` is the platform's id of what came about, "" where it gives none."""

    external_id: str = ""


def pack(effect: Effect) -> dict[str, Any]:
    """The effect as JSON, for a database row."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(effect).items()}


def unpack(kind: str, payload: dict[str, Any]) -> Effect:
    """The effect that `pack` made JSON of. Raises KeyError for an unknown kind."""
    if kind == Reply.kind:
        lists = {name: tuple(payload.get(name, ())) for name in ("files", "choices")}
        return Reply(**{**payload, **lists, "purpose": Purpose(payload["purpose"])})
    if kind == SetStatus.kind:
        return SetStatus(TicketStatus(payload["status"]))
    if kind == Tag.kind:
        return Tag(add=tuple(payload["add"]), remove=tuple(payload["remove"]))
    if kind == Open.kind:
        return Open(**{**payload, "customer": Person(**payload["customer"])})
    return OTHERS[kind](**payload)


OTHERS: dict[str, type[Note | Assign | Draft | Outdate | Typing | Reclaim]] = {
    effect.kind: effect for effect in (Note, Assign, Draft, Outdate, Typing, Reclaim)
}
