"""Request Tracker 5, by REST 2. https://docs.bestpractical.com/rt/5.0.3/RT/REST2.html

In:  a ticket's transactions: told by a scrip (`scrip.pl`), which signs as Standard Webhooks does, or asked for. Both
     give the same (`transactions`), under the same keys. REST 2 has nothing by which scrips could be made, so there is
     no `connect`: whoever administers Request Tracker runs one command.
Out: HTML that begins with our reference in a comment, which Request Tracker keeps and doesn't show. By it we know our
     own words again, and find out whether what ended without an answer has arrived. A change that it refuses it answers
     with 200 all the same, so changes are read back.
"""

import json
import time
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from gateways import signatures
from gateways.adapters.request_tracker import history
from gateways.adapters.request_tracker.calls import MOST, Calls
from gateways.adapters.request_tracker.options import WEBHOOK, Config
from gateways.adapters.request_tracker.transactions import NOBODY, Us, event, message_id
from gateways.adapters.request_tracker.words import mark
from gateways.base import Adapter, Capabilities, Files, Health, InboundRequest, Polled
from gateways.bodies import read_object
from gateways.errors import DeliveryError, Failure, Malformed, SignatureError, Unparsable
from gateways.formatting.html import html
from gateways.messages import (
    Assign,
    Attachment,
    Background,
    CustomerSaid,
    Event,
    Note,
    Open,
    Outgoing,
    Past,
    Place,
    Reply,
    Sent,
    SetStatus,
    Speaker,
    StaffSaid,
    Teammate,
)

QUEUE = "queue"
LONGEST_SUBJECT = 200  # characters; longer ones Request Tracker cuts off
WANTED = {"correspond": "ReplyToTicket", "comment": "CommentOnTicket", "lifecycle": "ModifyTicket"}  # links, and rights
ABOUT = ("Organization", "EmailAddress", "RealName", "Lang", "City", "Country", "WorkPhone", "MobilePhone", "Comments")


