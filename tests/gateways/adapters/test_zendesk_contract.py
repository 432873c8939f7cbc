"""Zendesk: every request that the adapter can make, held against the vendor's description; and its example payloads.

The requests are made to the account on loopback, so each is also one that was taken. What the description lacks, the
bodies of tag operations, the Webhooks API and OAuth, has schemas here.
"""

import ast
import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jsonschema
import pytest
import requests
import time_machine

from agents.http import Http, Policy
from gateways import config
from gateways.adapters.zendesk.adapter import Zendesk as Adapter
from gateways.adapters.zendesk.calls import Calls
from gateways.base import Account, InboundRequest
from gateways.errors import DeliveryError, Failure
from gateways.messages import (
    Assign,
    Attachment,
    CustomerSaid,
    Effect,
    Note,
    Open,
    Outgoing,
    Person,
    Purpose,
    Reply,
    SetStatus,
    StaffSaid,
    Tag,
    Teammate,
    TicketStatus,
)
from tests.gateways.adapters import descriptions
from tests.loopback.server import Request
from tests.loopback.zendesk import API_TOKEN, BOT_EMAIL, Zendesk
from tests.loopback.zendesk.tickets import Update
from tests.loopback.zendesk.triggers import placeholders, render

pytestmark = descriptions.needs("zendesk")

ADDRESS = "https://aissist.example/hooks/public"
CLIENT = {"client_id": "shop", "client_secret": "a-client-secret"}
REDIRECT = "https://aissist.example/callback"

# --- What the vendor's description lacks ------------------------------------------------------------------------------

TEXT, LINES = {"type": "string", "minLength": 1}, {"type": "array", "items": {"type": "string", "minLength": 1}}


def shape(required: dict[str, Any], **others: Any) -> dict[str, Any]:
    kinds = {**required, **others}
    return {"type": "object", "properties": kinds, "required": list(required), "additionalProperties": False}


# https://developer.zendesk.com/api-reference/ticketing/ticket-management/tags/
TAGS = shape({"tags": {**LINES, "minItems": 1}}, safe_update={"const": "true"}, updated_stamp=TEXT)
# https://developer.zendesk.com/api-reference/webhooks/webhooks-api/webhooks/
WEBHOOK = {
    "name": TEXT,
    "endpoint": {"type": "string", "pattern": "^https?://"},
    "http_method": {"enum": ["GET", "POST", "PUT", "PATCH", "DELETE"]},
    "request_format": {"enum": ["json", "xml", "form_encoded"]},
    "status": {"enum": ["active", "inactive"]},
}
MORE = {"subscriptions": LINES, "description": TEXT, "authentication": {"type": "object"}}
TESTED = {name: kind for name, kind in WEBHOOK.items() if name not in ("name", "status")}
# https://developer.zendesk.com/api-reference/ticketing/oauth/grant_type_tokens/
GRANT = {
    "grant_type": {"enum": ["authorization_code", "refresh_token"]},
    "client_id": TEXT,
    "client_secret": TEXT,
}
LASTING = {
    "expires_in": {"type": "integer", "minimum": 300, "maximum": 172_800},
    "refresh_token_expires_in": {"type": "integer", "minimum": 604_800, "maximum": 7_776_000},
}
TOKEN = {"code": TEXT, "redirect_uri": TEXT, "refresh_token": TEXT, "scope": TEXT, **LASTING}
HOOK = r"/api/v2/webhooks/[0-9A-Z]{26}"
BODIES: dict[tuple[str, str], Any] = {
    ("PUT", r"/api/v2/tickets/\d+/tags"): TAGS,
    ("DELETE", r"/api/v2/tickets/\d+/tags"): TAGS,
    ("POST", r"/oauth/tokens"): shape(GRANT, **TOKEN),
}
NOT_DESCRIBED: dict[tuple[str, str], Any] = {
    ("GET", r"/api/v2/webhooks"): None,
    ("POST", r"/api/v2/webhooks"): shape({"webhook": shape(WEBHOOK, **MORE)}),
    ("POST", r"/api/v2/webhooks/test"): shape({"request": shape(TESTED, payload=TEXT, **MORE)}),
    ("GET", HOOK): None,
    ("PATCH", HOOK): shape({"webhook": shape({}, **WEBHOOK, **MORE)}),
    ("DELETE", HOOK): None,
    ("GET", rf"{HOOK}/signing_secret"): None,
    ("GET", r"/attachments/token/\w+/"): None,
    ("GET", r"/elsewhere/attachment/\d+"): None,
}


