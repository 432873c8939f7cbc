"""What a visitor may see of their conversation, from where they last looked.

Shown are the customer's own messages once they are recorded, and messages to the customer once they are sent. Of a
conversation, the former are numbered and the latter are sent in the order of their ids, so two numbers say how far a
visitor has seen. A third part, the state, changes with all else that the page shows: who answers, and who is typing.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from conversations.chat.render import render
from conversations.files import Attachment
from conversations.models import Conversation, Delivery, Message, Turn
from gateways.messages import Purpose, Reply

PAGE = 200  # most of each kind in one answer; the rest is in the next


@dataclass(frozen=True, slots=True)
class Visit:
    """Whose conversation, on which gateway."""

    gateway_id: int
    visitor: str


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far somebody has seen. Written as text it is opaque to clients."""

    seq: int = 0  # of the customer's last message
    delivery: int = 0  # id of the last message to the customer
    state: str = ""

    def __str__(self) -> str:
        return f"{self.seq}.{self.delivery}.{self.state}"

    @classmethod
    def read(cls, text: str) -> Self:
        """The cursor that `text` stands for; the start, where it stands for none."""
        match = re.fullmatch(r"(\d{1,9})\.(\d{1,18})\.([a-z0-9]*)", text, re.ASCII)
        return cls(int(match[1]), int(match[2]), match[3]) if match else cls()

    def within(self, last: "Cursor") -> "Cursor":
        """Where to read on: here, or from the start where this is a cursor of something that is gone."""
        return self if self.seq <= last.seq and self.delivery <= last.delivery else START


START = Cursor()


@dataclass(frozen=True, slots=True)
class Item:
    """One thing said, as the visitor sees it. `html` is safe to insert; customers' own words have none."""

    key: str  # unique in the conversation and the same for ever
    client_id: str  # the id that the visitor's own browser gave it
    source: str  # customer | agent | human
    name: str
    purpose: Purpose
    text: str
    html: str
    at: datetime
    files: tuple[Attachment, ...] = ()
    choices: tuple[str, ...] = ()  # answers that the visitor may press

    def json(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "client_id": self.client_id,
            "from": self.source,
            "name": self.name,
            "purpose": self.purpose.value,
            "text": self.text,
            "html": self.html,
            "at": self.at.isoformat(),
            "files": [{"id": file.pk, "name": file.name, "size": file.size} for file in self.files],
            "choices": list(self.choices),
        }


@dataclass(frozen=True, slots=True)
class Partner:
    """Whose move it is, as the visitor may know it."""

    kind: str  # agent | human | waiting
    name: str


@dataclass(frozen=True, slots=True)
class Page:
    items: tuple[Item, ...]
    cursor: Cursor
    typing: bool
    partner: Partner
    closed: bool

    def json(self) -> dict[str, Any]:
        return {
            "items": [item.json() for item in self.items],
            "cursor": str(self.cursor),
            "typing": self.typing,
            "with": {"kind": self.partner.kind, "name": self.partner.name},
            "status": "closed" if self.closed else "open",
        }


def latest(visits: Collection[Visit]) -> dict[Visit, Cursor]:
    """The cursor of somebody who has seen everything, by visit, in one query. A visit that said nothing has none."""
    found = Conversation.objects.filter(
        gateway_id__in={visit.gateway_id for visit in visits}, external_id__in={visit.visitor for visit in visits}
    )
    return {Visit(row.gateway_id, row.external_id): _cursor(row) for row in _with_ends(found)}


