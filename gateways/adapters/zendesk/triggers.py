"""What rules in Zendesk tell us, and how they are set up: for accounts without ticket events.

https://developer.zendesk.com/documentation/ticketing/reference-guides/conditions-reference/
https://support.zendesk.com/hc/en-us/articles/4408886858138-Zendesk-Support-placeholders-reference

Zendesk puts values into a body as they are: a quotation mark, a line break or a backslash of a customer's breaks the
JSON. So a body that isn't JSON is read by its names. In `BODY` everything that decides stands before anything that a
customer writes, and of two things of one name the first counts: no customer can pass as somebody else.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from gateways.adapters.zendesk.said import GROUP, Comment, Ticket, is_automation, said
from gateways.bodies import LONGEST_ID, LONGEST_LINE, LONGEST_TEXT
from gateways.errors import Malformed
from gateways.messages import Assigned, Closed, Event, Ignored, Person

INVOCATION = "x-zendesk-webhook-invocation-id"
OURS = {
    "aissist": "",  # what happened: one of `CONDITIONS`
    "ticket_id": "{{ticket.id}}",
    "comment_id": "{{ticket.latest_comment.id}}",
    "is_public": "{{ticket.latest_comment.is_public}}",
    "author_id": "{{ticket.latest_comment.author.id}}",
    "by_agent": "{{current_user.is_agent}}",
    "requester_id": "{{ticket.requester.id}}",
    "assignee_id": "{{ticket.assignee.id}}",
    "group_id": "{{ticket.group.id}}",
    "external_id": "{{ticket.external_id}}",
    "channel": "{{ticket.via}}",
    "tags": "{{ticket.tags}}",
    "requester_email": "{{ticket.requester.email}}",
    "assignee_name": "{{ticket.assignee.name}}",
    "requester_name": "{{ticket.requester.name}}",
    "author_name": "{{ticket.latest_comment.author.name}}",
    "subject": "{{ticket.title}}",
    "text": "{{ticket.latest_comment.value}}",
}
# What an administrator may have written by hand, by the names that we know it under.
BY_HAND = {
    "ticket_id": "ticket_id",
    "title": "subject",
    "status": "status",
    "group": "group",
    "id": "requester_id",
    "name": "requester_name",
    "email": "requester_email",
    "latest_comment": "text",
    "latest_public_comment": "public_text",
    "latest_comment_is_public": "is_public",
    "tags": "tags",
    "current_user_is_agent": "by_agent",
}
COMMENTED = {"field": "comment_is_public", "operator": "is", "value": "not_relevant"}  # public or not
CONDITIONS: Mapping[str, tuple[Mapping[str, str], ...]] = {
    "created": ({"field": "update_type", "operator": "is", "value": "Create"}, COMMENTED),
    "comment": ({"field": "update_type", "operator": "is", "value": "Change"}, COMMENTED),
    "assignee": ({"field": "assignee_id", "operator": "changed"},),
    "group": ({"field": "group_id", "operator": "changed"},),
    "solved": ({"field": "status", "operator": "value", "value": "solved"},),  # “changed to”
}
BEGIN = re.compile(rb'\s*\{\s*"(aissist|ticket_id)"\s*:')
HEAD = re.compile(r"\A-{10,}[ \t\r]*\n[^\n]+\n[ \t\r]*\n")  # who and when, before the words of a whole comment
TRUE = ("true", "1", "yes")


def body(what: str) -> str:
    """The body for the rule that tells of this."""
    return json.dumps({**OURS, "aissist": what}, indent=1)


def is_trigger(raw: bytes) -> bool:
    """Whether it is a rule's body: it begins with what no customer can have put there."""
    return BEGIN.match(raw) is not None


@dataclass(frozen=True, slots=True)
class Told:
    """The values by our names; "" for one that is empty or missing."""

    values: Mapping[str, str]
    key: str  # where nothing in it is an id

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    def id(self, name: str) -> str:
        found = self[name].strip()
        if len(found) > LONGEST_ID:
            raise Malformed(f"“{name}” must have at most {LONGEST_ID} characters.")
        return "" if found == "0" else found

    def line(self, name: str) -> str:
        return " ".join(self[name].split())[:LONGEST_LINE]

    def is_true(self, name: str) -> bool:
        return self[name].strip().lower() in TRUE


def tags(raw: bytes) -> tuple[str, ...]:
    """Those that the ticket has, as far as it tells."""
    return tuple(_values(raw).get("tags", "").split())