def described(request: Request) -> None:
    """Raises what is wrong with a request that was made."""
    if found := _schema(NOT_DESCRIBED, request):
        return _held(found[0], request)
    if found := _schema(BODIES, request):
        _held(found[0], request)
    query = f"?{urlencode(request.pairs)}" if request.pairs else ""
    address = f"https://shop.zendesk.com{request.path}{query}"
    body = _without_null(request) if re.fullmatch(r"/api/v2/tickets/\d+", request.path) else request.body
    headers = {name: value for name, value in request.headers.items() if name != "content-length"}
    made = requests.Request(request.method, address, headers=headers, data=body).prepare()
    if request.path != "/oauth/tokens":  # needs no sign-in, which isn't described
        descriptions.check("zendesk", "oas.json", made)
    return None


def _without_null(request: Request) -> bytes:
    """An assignee may be taken away, which the description doesn't say.

    https://developer.zendesk.com/documentation/ticketing/managing-tickets/creating-and-updating-tickets/
    """
    if not request.body:
        return b""
    ticket = request.json()["ticket"]
    kept = {name: value for name, value in ticket.items() if (name, value) != ("assignee_id", None)}
    return json.dumps({"ticket": kept}).encode()


def _schema(table: dict[tuple[str, str], Any], request: Request) -> list[Any]:
    return [
        schema
        for (method, path), schema in table.items()
        if method == request.method and re.fullmatch(path, request.path)
    ]


def _held(schema: Any, request: Request) -> None:
    if schema is None:
        assert request.body == b""
    else:
        jsonschema.validate(request.json(), schema)


# --- What the adapter can do ------------------------------------------------------------------------------------------


@dataclass
class Scene:
    """An account with a ticket of Ada's, and adapters for it."""

    account: Zendesk
    ticket: int = 0
    ada: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ada = self.account.customer("Ada Lovelace", "ada@customer.example")
        self.ticket = self.account.writes(self.ada, "My tent is wet", subject="Tent", tags=["old"])["id"]
        self.account.register(CLIENT["client_id"], CLIENT["client_secret"], REDIRECT)

    def adapter(self, secrets: dict[str, str] | None = None, **options: Any) -> Adapter:
        named = {"subdomain": "shop", "email": BOT_EMAIL, "api_url": self.account.url, **options}
        kept = {"api_token": API_TOKEN, **(secrets or {})}
        fields = {name: value for name, value in kept.items() if name in ("api_token", "client_secret")}
        agent = Teammate(str(self.account.bot["id"]))
        return Adapter(
            Account(1, "public", "Gateway", agent),
            config.load(Adapter.Config, {**named, **fields}),
            kept,
            Http(Policy.of(["127.0.0.0/8"])),
        )

    def send(self, effect: Effect, ref: str = "ref-1", files: tuple[Attachment, ...] = ()) -> Any:
        return self.adapter().send(self.outgoing(effect, ref, files))

    def outgoing(self, effect: Effect, ref: str = "ref-1", files: tuple[Attachment, ...] = ()) -> Outgoing:
        return Outgoing(effect, str(self.ticket), str(self.ada["id"]), ref, files=files)

    def connect(self, receive: str, state: dict[str, Any] | None = None) -> dict[str, Any]:
        return dict(self.adapter(receive=receive).connect(ADDRESS, state or {}).state)


REPLY = Reply("Dear **Ada**,\n\n- one", Purpose.REPLY, "Assistant")
OPENED = Open("From the chat", "Somebody waits.", Person("7", "Bob", "bob@customer.example"))


def connect_twice(scene: Scene) -> None:
    scene.connect("events", scene.connect("events"))


