"""A comment of a ticket as the event that it is, from wherever we hear of it: event, trigger or export.

All three make the same key of the same comment, so that it counts once.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from gateways.bodies import LONGEST_TEXT, Data, read_id, read_line
from gateways.errors import Malformed
from gateways.messages import Attachment, CustomerSaid, Person, StaffSaid

GROUP = "group"  # kind of destination
OVER = ("solved", "closed")  # statuses
NOBODY = ("", "0", "-1")  # ids of nobody, and of Zendesk itself
# What rules and bots write. https://developer.zendesk.com/documentation/ticketing/reference-guides/via-object-reference/
AUTOMATIONS = frozenset(("rule", "rule_revision", "system", "merge", "linked_problem", "satisfaction_prediction"))
BOTS = "answer_bot"


@dataclass(frozen=True, slots=True)
class Ticket:
    """What was told of a ticket together with what happened to it. None: not told."""

    id: str
    requester: Person
    subject: str = ""
    channel: str = ""
    brand: str = ""
    group: str | None = None
    assignee: str | None = None
    assignee_name: str = ""
    tags: tuple[str, ...] | None = None
    ref: str = ""  # the ticket's external id: our reference, where we opened it


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment. `first`: the one that the ticket began with, of which not every source tells the id."""

    id: str
    text: str
    author: Person
    staff: bool
    public: bool = True
    first: bool = False
    automated: bool = False
    at: datetime | None = None
    ref: str = ""  # our reference, where the source tells it
    attachments: tuple[Attachment, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)


def said(ticket: Ticket, comment: Comment) -> CustomerSaid | StaffSaid:
    key = first_key(ticket.id) if comment.first else f"comment:{comment.id}"
    by_requester = bool(comment.author.id) and comment.author.id == ticket.requester.id
    if comment.public and (by_requester or not comment.staff) and comment.author.id not in NOBODY:
        return _customer_said(key, ticket, comment)
    return StaffSaid(
        key=key,
        thread=ticket.id,
        text=comment.text,
        author=comment.author.name or comment.author.id,
        message_id=comment.id,
        client_ref=comment.ref or (ticket.ref if comment.first else ""),
        internal=not comment.public,
        at=comment.at,
        automated=comment.automated or comment.author.id in NOBODY,
    )


def first_key(ticket: str) -> str:
    return f"ticket:{ticket}:first"


def _customer_said(key: str, ticket: Ticket, comment: Comment) -> CustomerSaid:
    names = ", ".join(each.name for each in comment.attachments)
    return CustomerSaid(
        key=key,
        thread=ticket.id,
        sender=_sender(comment.author, ticket.requester),
        text=comment.text.strip() or (f"[File: {names}]" if names else ticket.subject) or "(empty)",
        message_id=comment.id,
        destination=ticket.group or "",
        destination_kind=GROUP if ticket.group else "",
        subject=ticket.subject,
        at=comment.at,
        metadata=dict(comment.metadata),
        attachments=comment.attachments,
        tags=ticket.tags,
        channel=ticket.channel,
        brand=ticket.brand,
        assignee=ticket.assignee,
        assignee_name=ticket.assignee_name,
    )


def _sender(author: Person, requester: Person) -> Person:
    """Events name the author of a comment, rules and the export know more of the requester."""
    if author.id != requester.id:
        return author
    return Person(
        author.id, author.name or requester.name, author.email or requester.email, author.phone or requester.phone
    )


# --- Reading ----------------------------------------------------------------------------------------------------------


def read_who(data: Data, name: str) -> str:
    """The id of a user, group or brand; "" for nobody, whom Zendesk also calls 0."""
    found = read_id(data, name)
    return "" if found == "0" else found


def read_told(data: Data, name: str) -> str | None:
    """The same, and None where nothing is told."""
    return read_who(data, name) if name in data else None


def read_body(data: Data, name: str) -> str:
    """A text of any number of lines, "" for none; no longer than we keep."""
    value = data.get(name)
    if value is not None and not isinstance(value, str):
        raise Malformed(f"“{name}” must be text.")
    return (value or "")[:LONGEST_TEXT]


def objects(rows: Any) -> Iterator[dict[str, Any]]:
    """The rows of a list, as far as they are objects; none of what is no list."""
    yield from (row for row in rows if isinstance(row, dict)) if isinstance(rows, list) else ()


def read_tags(data: Data, name: str = "tags") -> tuple[str, ...] | None:
    """A list of tags, or text with blanks between them, as triggers write it."""
    value = data.get(name)
    if value is None:
        return None
    names = value.split() if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(each, str) for each in names):
        raise Malformed(f"“{name}” must be a list of tags.")
    return tuple(names)


def read_attachment(data: Data) -> Attachment | None:
    """None for one that has no address (any more)."""
    reference = read_body(data, "content_url")
    if not reference:
        return None
    size = data.get("size")
    return Attachment(
        name=read_line(data, "file_name") or read_line(data, "filename") or "file",
        content_type=read_line(data, "content_type") or "application/octet-stream",
        size=size if isinstance(size, int) and not isinstance(size, bool) and size >= 0 else None,
        reference=reference,
        inline=data.get("inline") is True,
    )


def is_automation(channel: str) -> bool:
    return channel in AUTOMATIONS or channel.startswith(BOTS)


def second(at: datetime | None) -> str:
    """A moment as part of a key: to the second, since not every source tells more."""
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%S") if at else ""