class RequestTracker(Adapter):
    label = "Request Tracker"
    docs = "https://docs.bestpractical.com/rt/5.0.3/RT/REST2.html"
    capabilities = Capabilities(
        notes=True,
        assign=True,
        opens=True,
        history=True,
        polls=True,
        lists=True,
        statuses=True,
        reads=True,
        machines=True,
        files=Files.ALONG,
        max_file=10_000_000,
        managing_points=(QUEUE,),
    )
    Config = Config
    kept_headers = ("content-type", signatures.ID)

    # --- In ---

    def verify(self, request: InboundRequest) -> None:
        if not self.config.webhook_secret:
            raise SignatureError("This gateway has no webhook secret yet. Ask its operator to set one.")
        signatures.verify([self.config.webhook_secret], request.headers, request.body)

    def parse(self, request: InboundRequest) -> Iterable[Event]:
        try:
            yield event(read_object(request.body), self._us)
        except Malformed as error:
            raise Unparsable(error.public) from error

    def poll(self, cursor: Mapping[str, Any], wait: float) -> Polled:
        if not cursor:
            return Polled((), history.start(self.calls))
        if self.config.receive == WEBHOOK:
            time.sleep(wait)  # it tells by itself; this is for what it failed to
        found, following = history.news(self.calls, cursor)
        headers = {"content-type": "application/json"}
        return Polled(tuple(InboundRequest("POST", headers, json.dumps(each).encode()) for each in found), following)

    def fetch(self, attachment: Attachment) -> bytes:
        return history.content(self.calls, attachment.reference)

    # --- Out ---

    def send(self, outgoing: Outgoing) -> Sent:
        match outgoing.effect:
            case Reply(text=text):
                return self._write("correspond", text, outgoing)
            case Note(text=text):
                return self._write("comment", text, outgoing)
            case Assign(destination=queue):
                there = {"Queue": self._queue(queue)} if queue else {}
                return self._change(outgoing.thread, {"Owner": NOBODY, **there})
            case SetStatus(status=status):
                return self._change(outgoing.thread, {"Status": self.config.statuses[status]})
            case Open() as opened:
                return self._open(opened, outgoing.client_ref)
        raise DeliveryError(Failure.REJECTED, f"Request Tracker has nothing like a {outgoing.effect.kind}.")

    def settle(self, outgoing: Outgoing) -> Sent | None:
        """A change is simply made again; words are looked for by their mark."""
        match outgoing.effect:
            case Reply() | Note():
                return self._arrived(outgoing.thread, outgoing.client_ref)
            case Open(subject=subject):
                return self._opened(_line(subject), outgoing.client_ref)
        return None

    def _write(self, how: str, text: str, outgoing: Outgoing) -> Sent:
        files = [
            {"FileName": file.name, "FileType": file.content_type, "FileContent": history.encoded(file.content or b"")}
            for file in outgoing.files
        ]
        body = {"Content": _marked(text, outgoing.client_ref), "ContentType": "text/html"}
        number = self.calls.post(f"ticket/{_ticket(outgoing.thread)}/{how}", {**body, "Attachments": files})
        return Sent(message_id(number) if number else "")

    def _change(self, thread: str, wanted: Mapping[str, str]) -> Sent:
        """In this order: who may see a ticket in another queue may not be allowed to give it away there."""
        path = f"ticket/{_ticket(thread)}"
        for name, value in wanted.items():
            if not _is(self.calls.get(path), name, value):
                said = self.calls.put(path, {name: value})
                now = self.calls.find(path)  # None: it is in a queue now that we can't look into
                if now is not None and not _is(now, name, value):
                    raise DeliveryError(Failure.REJECTED, f"Request Tracker didn't change the ticket. It says: {said}")
        return Sent()

    def _queue(self, destination: str) -> str:
        """Its number; one that was typed in by hand may be named."""
        if destination.isdigit():
            return destination
        found = self.calls.find(f"queue/{quote(destination, safe='')}") or {}
        return str(found.get("id") or destination)

    def _open(self, opened: Open, client_ref: str) -> Sent:
        """Without a requestor: Request Tracker would write to them, and tell them what is for people."""
        about = " · ".join(filter(None, (opened.customer.name, opened.customer.email, opened.customer.phone)))
        body = {
            "Queue": self._queue(opened.at) if opened.at else self.config.new_tickets,
            "Subject": _line(opened.subject),
            "Content": _marked(f"{opened.text}\n\n{about}", client_ref),
            "ContentType": "text/html",
        }
        return Sent(self.calls.post("ticket", body))

    def _arrived(self, thread: str, client_ref: str) -> Sent | None:
        query = json.dumps([{"field": "Content", "operator": "LIKE", "value": mark(client_ref)}])
        path = f"ticket/{_ticket(thread)}/attachments"
        found = self.calls.items(path, query=query, fields="TransactionId", orderby="id", per_page=1)  # then quotations
        return Sent(message_id(str(found[0]["TransactionId"]))) if found else None

    def _opened(self, subject: str, client_ref: str) -> Sent | None:
        query = f"Creator = {_quoted(self.config.me)} AND Subject = {_quoted(subject)}"
        for ticket in self.calls.items("tickets", query=query, orderby="id", order="DESC", per_page=5):
            if self._arrived(str(ticket["id"]), client_ref):
                return Sent(str(ticket["id"]))
        return None

    # --- The account ---

    def check(self) -> Health:
        version = self.calls.get("rt").get("Version", "?")
        me = self.calls.get(self._me)
        queues = list(self.places())
        if problem := self._missing(me, queues):
            return Health(ok=False, message=problem)
        names = ", ".join(queue.name for queue in queues[:5])
        return Health(ok=True, message=f"Request Tracker {version} knows us as {me.get('Name')}. It shows us: {names}.")

    def places(self) -> Iterable[Place]:
        for row in self._pages("queues/all", fields="id,Name,Disabled"):
            if str(row.get("Disabled", "0")) in ("", "0"):
                yield Place(QUEUE, str(row["id"]), row["Name"])

    def people(self) -> Iterable[Teammate]:
        """Ourselves, and all privileged users where we may see who they are (right SeeGroup)."""
        me = self.calls.find(self._me) or {}
        if me.get("id"):
            yield _teammate(me)
        query = [{"field": "Domain", "value": "SystemInternal"}, {"field": "Name", "value": "Privileged"}]
        for group in self.calls.items("groups", query=json.dumps(query)):
            for row in self._pages(f"group/{group['id']}/members", users=1, groups=0):
                person = self.calls.find(f"user/{row['id']}") or {}
                if person.get("id", me.get("id")) != me.get("id"):
                    yield _teammate(person)

    @classmethod
    def account_of(cls, config: Mapping[str, Any]) -> Any:
        return str(config.get("url", "")).rstrip("/")

    def read(self, thread: str) -> Background:
        """The newest messages, notes too, and what is known of the first requestor."""
        told = history.Reader(self.calls).read_ticket(_ticket(thread))
        said = tuple(past for each in told if (past := _past(event(each, self._us))))
        requestor = next((each["id"] for one in told[:1] for each in one["ticket"]["requestors"]), "")
        about = (self.calls.find(f"user/{requestor}") or {}) if requestor else {}
        return Background(said, {name: str(about[name]) for name in ABOUT if about.get(name)})

    def _missing(self, me: Mapping[str, Any], queues: list[Place]) -> str:
        """What our user isn't allowed, as a sentence."""
        if not me.get("Privileged"):
            return f"The user {me.get('Name')} isn't privileged. Tick “Let this user be granted rights” there."
        if not queues:
            return f"The user {me.get('Name')} sees no queue. Grant it SeeQueue, and what else is named beside “Token”."
        tickets = self.calls.items("tickets", query="id > 0", orderby="id", order="DESC", per_page=1)
        if not tickets:
            return ""
        links = self.calls.get(f"ticket/{tickets[0]['id']}").get("_hyperlinks") or ()
        there = {link.get("ref") for link in links}
        lacking = [right for ref, right in WANTED.items() if ref not in there]
        if not lacking:
            return ""
        return f"On ticket {tickets[0]['id']} the user {me.get('Name')} lacks the rights: {', '.join(lacking)}."

    def _pages(self, path: str, **parameters: Any) -> Iterable[dict[str, Any]]:
        page = 1
        while rows := self.calls.items(path, per_page=MOST, page=page, **parameters):
            yield from rows
            if len(rows) < MOST:
                return
            page += 1

    @property
    def _me(self) -> str:
        return f"user/{quote(self.config.me, safe='@')}"

    @property
    def _us(self) -> Us:
        teammate = self.account.teammate.id if self.account.teammate else ""
        return Us(self.config.me, teammate, self.config.writes_for_customers, self.config.solved_status)

    @property
    def calls(self) -> Calls:
        return Calls(self.http, self.config)


