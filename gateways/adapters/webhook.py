"""Webhook: any system that can send and receive signed JSON over HTTP, both ways by Standard Webhooks.

Specification 1.0.0: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

In:  POST /hooks/<public id>
     {"id": "m-1", "from": {"id": "ada", "name": "Ada"}, "content": "Where is my order?"}
     or the same as `data` in {"type": "message", "timestamp": "2026-01-31T12:00:00Z", "data": {…}}.
     `READERS` has the types; one that isn't there is kept and ignored.
Out: {"type": "message.created", "timestamp": …, "data": {"id", "conversation", "to", "content", "author", "purpose"}}
     with our reference as `webhook-id`, the same at every attempt, so that the receiver can drop repeats.
Past: {"type": "conversation.read", "data": {"conversation"}}, where the configuration wants it. Answered with 200 and
     {"messages": [{"id", "from": "customer" | "staff" | "note", "content", "author", "timestamp"}], "customer": {…}}.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from agents.http import HttpError, Response
from gateways import signatures
from gateways.answers import allowance, problem, unanswered
from gateways.base import Adapter, Capabilities, Health, InboundRequest
from gateways.bodies import Data, read_id, read_line, read_mapping, read_needed_id, read_object, read_text, read_time
from gateways.config import is_web_address, option, secret_names
from gateways.errors import DeliveryError, Failure, Malformed, Unparsable
from gateways.messages import (
    Assign,
    Assigned,
    Background,
    Closed,
    CustomerSaid,
    DeliveryReported,
    Draft,
    Edited,
    Effect,
    Event,
    GivenBack,
    Ignored,
    Note,
    Open,
    Outdate,
    Outgoing,
    Past,
    Person,
    Progress,
    Reclaim,
    Reply,
    Sent,
    SetStatus,
    Speaker,
    StaffSaid,
    Tag,
    Tagged,
    Typing,
)

PLACEHOLDER = re.compile(r"\{\{\s*secrets\.([-\w]+)\s*\}\}", re.ASCII)
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2
OUR_HEADERS = frozenset(
    ["host", "content-length", "content-type", "transfer-encoding", "connection", "upgrade", "te", "trailer", "expect"]
) | {signatures.ID, signatures.TIMESTAMP, signatures.SIGNATURE}


# --- Configuration ----------------------------------------------------------------------------------------------------


def _check_url(value: str) -> str:
    if not is_web_address(value):
        return "Give a whole address like https://support.example.com/aissist."
    if "@" in urlsplit(value).netloc or "{{" in value:
        return "An address can't hold a password or a secret. Put it into a header."
    return ""


def _check_headers(value: Mapping[Any, Any]) -> str:
    for name, content in value.items():
        if not isinstance(name, str) or not HEADER_NAME.fullmatch(name):
            return f"“{name}” can't be the name of a header. Use letters, digits and hyphens."
        if name.lower() in OUR_HEADERS:
            return f"The header “{name}” is set by us. Leave it out."
        if not isinstance(content, str) or not re.fullmatch(r"[ -~]*", content):
            return f"The header “{name}” must be one line of plain ASCII text."
        if "{{" in PLACEHOLDER.sub("", content):
            return f"The header “{name}” has a placeholder that isn't {{{{secrets.name}}}}."
        if own := set(PLACEHOLDER.findall(content)) & set(secret_names(Config)):
            return f"The header “{name}” would give away “{min(own)}”, which only signs. Use a secret of its own."
    return ""


@dataclass(frozen=True, slots=True)
class Config:
    signing_secret: str = option(
        "Signing secret",
        "Give it to the system that sends to us: it signs its requests with it, as www.standardwebhooks.com describes.",
        secret=True,
        check=signatures.check_secret,
        generate=signatures.new_secret,
    )
    outbound_secret: str = option(
        "Outbound secret",
        "Give it to the system that we send to: it checks with it that requests come from us.",
        secret=True,
        check=signatures.check_secret,
        generate=signatures.new_secret,
    )
    url: str = option("URL", "Where our messages are sent to. Empty if we only receive.", default="", check=_check_url)
    method: str = option("Method", "How they are sent.", default="POST", choices=("POST", "PUT"))
    headers: dict[str, str] = option(  # noqa: RUF009 - it makes a field, like dataclasses.field
        "Headers",
        'Sent along with our messages, like {"Authorization": "Bearer {{secrets.token}}"}, where “token” is the name '
        "of a secret that you added to this gateway.",
        default={},
        check=_check_headers,
    )
    statuses: bool = option(
        "Tell statuses",
        "Send “conversation.status_changed” when the agent answers, hands over or closes, as this gateway says.",
        default=False,
    )
    past: bool = option(
        "Ask for the past",
        "Send “conversation.read” before the agent's first answer in a conversation; what you answer with is context.",
        default=False,
    )
    previous_signing_secret: str = option(
        "Previous signing secret",
        "Accepted as well while you change the signing secret on the other side. Remove it after that.",
        default="",
        secret=True,
        check=signatures.check_secret,
    )
    previous_outbound_secret: str = option(
        "Previous outbound secret",
        "Signs as well while you change the outbound secret on the other side. Remove it after that.",
        default="",
        secret=True,
        check=signatures.check_secret,
    )


class Webhook(Adapter):
    label = "Webhook"
    docs = "https://www.standardwebhooks.com/"
    capabilities = Capabilities(
        notes=True,
        assign=True,
        tags=True,
        drafts=True,
        opens=True,
        idempotent=True,
        api_messages=True,
        statuses=True,
        reads=True,
        managing_points=("address",),
    )
    Config = Config
    kept_headers = ("content-type", signatures.ID)

    def verify(self, request: InboundRequest) -> None:
        keys = (self.config.signing_secret, self.config.previous_signing_secret)
        signatures.verify(keys, request.headers, request.body)

    def admit(self, request: InboundRequest) -> None:
        _event(request)

    def parse(self, request: InboundRequest) -> Iterable[Event]:
        try:
            yield _event(request)
        except Malformed as error:
            raise Unparsable(error.public) from error

    def send(self, outgoing: Outgoing) -> Sent:
        opened = isinstance(outgoing.effect, Open)  # what comes about is a conversation: ours keeps our name for it
        try:
            response = self._post(outgoing.client_ref, *_message(outgoing))
        except HttpError as error:
            if error.status is not None and 200 <= error.status < 300:  # they took it; only their answer is too long
                return Sent(external_id=outgoing.thread if opened else outgoing.client_ref)
            raise unanswered(error) from error
        if refusal := problem(response):
            raise refusal
        # Where they give it no id of theirs, what they report later is about the id that we gave.
        own = outgoing.thread if opened else outgoing.client_ref
        return Sent(external_id=_their_id(response.body) or own)

    @classmethod
    def takes_statuses(cls, config: Mapping[str, Any]) -> bool:
        return config.get("statuses") is True

    @classmethod
    def tells_past(cls, config: Mapping[str, Any]) -> bool:
        return config.get("past") is True

    def read(self, thread: str) -> Background:
        try:
            response = self._post(f"read_{uuid4().hex}", "conversation.read", {"conversation": thread})
        except HttpError as error:
            raise unanswered(error) from error
        if refusal := problem(response):
            raise refusal
        try:
            return _background(response.body)
        except Malformed as error:
            raise DeliveryError(
                Failure.REJECTED, f"The answer to “conversation.read” doesn't fit: {error.public}"
            ) from error

    def check(self) -> Health:
        if not self.config.url:
            return Health(ok=False, message="No URL is set: messages are received, but none can be sent.")
        try:
            response = self._post(f"ping_{uuid4().hex}", "ping", {"gateway": self.account.public_id})
        except (DeliveryError, HttpError) as error:
            return Health(ok=False, message=error.public)
        if refusal := problem(response):
            return Health(ok=False, message=refusal.public)
        return Health(ok=True, message=f"The URL took a signed “ping” and answered {response.status}.")

    def _post(self, message_id: str, kind: str, data: Mapping[str, Any]) -> Response:
        if not self.config.url:
            raise DeliveryError(Failure.REJECTED, "This gateway has no URL to send to. Set one in its configuration.")
        body = json.dumps({"type": kind, "timestamp": _now(), "data": data}, separators=(",", ":")).encode()
        keys = filter(None, (self.config.outbound_secret, self.config.previous_outbound_secret))
        headers = {
            **{name: self._filled(name, value) for name, value in self.config.headers.items()},
            "Content-Type": "application/json",
            **signatures.sign(keys, message_id, body),
        }
        response = self.http.request(self.config.method, self.config.url, headers=headers, body=body)
        self.allowance = allowance(response) or self.allowance
        return response

    def _filled(self, header: str, value: str) -> str:
        """The header's value with its secrets in place of their names."""
        for name in PLACEHOLDER.findall(value):
            if not self.secrets.get(name):
                raise DeliveryError(
                    Failure.REJECTED,
                    f"The header “{header}” needs the secret “{name}”, which isn't set. Add it to this gateway.",
                )
        return PLACEHOLDER.sub(lambda found: self.secrets[found[1]], value)


