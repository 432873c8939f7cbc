"""Zendesk messaging: a webhook in, events out; an effect in, the requests out; an answer in, what it means out."""

import datetime
import json
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import responses

from agents.http import Http, Policy
from gateways import config
from gateways.adapters.zendesk import messaging_tickets
from gateways.adapters.zendesk.adapter import Zendesk
from gateways.adapters.zendesk.messaging import Desk, Messaging
from gateways.adapters.zendesk.messaging_events import TRIGGERS
from gateways.adapters.zendesk.messaging_options import Config
from gateways.base import Account, Health, InboundRequest
from gateways.errors import ConfigError, DeliveryError, Failure, SignatureError, Unparsable
from gateways.messages import (
    Assign,
    Assigned,
    Attachment,
    Background,
    Closed,
    CustomerSaid,
    DeliveryReported,
    Edited,
    GivenBack,
    Gone,
    Ignored,
    Note,
    Outgoing,
    Past,
    Person,
    Progress,
    Purpose,
    Reclaim,
    Reply,
    Sent,
    SetStatus,
    Speaker,
    StaffSaid,
    Tag,
    Tagged,
    TicketStatus,
    Typing,
    Unreachable,
)
from tests.gateways.adapters import descriptions

PAYLOADS = Path(__file__).parents[2] / "payloads" / "zendesk_messaging"
APP = "64aa00000000000000000001"
API = f"https://shop.zendesk.com/sc/v2/apps/{APP}/"
CONVERSATION, ADA = "64aa000000000000000000c1", "64aa0000000000000000ada1"
THREAD = f"sc:{CONVERSATION}"
OTHER = "sc:64aa000000000000000000c3"
TAG = f"aissist_sc_{CONVERSATION}"
REF = "8c5e8f8a-0f64-4b9b-9c0c-5d8a1c2b3d4e"
SECRET = "8564b3e6a8b20a4bdb68b05ce9bc5936"
HOOK = "https://support.example.com/hooks/pub1"
AT = datetime.datetime(2026, 1, 31, 12, 0, 0, 500_000, tzinfo=datetime.UTC)
US = {"id": "64aa0000000000000000aaaa", "name": "aissist", "integrationId": "64aa0000000000000000abab"}
PEOPLE = {"id": "64aa0000000000000000bbbb", "name": "zd-agentWorkspace", "integrationType": "zd:agentWorkspace"}


@dataclass
class Support:
    """The tickets' side: what it was asked and told. `found` are the tickets that exist."""

    found: list = field(default_factory=list)
    asked: list = field(default_factory=list)
    told: list = field(default_factory=list)
    notes: tuple = ()

    def get(self, path, query):
        self.asked.append(path)
        return {"tickets": self.found} if "requested" in path else {"results": self.found}

    def send(self, outgoing):
        self.told.append((outgoing.thread, outgoing.effect))
        return Sent("c1")

    def desk(self):
        return Desk(lambda: self, self.send, lambda outgoing: Sent(f"settled on {outgoing.thread}"), self.read)

    def read(self, ticket):
        return Background(said=(Past(Speaker.STAFF, "public"), *self.notes))


def messaging(support=None, **values):
    given = {
        "subdomain": "shop",
        "messaging_app_id": APP,
        "messaging_key_id": "app_1",
        "messaging_key_secret": "secret-key",
        "messaging_webhook_secret": SECRET,
        **values,
    }
    account = Account(1, "pub1", "Shop")
    return Messaging(account, config.load(Config, given), given, Http(Policy()), (support or Support()).desk())


def request(body, **headers):
    return InboundRequest("POST", headers, body if isinstance(body, bytes) else json.dumps(body).encode())


def events(name):
    return list(messaging().parse(request((PAYLOADS / f"{name}.json").read_bytes())))


# --- In ---------------------------------------------------------------------------------------------------------------


def test_a_message_becomes_what_the_customer_said():
    assert events("message_text") == [
        CustomerSaid(
            key="sc:64aa00000000000000000001",
            thread=THREAD,
            sender=Person(ADA, "Ada", "ada@example.com"),
            text="Where is my order?",
            message_id="64aa00000000000000000e01",
            at=AT,
            channel="web",
            brand="360001",
        )
    ]


SAID = {
    "message_button": ("Yes", {"button": "yes"}, ()),
    "message_image": (
        "Look\n[Image: broken tent.jpeg]",
        {},
        (
            Attachment(
                "broken tent.jpeg",
                "image/jpeg",
                226766,
                "sc:https://shop.zendesk.com/sc/attachments/v2/01J/broken%20tent.jpeg",
            ),
        ),
    ),
    "message_voice": (
        "[Voice message: note.ogg]",
        {},
        (Attachment("note.ogg", "audio/ogg", None, "sc:https://media.smooch.io/apps/1/note.ogg"),),
    ),
    "message_location": ("[Location: Shop, Main St 1, 52.5, 13.4]", {}, ()),
    "message_form": ("Order: A-1\nEmail: ada@example.com\nSize: Medium", {}, ()),
    "postback": ("track-order", {"button": "track-order"}, ()),
}


@pytest.mark.parametrize(("name", "said"), SAID.items(), ids=SAID)
def test_what_a_customer_says(name, said):
    [event] = events(name)
    assert isinstance(event, CustomerSaid) and event.sender.id == ADA
    assert (event.text, event.metadata, event.attachments) == said


