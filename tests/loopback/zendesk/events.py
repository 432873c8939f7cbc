"""What event subscriptions tell of a change to a ticket.

https://developer.zendesk.com/api-reference/webhooks/event-types/ticket-events/
"""

import uuid
from typing import Any

from tests.loopback.zendesk.account import moment
from tests.loopback.zendesk.desk import Desk
from tests.loopback.zendesk.tickets import Update

ACCOUNT_ID = 22129848
CHANGES = {
    "status": "status_changed",
    "priority": "priority_changed",
    "subject": "subject_changed",
    "tags": "tags_changed",
    "assignee_id": "agent_assignment_changed",
    "group_id": "group_assignment_changed",
    "external_id": "external_id_changed",
}


class Events(Desk):
    def events(self, update: Update) -> list[tuple[str, dict[str, Any]]]:
        found = [("created", {})] if update.created else []
        if update.comment:
            found += self.comment_events(update.comment)
        if not update.created:
            found += [
                _change(name, before, after) for name, (before, after) in update.changed.items() if name in CHANGES
            ]
        return found + update.events

    def comment_events(self, comment: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        author, public = self.users[comment["author_id"]], comment["public"]
        staff = {"id": str(author["id"]), "is_staff": self.is_staff(author["id"]), "name": author["name"]}
        about = {"id": str(comment["id"]), "is_public": public}
        found = [("comment_added", {"comment": {"author": staff, "body": comment["plain_body"], **about}})]
        for file in comment["attachments"]:
            told = {"id": str(file["id"]), "filename": file["file_name"], "is_public": public}
            linked = {**told, "content_type": file["content_type"], "content_url": file["content_url"]}
            found.append(("attachment_linked_to_comment", {"comment": {**about, "attachment": linked}}))
        return found

    def event(self, update: Update, kind: str, told: dict[str, Any]) -> dict[str, Any]:
        ticket = update.ticket
        numbers = ("assignee_id", "brand_id", "group_id", "organization_id", "requester_id", "submitter_id")
        status = "deleted" if ticket["id"] in self.deleted else ticket["status"]
        detail = {
            "id": str(ticket["id"]),
            "actor_id": str(update.by["id"]),
            **{name: str(ticket[name] or 0) for name in numbers},
            **{name: ticket[name] for name in ("created_at", "updated_at", "description", "external_id", "subject")},
            **{name: ticket[name] for name in ("tags", "is_public")},
            "custom_status": str(ticket["custom_status_id"]),
            "form_id": "0",
            "priority": (ticket["priority"] or "").upper() or None,
            "status": status.upper(),
            "type": (ticket["type"] or "").upper() or None,
            "via": {"channel": ticket["via"]["channel"]},
        }
        return {
            "account_id": ACCOUNT_ID,
            "detail": detail,
            "event": {**told, "meta": {"sequence": {"id": uuid.uuid4().hex, "position": 1, "total": 1}}},
            "id": str(uuid.uuid4()),
            "subject": f"zen:ticket:{ticket['id']}",
            "time": moment(),
            "type": f"zen:event-type:ticket.{kind}",
            "zendesk_event_version": "2022-11-06",
        }


def _change(name: str, before: Any, after: Any) -> tuple[str, dict[str, Any]]:
    if name == "tags":
        added, removed = [tag for tag in after if tag not in before], [tag for tag in before if tag not in after]
        return "tags_changed", {"tags_added": added, "tags_removed": removed}
    written = str.upper if name in ("status", "priority") else str
    values = {"previous": before, "current": after}
    empty = "0" if name.endswith("e_id") or name == "group_id" else None
    return CHANGES[name], {key: empty if value is None else written(str(value)) for key, value in values.items()}