# --- Out --------------------------------------------------------------------------------------------------------------


def _message(outgoing: Outgoing) -> tuple[str, dict[str, Any]]:
    """The type and the data that tell the other side of an effect."""
    kind, data = _told(outgoing.effect)
    common = {"id": outgoing.client_ref, "conversation": outgoing.thread, "to": outgoing.recipient}
    return kind, {**common, **data}


def _told(effect: Effect) -> tuple[str, dict[str, Any]]:
    match effect:
        case Reply():
            told = {"content": effect.text, "author": effect.author, "purpose": effect.purpose.value}
            return "message.created", told
        case Note():
            return "note.created", {"content": effect.text}
        case Assign():
            destination = {"id": effect.destination, "name": effect.name} if effect.destination else None
            return "conversation.assigned", {"destination": destination, "reason": effect.reason}
        case Open():
            customer = {"name": effect.customer.name, "email": effect.customer.email}
            at = {"at": effect.at} if effect.at else {}
            about = {"subject": effect.subject, "content": effect.text, "customer": customer}
            return "conversation.opened", {**about, **at}
        case Tag():
            return "conversation.tagged", {"add": list(effect.add), "remove": list(effect.remove)}
        case SetStatus():
            return "conversation.status_changed", {"status": effect.status.value}
        case Draft():
            return "draft.created", {"content": effect.text, "author": effect.author}
        case Outdate():
            return "draft.outdated", {"draft": effect.draft_ref, "reason": effect.why}
        case Typing():
            return "typing.started", {}
        case Reclaim():
            return "conversation.reclaimed", {}


