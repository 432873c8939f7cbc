"""Read what the scrip tells, or the poll finds: one transaction with its ticket, as an event.

A ticket's history is made of transactions: https://docs.bestpractical.com/rt/5.0.3/RT/Transaction.html. Both ways in
give the same object, so that a transaction has one key whichever way it comes:

    {"transaction": {"id", "type", "field", "old", "new", "created", "ticket"},
     "ticket": {"id", "subject", "status", "queue": {"id", "name"}, "addresses": […], "owner": USER, "requestors": […]},
     "by": USER, "now": USER or null (the new owner),
     "parts": [{"id", "type", "file", "length", "headers", "content"}, …]}

with USER = {"id", "login", "name", "email", "privileged"}.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from gateways.adapters.request_tracker.words import MAIL, Written
from gateways.bodies import Data, read_id, read_line, read_mapping, read_needed_id, read_time
from gateways.errors import Malformed
from gateways.messages import Assigned, Closed, CustomerSaid, Event, Gone, Ignored, Person, StaffSaid

ROBOT = "RT_System"  # Request Tracker itself
NOBODY = "Nobody"
WORDS = ("Create", "Correspond", "Comment")
OWNER_TYPES = frozenset(("Force", "Give", "Steal", "Take", "Untake"))  # beside “Set”
CLOSED = frozenset(("resolved", "rejected"))
DELETED = "deleted"
MERGED = re.compile(r".*/ticket/(\d{1,12})")


@dataclass(frozen=True, slots=True)
class User:
    id: str
    login: str
    name: str
    email: str
    privileged: bool

    @property
    def shown(self) -> str:
        return self.name or self.login

    @property
    def person(self) -> Person:
        return Person(self.id, self.shown, self.email)


@dataclass(frozen=True, slots=True)
class Us:
    """What has to be known of the gateway."""

    me: str  # id or name of our user there
    teammate: str  # id of the one that the agent is, "" where nobody was chosen
    writes_for_customers: Callable[[str], bool]
    solved_status: str

    def wrote(self, user: User) -> bool:
        return bool({self.me, self.teammate} & {user.id, user.login} - {""})


@dataclass(frozen=True, slots=True)
class Transaction:
    id: str
    type: str
    field: str
    new: str
    at: datetime | None
    ticket: str
    by: User
    data: Data  # all of it

    @property
    def key(self) -> str:
        return message_id(self.id)


def message_id(transaction: str) -> str:
    return f"transaction/{transaction}"


def kind_of(kind: str, field: str) -> str:
    """What happened, by a transaction's Type and Field: a name in READERS, "" for what isn't acted on."""
    if kind in (*WORDS, "Status"):
        return kind
    told = {"Set": ("Queue", "Owner"), "AddLink": ("MergedInto",)}.get(kind, ("Owner",) if kind in OWNER_TYPES else ())
    return field if field in told else ""


def event(data: Data, us: Us) -> Event:
    """What the transaction says. Raises Malformed naming the field that doesn't fit."""
    told = read_mapping(data, "transaction")
    transaction = Transaction(
        id=read_needed_id(told, "id", "transaction.id"),
        type=read_line(told, "type", "transaction.type"),
        field=read_line(told, "field", "transaction.field"),
        new=read_id(told, "new", "transaction.new"),
        at=read_time(told, "created"),
        ticket=read_needed_id(told, "ticket", "transaction.ticket"),
        by=_user(data.get("by"), "by"),
        data=data,
    )
    return READERS.get(kind_of(transaction.type, transaction.field), _ignored)(transaction, us)


def _ignored(transaction: Transaction, us: Us) -> Event:
    return Ignored(transaction.key, f"Transactions of the type “{transaction.type[:60]}” aren't acted on.")


# --- Words ------------------------------------------------------------------------------------------------------------


def _said(transaction: Transaction, us: Us) -> Event:
    ticket = read_mapping(transaction.data, "ticket")
    requestors = _requestors(ticket)
    by = transaction.by
    if us.wrote(by) or by.login == ROBOT:
        return _staff_said(transaction, us)
    stands_in = us.writes_for_customers(by.login) and requestors
    if by.privileged and not stands_in and by.id not in {each.id for each in requestors}:
        return _staff_said(transaction, us)
    return _customer_said(transaction, requestors[0] if stands_in else by, ticket)


