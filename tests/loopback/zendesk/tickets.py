"""Tickets of a Zendesk account: what a change to one does, and what is refused.

https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/
https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_comments/
"""

import re
import time
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from tests.loopback.zendesk.account import Refusal, invalid, moment
from tests.loopback.zendesk.people import People

STATUSES = ("new", "open", "pending", "hold", "solved", "closed")
PRIORITIES, TYPES = ("urgent", "high", "normal", "low"), ("problem", "incident", "question", "task")
LONGEST_COMMENT = 65_535
PLAIN = ("subject", "priority", "type", "external_id", "custom_fields", "due_at", "problem_id", "brand_id", "recipient")
CHANNELS = {"web": "Web form", "email": "Mail", "api": "Web service"}
UPDATES, UPDATES_WINDOW = 30, 600.0  # of one ticket by one user


class Text(HTMLParser):
    """The text of a comment in HTML, as `plain_body` has it."""

    BLOCKS = ("p", "div", "li", "tr", "pre", "blockquote", "ul", "ol", "h1", "h2", "h3", "h4")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.feed(html)
        self.close()
        self.text = re.sub(r"\n{3,}", "\n\n", "".join(self.parts)).strip()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag == "br":
            self.parts.append("\n")
        if tag == "li":
            self.parts.append("- ")

    def handle_endtag(self, tag: str) -> None:
        if tag in self.BLOCKS:
            self.parts.append("\n" if tag == "li" else "\n\n")

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


@dataclass
class Update:
    """One change to one ticket, as triggers and event subscriptions see it."""

    ticket: dict[str, Any]
    by: dict[str, Any]
    created: bool = False
    comment: dict[str, Any] | None = None
    changed: dict[str, tuple[Any, Any]] = field(default_factory=dict)  # by field: before, after
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)  # others: type, and what is in it


