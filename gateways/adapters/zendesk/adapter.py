"""Zendesk: tickets that an agent answers, by webhook, with what webhooks miss read from the export.

Ticketing API: https://developer.zendesk.com/api-reference/ticketing/introduction/
Webhooks: https://developer.zendesk.com/api-reference/webhooks/webhooks-api/webhooks/

In:  ticket events (`events`) or what rules send (`triggers`), signed; and the export's audits (`audits`).
Out: comments with HTML, public or not, with our reference in the update's metadata, by which they are found again.

Messaging is a part of its own, in `messaging`: its threads begin with “sc:”.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from agents.http import basic
from gateways.adapters.zendesk import audits, events, files, proof, triggers
from gateways.adapters.zendesk.calls import Calls
from gateways.adapters.zendesk.check import check
from gateways.adapters.zendesk.config import EVENTS, OAUTH
from gateways.adapters.zendesk.connect import Hooks
from gateways.adapters.zendesk.messaging import Desk, Messaging
from gateways.adapters.zendesk.messaging_options import Config
from gateways.adapters.zendesk.messaging_tickets import as_messaging
from gateways.adapters.zendesk.oauth import OAuth
from gateways.adapters.zendesk.reading import Reading
from gateways.adapters.zendesk.said import read_tags
from gateways.adapters.zendesk.tickets import Tickets
from gateways.base import Adapter, Capabilities, Connection, Files, Health, InboundRequest, Polled
from gateways.bodies import Data, read_mapping, read_object
from gateways.errors import DeliveryError, Failure, Malformed, Unparsable
from gateways.messages import (
    Allowance,
    Attachment,
    Background,
    Event,
    Outgoing,
    Place,
    Reclaim,
    Reply,
    Sent,
    Teammate,
    Tokens,
    Typing,
)

UPDATES = 100 / 60  # of tickets in a second: https://developer.zendesk.com/api-reference/introduction/rate-limits/


class Zendesk(Adapter):
    label = "Zendesk"
    docs = "https://developer.zendesk.com/api-reference/"
    capabilities = Capabilities(
        notes=True,
        assign=True,
        tags=True,
        statuses=True,
        opens=True,
        history=True,
        reads=True,
        polls=True,
        connects=True,
        lists=True,
        authorizes=True,
        reclaims=True,  # this and the next three are messaging's
        typing=True,
        choices=True,
        avatars=True,
        files=Files.ALONG,
        max_file=files.BIGGEST,
        rate=UPDATES,
        max_length=20_000,  # of markdown: a comment takes 65,535 bytes, and HTML is longer
        managing_points=("group", "tag"),
    )
    Config = Config
    kept_headers = ("content-type", triggers.INVOCATION)

    # --- In ---

    def verify(self, request: InboundRequest) -> None:
        if self._messaging.is_theirs(request):
            self._messaging.verify(request)
            return
        proof.verify((self.config.webhook_secret, self.config.previous_webhook_secret), request)

    def parse(self, request: InboundRequest) -> Iterable[Event]:
        if self._messaging.is_theirs(request):
            yield from self._messaging.parse(request)
            return
        try:
            yield from self._of_tickets(request)
        except Malformed as error:
            raise Unparsable(error.public) from error

    def _of_tickets(self, request: InboundRequest) -> Iterator[Event]:
        """What happens to a ticket that was made of a conversation in messaging, happens to that. Raises Malformed."""
        if triggers.is_trigger(request.body):
            invocation = request.headers.get(triggers.INVOCATION, "")[:100]
            yield as_messaging(triggers.event(request.body, invocation, self._agent), triggers.tags(request.body))
            return
        body = read_object(request.body)
        if body.get("type") == audits.KIND:
            found, tags = audits.events(body, self._agent, changes=self.config.receive == EVENTS), _tags(body, "ticket")
        else:
            found, tags = iter([events.event(body, self._agent)]), _tags(body, "detail")
        yield from (as_messaging(event, tags) for event in found)

    def wants_polling(self) -> bool:
        return bool(self.config.fill_gaps and self.config.can_sign_in(self.secrets.get("access_token", "")))

    def poll(self, cursor: Mapping[str, Any], wait: float) -> Polled:
        return audits.Export(self._calls).poll(cursor)

    def fetch(self, attachment: Attachment) -> bytes:
        if self._messaging.handles(attachment.reference):
            return self._messaging.fetch(attachment)
        return files.fetch(self.http, self.config.base, self._authorization(), attachment.reference)

    # --- Out ---

    def send(self, outgoing: Outgoing) -> Sent:
        if self._messaging.handles(outgoing.thread):
            return self._messaging.send(outgoing)
        match outgoing.effect:
            case Typing() | Reclaim():
                return Sent()  # nobody watches a ticket, and nobody is in control of it
            case Reply(choices=(_, *_)) as reply:
                return self._tickets.send(replace(outgoing, effect=_with_choices(reply)))
        return self._tickets.send(outgoing)

    def settle(self, outgoing: Outgoing) -> Sent | None:
        if self._messaging.handles(outgoing.thread):
            return self._messaging.settle(outgoing)
        return self._tickets.settle(outgoing)

    def read(self, thread: str) -> Background:
        return self._messaging.read(thread) if self._messaging.handles(thread) else self._read(thread)

    def _read(self, ticket: str) -> Background:
        return Reading(self._calls).read(ticket)

    # --- The account ---

    def check(self) -> Health:
        try:
            found = [check(self._calls, self._hooks, self.config.fill_gaps)]
            found += [self._messaging.check()] if self.config.has_messaging else []
        except DeliveryError as error:  # there is nothing to sign in with
            return Health(ok=False, message=error.public)
        return Health(ok=all(each.ok for each in found), message=" ".join(each.message for each in found))

    def connect(self, address: str, state: Mapping[str, Any]) -> Connection:
        made = self._hooks.connect(address, state, self.secrets)
        if not self.config.has_messaging:
            return made
        also = self._messaging.connect(address, state.get("messaging") or {})
        return Connection(
            state={**made.state, "messaging": dict(also.state)},
            secrets={**made.secrets, **also.secrets},
            steps=(*made.steps, *also.steps),
        )

    def disconnect(self, state: Mapping[str, Any]) -> None:
        if self.config.has_messaging:
            self._messaging.disconnect(state.get("messaging") or {})
        self._hooks.disconnect(state)

    def places(self) -> Iterable[Place]:
        return Reading(self._calls).places()

    def people(self) -> Iterable[Teammate]:
        return Reading(self._calls).people()

    def authorize(self, redirect: str, state: str) -> str:
        return OAuth(self.http, self.config).authorize(redirect, state)

    def exchange(self, redirect: str, code: str) -> Tokens:
        return OAuth(self.http, self.config).exchange(redirect, code)

    def refresh(self) -> Tokens | None:
        token = self.secrets.get("refresh_token", "")
        return OAuth(self.http, self.config).refresh(token) if self.config.auth == OAUTH and token else None

    @classmethod
    def account_of(cls, config: Any) -> Any:
        return str(config.get("subdomain", "")).lower()

    @property
    def _agent(self) -> str:
        return self.account.teammate.id if self.account.teammate else ""

    @property
    def _hooks(self) -> Hooks:
        return Hooks(self._calls, self.account.public_id, self.config.receive)

    @property
    def _tickets(self) -> Tickets:
        return Tickets(self._calls, self._agent)

    @property
    def _messaging(self) -> Messaging:
        """The part of the gateway whose threads begin with “sc:”."""
        desk = Desk(
            calls=lambda: self._calls,  # signed in only when it is asked
            send=lambda outgoing: self._tickets.send(outgoing),
            settle=lambda outgoing: self._tickets.settle(outgoing),
            read=self._read,
        )
        return Messaging(self.account, self.config, self.secrets, self.http, desk)

    @property
    def _calls(self) -> Calls:
        return Calls(self.http, self.config.base, self._authorization(), self._heed)

    def _authorization(self) -> str:
        token = self.secrets.get("access_token", "")
        if self.config.auth == OAUTH and token:
            return f"Bearer {token}"
        if self.config.auth == OAUTH:
            raise DeliveryError(Failure.CREDENTIALS, "Nobody has let us into this Zendesk yet. Authorise the gateway.")
        if not self.config.can_sign_in(token):
            sentence = "This gateway has no email and API token. Set both in its options, or choose “oauth”."
            raise DeliveryError(Failure.CREDENTIALS, sentence)
        # https://developer.zendesk.com/api-reference/introduction/security-and-auth/#api-token
        return basic(f"{self.config.email}/token", self.config.api_token)

    def _heed(self, allowance: Allowance) -> None:
        self.allowance = allowance


def _with_choices(reply: Reply) -> Reply:
    """On tickets there are no buttons."""
    return replace(reply, text="\n".join((reply.text, "", *(f"- {choice}" for choice in reply.choices))), choices=())


def _tags(body: Data, name: str) -> tuple[str, ...]:
    """Of the ticket that stands under this name."""
    return read_tags(read_mapping(body, name)) or ()
