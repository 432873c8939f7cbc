"""Ask what has happened: transactions of all tickets after one, each with all that `transactions.event` reads.

Transactions are numbered when they begin, and seen when they are committed, which may be in another order: creating a
ticket takes as long as its scrips do. So the cursor is a number before which nothing new can turn up any more, with
those behind it that are known already.
"""

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from gateways.adapters.request_tracker.calls import MOST, Calls
from gateways.adapters.request_tracker.transactions import DELETED, WORDS, kind_of
from gateways.adapters.request_tracker.words import is_text

SETTLED = timedelta(minutes=2)  # after which a transaction that began earlier isn't expected any more
MOST_PAGES = 5  # that are looked at in one go
MOST_NEW = 10  # that are read in one go: each takes two or three requests
ROW = "Type,Field,OldValue,NewValue,Created,Creator,ObjectId"
PART = "ContentType,Filename,ContentLength,Headers"
USER = "id,Name,RealName,EmailAddress"
TICKET = "Queue,Owner,Status,Subject,Requestor"
FIELDS = ("Queue", "Owner", "MergedInto")  # whose changes are news
LONGEST_PART = 200_000  # characters; the scrip leaves out the same

Json = dict[str, Any]


def start(calls: Calls) -> Json:
    """The cursor behind all that there is."""
    newest = calls.items("transactions", query=_query(0), orderby="id", order="DESC", per_page=1)
    return {"after": int(newest[0]["id"]) if newest else 0, "known": []}


def news(calls: Calls, cursor: Mapping[str, Any], now: datetime | None = None) -> tuple[list[Json], Json]:
    """What is new, and the cursor behind that."""
    known = set(cursor["known"])
    rows = _rows(calls, cursor["after"])
    new = [row for row in rows if int(row["id"]) not in known][:MOST_NEW]
    seen = known | {int(row["id"]) for row in new}
    found = Reader(calls).read([row for row in new if kind_of(row["Type"], row["Field"])])
    return found, _following(cursor["after"], rows, seen, now or datetime.now(UTC))


def _rows(calls: Calls, after: int) -> list[Json]:
    """Oldest first. Comments that we may not see are left out of the pages that they would be on."""
    rows: list[Json] = []
    for page in range(1, MOST_PAGES + 1):
        fields = {"fields": ROW, "fields_Creator": USER}
        found = calls.items("transactions", query=_query(after), orderby="id", per_page=MOST, page=page, **fields)
        rows += found
        if len(found) < MOST // 2:
            break
    return rows


def _query(after: int) -> str:
    """https://docs.bestpractical.com/rt/5.0.3/RT/REST2.html#Transactions"""
    kinds = [f"Type = '{kind}'" for kind in (*WORDS, "Status")] + [f"Field = '{field}'" for field in FIELDS]
    return f"ObjectType = 'RT::Ticket' AND id > {after} AND ({' OR '.join(kinds)})"


def _following(after: int, rows: Iterable[Json], seen: set[int], now: datetime) -> Json:
    for row in rows:
        if int(row["id"]) not in seen or datetime.fromisoformat(row["Created"]) > now - SETTLED:
            break
        after = int(row["id"])
    return {"after": after, "known": sorted(number for number in seen if number > after)}