OTHERS = {
    "message_standby": Ignored(
        "", "“zd-agentWorkspace” is in control of the conversation, so the customer writes to it."
    ),
    "message_of_person": StaffSaid(
        "", THREAD, "Grace here.", author="Grace", message_id="64aa00000000000000000e08", at=AT
    ),
    "message_of_ours": StaffSaid(
        "",
        THREAD,
        "30 days.",
        author="Aida",
        message_id="64aa00000000000000000e09",
        client_ref=REF,
        at=AT,
        automated=True,
    ),
    "message_of_bot": StaffSaid(
        "",
        THREAD,
        "• Returns 30 days",
        author="Answer Bot",
        message_id="64aa00000000000000000e10",
        at=AT,
        automated=True,
    ),
    "ticket_closed": Closed("", THREAD),
    "passed_to_people": Assigned(
        "", THREAD, assignee="switchboard:zd-agentWorkspace", assignee_name="zd-agentWorkspace"
    ),
    "passed_by_us": Ignored("", "We passed it on ourselves."),
    "passed_to_us": GivenBack("", THREAD),
    "released": GivenBack("", THREAD),
    "released_closed": Closed("", THREAD),
    "not_passed": StaffSaid(
        "",
        THREAD,
        "Zendesk couldn't pass this conversation to its people: Switchboard invalid target",
        author="Zendesk",
        internal=True,
        automated=True,
    ),
    "delivered": DeliveryReported("", "64aa00000000000000000e09", Progress.DELIVERED),
    "not_delivered": DeliveryReported("", "64aa00000000000000000e09", Progress.FAILED, "Unsupported type"),
    "merged": Gone("", "sc:64aa000000000000000000c2", "It was merged into another conversation.", into=THREAD),
    "blocked": Unreachable("", THREAD, "The customer has blocked us on telegram."),
}


def keyless(event):
    assert event.key.startswith("sc:")
    return type(event)(**{**{name: getattr(event, name) for name in event.__slots__}, "key": ""})


@pytest.mark.parametrize(("name", "event"), OTHERS.items(), ids=OTHERS)
def test_what_else_happens(name, event):
    [found] = events(name)
    assert keyless(found) == event


def test_every_payload_of_ours_is_in_a_table():
    assert {path.stem for path in PAYLOADS.glob("*.json")} == {"message_text", "several", *SAID, *OTHERS}


def test_one_body_tells_of_several_conversations_each_by_its_own_key():
    found = events("several")
    assert len({event.key for event in found}) == 4
    assert [(type(event), getattr(event, "thread", "")) for event in found] == [
        (CustomerSaid, THREAD),
        (Ignored, ""),
        (CustomerSaid, OTHER),
        (Gone, "sc:64aa000000000000000000c4"),
    ]


@pytest.mark.parametrize("active", [US["id"], US["name"], US["integrationId"], None], ids=str)
def test_the_agent_answers_where_its_integration_or_none_is_in_control(active):
    body = json.loads((PAYLOADS / "message_text.json").read_bytes())
    if active is None:
        del body["events"][0]["payload"]["conversation"]["activeSwitchboardIntegration"]
    [event] = messaging(messaging_integration=active or "aissist").parse(request(body))
    assert isinstance(event, CustomerSaid)


VENDORS = {  # by trigger: what becomes of the vendor's example, whose integration in control is called “bot”
    "conversation:message": CustomerSaid,
    "conversation:postback": CustomerSaid,
    "conversation:message:delivery:channel": DeliveryReported,
    "conversation:message:delivery:user": DeliveryReported,
    "conversation:message:delivery:failure": DeliveryReported,
    "conversation:remove": Gone,
    "switchboard:passControl": GivenBack,
    "switchboard:acceptControl": GivenBack,
    "switchboard:releaseControl": GivenBack,
    "switchboard:passControl:failure": StaffSaid,
}


def vendors_examples():
    path = descriptions.SPECS / "sunshine" / "openapi.json"
    known = json.loads(path.read_text("utf-8"))["components"]["examples"] if path.is_file() else {}
    bodies = [each["value"] for each in known.values() if "events" in each.get("value", {})]
    return [pytest.param(body, id=body["events"][0]["type"]) for body in bodies]


@descriptions.needs("sunshine")
@pytest.mark.parametrize("body", vendors_examples())
def test_each_of_the_vendors_examples_is_read_or_deliberately_ignored(body):
    kind = body["events"][0]["type"]
    [event] = messaging(messaging_integration="bot").parse(request(body))
    assert type(event) is VENDORS.get(kind, Ignored)
    assert not isinstance(event, Ignored) or (event.why.endswith(".") and "Events of this kind" not in event.why)
    [standing_by] = messaging().parse(request(body))
    assert not isinstance(standing_by, CustomerSaid)


@descriptions.needs("sunshine")
def test_the_vendor_has_as_many_examples_as_we_looked_at():
    assert len(vendors_examples()) == 25


@descriptions.needs("sunshine")
@pytest.mark.parametrize("body", descriptions.examples("sunshine"))
def test_the_stored_examples_are_read_too(body):
    [event] = messaging().parse(request(body))
    assert event.key.startswith("sc:")


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", {"events": {}}, {"events": [1]}, {"events": [{"type": "conversation:message"}]}],
    ids=str,
)
def test_what_cannot_be_read_is_parked(body):
    with pytest.raises(Unparsable):
        list(messaging().parse(request(body)))


@pytest.mark.parametrize(
    ("values", "given", "says"),
    [
        ({}, {}, "missing or wrong"),
        ({}, {"x-api-key": ""}, "missing or wrong"),
        ({}, {"x-api-key": SECRET[:-1] + "0"}, "missing or wrong"),
        ({"messaging_webhook_secret": ""}, {"x-api-key": ""}, "no secret for messaging yet"),
    ],
    ids=["no key", "an empty key", "another key", "no secret of ours"],
)
def test_what_is_not_surely_zendesks_is_refused(values, given, says):
    with pytest.raises(SignatureError, match=says):
        messaging(**values).verify(request(b"{}", **given))


