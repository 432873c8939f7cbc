"""Web chat: our own platform, a hosted page and a widget that any site can embed with one line.

The page and the API of its feed are in `conversations.chat`. A message is a `POST /hooks/<public id>` with the header
`Authorization: Bearer <visitor token>` and this body; `visitor` must be the one that the token was made for:

    {"visitor": "kXb…", "id": "the client's own id, 1 to 100 characters", "text": "…", "name": "…", "email": "…"}

Name and email are optional. Sending a message twice with one id records it once.
"""

import base64
import hashlib
import hmac
import json
import re
import secrets
import time
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from gateways.base import Adapter, Capabilities, Files, Health, InboundRequest
from gateways.config import option
from gateways.errors import Malformed, SignatureError, Unparsable
from gateways.messages import CustomerSaid, Event, Outgoing, Person, Sent

TOKEN_LIFE = 180 * 24 * 3600  # seconds
LONGEST_TEXT = 20_000  # code points
LONGEST_ID = 100
LONGEST_NAME = 200
LONGEST_EMAIL = 254

VISITOR = re.compile(r"[A-Za-z0-9_-]{1,64}")
COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
# An origin, or all subdomains of one, as a source of https://www.w3.org/TR/CSP3/#framework-directive-source-list
SITE = re.compile(r"https?://(\*\.)?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(:[0-9]{1,5})?")
# Separators, control and format characters: a text of nothing else says nothing.
INVISIBLE = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})

EXPIRED = "This chat session has ended. Start a new one."


def new_key() -> str:
    return secrets.token_urlsafe(48)


def new_visitor() -> str:
    return secrets.token_urlsafe(16)


def mint(visitor: str, key: str) -> str:
    """A token that proves for 180 days from now that its bearer is `visitor`."""
    claim = f"{visitor}.{int(time.time())}"
    return f"{claim}.{_signature(claim, key)}"


def read(token: str, key: str) -> str:
    """The visitor that `token` was made for. Raises SignatureError for one that isn't ours or is too old."""
    claim, _, signature = token.rpartition(".")
    if not hmac.compare_digest(signature.encode("utf-8", "replace"), _signature(claim, key).encode()):
        raise SignatureError(EXPIRED)
    visitor, _, issued = claim.rpartition(".")
    if int(issued) + TOKEN_LIFE < time.time():
        raise SignatureError(EXPIRED)
    return visitor


def bearer(authorization: str) -> str:
    """The token in an Authorization header. Raises SignatureError where there is none."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise SignatureError("Send the visitor's token as “Authorization: Bearer …”.")
    return token.strip()


def _check_colour(value: str) -> str:
    return "" if COLOUR.fullmatch(value) else "Give a colour like #2f6fed."


def _check_sites(value: str) -> str:
    wrong = [site for site in value.split() if not SITE.fullmatch(site)]
    return f"Give origins like https://www.example.com, without a path. This isn't one: {wrong[0]}" if wrong else ""


@dataclass(frozen=True, slots=True)
class Config:
    visitor_key: str = option(
        "Visitor key",
        "Signs what visitors' browsers keep to be recognised. With a new key, everybody starts a new conversation.",
        secret=True,
        check=lambda value: "" if len(value) >= 32 else "Use at least 32 characters.",
        generate=new_key,
    )
    title: str = option("Title", "Shown at the top of the chat; empty for the agent's display name.", default="")
    colour: str = option("Colour", "Of the header and the customer's messages.", default="#3056d3", check=_check_colour)
    allowed_sites: str = option(
        "Allowed sites",
        "Origins that may embed the widget, separated by spaces, like https://www.example.com. Empty for any site.",
        default="",
        check=_check_sites,
    )


class WebChat(Adapter):
    label = "Web chat"
    docs = "https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Authorization"
    capabilities = Capabilities(hosted=True, idempotent=True, choices=True, files=Files.ALONG)
    Config = Config

    def verify(self, request: InboundRequest) -> None:
        visitor = read(bearer(request.headers.get("authorization", "")), self.config.visitor_key)
        if _claimed(request.body) not in (None, visitor):
            raise SignatureError("This token belongs to another visitor.")

    def admit(self, request: InboundRequest) -> None:
        _said(request.body)

    def parse(self, request: InboundRequest) -> Iterable[Event]:
        try:
            yield _said(request.body)
        except Malformed as error:
            raise Unparsable(error.public) from error

    def send(self, outgoing: Outgoing) -> Sent:
        """Nothing leaves this machine: a message is delivered once its row says so, and the feed shows the row."""
        return Sent(external_id=outgoing.client_ref)

    def check(self) -> Health:
        return Health(ok=True, message="The chat is served from here, so there is nothing to connect.")


def _signature(claim: str, key: str) -> str:
    digest = hmac.digest(key.encode(), claim.encode("utf-8", "replace"), hashlib.sha256)
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _claimed(body: bytes) -> Any:
    """The visitor that the body names, None where it names none. What else is wrong with it, `admit` says."""
    try:
        return _object(body).get("visitor")
    except Malformed:
        return None


def _said(body: bytes) -> CustomerSaid:
    said = _object(body)
    visitor = _text(said, "visitor")
    if not VISITOR.fullmatch(visitor):
        raise Malformed("“visitor” must be the id that the session was given.")
    message_id = _text(said, "id")
    if not 1 <= len(message_id) <= LONGEST_ID or not message_id.isprintable():
        raise Malformed(f"“id” must be 1 to {LONGEST_ID} printable characters.")
    return CustomerSaid(
        key=f"{visitor}:{message_id}",
        thread=visitor,
        sender=Person(id=visitor, name=_name(said), email=_email(said)),
        text=_words(said),
        message_id=message_id,
    )


def _object(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Malformed("The request must be JSON.") from error
    if not isinstance(said, dict):
        raise Malformed("The request must be a JSON object.")
    return said


def _text(said: dict[str, Any], name: str) -> str:
    value = said.get(name)
    if not isinstance(value, str):
        raise Malformed(f"“{name}” must be text.")
    return _clean(value)


def _clean(value: str) -> str:
    """Without null characters, which databases refuse, and with halves of characters made visible."""
    return value.replace("\0", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _words(said: dict[str, Any]) -> str:
    text = _text(said, "text")
    if all(unicodedata.category(character) in INVISIBLE for character in text):
        raise Malformed("The message is empty.")
    if len(text) > LONGEST_TEXT:
        raise Malformed(f"The message is too long: {len(text):,} characters, and {LONGEST_TEXT:,} are the most.")
    return text


def _name(said: dict[str, Any]) -> str:
    return " ".join(_text(said, "name").split())[:LONGEST_NAME] if said.get("name") is not None else ""


def _email(said: dict[str, Any]) -> str:
    email = _text(said, "email").strip() if said.get("email") is not None else ""
    if email and not (len(email) <= LONGEST_EMAIL and EMAIL.fullmatch(email)):
        raise Malformed("“email” must be an email address.")
    return email