class Tickets(People):
    """Whoever holds the lock may call any of this."""

    def __init__(self) -> None:
        super().__init__()
        self.tickets: dict[int, dict[str, Any]] = {}
        self.deleted: dict[int, dict[str, Any]] = {}
        self.comments: dict[int, list[dict[str, Any]]] = {}
        self.audits: dict[int, list[dict[str, Any]]] = {}
        self.uploads: dict[str, list[dict[str, Any]]] = {}
        self.changed_at: dict[int, float] = {}  # more exactly than `updated_at` tells
        self.updates = UPDATES

    def happened(self, update: Update) -> None:
        """Whoever wants to be told is."""
        raise NotImplementedError

    # --- A change, whoever makes it -----------------------------------------------------------------------------------

    def create(self, given: dict[str, Any], by: dict[str, Any], channel: str) -> dict[str, Any]:
        requester = self._requester(given, by)
        comment = given.get("comment")
        if not isinstance(comment, dict):
            raise invalid(base="Description: cannot be blank")
        ticket = self._blank(requester, by, channel)
        update = Update(ticket, by, created=True)
        self._change(update, {**given, "comment": {"author_id": requester["id"], **comment}}, channel)
        ticket["description"] = self.comments[ticket["id"]][0]["plain_body"]
        ticket["subject"] = ticket["raw_subject"] = given.get("subject") or ticket["description"][:150]
        self.tickets[ticket["id"]] = ticket
        self._finish(update, channel, given.get("metadata"))
        return ticket

    def change(self, ticket: dict[str, Any], given: dict[str, Any], by: dict[str, Any], channel: str) -> dict[str, Any]:
        """Change a ticket, and the audit of that."""
        if channel == "api":
            self.count(f"updates of {ticket['id']} by {by['id']}", self.updates, UPDATES_WINDOW)
        if ticket["status"] == "closed":
            raise invalid(status="Status: closed prevents ticket update")
        self._guard(ticket, given)
        update = Update(ticket, by)
        self._change(update, given, channel)
        return self._finish(update, channel, given.get("metadata"))

    @staticmethod
    def _guard(ticket: dict[str, Any], given: dict[str, Any]) -> None:
        """Refuse a safe update of what has changed meanwhile."""
        if str(given.get("safe_update")).lower() != "true":
            return
        if not given.get("updated_stamp"):
            raise Refusal(400, "UpdatedStampMissing", "updated_stamp is required for a safe update.")
        if given["updated_stamp"] != ticket["updated_at"]:
            raise Refusal(409, "UpdateConflict", "Safe Update prevented the update: the ticket has changed meanwhile.")

    def _change(self, update: Update, given: dict[str, Any], channel: str) -> None:
        ticket, after = update.ticket, dict[str, Any]()
        after.update({name: given[name] for name in PLAIN if name in given})
        if "tags" in given:
            after["tags"] = tags_of(given["tags"])
        added, removed = tags_of(given.get("additional_tags", [])), tags_of(given.get("remove_tags", []))
        if added or removed:
            kept = [tag for tag in after.get("tags", ticket["tags"]) if tag not in removed]
            after["tags"] = kept + [tag for tag in added if tag not in kept]
        self._assign(ticket, given, after)
        comment = self._comment(ticket, given, update.by, channel)  # nothing is changed before all of it is checked
        self._status(update, given, after, comment)
        for name, value in after.items():
            if ticket[name] != value:
                update.changed[name] = (ticket[name], value)
                ticket[name] = value
        if comment:
            update.comment = comment
            self.comments[ticket["id"]].append(comment)
            ticket["is_public"] = ticket["is_public"] or comment["public"]

    def _assign(self, ticket: dict[str, Any], given: dict[str, Any], after: dict[str, Any]) -> None:
        if "group_id" in given:
            after["group_id"] = given["group_id"]
            if given["group_id"] is not None and given["group_id"] not in self.groups:
                raise invalid(group="Group: is invalid")
        group = after.get("group_id", ticket["group_id"])
        if "assignee_id" not in given:
            if ticket["assignee_id"] and group != ticket["group_id"] and not self.belongs(ticket["assignee_id"], group):
                after["assignee_id"] = None
            return
        assignee = after["assignee_id"] = given["assignee_id"]
        if assignee is None:
            return
        if not self.is_staff(assignee):
            raise invalid(assignee="Assignee: is invalid")
        if "group_id" not in given and (group is None or not self.belongs(assignee, group)):
            group = after["group_id"] = self.default_group(assignee)
        if group is None or not self.belongs(assignee, group):
            raise invalid(assignee="Assignee: is not a member of the group")

    def _status(self, update: Update, given: dict[str, Any], after: dict[str, Any], comment: Any) -> None:
        ticket = update.ticket
        for name, known in (("priority", PRIORITIES), ("type", TYPES), ("status", STATUSES)):
            if given.get(name) is not None and given[name] not in known:
                raise invalid(**{name: f"{name.title()}: {given[name]} is not included in the list"})
        if "status" in given:
            after["status"] = given["status"]
            if given["status"] == "new" and ticket["status"] != "new":
                raise invalid(status="Status: cannot be changed back to new")
        elif ticket["status"] == "new" and after.get("assignee_id"):
            after["status"] = "open"
        elif comment and comment["author_id"] == ticket["requester_id"] and not update.created:
            after["status"] = "new" if ticket["status"] == "new" else "open"
        solved = after.get("status") in ("solved", "closed")
        if solved and not after.get("assignee_id", ticket["assignee_id"]) and not update.by.get("system"):
            raise invalid(assignee="Assignee: is required when solving a ticket")

    def _comment(self, ticket: dict[str, Any], given: dict[str, Any], by: dict[str, Any], channel: str) -> Any:
        comment = given.get("comment")
        if comment is None:
            return None
        html, uploads = comment.get("html_body"), comment.get("uploads", [])
        text = Text(html).text if html else str(comment.get("body") or "")
        if not text.strip() and not uploads:
            raise invalid(comment="Description: cannot be blank")
        if len(html or text) > LONGEST_COMMENT:
            raise invalid(comment=f"Description: is too long (maximum is {LONGEST_COMMENT} characters)")
        if any(token not in self.uploads for token in uploads):
            raise invalid(comment="Uploads: token is invalid or was used already")
        author = comment.get("author_id", by["id"])
        if author not in self.users:
            raise invalid(author="Author: is invalid")
        made = html or "".join(f"<p>{line}</p>" for line in text.split("\n"))
        return {
            "id": self.next(),
            "type": "Comment",
            "author_id": author,
            "body": text,
            "plain_body": text,
            "html_body": f'<div class="zd-comment" dir="auto">{made}</div>',
            "public": bool(comment.get("public", True)),
            "attachments": [file for token in uploads for file in self.uploads.pop(token)],
            "audit_id": 0,
            "via": via(channel, comment.get("rel")),
            "created_at": moment(),
            "metadata": {"system": {"client": None, "ip_address": "127.0.0.1"}, "custom": {}},
        }

    def _finish(self, update: Update, channel: str, metadata: Any) -> dict[str, Any]:
        """Put the change down in the ticket's history, and tell of it."""
        ticket = update.ticket
        self.changed_at[ticket["id"]] = time.time()
        ticket["updated_at"], ticket["generated_timestamp"] = moment(), int(time.time())
        audit = self._audit(update, channel, metadata or {})
        self.audits[ticket["id"]].append(audit)
        if update.created or update.changed or update.comment or update.events:
            self.happened(update)
        self.lock.notify_all()
        return audit

    def _audit(self, update: Update, channel: str, custom: dict[str, Any]) -> dict[str, Any]:
        number, kind = self.next(), "Create" if update.created else "Change"
        events: list[dict[str, Any]] = []
        metadata = {"system": {"client": None, "ip_address": "127.0.0.1"}, "custom": custom}
        if comment := update.comment:
            comment.update(audit_id=number, metadata=metadata)
            told = ("id", "type", "author_id", "body", "html_body", "plain_body", "public", "attachments", "audit_id")
            events.append({name: comment[name] for name in told})
        for name, (before, after) in update.changed.items():
            was = {} if update.created else {"previous_value": before}
            events.append({"id": self.next(), "type": kind, "field_name": name, "value": after, **was})
        return {
            "id": number,
            "ticket_id": update.ticket["id"],
            "created_at": moment(),
            "author_id": update.by["id"],
            "metadata": metadata,
            "events": events,
            "via": via(channel),
        }

    # --- What a ticket is made of -------------------------------------------------------------------------------------

    def _requester(self, given: dict[str, Any], by: dict[str, Any]) -> dict[str, Any]:
        if "requester_id" in given:
            return self._found(self.users, str(given["requester_id"]))
        wanted = given.get("requester")
        if not wanted:
            return by
        if found := [user for user in self.users.values() if user["email"] and user["email"] == wanted.get("email")]:
            return found[0]
        if not wanted.get("name"):
            raise invalid(requester="Requester: Name: is too short (minimum one character)")
        return self.person(wanted["name"], wanted.get("email", ""))

    def _blank(self, requester: dict[str, Any], by: dict[str, Any], channel: str) -> dict[str, Any]:
        number, made = len(self.comments) + 5001, moment()
        self.comments[number], self.audits[number] = [], []
        nothing = ("external_id", "type", "priority", "recipient", "assignee_id", "organization_id", "group_id")
        lists = ("collaborator_ids", "follower_ids", "email_cc_ids", "tags", "custom_fields", "sharing_agreement_ids")
        return {
            "id": number,
            "url": f"{self.url}/api/v2/tickets/{number}.json",
            **dict.fromkeys((*nothing, "due_at", "problem_id", "forum_topic_id", "satisfaction_rating")),
            **{name: [] for name in (*lists, "followup_ids")},
            "via": via(channel),
            "created_at": made,
            "updated_at": made,
            "generated_timestamp": int(time.time()),
            "subject": "",
            "raw_subject": "",
            "description": "",
            "status": "new",
            "requester_id": requester["id"],
            "submitter_id": by["id"],
            "brand_id": self.brands[0]["id"],
            "custom_status_id": 1,
            "has_incidents": False,
            "is_public": False,
            "allow_channelback": False,
            "allow_attachments": True,
            "from_messaging_channel": False,
        }


def via(channel: str, rel: str | None = None) -> dict[str, Any]:
    return {"channel": channel, "source": {"from": {}, "to": {}, "rel": rel}}


def tags_of(given: Any) -> list[str]:
    """Tags as they are kept: lower case, without blanks, each once."""
    words = given.split() if isinstance(given, str) else [word for each in given for word in str(each).split()]
    return list(dict.fromkeys(word.lower() for word in words))
