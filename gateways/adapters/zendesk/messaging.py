"""Zendesk messaging through Sunshine Conversations, v2: https://developer.zendesk.com/api-reference/conversations/

In:  webhooks with the secret that Zendesk made for them. It is no signature, so a replayed body is recognised by the
     keys of its events alone. We act while our integration is in control on the switchboard, and fall silent else.
Out: messages with our reference in their metadata, by which they are read back; typing; control for people. What
     messaging doesn't have (notes, tags, groups, statuses) is done on the ticket that people get, see
     `messaging_tickets`. A conversation is “sc:” and the platform's id of it.
"""

import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from agents.http import Http
from gateways.adapters.zendesk import calls as support
from gateways.adapters.zendesk import messaging_replies as replies
from gateways.adapters.zendesk import messaging_setup as setup
from gateways.adapters.zendesk import messaging_tickets as tickets
from gateways.adapters.zendesk import messaging_words as words
from gateways.adapters.zendesk.messaging_calls import Calls
from gateways.adapters.zendesk.messaging_events import active, events, is_ours
from gateways.adapters.zendesk.messaging_options import Config
from gateways.adapters.zendesk.messaging_tickets import NoTicket, conversation_of
from gateways.base import Account, Connection, Health, InboundRequest
from gateways.bodies import read_object, read_time
from gateways.errors import DeliveryError, Failure, Malformed, SignatureError, Unparsable
from gateways.messages import (
    Assign,
    Attachment,
    Background,
    Event,
    Outgoing,
    Past,
    Reclaim,
    Reply,
    Sent,
    SetStatus,
    Speaker,
    Tag,
    Typing,
)

SECRET_HEADER = "x-api-key"  # noqa: S105 - a header's name
SIGNATURE_HEADER = "x-zendesk-webhook-signature"  # of what tells of tickets
PARKED = "aissist_tags"  # in a conversation's metadata: tags for the ticket that there isn't yet
PEOPLE = "zd:agentWorkspace"  # the source of what people write
MOST_PAGES = 3  # of 100 messages, that are read back


@dataclass(frozen=True, slots=True)
class Desk:
    """What messaging needs of tickets. There, the thread of an effect is a ticket's id."""

    calls: Callable[[], support.Calls]
    send: Callable[[Outgoing], Sent]
    settle: Callable[[Outgoing], Sent | None]
    read: Callable[[str], Background]


