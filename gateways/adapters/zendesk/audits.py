"""What webhooks missed, read from the export of ticket events, which lags a minute behind.

https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/#incremental-ticket-event-export

Each update of a ticket is an audit with what it changed. It comes with the ticket as it is now and the users in it, for
an audit names neither requester nor role; what has been changed again since is left out.
"""

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gateways.adapters.zendesk.calls import CallError, Calls
from gateways.adapters.zendesk.events import assigned_event, change_key, status_event
from gateways.adapters.zendesk.reading import END_USER
from gateways.adapters.zendesk.said import (
    GROUP,
    NOBODY,
    OVER,
    Comment,
    Ticket,
    is_automation,
    objects,
    read_attachment,
    read_body,
    read_tags,
    read_told,
    read_who,
    said,
)
from gateways.adapters.zendesk.tickets import ref_of
from gateways.base import InboundRequest, Polled
from gateways.bodies import Data, read_id, read_line, read_mapping, read_needed_id, read_time
from gateways.errors import DeliveryError, Failure
from gateways.messages import Assigned, Event, Ignored, Person

KIND = "aissist:audit"  # the type of our requests
EVENTS = "/api/v2/incremental/ticket_events"
LAG = 70  # seconds that the export is behind, and a little more
PAUSE = 60.0  # seconds between two looks; ten a minute are allowed
HASTE = 7.0  # seconds, where there is more
MOST = 100  # tickets or users that Zendesk shows at once
CHANGES = ("status", "assignee_id", "group_id")
# What is kept of each.
AUDIT = ("id", "ticket_id", "timestamp", "created_at", "updater_id", "via")
CHILD = ("id", "event_type", "type", "author_id", "body", "public", "attachments", "created_at", "via", *CHANGES)
TICKET = ("id", "requester_id", "subject", "via", "brand_id", "tags", "external_id", *CHANGES)
USER = ("name", "email", "phone", "role")


# --- Asking -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Export:
    calls: Calls

    def poll(self, cursor: Mapping[str, Any], now: float | None = None) -> Polled:
        """The audits since the cursor, oldest first; the first time nothing, from now on. Raises DeliveryError."""
        try:
            return self._polled(cursor, now)
        except DeliveryError as error:
            if error.failure is Failure.THROTTLED:  # what is left of the account's requests is for answers first
                error.retry_after = max(error.retry_after or 0.0, PAUSE)
            raise

    def _polled(self, cursor: Mapping[str, Any], now: float | None) -> Polled:
        moment = int(time.time() if now is None else now)
        start, seen = cursor.get("start_time"), cursor.get("seen", [])
        if not isinstance(start, int):
            return Polled((), {"start_time": moment, "seen": []}, pause=LAG)
        if moment - start < LAG:
            return Polled((), cursor, pause=float(LAG - (moment - start)))
        answer = self._export(start)
        audits = [audit for audit in objects(answer.get("ticket_events")) if isinstance(audit.get("id"), int)]
        end = answer.get("end_time")
        end = max(start, end) if isinstance(end, int) else start
        # Those of the last second come again the next time.
        last = [audit["id"] for audit in audits if _second(audit) >= end]
        following = {"start_time": end, "seen": last if end > start else sorted({*seen, *last})}
        more = answer.get("end_of_stream") is False and end > start
        new = [audit for audit in audits if audit["id"] not in seen and _matters(audit)]
        return Polled(tuple(self._requests(new)), following, pause=HASTE if more else PAUSE)

    def _requests(self, audits: list[dict[str, Any]]) -> Iterator[InboundRequest]:
        tickets = self._shown("tickets", (audit.get("ticket_id") for audit in audits))
        wanted = [_people(audit, tickets.get(str(audit.get("ticket_id")), {})) for audit in audits]
        users = self._shown("users", (who for each in wanted for who in each))
        for audit, people in zip(audits, wanted, strict=True):
            ticket = tickets.get(str(audit.get("ticket_id")))
            if ticket is None:  # deleted since
                continue
            known = {who: _only(users[who], USER) for who in people if who in users}
            body = {"type": KIND, "audit": _lean(audit), "ticket": _only(ticket, TICKET), "users": known}
            yield InboundRequest("POST", {"content-type": "application/json"}, json.dumps(body).encode())

    def _export(self, start: int) -> dict[str, Any]:
        try:
            return self.calls.get(EVENTS, {"start_time": start, "include": "comment_events"})
        except CallError as error:
            if error.status != 403:
                raise
            sentence = "Zendesk exports tickets to administrators only. Use one's sign-in, or don't fill gaps."
            raise DeliveryError(Failure.REJECTED, sentence, vendor_code="403") from error

    def _shown(self, what: str, ids: Iterable[Any]) -> dict[str, dict[str, Any]]:
        """Tickets or users by their ids. https://developer.zendesk.com/api-reference/ticketing/users/users/#show-many-users"""
        missing = list(dict.fromkeys(str(each) for each in ids if str(each) not in ("None", *NOBODY)))
        found: dict[str, dict[str, Any]] = {}
        for at in range(0, len(missing), MOST):
            answer = self.calls.get(f"/api/v2/{what}/show_many", {"ids": ",".join(missing[at : at + MOST])})
            found |= {str(row.get("id")): row for row in objects(answer.get(what))}
        return found


