"""Finding tickets by their fields and words, and exporting them and what happened to them, piece by piece.

https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/
https://developer.zendesk.com/api-reference/ticketing/ticket-management/search/
"""

import base64
import binascii
import json
import re
import time
from datetime import datetime
from typing import Any

from tests.loopback.server import Reply, Request
from tests.loopback.zendesk.account import Refusal
from tests.loopback.zendesk.tickets import CHANNELS, STATUSES, Tickets

TERM = re.compile(r'(-?)(\w+)(:|>=|<=|>|<)("[^"]*"|\S+)|("[^"]*"|\S+)')


class Finding(Tickets):
    """`export_lag`: what changed within so many seconds isn't exported yet."""

    def __init__(self) -> None:
        super().__init__()
        self.export_lag = 60.0

    # --- Finding ------------------------------------------------------------------------------------------------------

    def search(self, request: Request) -> Reply:
        self.who(request, staff=True)
        found = [{**ticket, "result_type": "ticket"} for ticket in self._search(request)]
        return self.page(request, "results", found, facets=None)

    def count_search(self, request: Request) -> Reply:
        return Reply({"count": len(self._search(request))})

    def _search(self, request: Request) -> list[dict[str, Any]]:
        terms = list(TERM.finditer(request.query.get("query", "")))
        if not terms:
            raise Refusal(422, "invalid", "Invalid search: query is required")
        found = [ticket for ticket in self.tickets.values() if all(self._fits(ticket, term) for term in terms)]
        key = request.query.get("sort_by", "updated_at")
        down = request.query.get("sort_order", "desc") == "desc"
        return sorted(found, key=lambda ticket: str(ticket.get(key)), reverse=down)

    def _fits(self, ticket: dict[str, Any], term: re.Match[str]) -> bool:
        minus, name, sign, value, word = term.groups()
        if word:
            said = " ".join([ticket["subject"], *(each["plain_body"] for each in self.comments[ticket["id"]])])
            return word.strip('"').lower() in said.lower()
        fits = self._compares(ticket, name, sign, value.strip('"'))
        return not fits if minus else fits

    def _compares(self, ticket: dict[str, Any], name: str, sign: str, value: str) -> bool:
        match name:
            case "type" | "ticket_type":
                return value in ("ticket", ticket["type"])
            case "order_by" | "sort":
                return True
            case "tags":
                return not ticket["tags"] if value == "none" else value.lower() in ticket["tags"]
            case "status":
                here, there = STATUSES.index(ticket["status"]), STATUSES.index(value)
                return _holds(here, sign, there)
            case "updated" | "created" | "updated_at" | "created_at":
                at = ticket[name.removesuffix("_at") + "_at"]
                return _holds(at if "T" in value else at[: len(value)], sign, value)
            case "requester" | "assignee" | "group" | "external_id":
                key = name if name == "external_id" else f"{name}_id"
                return (
                    value == "none"
                    if ticket[key] is None
                    else str(ticket[key]) == value or self._named(ticket[key], value)
                )
        raise Refusal(422, "invalid", f"Invalid search: {name} isn't known")

    def _named(self, number: Any, value: str) -> bool:
        row = self.users.get(number) or self.groups.get(number) or {}
        return value.lower() in (str(row.get("name")).lower(), str(row.get("email")).lower())

    # --- Exporting ----------------------------------------------------------------------------------------------------

    def export_tickets(self, request: Request) -> Reply:
        """By cursor. The end of the stream has a cursor, too, to go on from later."""
        self.who(request, admin=True)
        query = request.query
        at, number = _export_cursor(query["cursor"]) if "cursor" in query else (self._start(query), 0)
        size, until = int(query.get("per_page", "1000")), time.time() - self.export_lag
        rows = sorted((changed, id) for id, changed in self.changed_at.items() if (at, number) < (changed, id))
        ready = [(changed, id) for changed, id in rows if changed <= until]
        last = ready[:size][-1] if ready else (at, number)
        after = base64.b64encode(json.dumps(last).encode()).decode()
        shown = [
            {**self.deleted[id], "status": "deleted"} if id in self.deleted else self.tickets[id] for _, id in ready
        ]
        address = f"{self.url}/api/v2/incremental/tickets/cursor.json?cursor={after}"
        told = {"after_cursor": after, "after_url": address, "before_cursor": None, "before_url": None}
        return Reply({"tickets": shown[:size], **told, "end_of_stream": len(ready) <= size})

    def export_events(self, request: Request) -> Reply:
        self.who(request, admin=True)
        start, until = self._start(request.query), time.time() - self.export_lag
        audits = [audit for rows in self.audits.values() for audit in rows]
        found = sorted((seconds(audit["created_at"]), audit["id"], audit) for audit in audits)
        ready = [audit for at, _, audit in found if start <= at <= until]
        with_comments = "comment_events" in request.query.get("include", "")
        events = [_exported(audit, with_comments) for audit in ready]
        end = int(events[-1]["timestamp"]) if events else int(start)
        address = f"{self.url}/api/v2/incremental/ticket_events.json?start_time={end}"
        told = {"next_page": address, "count": len(events), "end_of_stream": True, "end_time": end}
        return Reply({"ticket_events": events, **told})

    def _start(self, query: dict[str, str]) -> float:
        if not re.fullmatch(r"[0-9]+", query.get("start_time", "")):
            raise Refusal(400, {"title": "Invalid attribute", "message": "start_time is required"})
        start = float(query["start_time"])
        if start > time.time() - self.export_lag:
            raise Refusal(422, "StartTimeTooRecent", "Too recent start_time. Use a start_time older than 60 seconds")
        return start


def seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


def _holds(here: Any, sign: str, there: Any) -> bool:
    return bool({":": here == there, ">": here > there, "<": here < there}.get(sign[:1])) or (
        "=" in sign and here == there
    )


def _export_cursor(cursor: str) -> tuple[float, int]:
    try:
        at, number = json.loads(base64.b64decode(cursor))
    except (ValueError, binascii.Error):
        raise Refusal(400, {"title": "Invalid attribute", "message": "cursor is not valid"}) from None
    return at, number


def _exported(audit: dict[str, Any], with_comments: bool) -> dict[str, Any]:
    """An audit in the words of the export: a change is told under the name of what it changed."""
    children: list[dict[str, Any]] = []
    about = {"via": CHANNELS[audit["via"]["channel"]], "via_reference_id": None, "created_at": audit["created_at"]}
    for event in audit["events"]:
        kind = {"event_type": event["type"], **about}
        if event["type"] != "Comment":
            before = {"previous_value": event["previous_value"]} if "previous_value" in event else {}
            children.append({"id": event["id"], event["field_name"]: event["value"], **before, **kind})
        elif with_comments:
            children.append({**event, **kind, "via": audit["via"]})
        else:
            children.append({"id": event["id"], "comment_present": True, "comment_public": event["public"], **kind})
    return {
        "id": audit["id"],
        "ticket_id": audit["ticket_id"],
        "timestamp": int(seconds(audit["created_at"])),
        "updater_id": audit["author_id"],
        "event_type": "Audit",
        "system": audit["metadata"]["system"],
        "metadata": {"custom": audit["metadata"]["custom"]} if audit["metadata"]["custom"] else {},
        "child_events": children,
        **about,
    }