def _background(body: bytes) -> Background:
    """What they know; nothing where they answer with nothing. Raises Malformed naming the field that doesn't fit."""
    if not body.strip():
        return Background()
    answer = read_object(body)
    messages = answer.get("messages", [])
    if not isinstance(messages, list) or not all(isinstance(each, dict) for each in messages):
        raise Malformed("“messages” must be a list of objects.")
    customer = read_mapping(answer, "customer")
    known = {name: str(value) for name, value in customer.items() if isinstance(value, str | int | float)}
    return Background(tuple(_past(each) for each in messages), known)


def _past(data: Data) -> Past:
    words = [speaker.value for speaker in Speaker]
    if data.get("from") not in words:
        raise Malformed(f"“from” must be one of: {', '.join(words)}.")
    return Past(
        who=Speaker(data["from"]),
        text=read_text(data, "content"),
        message_id=read_id(data, "id"),
        author=read_line(data, "author"),
        at=read_time(data, "timestamp"),
    )


def _their_id(body: bytes) -> str:
    try:
        return read_id(read_object(body), "id")
    except Malformed:
        return ""


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


# --- In ---------------------------------------------------------------------------------------------------------------


def _event(request: InboundRequest) -> Event:
    """What the request says. Raises Malformed naming the field that doesn't fit."""
    body = read_object(request.body)
    data = _data(body)
    kind = body.get("type") or data.get("type") or "message"
    if not isinstance(kind, str):
        raise Malformed("“type” must be text.")
    key = read_id(data, "id") or request.headers.get(signatures.ID, "")
    if not key:
        raise Malformed("“id” is needed: an id of yours for this message, which no other has.")
    if kind not in READERS:
        return Ignored(key, f"The type “{kind[:60]}” is not one that we act on.")
    return READERS[kind](key, {"timestamp": body.get("timestamp"), **data})