def read(visit: Visit, after: Cursor) -> Page:
    """What came after the cursor, oldest first, at most 200 of each kind."""
    found = Conversation.objects.filter(gateway_id=visit.gateway_id, external_id=visit.visitor)
    conversation = _with_ends(found.select_related("gateway__agent", "assignee")).first()
    if conversation is None:
        return Page(items=(), cursor=START, typing=False, partner=Partner("agent", ""), closed=False)
    last = _cursor(conversation)
    start = after.within(last)
    said = _said().filter(conversation=conversation, seq__gt=start.seq).order_by("seq")[:PAGE]
    told = _told().filter(conversation=conversation, pk__gt=start.delivery).order_by("pk")[:PAGE]
    files = _files(told)
    items = [*map(_from_customer, said), *(_to_customer(delivery, files) for delivery in told)]
    return Page(
        items=tuple(sorted(items, key=lambda item: item.at)),
        cursor=Cursor(
            seq=max([start.seq, *(message.seq for message in said)]),
            delivery=max([start.delivery, *(delivery.pk for delivery in told)]),
            state=last.state,
        ),
        typing=_is_typing(conversation),
        partner=_partner(conversation),
        closed=conversation.status == Conversation.Status.CLOSED,
    )


def of_file(visit: Visit, number: int) -> Conversation | None:
    """The visitor's conversation, if this file was sent to them in it."""
    sent = _told().filter(conversation__gateway=visit.gateway_id, conversation__external_id=visit.visitor)
    found = sent.filter(message__attachments=number).select_related("conversation").first()
    return found.conversation if found else None


def _files(told: Iterable[Delivery]) -> dict[int, Attachment]:
    """Those that were sent with these messages, by id. Asks only where there are any."""
    ids = [number for delivery in told for number in delivery.payload.get("files") or ()]
    return Attachment.objects.in_bulk(ids) if ids else {}


def _said() -> QuerySet[Message]:
    return Message.objects.filter(author=Message.Author.CUSTOMER, kind=Message.Kind.MESSAGE)


def _told() -> QuerySet[Delivery]:
    return Delivery.objects.filter(kind=Reply.kind, status=Delivery.Status.SENT)


def _with_ends(found: QuerySet[Conversation]) -> QuerySet[Conversation]:
    """The conversations with where their two rows of messages end, and whether the agent is at work."""
    said = _said().filter(conversation=OuterRef("pk")).order_by("-seq").values("seq")[:1]
    told = _told().filter(conversation=OuterRef("pk")).order_by("-pk").values("pk")[:1]
    live = Turn.objects.filter(conversation=OuterRef("pk")).exclude(state=Turn.State.DONE)
    return found.annotate(end_seq=Subquery(said), end_delivery=Subquery(told), at_work=Exists(live))


def _cursor(row: Any) -> Cursor:
    state = row.owner[0] + row.status[0] + ("t" if _is_typing(row) else "") + str(row.assignee_id or "")
    return Cursor(seq=row.end_seq or 0, delivery=row.end_delivery or 0, state=state)


def _is_typing(row: Any) -> bool:
    return bool(row.at_work) and row.owner == Conversation.Owner.AGENT


def _partner(conversation: Conversation) -> Partner:
    if conversation.owner == Conversation.Owner.AGENT or conversation.status == Conversation.Status.CLOSED:
        return Partner("agent", conversation.gateway.agent.display_name)
    last = _told().filter(conversation=conversation).order_by("-pk").first()
    if last and last.payload["purpose"] == Purpose.HUMAN:
        return Partner("human", last.payload["author"])
    if conversation.assignee:
        # Never the name that they sign in with.
        return Partner("human", conversation.assignee.get_full_name())
    return Partner("waiting", "")


def _from_customer(message: Message) -> Item:
    return Item(
        key=f"c{message.seq}",
        client_id=message.external_id,
        source="customer",
        name="",
        purpose=Purpose.REPLY,
        text=message.text,
        html="",
        at=message.created_at,
    )


def _to_customer(delivery: Delivery, files: Mapping[int, Attachment]) -> Item:
    purpose = Purpose(delivery.payload["purpose"])
    return Item(
        key=f"d{delivery.pk}",
        client_id="",
        source="human" if purpose is Purpose.HUMAN else "agent",
        name=delivery.payload["author"],
        purpose=purpose,
        text=delivery.payload["text"],
        html=render(delivery.payload["text"]),
        at=delivery.done_at or delivery.created_at,
        files=tuple(files[number] for number in delivery.payload.get("files") or () if number in files),
        choices=tuple(delivery.payload.get("choices") or ()),
    )