class Messaging:
    """The part of a Zendesk gateway that is messaging."""

    def __init__(self, account: Account, config: Config, secrets: Mapping[str, str], http: Http, desk: Desk) -> None:
        self.account, self.config, self.secrets, self.http, self.desk = account, config, secrets, http, desk

    # --- In -----------------------------------------------------------------------------------------------------------

    def is_theirs(self, request: InboundRequest) -> bool:
        """Whether messaging sent it, not tickets: by its proof, which isn't kept, else by its shape."""
        headers = request.headers
        if SECRET_HEADER in headers or SIGNATURE_HEADER in headers:
            return SIGNATURE_HEADER not in headers
        try:
            return b'"events"' in request.body and isinstance(read_object(request.body).get("events"), list)
        except Malformed:
            return False

    def verify(self, request: InboundRequest) -> None:
        given, ours = request.headers.get(SECRET_HEADER, ""), self.config.messaging_webhook_secret
        if not ours:
            raise SignatureError("This gateway has no secret for messaging yet. Ask its operator to connect it.")
        if not hmac.compare_digest(given.encode(), ours.encode()):
            raise SignatureError("The X-API-Key is missing or wrong. Connect the gateway again.")

    def parse(self, request: InboundRequest) -> Iterable[Event]:
        try:
            yield from events(read_object(request.body), self.config.messaging_integration)
        except Malformed as error:
            raise Unparsable(error.public) from error

    def fetch(self, attachment: Attachment) -> bytes:
        return self._calls().download(attachment.reference.removeprefix(tickets.THREAD))

    # --- Out ----------------------------------------------------------------------------------------------------------

    def handles(self, name: str) -> bool:
        """Whether a thread, or the reference of an attachment, is messaging's."""
        return name.startswith(tickets.THREAD)

    def send(self, outgoing: Outgoing) -> Sent:
        """Carry out one effect, here or on the conversation's ticket. Raises DeliveryError."""
        match outgoing.effect:
            case Reply() as reply:
                return replies.send(self._calls(), outgoing, reply)
            case Typing():
                body = {"author": {"type": "business"}, "type": "typing:start"}
                self._calls().call("POST", "conversations", conversation_of(outgoing.thread), "activity", body=body)
                return Sent()
            case Reclaim():
                self._take_control(outgoing)
                return Sent()
            case Assign() as assign:
                self._pass_control(outgoing)
                return self._on_ticket(outgoing) if assign.destination else Sent()
            case Tag() | SetStatus() as effect:
                try:
                    return self._on_ticket(outgoing)
                except NoTicket:
                    return self._park(outgoing.thread, effect) if isinstance(effect, Tag) else Sent()
        return self._on_ticket(outgoing)

    def settle(self, outgoing: Outgoing) -> Sent | None:
        """Whether an effect of unknown outcome arrived. What is harmless to do again never has."""
        match outgoing.effect:
            case Reply() as reply:
                return replies.settle(self._calls(), outgoing, reply)
            case Typing() | Assign() | Reclaim() | Tag() | SetStatus():
                return None
        try:
            return self.desk.settle(replace(outgoing, thread=self._ticket(outgoing)))
        except NoTicket:
            return None

    def _pass_control(self, outgoing: Outgoing) -> None:
        """Unless people have it. A ticket comes of it, with all that was said since people last had it."""
        thread, people = outgoing.thread, self.config.messaging_people
        conversation = self._conversation(thread)
        control = active({"conversation": conversation})
        if not is_ours(control, self.config.messaging_integration) and people in ("next", *control.values()):
            return
        tags = _parked(conversation)
        metadata = tickets.passing(thread, outgoing.client_ref, tags)
        if first := self._first_unseen(thread):
            metadata["first_message_id"] = first
        body = {"switchboardIntegration": people, "metadata": metadata}
        self._calls().call("POST", "conversations", conversation_of(thread), "passControl", body=body)
        if tags:
            self._keep(conversation, thread, ())

    def _take_control(self, outgoing: Outgoing) -> None:
        """From whoever has it: people gave the conversation back here, not there."""
        us, metadata = self.config.messaging_integration, {tickets.OURS: outgoing.client_ref}
        if not is_ours(active({"conversation": self._conversation(outgoing.thread)}), us):
            body = {"switchboardIntegration": us, "metadata": metadata}
            self._calls().call("POST", "conversations", conversation_of(outgoing.thread), "passControl", body=body)

    def _first_unseen(self, thread: str) -> str:
        """The first message after the last one of people's; the Agent Workspace shows only ten unless told otherwise.

        https://support.zendesk.com/hc/en-us/articles/4419179022874
        """
        unseen = list[str]()
        for message in self._messages(thread, pages=1):
            unseen = [] if _source(message) == PEOPLE else [*unseen, str(message.get("id", ""))]
        return next(iter(unseen), "")

    def _on_ticket(self, outgoing: Outgoing) -> Sent:
        return self.desk.send(replace(outgoing, thread=self._ticket(outgoing)))

    def _ticket(self, outgoing: Outgoing) -> str:
        return tickets.find(self.desk.calls().get, outgoing.thread, self._zendesk_id(outgoing.recipient))

    def _zendesk_id(self, user: str) -> str:
        """The customer's id among Zendesk's users, "" for one who is none yet."""
        try:
            found = self._calls().call("GET", "users", user).get("user") or {}
        except DeliveryError as error:
            if error.vendor_code != "404":
                raise
            return ""
        zendesk_id = str(found.get("zendeskId") or "")
        return zendesk_id if zendesk_id.isdigit() else ""

    def _park(self, thread: str, tag: Tag) -> Sent:
        """Keep tags with the conversation until control passes and takes them along; then they wait for the ticket."""
        conversation = self._conversation(thread)
        if not is_ours(active({"conversation": conversation}), self.config.messaging_integration):
            raise NoTicket
        kept = dict.fromkeys((*_parked(conversation), *tag.add))
        self._keep(conversation, thread, [name for name in kept if name not in tag.remove])
        return Sent()

    def _keep(self, conversation: Mapping[str, Any], thread: str, tags: Iterable[str]) -> None:
        metadata = {**(conversation.get("metadata") or {}), PARKED: ",".join(tags)}
        self._calls().call("PATCH", "conversations", conversation_of(thread), body={"metadata": metadata})

    def _conversation(self, thread: str) -> dict[str, Any]:
        found = self._calls().call("GET", "conversations", conversation_of(thread)).get("conversation")
        return found if isinstance(found, dict) else {}

    # --- What was said ------------------------------------------------------------------------------------------------

    def read(self, thread: str) -> Background:
        """What was said here, and what people noted on the ticket. Raises DeliveryError."""
        user = self._customer(thread)
        said = [_past(message) for message in self._messages(thread, MOST_PAGES)]
        profile = user.get("profile") or {}
        known = {name: str(profile[name]) for name in ("givenName", "surname", "email", "locale") if profile.get(name)}
        noted = self._noted(thread, str(user.get("id", "")))
        beginning = datetime.min.replace(tzinfo=UTC)
        return Background(tuple(sorted([*said, *noted], key=lambda past: past.at or beginning)), known)

    def _noted(self, thread: str, user: str) -> list[Past]:
        try:
            ticket = tickets.find(self.desk.calls().get, thread, self._zendesk_id(user) if user else "", closed=True)
        except NoTicket:
            return []
        return [past for past in self.desk.read(ticket).said if past.who is Speaker.NOTE]

    def _customer(self, thread: str) -> dict[str, Any]:
        """The first one who takes part."""
        path = ("conversations", conversation_of(thread), "participants")
        for participant in self._calls().all(*path, name="participants"):
            found = self._calls().call("GET", "users", str(participant.get("userId"))).get("user")
            return found if isinstance(found, dict) else {}
        return {}

    def _messages(self, thread: str, pages: int) -> list[dict[str, Any]]:
        """The newest ones, oldest first. Pages go backwards."""
        found, query = list[dict[str, Any]](), dict[str, str]()
        for _ in range(pages):
            answer = self._calls().call("GET", "conversations", conversation_of(thread), "messages", **query)
            found = [*(each for each in answer.get("messages") or () if isinstance(each, dict)), *found]
            meta = answer.get("meta") or {}
            if not meta.get("hasMore") or not meta.get("beforeCursor"):
                break
            query = {"page[before]": str(meta["beforeCursor"])}
        return found

    # --- The account --------------------------------------------------------------------------------------------------

    def connect(self, address: str, state: Mapping[str, Any]) -> Connection:
        return setup.connect(self._calls(), self.config, self.account, address, state)

    def disconnect(self, state: Mapping[str, Any]) -> None:
        setup.disconnect(self._calls(), state)

    def check(self) -> Health:
        return setup.check(self._calls(), self.config)

    def _calls(self) -> Calls:
        config = self.config
        if not config.has_messaging:
            raise DeliveryError(Failure.CREDENTIALS, "Messaging isn't set up: enter its app ID, key ID and secret key.")
        app, key, secret = config.messaging_app_id, config.messaging_key_id, config.messaging_key_secret
        return Calls(self.http, config.messaging_base, app, key, secret)


def _parked(conversation: Mapping[str, Any]) -> list[str]:
    kept = (conversation.get("metadata") or {}).get(PARKED)
    return [tag for tag in kept.split(",") if tag] if isinstance(kept, str) else []


def _source(message: Mapping[str, Any]) -> str:
    return str((message.get("source") or {}).get("type", ""))


def _past(message: Mapping[str, Any]) -> Past:
    author = message.get("author") or {}
    try:
        said, at = words.text(message.get("content") or {}), read_time(message, "received")
    except Malformed:
        said, at = "[A message that can't be read]", None
    who = Speaker.CUSTOMER if author.get("type") == "user" else Speaker.STAFF
    return Past(who, said, str(message.get("id", "")), str(author.get("displayName") or ""), at)