def connect_to_what_was_left(scene: Scene) -> None:
    [kept] = [scene.connect("triggers")]
    [webhook] = scene.account.webhooks.values()
    webhook["status"] = "inactive"
    for trigger in scene.account.triggers.values():
        trigger["active"] = False
    assert scene.connect("triggers") == kept
    assert webhook["status"] == "active" and all(each["active"] for each in scene.account.triggers.values())


def change_over(scene: Scene) -> None:
    state = scene.connect("events", scene.connect("triggers", scene.connect("events")))
    assert (len(scene.account.webhooks), scene.account.triggers) == (1, {})
    scene.adapter().disconnect(state)
    assert scene.account.webhooks == {}


def check_connected(scene: Scene) -> None:
    scene.connect("events")
    scene.adapter().check()


def reply_with_files(scene: Scene) -> None:
    file = Attachment("räted map.txt", "text/plain", 3, content=b"map")
    scene.send(REPLY, files=(file, file))
    assert [each["file_name"] for each in scene.account.comments[scene.ticket][-1]["attachments"]] == [file.name] * 2
    scene.send(Reply("", Purpose.REPLY, "Assistant"), "ref-2", files=(file,))


def settle_reply(scene: Scene) -> None:
    sent = scene.send(REPLY)
    assert scene.adapter().settle(scene.outgoing(REPLY)) == sent
    assert scene.adapter().settle(scene.outgoing(REPLY, "ref-2")) is None


def settle_open(scene: Scene) -> None:
    sent = scene.send(OPENED)
    assert scene.adapter().settle(scene.outgoing(OPENED)) == sent
    assert scene.adapter().settle(scene.outgoing(OPENED, "ref-2")) is None


def assign(scene: Scene) -> None:
    scene.account.sets(scene.ticket, assignee_id=scene.account.bot["id"])
    scene.send(Assign(str(scene.account.billing["id"]), "Billing", "Because"))
    assert scene.account.tickets[scene.ticket]["group_id"] == scene.account.billing["id"]
    scene.send(Assign("", "", "Because"))
    scene.send(Assign("vip", "vip", "Because"))
    assert "vip" in scene.account.tickets[scene.ticket]["tags"]


def statuses(scene: Scene) -> None:
    for status in TicketStatus:
        scene.send(SetStatus(status))
        assert scene.account.tickets[scene.ticket]["status"] == status.value


def tags(scene: Scene) -> None:
    scene.send(Tag(("new", "two words"), ("old",)))
    assert scene.account.tickets[scene.ticket]["tags"] == ["new", "two_words"]


def let_in(scene: Scene) -> None:
    adapter = scene.adapter({"client_secret": CLIENT["client_secret"]}, auth="oauth", client_id=CLIENT["client_id"])
    page = requests.get(adapter.authorize(REDIRECT, "s"), allow_redirects=False, timeout=10)
    code = page.headers["Location"].partition("code=")[2].partition("&")[0]
    first = adapter.exchange(REDIRECT, code)
    ours = {"client_secret": CLIENT["client_secret"], **first.secrets}
    second = scene.adapter(ours, auth="oauth", client_id=CLIENT["client_id"]).refresh()
    assert second and set(second.secrets) == {"access_token", "refresh_token"} and second.expires_in


def poll(scene: Scene) -> None:
    """What happened between the first look and one some minutes later, by when the export has it."""
    first = scene.adapter().poll({}, 0)
    with time_machine.travel(time.time() + 300):
        scene.account.writes(scene.ada, "Number 1", scene.ticket)
        scene.account.replies(scene.ticket, "Between us", public=False)
    with time_machine.travel(time.time() + 600):
        polled = scene.adapter().poll(first.cursor, 0)
        assert sum(b"Number 1" in request.body for request in polled.requests) == 1
        assert scene.adapter().poll(polled.cursor, 0).requests == ()


def fetch(scene: Scene) -> None:
    token = scene.account.attach("map.txt", "text/plain", b"A map")
    scene.account.writes(scene.ada, "See there", scene.ticket, uploads=[token])
    [file] = scene.account.comments[scene.ticket][-1]["attachments"]
    got = scene.adapter().fetch(Attachment("map.txt", "text/plain", 5, file["content_url"]))
    assert got == b"A map"