def event(raw: bytes, invocation: str, agent: str) -> Event:
    """Raises Malformed for what names no ticket."""
    told = Told(_values(raw), f"trigger:{invocation or hashlib.sha256(raw).hexdigest()[:32]}")
    ticket = _ticket(told)
    what = told.line("aissist")
    if what == "solved":
        return Closed(told.key, ticket.id)
    if what in ("assignee", "group"):
        return _assigned(told, ticket, agent, what)
    if what in ("", "created", "comment"):
        return _commented(told, ticket, first=what == "created")
    return Ignored(told.key, f"Rules don't tell of “{what[:60]}”.")


def _ticket(told: Told) -> Ticket:
    ticket = told.id("ticket_id")
    if not ticket:
        raise Malformed("“ticket_id” is needed: {{ticket.id}}.")
    channel = told.line("channel").lower().replace(" ", "_")
    return Ticket(
        id=ticket,
        requester=Person(told.id("requester_id"), told.line("requester_name"), told.line("requester_email")),
        subject=told.line("subject"),
        channel=channel,
        group=told.id("group_id") or None,  # of another template, or of an account that doesn't tell
        assignee=told.id("assignee_id") if "assignee_id" in told.values else None,
        assignee_name=told.line("assignee_name"),
        tags=tuple(told["tags"].split()) if "tags" in told.values else None,
        ref=told.id("external_id"),
    )


def _assigned(told: Told, ticket: Ticket, agent: str, what: str) -> Event:
    if what == "group":
        return Assigned(told.key, ticket.id, destination=ticket.group, destination_kind=GROUP)
    return Assigned(
        key=told.key,
        thread=ticket.id,
        destination=ticket.group,
        destination_kind=GROUP,
        assignee=ticket.assignee,
        assignee_name=ticket.assignee_name,
        to_agent=bool(agent) and ticket.assignee == agent,
    )


def _commented(told: Told, ticket: Ticket, first: bool) -> Event:
    public = told.is_true("is_public")
    text = HEAD.sub("", told["text"] or (told["public_text"] if public else "")).strip()
    comment_id, staff = told.id("comment_id"), told.is_true("by_agent")
    if not comment_id and not text:
        return Ignored(told.key, "It holds nothing that anyone wrote.")
    author = Person(told.id("author_id"), told.line("author_name"))
    if not author.id and not staff:
        author = ticket.requester
    automated = is_automation(ticket.channel) and first
    found = Comment(comment_id, text[:LONGEST_TEXT], author, staff, public, first, automated)
    event = said(ticket, found)
    return event if comment_id or first else replace(event, key=told.key)


# --- Reading ----------------------------------------------------------------------------------------------------------


def _values(raw: bytes) -> dict[str, str]:
    """By our names. JSON is read as such; else what stands between two names is the first one's value."""
    text = raw.decode("utf-8", "replace").replace("\0", "")
    names = dict.fromkeys(OURS) if text.lstrip()[1:].lstrip().startswith('"aissist"') else BY_HAND
    try:
        pairs = json.loads(text, object_pairs_hook=_first)
    except (ValueError, RecursionError):
        found: Iterable[tuple[str, str]] = _between(text, tuple(names))
    else:
        flat = {**pairs, **(pairs["requester"] if isinstance(pairs.get("requester"), dict) else {})}
        found = ((name, _as_text(flat[name])) for name in names if flat.get(name) is not None)
    return {names[name] or name: _storable(value) for name, value in found}


def _first(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return dict(reversed(pairs))


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return " ".join(map(str, value))
    return value if isinstance(value, str) else str(value)


def _between(text: str, names: tuple[str, ...]) -> Iterable[tuple[str, str]]:
    seen: dict[str, re.Match[str]] = {}
    for mark in re.finditer(rf'(?:"requester"\s*:\s*\{{\s*)?"({"|".join(names)})"\s*:\s*"?', text):
        seen.setdefault(mark[1], mark)
    marks = list(seen.values())
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        value = text[mark.end() : following.start() if following else len(text)]
        yield mark[1], _without_end(value, "," if following else "}")


def _without_end(value: str, end: str) -> str:
    """Without what stands in a body after a value. No pattern does it in a time that customers can't stretch."""
    left = value.rstrip().removesuffix(end).rstrip()
    return (left if left.endswith('"') else left.removesuffix("}").rstrip()).removesuffix('"')


def _storable(value: str) -> str:
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
