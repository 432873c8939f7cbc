"""Carry out one effect on a ticket, and find out whether one arrived.

https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/#update-ticket
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gateways.adapters.zendesk.calls import CallError, Calls, read
from gateways.adapters.zendesk.said import OVER
from gateways.errors import DeliveryError, Failure
from gateways.formatting.html import html
from gateways.messages import (
    Assign,
    Attachment,
    Note,
    Open,
    Outgoing,
    Person,
    Reply,
    Sent,
    SetStatus,
    Tag,
    TicketStatus,
)

REF = "aissist_ref"  # under it our reference stands in an update's metadata
MOST_AUDITS = 1000  # that are looked through for an update of ours, newest last
STATUSES = {TicketStatus.OPEN: "open", TicketStatus.PENDING: "pending", TicketStatus.SOLVED: "solved"}
Change = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Tickets:
    calls: Calls
    agent: str  # the id of the teammate that our agent is, "" for whoever signs in

    def send(self, outgoing: Outgoing) -> Sent:
        effect = outgoing.effect
        match effect:
            case Reply():
                return self._comment(outgoing, effect.text, public=True)
            case Note():
                return self._comment(outgoing, effect.text, public=False)
            case Tag():
                return self._tag(outgoing.thread, effect)
            case Assign():
                if effect.destination and not effect.destination.isdecimal():  # groups have numbers, tags are names
                    self._tag(outgoing.thread, Tag(add=(effect.destination,)))
                return self._change(outgoing, lambda ticket: self._assigned(effect, ticket))
            case SetStatus():
                return self._change(outgoing, lambda ticket: self._status(effect, ticket))
            case Open():
                return self._open(outgoing, effect)
        raise DeliveryError(Failure.REJECTED, f"Zendesk has nothing like a {effect.kind}.")

    def settle(self, outgoing: Outgoing) -> Sent | None:
        """Whether it arrived. What only sets something is simply set again."""
        match outgoing.effect:
            case Reply() | Note():
                return self._find(outgoing)
            case Open():
                found = self.calls.get("/api/v2/tickets", {"external_id": outgoing.client_ref}).get("tickets")
                ids = [ticket["id"] for ticket in found or () if isinstance(ticket, dict) and "id" in ticket]
                return Sent(str(ids[0])) if ids else None
        return None

    # --- Comments ---

    def _comment(self, outgoing: Outgoing, text: str, *, public: bool) -> Sent:
        words = text if text.strip() else ", ".join(file.name for file in outgoing.files)  # there have to be some
        comment = {"html_body": html(words), "public": public, **self._author()}
        if tokens := [self._upload(file) for file in outgoing.files]:
            comment["uploads"] = tokens
        update = {"comment": comment, "metadata": {REF: outgoing.client_ref}}
        answer = self.calls.call("PUT", path_of(outgoing.thread), body={"ticket": update})
        return Sent(_comment_id(answer.get("audit")))

    def _author(self) -> dict[str, Any]:
        return {"author_id": int(self.agent)} if self.agent.isdecimal() else {}

    def _upload(self, file: Attachment) -> str:
        """https://developer.zendesk.com/api-reference/ticketing/tickets/ticket-attachments/#upload-files"""
        address = self.calls.address("/api/v2/uploads", {"filename": file.name})
        try:
            answer = read(self.calls.send("POST", address, {"Content-Type": file.content_type}, file.content or b""))
            return str(answer["upload"]["token"])
        except (KeyError, TypeError):
            problem = "Zendesk took a file and gave no token for it."
        except DeliveryError as error:
            if error.failure is not Failure.UNKNOWN:
                raise
            problem = f"A file couldn't be brought to Zendesk. {error.public}"
        raise DeliveryError(Failure.UNREACHABLE, problem)  # nobody has seen anything yet

    def _find(self, outgoing: Outgoing) -> Sent | None:
        """The comment whose update holds our reference."""
        for number, audit in enumerate(self.calls.pages(f"{path_of(outgoing.thread)}/audits", "audits")):
            if ref_of(audit) == outgoing.client_ref:
                return Sent(_comment_id(audit))
            if number >= MOST_AUDITS:
                raise DeliveryError(Failure.UNKNOWN, "The ticket is too long to look our message up in it.")
        return None

    # --- Changes ---

    def _tag(self, thread: str, effect: Tag) -> Sent:
        """PUT adds and DELETE takes away; what others do to the tags meanwhile stays.

        https://developer.zendesk.com/api-reference/ticketing/ticket-management/tags/
        """
        for method, tags in (("PUT", effect.add), ("DELETE", effect.remove)):
            if tags:
                self.calls.call(method, f"{path_of(thread)}/tags", body={"tags": [_tag_name(tag) for tag in tags]})
        return Sent()

    def _change(self, outgoing: Outgoing, change: Callable[[Change], Change]) -> Sent:
        """Change the ticket as it is now; if somebody else has changed it since, look and try once more.

        https://developer.zendesk.com/documentation/ticketing/managing-tickets/creating-and-updating-tickets/#protecting-against-ticket-update-collisions
        """
        path = path_of(outgoing.thread)
        for last in (False, True):
            ticket = self.ticket(outgoing.thread)
            changes = change(ticket)
            if not changes:
                return Sent()
            safe = {"safe_update": True, "updated_stamp": ticket.get("updated_at")}
            update = {**changes, **safe, "metadata": {REF: outgoing.client_ref}}
            try:
                self.calls.call("PUT", path, body={"ticket": update})
            except CallError as error:
                if error.status != 409 or last:
                    raise
            else:
                return Sent()
        raise AssertionError("The second try returns or raises.")

    def ticket(self, thread: str) -> dict[str, Any]:
        found = self.calls.get(path_of(thread)).get("ticket")
        if not isinstance(found, dict):
            raise DeliveryError(Failure.UNREACHABLE, "Zendesk didn't tell how the ticket is.")
        return found

    def _assigned(self, effect: Assign, ticket: Change) -> Change:
        """To a group, and to nobody in it yet, unless somebody of the group has it already."""
        holder, group = ticket.get("assignee_id"), ticket.get("group_id")
        if not effect.destination.isdecimal():
            return {"assignee_id": None} if holder is not None and str(holder) == self.agent else {}
        if str(group) == effect.destination:
            ours = holder is not None and str(holder) == self.agent
            return {"group_id": group, "assignee_id": None} if ours else {}
        changes: dict[str, Any] = {"group_id": int(effect.destination)}
        return {**changes, "assignee_id": None} if holder is not None else changes

    def _status(self, effect: SetStatus, ticket: Change) -> Change:
        wanted, now = STATUSES[effect.status], ticket.get("status")
        if now == "closed":
            sentence = "The ticket is closed for good on Zendesk: its status can't be changed any more."
            raise DeliveryError(Failure.REJECTED, sentence)
        if wanted == now:
            return {}
        nobodys = ticket.get("assignee_id") is None and wanted in OVER and self.agent.isdecimal()
        return {"status": wanted, **({"assignee_id": int(self.agent)} if nobodys else {})}

    # --- Opening ---

    def _open(self, outgoing: Outgoing, effect: Open) -> Sent:
        """In a group, if one is named; as an internal note, so that Zendesk writes nothing to the customer elsewhere.

        https://developer.zendesk.com/api-reference/ticketing/introduction/#idempotency
        """
        if effect.at and not (effect.at.isascii() and effect.at.isdecimal()):
            sentence = f"“{effect.at[:60]}” is no group of Zendesk's. Give its id: “Read from Zendesk” lists them."
            raise DeliveryError(Failure.REJECTED, sentence)
        ticket = {
            "subject": effect.subject,
            "comment": {"html_body": html(effect.text), "public": False},
            "external_id": outgoing.client_ref,
            "metadata": {REF: outgoing.client_ref},
            **({"group_id": int(effect.at)} if effect.at else {}),
            **_requester(effect.customer),
        }
        key = {"Idempotency-Key": outgoing.client_ref}
        answer = self.calls.call("POST", "/api/v2/tickets", body={"ticket": ticket}, headers=key)
        made = answer.get("ticket")
        if not isinstance(made, dict) or not isinstance(made.get("id"), int):
            raise DeliveryError(Failure.UNKNOWN, "Zendesk didn't say which ticket it made.")
        return Sent(str(made["id"]))


