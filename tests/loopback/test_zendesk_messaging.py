"""The adapter for Zendesk against messaging and tickets on loopback, over HTTP both ways."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from agents.http import Http, Policy
from gateways import config
from gateways.adapters.zendesk.adapter import Zendesk as Adapter
from gateways.base import Account, InboundRequest
from gateways.errors import DeliveryError, Failure
from gateways.messages import (
    Assign,
    Assigned,
    Attachment,
    CustomerSaid,
    GivenBack,
    Ignored,
    Note,
    Outgoing,
    Purpose,
    Reply,
    Sent,
    SetStatus,
    Speaker,
    StaffSaid,
    Tag,
    TicketStatus,
    Typing,
)
from tests.gateways.adapters import descriptions
from tests.loopback.server import Reply as Answer
from tests.loopback.sunshine import APP, KEY, KEY_SECRET, WEBHOOK_SECRET
from tests.loopback.zendesk import API_TOKEN, BOT_EMAIL
from tests.loopback.zendesk_messaging import ZendeskMessaging

REF = "8c5e8f8a-0f64-4b9b-9c0c-5d8a1c2b3d4e"


class Hook:
    """Our webhook: what comes in is verified and read like in the product."""

    def __init__(self, adapter: Adapter) -> None:
        self.adapter, self.events, self.bodies = adapter, list[Any](), 0
        self.lock = threading.Condition()
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                given = {name.lower(): value for name, value in self.headers.items()}
                hook.take(InboundRequest("POST", given, body))
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/hooks/pub1"

    def take(self, request: InboundRequest) -> None:
        self.adapter.verify(request)
        kept = InboundRequest("POST", {"content-type": "application/json"}, request.body)
        with self.lock:
            self.events += self.adapter.parse(kept)
            self.bodies += 1
            self.lock.notify_all()

    def hears(self, kind: type, count: int = 1) -> Any:
        """The last of so many events of a kind, once they have come."""
        with self.lock:
            found = self.lock.wait_for(lambda: [each for each in self.events if type(each) is kind][count - 1 :], 60)
        assert found, self.events
        return found[0]


@pytest.fixture
def zendesk() -> Iterator[ZendeskMessaging]:
    with ZendeskMessaging() as zendesk:
        yield zendesk
        if descriptions.SPECS.joinpath("sunshine").is_dir():
            for request in [each for each in zendesk.requests if each.path.startswith("/sc/v2/")]:
                descriptions.check("sunshine", "openapi.json", _prepared(request))
        if descriptions.SPECS.joinpath("zendesk").is_dir():
            for request in [each for each in zendesk.requests if each.path == "/api/v2/search"]:
                descriptions.check("zendesk", "oas.json", _prepared(request))


def _prepared(request):
    from requests import Request

    url = f"https://shop.zendesk.com{request.path}"
    return Request(request.method, url, headers=request.headers, params=request.query, data=request.body).prepare()


def adapter(zendesk: ZendeskMessaging) -> Adapter:
    given = {
        "subdomain": "shop",
        "api_url": zendesk.url,
        "email": BOT_EMAIL,
        "api_token": API_TOKEN,
        "messaging_app_id": APP,
        "messaging_key_id": KEY,
        "messaging_key_secret": KEY_SECRET,
        "messaging_webhook_secret": WEBHOOK_SECRET,
    }
    policy = Policy.of(["127.0.0.0/8"])
    return Adapter(Account(1, "pub1", "Shop"), config.load(Adapter.Config, given), given, Http(policy))


@pytest.fixture
def ours(zendesk: ZendeskMessaging) -> Adapter:
    return adapter(zendesk)


@pytest.fixture
def hook(zendesk: ZendeskMessaging, ours: Adapter) -> Iterator[Hook]:
    """Connected: messaging calls us, and the agent is the first to answer."""
    hook = Hook(ours)
    threading.Thread(target=hook.server.serve_forever, args=[0.05], daemon=True).start()
    made = ours._messaging.connect(hook.address, {})
    assert made.secrets == {"messaging_webhook_secret": WEBHOOK_SECRET}
    assert "set defaultSwitchboardIntegrationId" in made.steps[0]
    zendesk.begins("aissist")
    assert ours._messaging.connect(hook.address, made.state).steps == ()
    assert ours._messaging.check().message == "Messaging works."
    yield hook
    ours._messaging.disconnect(made.state)
    assert (zendesk.integrations, len(zendesk.places)) == ({}, 1)
    hook.server.shutdown()
    hook.server.server_close()


def talk_of(said: CustomerSaid) -> str:
    return said.thread.removeprefix("sc:")


def outgoing(said: CustomerSaid, effect: Any, *files: Attachment) -> Outgoing:
    return Outgoing(effect, said.thread, said.sender.id, REF, files=files)


def test_a_customer_is_answered_and_our_own_words_come_back_as_ours(zendesk, ours, hook):
    talk = zendesk.arrives("Ada", email="ada@example.com")
    zendesk.says(talk, "Where is my order?")
    said = hook.hears(CustomerSaid)
    assert (said.thread, said.text, said.sender.email) == (f"sc:{talk}", "Where is my order?", "ada@example.com")
    ours.send(outgoing(said, Typing()))
    sent = ours.send(outgoing(said, Reply("**On** its way", Purpose.REPLY, "Aida", choices=("Thanks",))))
    assert (zendesk.shown, zendesk.heard_in(talk)) == ([talk], ["On its way"])
    echo = hook.hears(StaffSaid)
    assert (echo.client_ref, echo.message_id) == (REF, sent.external_id)
    zendesk.presses(talk, "Thanks")
    assert hook.hears(CustomerSaid, 2).metadata == {"button": "Thanks"}


def test_a_reply_whose_answer_was_lost_is_found_and_not_said_twice(zendesk, ours, hook):
    talk = zendesk.arrives("Ada")
    zendesk.says(talk, "Hi")
    said = hook.hears(CustomerSaid)
    reply = outgoing(said, Reply("Here", Purpose.REPLY, "Aida"), Attachment("a.txt", "text/plain", content=b"A"))
    zendesk.fail("/messages$", lambda request: None)  # that what has arrived is asked for
    zendesk.fail("/messages$", zendesk.hung_up)
    with pytest.raises(DeliveryError) as error:
        ours.send(reply)
    assert error.value.failure is Failure.UNKNOWN
    assert ours.settle(reply) is None  # its file is still missing
    sent = ours.send(reply)
    assert (len(zendesk.heard_in(talk)), zendesk.heard_in(talk)) == (2, ["Here", "a.txt"])
    assert ours.settle(reply) == sent


def test_people_get_the_conversation_with_note_tags_and_group_and_give_it_back(zendesk, ours, hook):
    talk = zendesk.arrives("Ada")
    zendesk.says(talk, "I want a person")
    said = hook.hears(CustomerSaid)
    ours.send(outgoing(said, Tag(add=("vip", "returns"))))
    note = outgoing(said, Note("Ada wants a person."))
    with pytest.raises(DeliveryError, match="no ticket of this conversation yet"):
        ours.send(note)
    assign = outgoing(said, Assign(str(zendesk.billing["id"]), "Billing", "why"))
    ours.send(assign)
    ours.send(assign)
    ticket = zendesk.tickets[zendesk.ticket_of[talk]]
    assert (ticket["group_id"], len(zendesk.tickets)) == (zendesk.billing["id"], 1)
    assert set(ticket["tags"]) == {f"aissist_sc_{talk}", "vip", "returns"}
    ours.send(note)
    assert zendesk.notes(ticket["id"]) == ["Ada wants a person."]
    assert ours.settle(note) is not None
    ours.send(outgoing(said, Tag(remove=("vip",))))
    assert set(ticket["tags"]) == {f"aissist_sc_{talk}", "returns"}
    zendesk.answers(talk, "Grace here.")
    assert hook.hears(StaffSaid).text == "Grace here."
    zendesk.says(talk, "Thank you")
    why = hook.hears(Ignored, 2).why  # after our own passing on
    assert why == "“zd-agentWorkspace” is in control of the conversation, so the customer writes to it."
    zendesk.solves(talk)
    assert hook.hears(GivenBack).thread == said.thread
    zendesk.says(talk, "And another thing")
    assert hook.hears(CustomerSaid, 2).text == "And another thing"
    found = ours.read(said.thread)
    assert [past.text for past in found.said if past.who is Speaker.NOTE] == ["Ada wants a person."]
    assert [past.text for past in found.said if past.who is not Speaker.NOTE] == [
        "I want a person",
        "Grace here.",
        "Thank you",
        "And another thing",
    ]


def test_a_person_who_steps_in_takes_the_conversation(zendesk, ours, hook):
    talk = zendesk.arrives("Ada")
    zendesk.says(talk, "Hi")
    hook.hears(CustomerSaid)
    zendesk.answers(talk, "I'll take this one.")
    assert hook.hears(Assigned).assignee_name == "zd-agentWorkspace"
    assert not hook.hears(StaffSaid).automated


def test_nobody_there_to_pass_it_to_is_noted(zendesk, ours, hook):
    talk = zendesk.arrives("Ada")
    zendesk.says(talk, "Hi")
    said = hook.hears(CustomerSaid)
    zendesk.workspace["name"] = zendesk.workspace["integrationType"] = "elsewhere"
    assert ours.send(outgoing(said, Assign("", "People", "why"))) == Sent()
    noted = hook.hears(StaffSaid)
    assert noted.internal and "Switchboard invalid target" in noted.text
    assert ours.send(outgoing(said, SetStatus(TicketStatus.PENDING))) == Sent()


def test_a_private_file_of_a_customers_is_fetched(zendesk, ours, hook):
    talk = zendesk.arrives("Ada")
    zendesk.media_files["tent.png"] = ("image/png", b"PNG")
    address = f"{zendesk.url}/sc/attachments/v2/tent.png"
    zendesk.says(talk, "Look", type="image", mediaUrl=address, mediaType="image/png", mediaSize=3)
    [attachment] = hook.hears(CustomerSaid).attachments
    assert ours.fetch(attachment) == b"PNG"


def test_a_key_that_is_not_taken_says_so(zendesk, ours):
    zendesk.fail("/sc/", lambda request: Answer({"errors": [{"code": "unauthorized", "title": "No"}]}, 401))
    with pytest.raises(DeliveryError, match="Check the app's id and the API key"):
        ours._messaging.check()


def test_several_events_come_in_one_body(zendesk, ours, hook):
    talks = [zendesk.arrives(f"User {number}") for number in range(4)]
    with zendesk.lock:
        for talk in talks:
            zendesk.says(talk, "Hi")
    hook.hears(CustomerSaid, 4)
    assert hook.bodies < 4
    assert {each.thread for each in hook.events} == {f"sc:{talk}" for talk in talks}
    assert json.loads(json.dumps([each.key for each in hook.events])) == sorted({each.key for each in hook.events})