def _customer_said(transaction: Transaction, sender: User, ticket: Data) -> Event:
    written = Written(transaction.data)
    subject = read_line(ticket, "subject")
    text = written.new or (subject if transaction.type == "Create" else "")
    if not text and not written.files:
        return Ignored(transaction.key, "There are no words in it.")
    owner = _user(ticket.get("owner"), "ticket.owner")
    return CustomerSaid(
        key=transaction.key,
        thread=read_id(ticket, "id", "ticket.id") or transaction.ticket,
        sender=sender.person,
        text=text,
        message_id=transaction.key,
        destination=read_id(read_mapping(ticket, "queue"), "id", "ticket.queue.id"),
        subject=subject,
        at=transaction.at,
        attachments=written.files,
        channel=written.channel,
        automated=written.automated(ticket, sender.email) if written.channel == MAIL else "",
        assignee="" if owner.login == NOBODY else owner.id or None,
        assignee_name="" if owner.login == NOBODY else owner.shown,
    )


def _staff_said(transaction: Transaction, us: Us) -> Event:
    internal, ours = transaction.type == "Comment", us.wrote(transaction.by)
    written = Written(transaction.data)
    text = written.whole if internal else written.new
    if not text and not written.files:
        return Ignored(transaction.key, "There are no words in it.")
    return StaffSaid(
        key=transaction.key,
        thread=_thread(transaction),
        text=text,
        author=transaction.by.shown,
        message_id=transaction.key,
        client_ref=written.client_ref if ours else "",
        internal=internal,
        at=transaction.at,
        automated=transaction.by.login == ROBOT,
    )


# --- Changes ----------------------------------------------------------------------------------------------------------


def _owned(transaction: Transaction, us: Us) -> Event:
    if us.wrote(transaction.by):
        return _by_us(transaction)
    now = _user(transaction.data.get("now"), "now")
    nobody = now.login == NOBODY
    return Assigned(
        key=transaction.key,
        thread=_thread(transaction),
        assignee="" if nobody else transaction.new,
        assignee_name="" if nobody else now.shown,
        to_agent=not nobody and us.wrote(now),
        by=transaction.by.shown,
    )


def _moved(transaction: Transaction, us: Us) -> Event:
    if us.wrote(transaction.by):
        return _by_us(transaction)
    return Assigned(transaction.key, _thread(transaction), destination=transaction.new, by=transaction.by.shown)


def _status(transaction: Transaction, us: Us) -> Event:
    if transaction.new == DELETED:
        return Gone(transaction.key, _thread(transaction), "The ticket was deleted in Request Tracker.")
    if transaction.new not in CLOSED | {us.solved_status}:
        return Ignored(transaction.key, f"The ticket is “{transaction.new[:60]}” now.")
    return _by_us(transaction) if us.wrote(transaction.by) else Closed(transaction.key, _thread(transaction))


def _merged(transaction: Transaction, us: Us) -> Event:
    found = MERGED.fullmatch(transaction.new)
    if found is None or found[1] == transaction.ticket:
        return Ignored(transaction.key, "Another ticket was merged into this one.")
    return Gone(transaction.key, transaction.ticket, "The ticket was merged into another.", into=found[1])


def _by_us(transaction: Transaction) -> Event:
    return Ignored(transaction.key, "We did that ourselves.")


READERS: Mapping[str, Callable[[Transaction, Us], Event]] = {
    "Create": _said,
    "Correspond": _said,
    "Comment": _staff_said,
    "Owner": _owned,
    "Queue": _moved,
    "Status": _status,
    "MergedInto": _merged,
}


# --- Who, and where ---------------------------------------------------------------------------------------------------


def _thread(transaction: Transaction) -> str:
    """The ticket that the transaction's own is part of by now."""
    return read_id(read_mapping(transaction.data, "ticket"), "id", "ticket.id") or transaction.ticket


def _requestors(ticket: Data) -> list[User]:
    given = ticket.get("requestors")
    if not isinstance(given, list | None):
        raise Malformed("“ticket.requestors” must be a list.")
    return [_user(each, "ticket.requestors") for each in given or ()]


def _user(given: object, label: str) -> User:
    if not isinstance(given, dict | None):
        raise Malformed(f"“{label}” must be an object, like {{…}}.")
    data = given or {}
    return User(
        id=read_id(data, "id", f"{label}.id"),
        login=read_line(data, "login", f"{label}.login"),
        name=read_line(data, "name", f"{label}.name"),
        email=read_line(data, "email", f"{label}.email"),
        privileged=data.get("privileged") is True,
    )