def path_of(thread: str) -> str:
    """Raises DeliveryError for what is no ticket."""
    if not thread.isascii() or not thread.isdecimal():
        raise DeliveryError(Failure.REJECTED, "The conversation is no ticket of Zendesk's.")
    return f"/api/v2/tickets/{thread}"


def ref_of(audit: Mapping[str, Any]) -> str:
    """Our reference in the metadata of an update, "" where there is none."""
    metadata = audit.get("metadata")
    custom = metadata.get("custom") if isinstance(metadata, dict) else None
    found = custom.get(REF) if isinstance(custom, dict) else None
    return found if isinstance(found, str) else ""


def _comment_id(audit: Any) -> str:
    """The comment's id among the events of an update, "" where there is none."""
    events: Iterable[Any] = (audit.get("events") or ()) if isinstance(audit, dict) else ()
    found = (event.get("id") for event in events if isinstance(event, dict) and event.get("type") == "Comment")
    return next((str(each) for each in found if each), "")


def _requester(customer: Person) -> dict[str, Any]:
    """Whoever signs in, where we know no address of the customer's."""
    if not customer.email:
        return {}
    return {"requester": {"name": customer.name or customer.email, "email": customer.email}}


def _tag_name(tag: str) -> str:
    """Zendesk would make two tags of one with a blank."""
    return "_".join(tag.split())