def _matters(audit: Mapping[str, Any]) -> bool:
    return any(_is_comment(child) or _changed(child) for child in objects(audit.get("child_events")))


def _people(audit: Mapping[str, Any], ticket: Mapping[str, Any]) -> list[str]:
    authors = [child.get("author_id") for child in objects(audit.get("child_events")) if _is_comment(child)]
    return [str(each) for each in (*authors, ticket.get("requester_id"), ticket.get("assignee_id")) if each]


def _lean(audit: Mapping[str, Any]) -> dict[str, Any]:
    """Without where and with what somebody sat when they wrote, which is nobody's business."""
    children = [_only(child, CHILD) for child in objects(audit.get("child_events"))]
    metadata = audit.get("metadata")
    custom = metadata.get("custom") if isinstance(metadata, dict) else None
    return {**_only(audit, AUDIT), "metadata": {"custom": custom}, "child_events": children}


def _only(row: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: row[name] for name in names if name in row}


def _second(audit: Mapping[str, Any]) -> int:
    at = audit.get("timestamp")
    return at if isinstance(at, int) else 0


# --- Reading ----------------------------------------------------------------------------------------------------------


def events(body: Data, agent: str, changes: bool) -> Iterator[Event]:
    """What an audit says; of changes only where `changes`. Raises Malformed."""
    audit, row, users = (read_mapping(body, name) for name in ("audit", "ticket", "users"))
    ticket = _ticket(row, users)
    children = list(objects(audit.get("child_events")))
    first = any(child.get("event_type") == "Create" for child in children)
    count = 0
    for child in children:
        if _is_comment(child):
            count += 1
            yield said(ticket, _comment(child, audit, users, first))
        elif changes and (event := _change(child, audit, row, ticket, agent)):
            count += 1
            yield event
    if not count:
        yield Ignored(f"audit:{read_needed_id(audit, 'id')}", "What it changed has been changed again since.")


def _ticket(row: Data, users: Data) -> Ticket:
    requester, assignee = read_who(row, "requester_id"), read_who(row, "assignee_id")
    return Ticket(
        id=read_needed_id(row, "id", "ticket.id"),
        requester=_person(requester, users),
        subject=read_line(row, "subject"),
        channel=read_line(read_mapping(row, "via"), "channel"),
        brand=read_who(row, "brand_id"),
        group=read_told(row, "group_id"),
        assignee=read_told(row, "assignee_id"),
        assignee_name=read_line(read_mapping(users, assignee), "name"),
        tags=read_tags(row),
        ref=read_id(row, "external_id"),
    )


def _person(who: str, users: Data) -> Person:
    user = read_mapping(users, who)
    return Person(who, read_line(user, "name"), read_line(user, "email"), read_line(user, "phone"))


def _comment(child: Data, audit: Data, users: Data, first: bool) -> Comment:
    author = read_who(child, "author_id") or read_who(audit, "updater_id")
    files = (read_attachment(file) for file in objects(child.get("attachments")))
    return Comment(
        id=read_needed_id(child, "id", "child_events.id"),
        text=read_body(child, "body"),
        author=_person(author, users),
        staff=read_line(read_mapping(users, author), "role") != END_USER,
        public=child.get("public") is True,
        first=first,
        automated=is_automation(_channel(child) or _channel(audit)),
        at=read_time(child, "created_at") or read_time(audit, "created_at"),
        ref=ref_of(audit),
        attachments=tuple(file for file in files if file),
    )


def _change(child: Data, audit: Data, row: Data, ticket: Ticket, agent: str) -> Event | None:
    """A change that still holds, with the key that the webhook's has."""
    field = _changed(child)
    if not field or read_who(child, field) != read_who(row, field):
        return None
    value, at = read_who(child, field), read_time(audit, "created_at")
    match field:
        case "status":
            key = change_key("status", ticket.id, value, at)
            by_agent = agent != "" and read_who(audit, "updater_id") == agent
            return status_event(key, ticket.id, value, by_agent) if value in OVER else None
        case "assignee_id":
            key = change_key("assignee", ticket.id, value, at)
            return assigned_event(key, ticket, value, agent, ticket.assignee_name)
    key = change_key("group", ticket.id, value, at)
    return Assigned(key, ticket.id, destination=value, destination_kind=GROUP)


def _is_comment(child: Mapping[str, Any]) -> bool:
    return child.get("event_type") == "Comment" and child.get("type") in (None, "Comment")


def _changed(child: Mapping[str, Any]) -> str:
    """Which field this event changed, of those that matter; "" for none."""
    if child.get("event_type") != "Change":
        return ""
    return next((field for field in CHANGES if field in child), "")


def _channel(data: Data) -> str:
    """Either an object or words for people, like “Web form”."""
    via = data.get("via")
    if isinstance(via, dict):
        return read_line(via, "channel")
    return via.lower().replace(" ", "_") if isinstance(via, str) else ""