class Reader:
    """Puts together what belongs to transactions. What was asked for once isn't asked for again."""

    def __init__(self, calls: Calls) -> None:
        self.calls = calls
        self.users: dict[str, Json] = {}

    def read(self, rows: Iterable[Json]) -> list[Json]:
        rows = list(rows)
        tickets = self._tickets({str(row["ObjectId"]) for row in rows})
        return [self._read(row, tickets[str(row["ObjectId"])], self._parts(row)) for row in rows]

    def read_ticket(self, number: str) -> list[Json]:
        """The newest transactions of one ticket that have words, oldest first, without files."""
        newest_first = {"orderby": "id", "order": "DESC", "per_page": MOST}
        rows = self.calls.items(f"ticket/{number}/history", fields=ROW, fields_Creator=USER, **newest_first)
        query = json.dumps([{"field": "ContentType", "operator": "STARTSWITH", "value": "text/"}])
        fields = f"{PART},Content,TransactionId"
        texts = self.calls.items(f"ticket/{number}/attachments", query=query, fields=fields, **newest_first)
        ticket = self._tickets({number})[number]
        return [
            self._read(row, ticket, [_part(each, each["Content"]) for each in reversed(texts) if _belongs(each, row)])
            for row in reversed(rows)
            if row["Type"] in WORDS
        ]

    def _read(self, row: Json, ticket: Json, parts: list[Json]) -> Json:
        told = {
            "id": "id",
            "type": "Type",
            "field": "Field",
            "old": "OldValue",
            "new": "NewValue",
            "created": "Created",
        }
        return {
            "transaction": {**{name: row[field] for name, field in told.items()}, "ticket": str(row["ObjectId"])},
            "ticket": ticket,
            "by": self._whole(row["Creator"], ticket),
            "now": self._user(row["NewValue"]) if row["Field"] == "Owner" else None,
            "parts": parts,
        }

    def _tickets(self, ids: set[str]) -> dict[str, Json]:
        """By number. One that was deleted or merged since isn't found by searching."""
        found = self._search(ids)
        return {number: found.get(number) or self._lost(number) for number in ids}

    def _search(self, ids: Iterable[str]) -> dict[str, Json]:
        query = " OR ".join(f"id = {number}" for number in sorted(map(int, ids)))
        if not query:
            return {}
        addresses = "id,Name,CorrespondAddress,CommentAddress"
        fields = {"fields_Queue": addresses, "fields_Owner": USER, "fields_Requestor": USER}
        rows = self.calls.items("tickets", query=query, fields=TICKET, per_page=MOST, **fields)
        return {str(row["id"]): self._ticket(row) for row in rows}

    def _ticket(self, row: Json) -> Json:
        queue = row["Queue"]
        return {
            "id": str(row["id"]),
            "subject": row["Subject"],
            "status": row["Status"],
            "queue": {"id": str(queue["id"]), "name": queue["Name"]},
            "addresses": [queue[name] for name in ("CorrespondAddress", "CommentAddress") if queue[name]],
            "owner": _user(row["Owner"]),
            "requestors": [_user(each) for each in row["Requestor"]],
        }

    def _lost(self, number: str) -> Json:
        now = self.calls.find(f"ticket/{number}") or {}
        into = str((now.get("EffectiveId") or {}).get("id") or number)
        found = self._search({into}) if into != number else {}
        return found.get(into, {"id": into, "subject": "", "status": now.get("Status") or DELETED})

    def _whole(self, given: Json, ticket: Json) -> Json:
        """The user with whether they are privileged. Lists don't tell that, and of requestors nobody has to know."""
        user = _user(given)
        asks = any(each["id"] == user["id"] for each in ticket.get("requestors") or ())
        return user if asks else {**user, "privileged": self._user(user["id"])["privileged"]}

    def _user(self, number: Any) -> Json:
        key = str(number)
        if key not in self.users:
            told = self.calls.find(f"user/{key}") or {}
            self.users[key] = {**_user({"id": key, **told}), "privileged": bool(told.get("Privileged"))}
        return self.users[key]

    def _parts(self, row: Json) -> list[Json]:
        """Of a transaction's words: texts with their content, files without."""
        if row["Type"] not in WORDS:
            return []
        rows = self.calls.items(f"transaction/{row['id']}/attachments", fields=PART, per_page=MOST)
        return [_part(each, self._text(each)) for each in sorted(rows, key=lambda each: int(each["id"]))]

    def _text(self, row: Json) -> str:
        text = is_text(row["ContentType"], row["Filename"])
        return content(self.calls, row["id"]).decode("utf-8", "replace") if text else ""


def _part(row: Json, text: str) -> Json:
    return {
        "id": str(row["id"]),
        "type": row["ContentType"],
        "file": row["Filename"],
        "length": int(row["ContentLength"] or 0),
        "headers": row["Headers"],
        "content": text[:LONGEST_PART],
    }


def _belongs(part: Json, row: Json) -> bool:
    return str(part["TransactionId"]) == str(row["id"])


def content(calls: Calls, attachment: Any) -> bytes:
    """An attachment's bytes, which lists don't tell for files."""
    told = calls.find(f"attachment/{attachment}") or {}
    try:
        return base64.b64decode(told.get("Content") or "")
    except (binascii.Error, TypeError, ValueError):
        return b""


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _user(row: Json) -> Json:
    return {
        "id": str(row["id"]),
        "login": row.get("Name") or "",
        "name": row.get("RealName") or "",
        "email": row.get("EmailAddress") or "",
        "privileged": False,
    }