def test_the_shared_secret_proves_a_request():
    messaging().verify(request(b"{}", **{"x-api-key": SECRET}))


@pytest.mark.parametrize(
    ("headers", "body", "theirs"),
    [
        ({"x-api-key": "x"}, b"", True),
        ({"x-zendesk-webhook-signature": "x"}, b'{"events": []}', False),
        ({"x-zendesk-webhook-signature": "x", "x-api-key": "x"}, b'{"events": []}', False),
        ({}, b'{"app": {}, "events": []}', True),
        ({}, b'{"type": "zen:event-type:ticket.created", "event": {}}', False),
        ({}, b"no JSON", False),
    ],
)
def test_messaging_and_tickets_are_told_apart(headers, body, theirs):
    assert messaging().is_theirs(request(body, **headers)) is theirs


# --- Tickets of conversations -----------------------------------------------------------------------------------------

TICKETS = {
    "what the customer said": (CustomerSaid("k", "7", Person("1"), "Hi"), Ignored),
    "what people said": (StaffSaid("k", "7", "Hi"), Ignored),
    "a note": (StaffSaid("k", "7", "Hi", internal=True), StaffSaid("k", THREAD, "Hi", internal=True)),
    "an assignment": (Assigned("k", "7", destination="5"), Assigned("k", THREAD, destination="5")),
    "tags": (Tagged("k", "7", ("vip", TAG)), Tagged("k", THREAD, ("vip",))),
    "an end": (Closed("k", "7"), Closed("k", THREAD)),
    "a return": (GivenBack("k", "7"), GivenBack("k", THREAD)),
    "an edit": (Edited("k", "7", "m", "Hi"), Edited("k", THREAD, "m", "Hi")),
    "a mail": (
        CustomerSaid("k", "7", Person("1"), "Hi", channel="email"),
        CustomerSaid("k", "7", Person("1"), "Hi", channel="email"),
    ),
    "a report": (DeliveryReported("k", "m", Progress.SENT), DeliveryReported("k", "m", Progress.SENT)),
}


@pytest.mark.parametrize(("event", "becomes"), TICKETS.values(), ids=TICKETS)
def test_what_happens_to_a_ticket_happens_to_its_conversation(event, becomes):
    found = messaging_tickets.as_messaging(event, ("vip", TAG))
    assert isinstance(found, Ignored) if becomes is Ignored else found == becomes
    assert messaging_tickets.as_messaging(event, ("vip",)) == event


@pytest.mark.parametrize("conversation", [CONVERSATION, "01JHFC-W9EXX", "é:1"])
def test_a_tag_names_its_conversation(conversation):
    tag = messaging_tickets.tag_of(f"sc:{conversation}")
    assert tag == tag.lower() and tag.isascii() and "," not in tag
    assert messaging_tickets.thread_in(["aissist_sc_", "vip", tag]) == f"sc:{conversation}"