def read(scene: Scene) -> None:
    scene.account.replies(scene.ticket, "Between us", public=False)
    said = scene.adapter().read(str(scene.ticket)).said
    assert [each.text for each in said] == ["My tent is wet", "Between us"]


SCENES: dict[str, Callable[[Scene], Any]] = {
    "check before there is a webhook": lambda scene: scene.adapter().check(),
    "check with one": check_connected,
    "connect by events, twice": connect_twice,
    "connect by triggers, to what was left": connect_to_what_was_left,
    "change over from one to the other, and disconnect": change_over,
    "places": lambda scene: list(scene.adapter().places()),
    "people": lambda scene: list(scene.adapter().people()),
    "a reply": lambda scene: scene.send(REPLY),
    "a reply with files": reply_with_files,
    "a note": lambda scene: scene.send(Note("Between us")),
    "tags": tags,
    "assign": assign,
    "statuses": statuses,
    "open": lambda scene: scene.send(OPENED),
    "settle a reply": settle_reply,
    "settle what was opened": settle_open,
    "poll": poll,
    "read": read,
    "fetch a file": fetch,
    "let in by OAuth": let_in,
}


@pytest.fixture
def scene() -> Iterator[Scene]:
    with Zendesk() as account:
        yield Scene(account)


@pytest.mark.parametrize("act", SCENES.values(), ids=SCENES)
def test_each_request_is_as_described(scene: Scene, act: Callable[[Scene], Any]):
    act(scene)
    assert scene.account.requests
    for request in scene.account.requests:
        if not request.path.startswith("/oauth/authorizations"):  # an operator's browser makes that one
            described(request)


def test_what_is_not_as_described_is_noticed(scene: Scene):
    """That the checks above would say so."""
    for method, path, body in [
        ("PUT", "/api/v2/tickets/1", {"ticket": {"status": "done"}}),
        ("PUT", "/api/v2/tickets/1/tags", {"tags": "a"}),
        ("POST", "/api/v2/webhooks", {"webhook": {"name": "x"}}),
        ("GET", "/api/v2/nowhere", None),
    ]:
        headers = {"content-type": "application/json", "authorization": "Basic x"}
        content = b"" if body is None else json.dumps(body).encode()
        with pytest.raises(Exception):  # noqa: B017 - openapi-core's and jsonschema's have nothing in common
            described(Request(method, path, {}, headers, content))


def test_what_fills_gaps_leaves_the_requests_to_what_answers(scene: Scene):
    first = scene.adapter().poll({}, 0)
    scene.account.limit = 1
    with time_machine.travel(time.time() + 300), pytest.raises(DeliveryError) as caught:
        scene.adapter().poll(first.cursor, 0)
    assert (caught.value.failure, caught.value.retry_after) == (Failure.THROTTLED, 60.0)


# --- All of it --------------------------------------------------------------------------------------------------------

PACKAGE = Path(sys.modules[Adapter.__module__].__file__ or "").parent
ASKING = ("get", "call", "send", "pages", "whole_pages", "request")
ASKED = ("calls", "_calls", "http")
PLUMBING = ("calls.py",)


def test_no_request_is_made_that_no_scene_makes(scene: Scene, monkeypatch: pytest.MonkeyPatch):
    """Each place in the adapter's code that asks for something is reached by some scene."""
    reached: set[tuple[str, int]] = set()

    def noted(method: Callable[..., Any]) -> Callable[..., Any]:
        def asks(*args: Any, **kwargs: Any) -> Any:
            caller = sys._getframe(1)
            reached.add((Path(caller.f_code.co_filename).name, caller.f_lineno))
            return method(*args, **kwargs)

        return asks

    for kind in (Calls, Http):
        for name in ASKING:
            if hasattr(kind, name):
                monkeypatch.setattr(kind, name, noted(getattr(kind, name)))
    for act in SCENES.values():
        with Zendesk() as account:
            act(Scene(account))
    missed = [
        f"{file}:{first}"
        for file, first, last in places_that_ask()
        if not any(file == where and first <= line <= last for where, line in reached)
    ]
    assert missed == []