def _data(body: Data) -> Data:
    """The message itself, out of the Standard Webhooks envelope if it is in one."""
    bare = "data" not in body or "content" in body or "from" in body
    return body if bare else read_mapping(body, "data")


def _customer_said(key: str, data: Data) -> CustomerSaid:
    sender = _person(data)
    return CustomerSaid(
        key=key,
        thread=read_id(data, "conversation") or sender.id,
        sender=sender,
        text=read_text(data, "content"),
        message_id=key,
        destination=read_id(data, "to"),
        subject=read_line(data, "subject"),
        at=read_time(data, "timestamp"),
        metadata=read_mapping(data, "metadata"),
        tags=_tags(data) if "tags" in data else None,
    )


def _staff_said(key: str, data: Data, internal: bool = False) -> StaffSaid:
    return StaffSaid(
        key=key,
        thread=read_needed_id(data, "conversation"),
        text=read_text(data, "content"),
        author=read_line(data, "author"),
        message_id=key,
        client_ref=read_id(data, "client_ref"),
        internal=internal,
        at=read_time(data, "timestamp"),
        automated=data.get("automated") is True,
    )


def _assigned(key: str, data: Data) -> Assigned:
    return Assigned(
        key=key,
        thread=read_needed_id(data, "conversation"),
        destination=read_id(data, "to") if "to" in data else None,
        assignee=read_id(data, "assignee") if "assignee" in data else None,
        assignee_name=read_line(data, "assignee_name"),
        by=read_line(data, "by"),
    )


def _tagged(key: str, data: Data) -> Tagged:
    return Tagged(key, read_needed_id(data, "conversation"), tags=_tags(data))


def _tags(data: Data) -> tuple[str, ...]:
    tags = data.get("tags")
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise Malformed("“tags” must be a list of names.")
    return tuple(tags)


def _edited(key: str, data: Data) -> Edited:
    thread, message_id = read_needed_id(data, "conversation"), read_needed_id(data, "message_id")
    return Edited(key, thread, message_id, text=read_text(data, "content"))


def _reported(key: str, data: Data) -> DeliveryReported:
    words = [progress.value for progress in Progress]
    if data.get("status") not in words:
        raise Malformed(f"“status” must be one of: {', '.join(words)}.")
    return DeliveryReported(
        key=key,
        message_id=read_needed_id(data, "message_id"),
        progress=Progress(data["status"]),
        detail=read_line(data, "detail"),
    )


def _person(data: Data) -> Person:
    sender = data.get("from")
    if not isinstance(sender, dict):
        return Person(read_needed_id(data, "from"))
    return Person(
        id=read_needed_id(sender, "id", "from.id"),
        name=read_line(sender, "name", "from.name"),
        email=read_line(sender, "email", "from.email"),
        phone=read_line(sender, "phone", "from.phone"),
    )


READERS: dict[str, Callable[[str, Data], Event]] = {
    "message": _customer_said,
    "reply": _staff_said,
    "note": partial(_staff_said, internal=True),
    "closed": lambda key, data: Closed(key, read_needed_id(data, "conversation")),
    "given_back": lambda key, data: GivenBack(key, read_needed_id(data, "conversation")),
    "assigned": _assigned,
    "tagged": _tagged,
    "edited": _edited,
    "status": _reported,
}