# --- Out --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def api():
    """Zendesk's side. Each request is held against its description of Sunshine Conversations."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock
        if descriptions.SPECS.joinpath("sunshine").is_dir():
            for call in mock.calls:
                if call.request.url.startswith(API):
                    descriptions.check("sunshine", "openapi.json", call.request)


def says(api, method, path, answer=None, status=200, **more):
    api.add(method, API + path, json=answer or {}, status=status, **more)


def asked(api):
    """Each request by method, path and body."""
    calls = [call.request for call in api.calls]
    return [
        (call.method, call.url.removeprefix(API), json.loads(call.body) if call.body else None)
        for call in calls
        if "multipart" not in call.headers.get("Content-Type", "")
    ]


MESSAGES = f"conversations/{CONVERSATION}/messages"


def message(number=1):
    return {"messages": [{"id": f"64aa0000000000000000fff{number}"}]}


def outgoing(effect, files=()):
    return Outgoing(effect, THREAD, ADA, REF, files=files)


def ours(content, part=1, **author):
    return {
        "author": {"type": "business", "displayName": "Aida", "subtypes": ["AI"], **author},
        "content": content,
        "metadata": {"client_ref": REF, "part": part},
    }


REPLIES = {
    "words": (Reply("Hello & <you>", Purpose.REPLY, "Aida"), ours({"type": "text", "text": "Hello & <you>"})),
    "marks": (
        Reply("**Hello**", Purpose.REPLY, "Aida"),
        ours({"type": "text", "text": "Hello", "htmlText": "<p><strong>Hello</strong></p>"}),
    ),
    "choices": (
        Reply("Which?", Purpose.REPLY, "Aida", choices=("S", "M")),
        ours(
            {
                "type": "text",
                "text": "Which?",
                "actions": [
                    {"type": "reply", "text": "S", "payload": "S"},
                    {"type": "reply", "text": "M", "payload": "M"},
                ],
            }
        ),
    ),
    "a picture beside it": (
        Reply("Hi", Purpose.THINKING, "Aida", avatar="https://support.example.com/a.png"),
        ours({"type": "text", "text": "Hi"}, avatarUrl="https://support.example.com/a.png"),
    ),
}


@pytest.mark.parametrize(("reply", "body"), REPLIES.values(), ids=REPLIES)
def test_the_whole_request(api, reply, body):
    says(api, "POST", MESSAGES, message(), 201)
    assert messaging().send(outgoing(reply)) == Sent("64aa0000000000000000fff1")
    assert asked(api) == [("POST", MESSAGES, body)]
    assert api.calls[0].request.headers["Authorization"] == "Basic YXBwXzE6c2VjcmV0LWtleQ=="


def test_what_a_person_says_is_not_marked_as_a_programs(api):
    says(api, "POST", MESSAGES, message(), 201)
    messaging().send(outgoing(Reply("Hi", Purpose.HUMAN, "Grace")))
    assert asked(api)[0][2]["author"] == {"type": "business", "displayName": "Grace"}


FILES = (
    Attachment("label.png", "image/png", content=b"PNG"),
    Attachment('a "b".pdf', "application/pdf\r\nX-Evil: 1", content=b"PDF"),
)


def files_are_taken(api):
    for name, kind in (("label.png", "image/png"), ("b.pdf", "application/pdf")):
        attachment = {"mediaUrl": f"https://shop.zendesk.com/sc/attachments/{name}", "mediaType": kind}
        says(api, "POST", "attachments", {"attachment": attachment}, 201)


def test_a_reply_with_files_is_several_messages_of_one_reference(api):
    says(api, "GET", MESSAGES, {"messages": []})
    files_are_taken(api)
    for number in (1, 2, 3):
        says(api, "POST", MESSAGES, message(number), 201)
    reply = Reply("Here", Purpose.REPLY, "Aida", choices=("Thanks",))
    assert messaging().send(outgoing(reply, FILES)) == Sent("64aa0000000000000000fff3")
    image, file = ("https://shop.zendesk.com/sc/attachments/" + name for name in ("label.png", "b.pdf"))
    buttons = [{"type": "reply", "text": "Thanks", "payload": "Thanks"}]
    assert [body for method, _, body in asked(api) if method == "POST"] == [
        ours({"type": "text", "text": "Here", "actions": buttons}),
        ours({"type": "image", "mediaUrl": image, "altText": "label.png"}, part=2),
        ours({"type": "file", "mediaUrl": file, "altText": 'a "b".pdf'}, part=3),
    ]
    uploads = [call.request for call in api.calls if "multipart" in call.request.headers.get("Content-Type", "")]
    assert b"PNG" in uploads[0].body and b"filename=\"a 'b'.pdf\"" in uploads[1].body
    assert b"Content-Type: application/pdf  X-Evil: 1\r\n\r\nPDF" in uploads[1].body
    assert parse_qs(urlsplit(uploads[0].url).query) == {
        "access": ["public"],
        "for": ["message"],
        "conversationId": [CONVERSATION],
    }


def test_a_reply_that_broke_off_goes_on_where_it_was(api):
    arrived = [
        {"id": "m1", "metadata": {"client_ref": REF, "part": 1}},
        {"id": "m2", "metadata": {"client_ref": REF, "part": 2}},
        {"id": "m3", "metadata": {"client_ref": "another", "part": 3}},
        {"id": "m4", "metadata": None},
    ]
    says(api, "GET", MESSAGES, {"messages": arrived})
    files_are_taken(api)
    says(api, "POST", MESSAGES, message(), 201)
    reply = outgoing(Reply("Here", Purpose.REPLY, "Aida"), FILES)
    assert messaging().settle(reply) is None
    messaging().send(reply)
    assert [body["metadata"]["part"] for method, _, body in asked(api) if method == "POST"] == [3]


def test_a_long_reply_is_cut_where_messaging_wants_it(api):
    says(api, "GET", MESSAGES, {"messages": []})
    says(api, "POST", MESSAGES, message(), 201)
    messaging().send(
        outgoing(Reply("\n\n".join(f"**{n}** " + "word " * 200 for n in range(12)), Purpose.REPLY, "Aida"))
    )
    contents = [body["content"] for method, _, body in asked(api) if method == "POST"]
    assert len(contents) > 2
    assert all(len(each["text"]) <= 4096 and len(each.get("htmlText", "")) <= 4096 for each in contents)


@pytest.mark.parametrize(
    ("there", "settled"),
    [([{"id": "m1", "metadata": {"client_ref": REF, "part": 1}}], Sent("m1")), ([], None)],
    ids=["arrived", "never arrived"],
)
def test_a_message_is_read_back_to_know_whether_it_arrived(api, there, settled):
    says(api, "GET", MESSAGES, {"messages": there})
    assert messaging().settle(outgoing(Reply("Hi", Purpose.REPLY, "Aida"))) == settled


def test_typing_is_shown(api):
    says(api, "POST", f"conversations/{CONVERSATION}/activity")
    assert messaging().send(outgoing(Typing())) == Sent()
    said = {"author": {"type": "business"}, "type": "typing:start"}
    assert asked(api) == [("POST", f"conversations/{CONVERSATION}/activity", said)]


def conversation(active=US, **fields):
    return {"conversation": {"id": CONVERSATION, "type": "personal", "activeSwitchboardIntegration": active, **fields}}


def handing(api, active=US, **fields):
    says(api, "GET", f"conversations/{CONVERSATION}", conversation(active, **fields))
    said = [
        {"id": "m1", "source": {"type": "web"}},
        {"id": "m2", "source": {"type": "zd:agentWorkspace"}},
        {"id": "m3", "source": {"type": "web"}},
        {"id": "m4", "source": {"type": "api:conversations"}},
    ]
    says(api, "GET", MESSAGES, {"messages": said})
    says(api, "POST", f"conversations/{CONVERSATION}/passControl")
    says(api, "GET", f"users/{ADA}", {"user": {"id": ADA, "zendeskId": "300"}})


def passed(api):
    return [body for _, path, body in asked(api) if path.endswith("passControl")]


def test_handing_over_passes_control_with_a_tag_that_names_the_conversation(api):
    handing(api, metadata={"lang": "en", "aissist_tags": "vip,returns"})
    says(api, "PATCH", f"conversations/{CONVERSATION}")
    support = Support()
    assert messaging(support).send(outgoing(Assign("", "People", "why"))) == Sent()
    metadata = {"aissist": REF, "dataCapture.systemField.tags": f"{TAG},vip,returns", "first_message_id": "m3"}
    assert passed(api) == [{"switchboardIntegration": "zd-agentWorkspace", "metadata": metadata}]
    assert asked(api)[-1][2] == {"metadata": {"lang": "en", "aissist_tags": ""}}  # the ticket has them now
    assert support.told == []


def test_a_group_is_the_tickets(api):
    handing(api)
    support = Support(found=[{"id": 7, "tags": [TAG], "status": "new"}])
    assign = Assign("500", "Returns", "why")
    assert messaging(support).send(outgoing(assign)) == Sent("c1")
    assert (len(passed(api)), support.told) == (1, [("7", assign)])


@pytest.mark.parametrize(("people", "again"), [("zd-agentWorkspace", 0), ("next", 0), ("elsewhere", 1)])
def test_control_is_passed_once(api, people, again):
    handing(api, active=PEOPLE)
    messaging(messaging_people=people).send(outgoing(Assign("", "People", "why")))
    assert len(passed(api)) == again


@pytest.mark.parametrize(("control", "times"), [(PEOPLE, 1), (US, 0)], ids=["people's", "ours"])
def test_what_was_given_back_elsewhere_is_taken_back_from_people(api, control, times):
    handing(api, active=control)
    assert messaging().send(outgoing(Reclaim())) == Sent()
    assert passed(api) == [{"switchboardIntegration": "aissist", "metadata": {"aissist": REF}}] * times


WAITS = {
    "a note": (Note("Summary"), None),
    "a group": (Assign("500", "Returns", "why"), None),
    "a status": (SetStatus(TicketStatus.PENDING), Sent()),
}


@pytest.mark.parametrize(("effect", "result"), WAITS.values(), ids=WAITS)
def test_what_is_for_a_ticket_waits_for_it(api, effect, result):
    handing(api)
    support = Support(found=[{"id": 6, "tags": ["vip"]}])
    if result:
        assert messaging(support).send(outgoing(effect)) == result
    else:
        with pytest.raises(DeliveryError, match="made no ticket of this conversation yet") as error:
            messaging(support).send(outgoing(effect))
        assert error.value.failure is Failure.UNREACHABLE
    assert support.told == []
    assert support.asked == ["/api/v2/users/300/tickets/requested", "/api/v2/search"]


def test_tags_without_a_ticket_are_kept_with_the_conversation(api):
    handing(api, metadata={"lang": "en", "aissist_tags": "old,vip"})
    says(api, "PATCH", f"conversations/{CONVERSATION}")
    assert messaging().send(outgoing(Tag(add=("vip", "new"), remove=("old",)))) == Sent()
    kept = {"metadata": {"lang": "en", "aissist_tags": "vip,new"}}
    assert asked(api)[-1] == ("PATCH", f"conversations/{CONVERSATION}", kept)


def test_tags_wait_for_the_ticket_that_people_are_about_to_get(api):
    handing(api, active=PEOPLE)
    with pytest.raises(DeliveryError, match="made no ticket"):
        messaging().send(outgoing(Tag(add=("vip",))))


def test_of_several_tickets_the_newest_open_one_counts(api):
    handing(api)
    tickets = [("7", "closed"), ("5", "solved"), ("6", "open"), ("9", "closed")]
    support = Support(found=[{"id": int(number), "tags": [TAG], "status": status} for number, status in tickets])
    messaging(support).send(outgoing(Note("Summary")))
    assert support.told == [("6", Note("Summary"))]


def test_a_closed_ticket_takes_no_notes_any_more(api):
    handing(api)
    support = Support(found=[{"id": 7, "tags": [TAG], "status": "closed"}])
    with pytest.raises(DeliveryError, match="made no ticket"):
        messaging(support).send(outgoing(Note("Summary")))


def test_a_customer_whom_zendesk_does_not_know_is_searched_for(api):
    says(api, "GET", f"users/{ADA}", {"errors": [{"code": "not_found", "title": "User not found"}]}, 404)
    support = Support(found=[{"id": 7, "tags": [TAG]}])
    messaging(support).send(outgoing(Tag(add=("vip",))))
    assert (support.asked, support.told) == (["/api/v2/search"], [("7", Tag(add=("vip",)))])


def test_what_became_of_a_note_is_found_out_on_the_ticket(api):
    handing(api)
    support = Support(found=[{"id": 7, "tags": [TAG]}])
    assert messaging(support).settle(outgoing(Note("Summary"))) == Sent("settled on 7")
    assert messaging().settle(outgoing(Note("Summary"))) is None
    assert messaging().settle(outgoing(Assign("", "People", "why"))) is None


FAILURES = {
    "throttled": (429, {"retry-after": "7"}, Failure.THROTTLED, 7),
    "throttled without a time": (429, {}, Failure.THROTTLED, 30),
    "no key of ours": (401, {}, Failure.CREDENTIALS, None),
    "not allowed": (403, {}, Failure.CREDENTIALS, None),
    "gone": (404, {}, Failure.REJECTED, None),
    "full": (423, {}, Failure.REJECTED, None),
    "wrong": (400, {}, Failure.REJECTED, None),
    "broken": (502, {}, Failure.UNREACHABLE, None),
    "later": (503, {"retry-after": "9"}, Failure.THROTTLED, 9),
}


@pytest.mark.parametrize(("status", "headers", "failure", "wait"), FAILURES.values(), ids=FAILURES)
def test_each_failure_by_its_name(api, status, headers, failure, wait):
    told = {"errors": [{"code": "locked", "title": "Message limit of 30000 per conversation reached."}]}
    says(api, "POST", MESSAGES, told, status, headers=headers)
    with pytest.raises(DeliveryError, match="Message limit of 30000 per conversation reached") as error:
        messaging().send(outgoing(Reply("Hi", Purpose.REPLY, "Aida")))
    assert (error.value.failure, error.value.retry_after) == (failure, wait)
    assert "secret-key" not in error.value.public


def test_an_answer_that_is_not_json_may_mean_that_it_arrived(api):
    api.post(API + MESSAGES, body="<html>", status=201)
    with pytest.raises(DeliveryError) as error:
        messaging().send(outgoing(Reply("Hi", Purpose.REPLY, "Aida")))
    assert error.value.failure is Failure.UNKNOWN


@pytest.mark.parametrize("missing", ["messaging_app_id", "messaging_key_id", "messaging_key_secret"])
def test_without_messaging_nothing_is_asked(api, missing):
    with pytest.raises(DeliveryError, match="Messaging isn't set up"):
        messaging(**{missing: ""}).send(outgoing(Typing()))
    assert asked(api) == []


# --- What was said ----------------------------------------------------------------------------------------------------


def test_a_conversation_is_read_with_the_notes_on_its_ticket(api):
    said = [
        {
            "id": "m1",
            "received": "2026-01-31T12:00:00Z",
            "author": {"type": "user", "displayName": "Ada"},
            "content": {"type": "text", "text": "Hi"},
        },
        {
            "id": "m2",
            "received": "2026-01-31T12:02:00Z",
            "author": {"type": "business", "displayName": "Grace"},
            "content": {"type": "image", "mediaUrl": "https://shop.zendesk.com/a.png"},
        },
    ]
    earlier = {"id": "m0", "received": "2026-01-30T12:00:00Z", "author": {"type": "user"}, "content": {"type": "x"}}
    cursor = "64aa00000000000000000e00"
    more = {"messages": said, "meta": {"hasMore": True, "beforeCursor": cursor}}
    api.get(API + MESSAGES, json=more, match=[responses.matchers.query_param_matcher({})])
    before = [responses.matchers.query_param_matcher({"page[before]": cursor})]
    api.get(API + MESSAGES, json={"messages": [earlier], "meta": {"hasMore": False}}, match=before)
    says(api, "GET", f"conversations/{CONVERSATION}/participants", {"participants": [{"userId": ADA}]})
    profile = {"givenName": "Ada", "email": "ada@example.com", "avatarUrl": "https://a.example"}
    says(api, "GET", f"users/{ADA}", {"user": {"id": ADA, "zendeskId": "300", "profile": profile}})
    note = Past(Speaker.NOTE, "VIP", at=datetime.datetime(2026, 1, 31, 12, 1, tzinfo=datetime.UTC))
    found = messaging(Support(found=[{"id": 7, "tags": [TAG]}], notes=(note,))).read(THREAD)
    assert [(past.who, past.text, past.author) for past in found.said] == [
        (Speaker.CUSTOMER, "[A message of a kind that we don't know]", ""),
        (Speaker.CUSTOMER, "Hi", "Ada"),
        (Speaker.NOTE, "VIP", ""),
        (Speaker.STAFF, "[Image: a.png]", "Grace"),
    ]
    assert found.customer == {"givenName": "Ada", "email": "ada@example.com"}


FETCHED = {
    "the account's": ("https://shop.zendesk.com/sc/attachments/v2/1/a.png", "Basic YXBwXzE6c2VjcmV0LWtleQ=="),
    "smooch's": ("https://media.smooch.io/apps/1/a.png", None),
    "another account's": ("https://other.zendesk.com/sc/attachments/v2/1/a.png", None),
}


@pytest.mark.parametrize(("address", "proof"), FETCHED.values(), ids=FETCHED)
def test_a_file_is_fetched_from_zendesk_and_only_the_account_hears_our_key(api, address, proof):
    api.get(address, status=302, headers={"Location": "https://signed.example.com/a.png?sig=1"})
    api.get("https://signed.example.com/a.png", body=b"PNG")
    assert messaging().fetch(Attachment("a.png", reference=f"sc:{address}")) == b"PNG"
    assert [call.request.headers.get("Authorization") for call in api.calls] == [proof, None]


UNFETCHED = {
    "elsewhere": ("https://evil.example/a.png", "isn't at Zendesk"),
    "a name that only ends alike": ("https://evilzendesk.com/a.png", "isn't at Zendesk"),
    "not https": ("http://shop.zendesk.com/a.png", "isn't at Zendesk"),
    "another port": ("https://shop.zendesk.com:8443/a.png", None),
    "gone": ("https://media.smooch.io/gone.png", "doesn't give out this file"),
    "led astray": ("https://media.smooch.io/astray.png", "isn't https"),
    "led in circles": ("https://media.smooch.io/circle.png", "answered 302"),
}


@pytest.mark.parametrize(("address", "why"), UNFETCHED.values(), ids=UNFETCHED)
def test_a_file_that_is_not_fetched(api, address, why):
    api.get("https://media.smooch.io/gone.png", status=403)
    api.get("https://media.smooch.io/astray.png", status=302, headers={"Location": "http://10.0.0.1/"})
    api.get("https://media.smooch.io/circle.png", status=302, headers={"Location": "/circle.png"})
    api.get("https://shop.zendesk.com:8443/a.png", body=b"PNG")
    if why is None:
        assert messaging().fetch(Attachment("a", reference=f"sc:{address}")) == b"PNG"
        assert "Authorization" not in api.calls[0].request.headers
        return
    with pytest.raises(DeliveryError, match=why) as error:
        messaging().fetch(Attachment("a", reference=f"sc:{address}"))
    assert error.value.failure is Failure.REJECTED


def test_a_server_of_ones_own_is_asked_for_its_files(api):
    api.get("http://127.0.0.1:9/media/a.png", body=b"PNG")
    ours = messaging(messaging_url="http://127.0.0.1:9/sc")
    assert ours.fetch(Attachment("a", reference="sc:http://127.0.0.1:9/media/a.png")) == b"PNG"


# --- The account ------------------------------------------------------------------------------------------------------

BOARD = {
    "id": "64aa0000000000000000d00d",
    "enabled": True,
    "defaultSwitchboardIntegrationId": "64aa0000000000000000aaaa",
}
PLACES = f"switchboards/{BOARD['id']}/switchboardIntegrations"
INTEGRATION, WEBHOOK = US["integrationId"], "64aa0000000000000000e001"
WANTED = {"target": HOOK, "triggers": list(TRIGGERS), "includeFullUser": True}


def setup(api, integrations=(), webhook=None, places=(PEOPLE,), board=BOARD):
    says(api, "GET", "integrations", {"integrations": list(integrations), "meta": {"hasMore": False}})
    says(api, "POST", "integrations", {"integration": {"id": INTEGRATION, "type": "custom"}}, 201)
    known = {"id": WEBHOOK, "secret": SECRET, **(webhook or WANTED)}
    says(api, "GET", f"integrations/{INTEGRATION}/webhooks", {"webhooks": [known]})
    says(api, "PATCH", f"integrations/{INTEGRATION}/webhooks/{WEBHOOK}")
    says(api, "GET", "switchboards", {"switchboards": [board] if board else []})
    says(api, "GET", PLACES, {"switchboardIntegrations": list(places)})
    says(api, "POST", PLACES, {"switchboardIntegration": US}, 201)
    says(api, "PATCH", f"{PLACES}/{US['id']}")


def changes(api):
    return [(method, path, body) for method, path, body in asked(api) if method != "GET"]


MADE = {
    "type": "custom",
    "displayName": "Aissist pub1",
    "webhooks": [WANTED],
}
PLACED = {
    "name": "aissist",
    "integrationId": INTEGRATION,
    "deliverStandbyEvents": True,
    "nextSwitchboardIntegrationId": PEOPLE["id"],
}
STATE = {"integration": INTEGRATION, "switchboard": BOARD["id"], "place": US["id"]}
STANDING_BY = {**US, "deliverStandbyEvents": True}


def test_connecting_makes_an_integration_with_our_webhook_and_puts_it_on_the_switchboard(api):
    setup(api)
    found = messaging().connect(HOOK, {})
    assert (found.state, found.secrets, found.steps) == (STATE, {"messaging_webhook_secret": SECRET}, ())
    assert changes(api) == [("POST", "integrations", MADE), ("POST", PLACES, PLACED)]


ALREADY = {
    "as it was": ({}, []),
    "at another address": (
        {"webhook": {**WANTED, "target": "https://old.example.com"}},
        [("PATCH", f"integrations/{INTEGRATION}/webhooks/{WEBHOOK}", WANTED)],
    ),
    "without what people write": (
        {"places": [{**US, "deliverStandbyEvents": False}]},
        [("PATCH", f"{PLACES}/{US['id']}", {"deliverStandbyEvents": True})],
    ),
}


@pytest.mark.parametrize("state", [STATE, {}], ids=["known", "the answer was lost"])
@pytest.mark.parametrize(("there", "changed"), ALREADY.values(), ids=ALREADY)
def test_connecting_twice_is_connecting_once(api, state, there, changed):
    known = [{"id": INTEGRATION, "type": "custom", "displayName": "Aissist pub1"}]
    setup(api, **{"integrations": known, "places": [PEOPLE, STANDING_BY], **there})
    assert messaging().connect(HOOK, state).state == STATE
    assert changes(api) == changed


def test_another_one_of_our_name_is_left_alone(api):
    setup(api, places=[{**STANDING_BY, "integrationId": "another"}])
    with pytest.raises(DeliveryError, match="Choose another name for ours"):
        messaging().connect(HOOK, {})
    assert not any(path == PLACES for _, path, _ in changes(api))


def test_disconnecting_takes_away_what_was_made(api):
    says(api, "DELETE", f"{PLACES}/{US['id']}")
    says(api, "DELETE", f"integrations/{INTEGRATION}", {"errors": [{"code": "not_found"}]}, 404)
    messaging().disconnect(STATE)
    assert [path for _, path, _ in changes(api)] == [f"{PLACES}/{US['id']}", f"integrations/{INTEGRATION}"]


def test_disconnecting_what_was_never_connected_asks_nothing(api):
    messaging().disconnect({})
    assert asked(api) == []


CHECKS = {
    "fine": ({"places": [STANDING_BY]}, {}, Health(True, "Messaging works.")),
    "another begins": (
        {"places": [STANDING_BY], "board": {**BOARD, "defaultSwitchboardIntegrationId": PEOPLE["id"]}},
        {},
        Health(
            True,
            "Messaging works. New conversations still begin with another integration: to have the agent begin, set "
            f"defaultSwitchboardIntegrationId of the switchboard {BOARD['id']} to {US['id']}.",
        ),
    ),
    "no switchboard": (
        {"board": None},
        {},
        Health(False, "Messaging has no switchboard, so conversations can't be passed to people."),
    ),
    "not on it": (
        {},
        {},
        Health(False, "The switchboard of messaging has nothing called “aissist”. Press “Connect”."),
    ),
    "deaf while standing by": (
        {"places": [US]},
        {},
        Health(False, "“aissist” isn't told what people write (deliverStandbyEvents). Press “Connect”."),
    ),
    "no secret": (
        {"places": [STANDING_BY]},
        {"messaging_webhook_secret": ""},
        Health(False, "Messaging has no webhook secret yet. Press “Connect”."),
    ),
}


@pytest.mark.parametrize(("there", "values", "health"), CHECKS.values(), ids=CHECKS)
def test_connection_in_words(api, there, values, health):
    setup(api, **there)
    assert messaging(**values).check() == health


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("messaging_app_id", "short"),
        ("messaging_integration", "with space"),
        ("messaging_people", ""),
        ("messaging_people", "ä"),
        ("messaging_url", "ftp://a.example"),
        ("messaging_key_secret", "two words"),
    ],
)
def test_a_configuration_that_cannot_work_is_refused(option, value):
    if not value:
        assert getattr(messaging(**{option: value}).config, option) == "zd-agentWorkspace"
        return
    with pytest.raises(ConfigError) as error:
        messaging(**{option: value})
    assert set(error.value.errors) == {option}


# --- In one gateway with tickets --------------------------------------------------------------------------------------

TICKETS_SECRET = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="
SIGNED_IN = {"email": "agent@shop.example", "api_token": "token"}
SUPPORT = "https://shop.zendesk.com/api/v2/"


def zendesk(**values):
    ours = messaging(**{"webhook_secret": TICKETS_SECRET, **SIGNED_IN, **values})
    return Zendesk(ours.account, ours.config, ours.secrets, ours.http)


def ticket_event(kind, tags, event):
    detail = {"id": "5158", "tags": tags, "requester_id": "77", "updated_at": "2026-01-31T12:00:00Z"}
    return request({"type": f"zen:event-type:ticket.{kind}", "id": "e1", "detail": detail, "event": event})


def test_a_kept_request_of_messaging_is_read_without_its_proof():
    [event] = zendesk().parse(request((PAYLOADS / "message_text.json").read_bytes()))
    assert event.thread == THREAD


@pytest.mark.parametrize("tags", [["vip", TAG], ["vip"]], ids=["of messaging", "of its own"])
def test_a_group_that_a_ticket_got_is_told_of_its_conversation(tags):
    [event] = zendesk().parse(ticket_event("group_assignment_changed", tags, {"current": "500"}))
    assert (event.thread, event.destination) == (THREAD if TAG in tags else "5158", "500")


def test_so_it_is_where_rules_tell():
    body = b'{"aissist": "solved", "ticket_id": "5158", "tags": "vip ' + TAG.encode() + b'", "text": "say "hi""}'
    [event] = zendesk().parse(request(body))
    assert event == Closed(event.key, THREAD)
    [event] = zendesk().parse(request(body.replace(TAG.encode(), b"").replace(b"hi", TAG.encode())))
    assert event == Closed(event.key, "5158")  # what a customer writes is no tag


def test_a_note_of_a_conversation_is_left_on_its_ticket(api):
    says(api, "GET", f"users/{ADA}", {"user": {"id": ADA, "zendeskId": "300"}})
    api.get(f"{SUPPORT}users/300/tickets/requested", json={"tickets": [{"id": 7, "tags": [TAG]}]})
    api.put(f"{SUPPORT}tickets/7", json={"ticket": {}, "audit": {"events": [{"type": "Comment", "id": 9}]}})
    assert zendesk().send(outgoing(Note("Summary"))) == Sent("9")
    assert [call.request.headers["Authorization"][:12] for call in api.calls] == [
        "Basic YXBwXz",
        "Basic YWdlbn",
        "Basic YWdlbn",
    ]


def test_tickets_have_neither_buttons_nor_anybody_who_watches(api):
    api.put(f"{SUPPORT}tickets/7", json={"ticket": {}, "audit": {}})
    assert zendesk().send(Outgoing(Typing(), "7", "77", REF)) == Sent()
    assert zendesk().send(Outgoing(Reclaim(), "7", "77", REF)) == Sent()
    zendesk().send(Outgoing(Reply("Which?", Purpose.REPLY, "Aida", choices=("S", "M")), "7", "77", REF))
    [call] = api.calls
    body = json.loads(call.request.body)["ticket"]["comment"]["html_body"]
    assert body.replace("\n", "") == "<p>Which?</p><ul><li>S</li><li>M</li></ul>"


def test_a_gateway_without_messaging_is_one_of_tickets_alone(api):
    bare = zendesk(messaging_app_id="", messaging_webhook_secret="")
    with pytest.raises(SignatureError, match="no secret for messaging"):
        bare.verify(request(b"{}", **{"x-api-key": ""}))
    with pytest.raises(SignatureError):
        bare.verify(request(b"{}"))
    with pytest.raises(DeliveryError, match="Messaging isn't set up"):
        bare.send(outgoing(Typing()))
    assert not bare.config.has_messaging and asked(api) == []