def places_that_ask() -> Iterator[tuple[str, int, int]]:
    for file in sorted(PACKAGE.glob("*.py")):
        if file.name not in PLUMBING and not file.name.startswith("messaging"):  # which has a description of its own
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ASKING:
                    whose = node.func.value
                    name = whose.attr if isinstance(whose, ast.Attribute) else getattr(whose, "id", "")
                    if name in ASKED:
                        yield file.name, node.lineno, node.end_lineno or node.lineno


# --- The vendor's example payloads ------------------------------------------------------------------------------------


def adapter() -> Adapter:
    values = {"subdomain": "shop", "email": BOT_EMAIL, "api_token": API_TOKEN}
    return Adapter(Account(1, "public", "Gateway"), config.load(Adapter.Config, values), values, Http(Policy()))


@pytest.mark.parametrize("body", descriptions.examples("zendesk"))
def test_each_of_the_vendors_examples_is_read(body: bytes):
    assert list(adapter().parse(InboundRequest("POST", {"content-type": "application/json"}, body)))


def test_the_vendors_new_ticket_is_what_its_customer_said():
    body = (descriptions.SPECS / "zendesk/webhooks/dust__ticket.created.json").read_bytes()
    [event] = adapter().parse(InboundRequest("POST", {}, body))
    assert isinstance(event, CustomerSaid)
    assert (event.thread, event.sender.id, event.subject) == ("5158", "8447388090494", "Cannot login to mobile app")
    assert event.text == "Customer is experiencing login issues with the mobile app"
    assert (event.tags, event.destination, event.assignee) == (("mobile", "login"), "8447320466430", "8447388090494")


@pytest.mark.parametrize(
    "text", ["Hello", 'A "quoted" word', "Two\nlines", "C:\\Windows", '{"ticket_id": "1"}'], ids=repr
)
def test_the_template_is_read_whatever_the_customer_writes_into_it(scene: Scene, text: str):
    template = (descriptions.SPECS / "zendesk/webhooks/authored__template_trigger_placeholders.json").read_text("utf-8")

    def event(who: dict[str, Any]) -> Any:
        update = Update(scene.account.tickets[scene.ticket], who, comment=scene.account.comments[scene.ticket][-1])
        body = render(template, placeholders(update, scene.account)).encode()
        [found] = adapter().parse(InboundRequest("POST", {}, body))
        return found

    scene.account.writes(scene.ada, text, scene.ticket)
    said = event(scene.ada)
    assert isinstance(said, CustomerSaid)
    assert (said.thread, said.sender.id, said.text) == (str(scene.ticket), str(scene.ada["id"]), text)
    scene.account.replies(scene.ticket, "Hello, Grace here.")
    answered = event(scene.account.grace)
    assert isinstance(answered, StaffSaid) and not answered.internal


def test_no_customer_passes_as_staff_by_what_they_write(scene: Scene):
    template = (descriptions.SPECS / "zendesk/webhooks/authored__template_trigger_placeholders.json").read_text("utf-8")
    for text in ('", "current_user_is_agent": "true', '", "current_user_is_agent": "true", "x": "', '"}'):
        scene.account.writes(scene.ada, text, scene.ticket)
        update = Update(
            scene.account.tickets[scene.ticket], scene.ada, comment=scene.account.comments[scene.ticket][-1]
        )
        body = render(template, placeholders(update, scene.account)).encode()
        [found] = adapter().parse(InboundRequest("POST", {}, body))
        assert not isinstance(found, StaffSaid)


def test_a_customer_who_writes_again_is_known_by_name(scene: Scene):
    comment = scene.account.comments[scene.ticket][-1]
    [(kind, told), *_] = scene.account.comment_events(comment)
    payload = scene.account.event(Update(scene.account.tickets[scene.ticket], scene.ada), kind, told)
    [said] = adapter().parse(InboundRequest("POST", {}, json.dumps(payload).encode()))
    assert isinstance(said, CustomerSaid) and said.sender == Person(str(scene.ada["id"]), "Ada Lovelace")
