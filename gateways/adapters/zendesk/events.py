"""What an event that our webhook subscribes to says: a table from its type to what follows.

https://developer.zendesk.com/api-reference/webhooks/event-types/ticket-events/

Ids are text in them and enumerations upper case. Much is left out: of the requester there is only the id, of the first
comment neither id nor author (`ticket.created` is read where it is surely the requester's).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from gateways.adapters.zendesk.said import (
    GROUP,
    NOBODY,
    OVER,
    Comment,
    Ticket,
    read_attachment,
    read_body,
    read_tags,
    read_told,
    read_who,
    said,
    second,
)
from gateways.bodies import Data, read_id, read_line, read_mapping, read_needed_id, read_time
from gateways.messages import Assigned, Closed, Event, Gone, Ignored, Person, Tagged

PREFIX = "zen:event-type:"
AT_ONCE = 3.0  # seconds from the ticket's creation, within which the same words are its first comment


@dataclass(frozen=True, slots=True)
class Told:
    """An event as it was sent, with what all of them have."""

    id: str
    ticket: Ticket
    detail: Data
    event: Data
    at: datetime | None  # when it happened
    actor: str
    agent: str  # the teammate that our agent is, "" for none

    def key(self, what: str, value: str) -> str:
        """The same for the same change, also where it is read from the export."""
        return change_key(what, self.ticket.id, value, read_time(self.detail, "updated_at") or self.at)


def change_key(what: str, ticket: str, value: str, at: datetime | None) -> str:
    return f"{what}:{ticket}:{value}:{second(at)}"


def event(body: Data, agent: str) -> Event:
    """Raises Malformed for what is no event."""
    whole = read_needed_id(body, "type")
    kind = whole.removeprefix(f"{PREFIX}ticket.")
    if kind not in READERS:
        why = OTHERS.get(kind) or f"The type “{whole[:80]}” is not one that we act on."
        return Ignored(f"event:{read_needed_id(body, 'id')}", why)
    return READERS[kind](_told(body, agent))


def _told(body: Data, agent: str) -> Told:
    detail = read_mapping(body, "detail")
    return Told(
        id=read_needed_id(body, "id"),
        ticket=_ticket(detail),
        detail=detail,
        event=read_mapping(body, "event"),
        at=read_time(body, "time"),
        actor=read_who(detail, "actor_id"),
        agent=agent,
    )


def _ticket(detail: Data) -> Ticket:
    return Ticket(
        id=read_needed_id(detail, "id", "detail.id"),
        requester=Person(read_who(detail, "requester_id")),
        subject=read_line(detail, "subject"),
        channel=read_line(read_mapping(detail, "via"), "channel"),
        brand=read_who(detail, "brand_id"),
        group=read_told(detail, "group_id"),
        assignee=read_told(detail, "assignee_id"),
        tags=read_tags(detail),
        ref=read_id(detail, "external_id"),
    )


# --- Comments ---------------------------------------------------------------------------------------------------------


def _created(told: Told) -> Event:
    """The description is the first comment. Whose it is, is sure only where the requester opened the ticket."""
    requester = told.ticket.requester.id
    if read_who(told.detail, "submitter_id") != requester or not requester or told.detail.get("is_public") is False:
        return Ignored(f"event:{told.id}", "Who wrote its first comment is told with the comment.")
    text = read_body(told.detail, "description")
    return said(told.ticket, Comment("", text, Person(requester), staff=False, first=True, at=told.at))


def _commented(told: Told) -> Event:
    comment = read_mapping(told.event, "comment")
    author = read_mapping(comment, "author")
    text = read_body(comment, "body")
    found = Comment(
        id=read_needed_id(comment, "id", "event.comment.id"),
        text=text,
        author=Person(read_who(author, "id") or told.actor, read_line(author, "name")),
        staff=author.get("is_staff") is not False,
        public=comment.get("is_public") is True,
        first=_is_first(told, text),
        at=told.at,
    )
    return said(told.ticket, found)


def _is_first(told: Told, text: str) -> bool:
    """Whether it is what the ticket began with: nothing says so but that the words are the same, and new."""
    created, description = read_time(told.detail, "created_at"), read_body(told.detail, "description")
    if created is None or told.at is None or not -AT_ONCE < (told.at - created).total_seconds() < AT_ONCE:
        return False
    one, other = " ".join(text.split()), " ".join(description.split())
    return one == other or (len(other) > 200 and one.startswith(other))


def _attached(told: Told) -> Event:
    """A file comes by itself, after the comment that it belongs to."""
    comment = read_mapping(told.event, "comment") or told.event
    file = read_mapping(comment, "attachment") or read_mapping(told.event, "attachment")
    author = read_mapping(comment, "author")
    who = read_who(author, "id") or told.actor
    attachment, key = read_attachment(file), f"attachment:{read_needed_id(file, 'id', 'attachment.id')}"
    public = comment.get("is_public") is not False and file.get("is_public") is not False
    ours = author.get("is_staff") is True or (who != told.ticket.requester.id and author.get("is_staff") is None)
    if attachment is None or not public or ours or who in NOBODY:
        return Ignored(key, "A file that no customer sent.")
    return replace(
        said(told.ticket, Comment("", "", Person(who), staff=False, at=told.at, attachments=(attachment,))), key=key
    )


# --- Changes ----------------------------------------------------------------------------------------------------------


def _status(told: Told) -> Event:
    status = read_line(told.event, "current").lower() or read_line(told.detail, "status").lower()
    by_agent = told.actor != "" and told.actor == told.agent
    return status_event(told.key("status", status), told.ticket.id, status, by_agent)


def status_event(key: str, ticket: str, status: str, by_agent: bool = False) -> Event:
    if status == "deleted":
        return Gone(key, ticket, "The ticket was deleted on Zendesk.")
    if status in OVER and by_agent:
        return Ignored(key, f"The agent's own user set the status to {status}.")
    if status in OVER:
        return Closed(key, ticket)
    return Ignored(key, f"Its status is {status or 'another'} now; the customer's next message tells the rest.")


def _assignee(told: Told) -> Event:
    who = read_who(told.event, "current")
    return assigned_event(told.key("assignee", who), told.ticket, who, told.agent)


def assigned_event(key: str, ticket: Ticket, who: str, agent: str, name: str = "") -> Event:
    return Assigned(
        key=key,
        thread=ticket.id,
        destination=ticket.group,
        destination_kind=GROUP,
        assignee=who,
        assignee_name=name,
        to_agent=who != "" and who == agent,
    )


def _group(told: Told) -> Event:
    group = read_who(told.event, "current")
    return Assigned(told.key("group", group), told.ticket.id, destination=group, destination_kind=GROUP)


def _tags(told: Told) -> Event:
    tags = told.ticket.tags
    if tags is None:
        return Ignored(f"event:{told.id}", "It doesn't tell which tags there are now.")
    return Tagged(f"event:{told.id}", told.ticket.id, tags)


def _merged(told: Told) -> Event:
    into = read_who(told.event, "target_ticket_id")
    why = f"The ticket was merged into {into}." if into else "The ticket was merged into another."
    return Gone(f"merged:{told.ticket.id}:{into}", told.ticket.id, why, into=into)


def _gone(why: str, told: Told) -> Event:
    return Gone(f"event:{told.id}", told.ticket.id, why)


# What is subscribed to …
READERS: Mapping[str, Callable[[Told], Event]] = {
    "created": _created,
    "comment_added": _commented,
    "attachment_linked_to_comment": _attached,
    "status_changed": _status,
    "agent_assignment_changed": _assignee,
    "group_assignment_changed": _group,
    "tags_changed": _tags,
    "merged": _merged,
    "soft_deleted": partial(_gone, "The ticket was deleted on Zendesk."),
    "permanently_deleted": partial(_gone, "The ticket was deleted for good on Zendesk."),
    "marked_as_spam": partial(_gone, "The ticket was marked as spam on Zendesk."),
}
NO_MATTER = "It changes nothing about whose move it is."
STAYS = "What was taken out of a comment there stays in ours."
# … and what else there is, with why it isn't acted on.
OTHERS: Mapping[str, str] = {
    "undeleted": "The ticket was restored; the customer's next message opens the conversation again.",
    "comment_made_private": "What was said stays said; only customers don't see it any more.",
    "comment_redacted": STAYS,
    "attachment_redacted_from_comment": STAYS,
    "requester_changed": "Who the customer is now, their next message tells.",
    "custom_status_changed": "Its category is told by itself.",
    **dict.fromkeys(("brand_changed", "custom_field_changed", "description_changed", "email_ccs_changed"), NO_MATTER),
    **dict.fromkeys(("external_id_changed", "followers_changed", "form_changed", "ola_policy_changed"), NO_MATTER),
    **dict.fromkeys(("organization_changed", "priority_changed", "problem_link_changed"), NO_MATTER),
    **dict.fromkeys(("schedule_changed", "sla_policy_changed", "subject_changed", "submitter_changed"), NO_MATTER),
    **dict.fromkeys(("task_due_at_changed", "type_changed"), NO_MATTER),
}
SUBSCRIPTIONS = tuple(f"{PREFIX}ticket.{kind}" for kind in READERS)
