"""What may be asked of tickets over the API: read, change, tag, merge, delete, and upload files to them.

https://developer.zendesk.com/api-reference/ticketing/ticket-management/tags/
https://developer.zendesk.com/api-reference/ticketing/tickets/ticket-attachments/
"""

import time
from typing import Any

from tests.loopback.server import Reply, Request
from tests.loopback.zendesk.account import Refusal, invalid, moment
from tests.loopback.zendesk.finding import Finding
from tests.loopback.zendesk.tickets import Update, tags_of

BIGGEST_FILE = 50_000_000  # bytes
KEY_LIVES = 2 * 3600.0  # seconds


class Desk(Finding):
    def __init__(self) -> None:
        super().__init__()
        self.files: dict[int, bytes] = {}
        self._keys: dict[str, tuple[bytes, Reply, float]] = {}
        self._jobs: dict[str, dict[str, Any]] = {}

    # --- Tickets ------------------------------------------------------------------------------------------------------

    def all_tickets(self, request: Request) -> Reply:
        """All, or those with an external id."""
        self.who(request, staff=True)
        wanted = request.query.get("external_id")
        return self.page(
            request,
            "tickets",
            [each for each in self.tickets.values() if wanted is None or each["external_id"] == wanted],
        )

    def one_ticket(self, request: Request, id: str) -> Reply:
        """With `include`, its people and their organisations, of which there are none."""
        self.who(request, staff=True)
        ticket = self._found(self.tickets, id)
        ids = {ticket[name] for name in ("requester_id", "submitter_id", "assignee_id")} - {None}
        beside = {"users": [self.users[user] for user in sorted(ids)], "organizations": []}
        wanted = request.query.get("include", "").split(",")
        return Reply({"ticket": ticket, **{name: rows for name, rows in beside.items() if name in wanted}})

    def many_tickets(self, request: Request) -> Reply:
        self.who(request, staff=True)
        wanted = request.query.get("ids", "").split(",")
        return self.page(request, "tickets", [each for each in self.tickets.values() if str(each["id"]) in wanted])

    def create_ticket(self, request: Request) -> Reply:
        """With a key, the same answer to the same request for two hours."""
        user, key = self.who(request), request.headers.get("idempotency-key", "")
        if key in self._keys and self._keys[key][2] > time.time():
            body, reply, _ = self._keys[key]
            if body != request.body:
                raise Refusal(400, "IdempotentRequestError", "The request doesn't fit the first one with this key.")
            return Reply(reply.body, reply.status, {**reply.headers, "x-idempotency-lookup": "hit"})
        ticket = self.create(_body(request, "ticket"), user, "api")
        address = {"Location": ticket["url"]}
        reply = Reply({"ticket": dict(ticket), "audit": self.audits[ticket["id"]][-1]}, 201, address)
        if key:
            self._keys[key] = (request.body, reply, time.time() + KEY_LIVES)
            return Reply(reply.body, 201, {**address, "x-idempotency-lookup": "miss"})
        return reply

    def update_ticket(self, request: Request, id: str) -> Reply:
        user = self.who(request, staff=True)
        ticket = self._found(self.tickets, id)
        audit = self.change(ticket, _body(request, "ticket"), user, "api")
        return Reply({"ticket": ticket, "audit": audit})

    def delete_ticket(self, request: Request, id: str) -> Reply:
        self.remove(self._found(self.tickets, id), self.who(request, staff=True))
        return Reply(b"", 204)

    def remove(self, ticket: dict[str, Any], by: dict[str, Any]) -> None:
        """Soft: it can be brought back, and isn't found meanwhile."""
        self.deleted[ticket["id"]] = self.tickets.pop(ticket["id"])
        self._finish(Update(ticket, by, events=[("soft_deleted", {})]), "web", None)

    def restore_ticket(self, request: Request, id: str) -> Reply:
        user, ticket = self.who(request, staff=True), self._found(self.deleted, id)
        self.tickets[ticket["id"]] = self.deleted.pop(ticket["id"])
        self._finish(Update(ticket, user, events=[("undeleted", {})]), "web", None)
        return Reply({}, 200)

    def merge_tickets(self, request: Request, id: str) -> Reply:
        user, target = self.who(request, staff=True), self._found(self.tickets, id)
        given = request.json()
        sources = [self._found(self.tickets, str(each)) for each in given["ids"]]
        if target["status"] == "closed" or target in sources:
            raise invalid(base="Merge: these tickets can't be merged")
        self.merge(sources, target, user, given)
        job = {"id": f"job-{self.next()}", "status": "completed", "total": len(sources), "progress": len(sources)}
        kept = {"job_type": "Ticket merge", "message": None, "results": [{"success": True, "id": target["id"]}]}
        self._jobs[job["id"]] = {**job, **kept, "url": f"{self.url}/api/v2/job_statuses/{job['id']}.json"}
        return Reply({"job_status": {**self._jobs[job["id"]], "status": "queued", "results": None}})

    def merge(self, sources: list[dict[str, Any]], target: dict[str, Any], by: dict[str, Any], said: Any) -> None:
        for source in sources:
            note = {
                "body": said.get("source_comment") or f"Merged into #{target['id']}",
                "public": False,
                "rel": "merge",
            }
            closed = {"status": "closed", "additional_tags": ["closed_by_merge"]}
            update = Update(source, {**by, "system": True})
            self._change(update, {"comment": note, **closed}, "web")
            update.events.append(("merged", {"target_ticket_id": str(target["id"])}))
            self._finish(update, "web", None)
            words = said.get("target_comment") or f"Ticket #{source['id']} was merged into this one."
            comment = {"body": words, "public": bool(said.get("target_comment_is_public")), "rel": "merge"}
            self.change(target, {"comment": comment}, by, "web")

    def job(self, request: Request, id: str) -> Reply:
        if id not in self._jobs:
            raise Refusal(404, "RecordNotFound", "Not found")
        return Reply({"job_status": self._jobs[id]})

    def ticket_comments(self, request: Request, id: str) -> Reply:
        self.who(request, staff=True)
        ticket = self._found(self.tickets, id)
        rows = self.comments[ticket["id"]]
        if request.query.get("sort") == "-created_at" or request.query.get("sort_order") == "desc":
            rows = rows[::-1]
        if "users" not in request.query.get("include", ""):
            return self.page(request, "comments", rows)
        authors = {row["author_id"] for row in rows}
        return self.page(request, "comments", rows, users=[self.users[author] for author in sorted(authors)])

    def ticket_audits(self, request: Request, id: str) -> Reply:
        self.who(request, staff=True)
        return self.page(request, "audits", self.audits[self._found(self.tickets, id)["id"]])

    # --- Tags ---------------------------------------------------------------------------------------------------------

    def ticket_tags(self, request: Request, id: str) -> Reply:
        """GET reads, PUT adds, POST sets, DELETE takes away."""
        user, ticket = self.who(request, staff=True), self._found(self.tickets, id)
        if request.method == "GET":
            return Reply({"tags": ticket["tags"]})
        given = request.json()
        if not isinstance(given.get("tags"), list):
            raise Refusal(400, {"title": "Invalid attribute", "message": "tags has to be a list"})
        names = {"PUT": "additional_tags", "POST": "tags", "DELETE": "remove_tags"}
        guard = {name: given[name] for name in ("safe_update", "updated_stamp") if name in given}
        self.change(ticket, {names[request.method]: given["tags"], **guard}, user, "api")
        return Reply({"tags": ticket["tags"]}, 201 if request.method == "POST" else 200)

    def all_tags(self, request: Request) -> Reply:
        counts: dict[str, int] = {}
        for tag in (tag for ticket in self.tickets.values() for tag in ticket["tags"]):
            counts[tag] = counts.get(tag, 0) + 1
        return self.page(request, "tags", [{"name": name, "count": count} for name, count in counts.items()])

    def complete_tags(self, request: Request) -> Reply:
        start = request.query.get("name", "")
        found = {tag for ticket in self.tickets.values() for tag in ticket["tags"] if tag.startswith(start)}
        return Reply({"tags": sorted(found)})

    # --- Files --------------------------------------------------------------------------------------------------------

    def upload(self, request: Request) -> Reply:
        self.who(request)
        if not (name := request.query.get("filename", "")):
            raise Refusal(400, {"title": "Invalid attribute", "message": "filename is required"})
        if len(request.body) > BIGGEST_FILE:
            raise Refusal(413, "AttachmentTooLarge", "The attachment has more than 50 MB.")
        token = request.query.get("token") or f"token{self.next()}"
        made = self.keep_file(name, request.headers.get("content-type", ""), request.body)
        self.uploads.setdefault(token, []).append(made)
        told = {"token": token, "expires_at": moment(time.time() + 3600), "attachment": made}
        return Reply({"upload": {**told, "attachments": self.uploads[token]}}, 201)

    def keep_file(self, name: str, kind: str, content: bytes) -> dict[str, Any]:
        number = self.next()
        self.files[number] = content
        return {
            "id": number,
            "url": f"{self.url}/api/v2/attachments/{number}.json",
            "file_name": name,
            "content_url": f"{self.url}/attachments/token/t{number}/?name={name}",
            "mapped_content_url": f"{self.url}/attachments/token/t{number}/?name={name}",
            "content_type": kind,
            "size": len(content),
            "width": None,
            "height": None,
            "inline": False,
            "deleted": False,
            "malware_access_override": False,
            "malware_scan_result": "malware_not_found",
            "thumbnails": [],
        }

    def download(self, request: Request, number: str) -> Reply:
        """Their own address of a file only leads to where it is. There that is another host, which wants no sign-in."""
        return Reply(b"", 302, {"Location": f"{self.url}/elsewhere/attachment/{number}"})

    def elsewhere(self, request: Request, number: str) -> Reply:
        return Reply(self.files[int(number)])


def _body(request: Request, name: str) -> dict[str, Any]:
    given = request.json().get(name)
    if not isinstance(given, dict):
        raise Refusal(400, {"title": "Invalid attribute", "message": f"{name} is required"})
    if "tags" in given:
        tags_of(given["tags"])
    return given