def _past(said: Event) -> Past | None:
    match said:
        case CustomerSaid():
            return Past(Speaker.CUSTOMER, said.text, said.message_id, said.sender.name, said.at)
        case StaffSaid():
            who = Speaker.NOTE if said.internal else Speaker.STAFF
            return Past(who, said.text, said.message_id, said.author, said.at)
    return None


def _marked(text: str, client_ref: str) -> str:
    return f"{mark(client_ref)}\n{html(text)}"


def _line(text: str) -> str:
    return " ".join(text.split())[:LONGEST_SUBJECT]


def _quoted(text: str) -> str:
    """For a search: https://docs.bestpractical.com/rt/5.0.3/query_builder.html"""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _ticket(thread: str) -> str:
    if not (thread.isascii() and thread.isdigit()):
        raise DeliveryError(Failure.REJECTED, "The conversation has no ticket of Request Tracker's.")
    return thread


def _is(ticket: Mapping[str, Any], name: str, value: str) -> bool:
    """Whether the ticket's field has this value already, which may be given as a number or a name."""
    now = ticket.get(name)
    return str(now.get("id")) == value if isinstance(now, dict) else now == value


def _teammate(user: Mapping[str, Any]) -> Teammate:
    return Teammate(str(user["id"]), user.get("RealName") or user.get("Name") or "", user.get("EmailAddress") or "")
