"""Request Tracker: a transaction in, an event out; an effect in, the whole request out; answers, and what they mean."""

import base64
import datetime
import json
import re
import time
from pathlib import Path

import pytest
import responses
import time_machine

from agents.http import Http, Policy
from gateways import config
from gateways.adapters.request_tracker.adapter import RequestTracker
from gateways.base import Account, Health, InboundRequest
from gateways.errors import ConfigError, DeliveryError, Failure, SignatureError
from gateways.messages import (
    Assign,
    Assigned,
    Attachment,
    Background,
    Closed,
    CustomerSaid,
    Draft,
    Gone,
    Ignored,
    Note,
    Open,
    Outgoing,
    Past,
    Person,
    Place,
    Purpose,
    Reply,
    Sent,
    SetStatus,
    Speaker,
    StaffSaid,
    Teammate,
    TicketStatus,
)

PAYLOADS = Path(__file__).parents[2] / "payloads" / "request_tracker"
RT = "https://rt.example.com"
REST = f"{RT}/REST/2.0"
TOKEN = "1-31-9d680a04da9b37226e1b9ed56e067192"
KEY = "whsec_" + "aW5h" * 8
REF = "5f0c3d1e-1f0a-4c57-8a53-7f6f2f3f1a01"
MARK = f"<!-- aissist:{REF} -->"
ADA = Person("33", "Ada Lovelace", "ada@customer.example")


def tracker(teammate=None, **values):
    given = {"url": RT, "token": TOKEN, "webhook_secret": KEY, **values}
    account = Account(1, "pub1", "Helpdesk", teammate)
    return RequestTracker(account, config.load(RequestTracker.Config, given), given, Http(Policy()))


def payload(name):
    return json.loads((PAYLOADS / f"{name}.json").read_text())


def parsed(body, **values):
    [event] = tracker(**values).parse(InboundRequest("POST", {}, json.dumps(body).encode()))
    return event


def at(minute, second):
    return datetime.datetime(2026, 11, 21, 19, minute, second, tzinfo=datetime.UTC)


# --- In ---------------------------------------------------------------------------------------------------------------

EVENTS = {
    "created": CustomerSaid(
        key="transaction/111",
        thread="7",
        sender=ADA,
        text="Es hat ein Loch, größer als ein Daumen. See the picture.",
        message_id="transaction/111",
        destination="1",
        subject="My tent has a hole",
        at=at(58, 45),
        attachments=(Attachment("hole.png", "image/png", 8, "53"),),
        channel="email",
        assignee="",
    ),
    "own_reply": StaffSaid(
        key="transaction/113",
        thread="7",
        text="You have 30 days.",
        author="Shop assistant",
        message_id="transaction/113",
        client_ref=REF,
        at=at(58, 46),
    ),
    "opened_by_itself": Ignored("transaction/115", "The ticket is “open” now."),
    "customer_replied": CustomerSaid(
        key="transaction/116",
        thread="7",
        sender=ADA,
        text="Thank you! And the pegs?",
        message_id="transaction/116",
        destination="1",
        subject="My tent has a hole",
        at=at(58, 46),
        channel="email",
        assignee="",
    ),
    "automatic_reply": CustomerSaid(
        key="transaction/117",
        thread="7",
        sender=ADA,
        text="I am away until Monday.",
        message_id="transaction/117",
        destination="1",
        subject="My tent has a hole",
        at=at(58, 47),
        channel="email",
        automated="it says so (Auto-Submitted: auto-replied).",
        assignee="",
    ),
    "commented": StaffSaid(
        key="transaction/118",
        thread="7",
        text="She is a regular.",
        author="Grace Hopper",
        message_id="transaction/118",
        internal=True,
        at=at(58, 47),
    ),
    "staff_replied": StaffSaid(
        key="transaction/119",
        thread="7",
        text="Hello, Grace here.",
        author="Grace Hopper",
        message_id="transaction/119",
        at=at(58, 48),
    ),
    "moved": Assigned("transaction/121", "7", destination="3", by="Grace Hopper"),
    "moved_by_us": Ignored("transaction/135", "We did that ourselves."),
    "taken": Assigned("transaction/122", "7", assignee="29", assignee_name="Grace Hopper", by="Grace Hopper"),
    "given_to_agent": Assigned(
        "transaction/124", "7", assignee="31", assignee_name="Shop assistant", to_agent=True, by="Grace Hopper"
    ),
    "given_to_nobody": Assigned("transaction/127", "7", assignee="", by="Grace Hopper"),
    "stalled": Ignored("transaction/129", "The ticket is “stalled” now."),
    "resolved": Closed("transaction/130", "7"),
    "resolved_by_us": Ignored("transaction/133", "We did that ourselves."),
    "created_without_words": CustomerSaid(
        key="transaction/140",
        thread="8",
        sender=ADA,
        text="Where is my order?",
        message_id="transaction/140",
        destination="1",
        subject="Where is my order?",
        at=at(58, 53),
        assignee="",
    ),
    "created_by_staff": StaffSaid(
        key="transaction/145",
        thread="9",
        text="Is it raining?",
        author="Grace Hopper",
        message_id="transaction/145",
        at=at(58, 54),
    ),
    "merged": Gone("transaction/147", "9", "The ticket was merged into another.", into="7"),
    "merged_into": Ignored("transaction/148", "Another ticket was merged into this one."),
    "deleted": Gone("transaction/149", "8", "The ticket was deleted in Request Tracker."),
}


@pytest.mark.parametrize(("name", "event"), EVENTS.items(), ids=EVENTS)
def test_each_transaction_that_a_scrip_tells(name, event):
    assert parsed(payload(name)) == event


def test_what_a_form_writes_is_its_requestors():
    event = parsed(payload("created_by_staff"), forms="portal, grace")
    assert (event.sender.email, event.text) == ("bob@customer.example", "Is it raining?")


def test_a_mark_in_what_somebody_else_writes_is_a_quotation():
    body = payload("own_reply")
    assert parsed({**body, "by": payload("commented")["by"]}).client_ref == ""
    body["parts"][1 if len(body["parts"]) > 1 else 0]["content"] = f"<p>Hello</p><blockquote>{MARK}</blockquote>"
    assert parsed(body).client_ref == ""


def test_we_are_known_by_token_name_or_teammate():
    own = payload("resolved_by_us")
    assert isinstance(parsed(own), Ignored)
    assert isinstance(parsed(own, token="", user="aissist", password="p"), Ignored)
    assert isinstance(parsed(own, token="", user="other", password="p", teammate=Teammate("31")), Ignored)
    assert isinstance(parsed(own, token="", user="other", password="p"), Closed)


def test_what_request_tracker_writes_by_itself_is_automated():
    robot = {"id": "1", "login": "RT_System", "name": "The RT System itself", "email": "", "privileged": False}
    assert parsed({**payload("staff_replied"), "by": robot}).automated


def test_a_status_of_ones_own_closes_where_it_is_the_solved_one():
    body = payload("stalled")
    assert isinstance(parsed(body, solved_status="stalled"), Closed)


def test_a_ticket_that_is_somebodys_says_so():
    body = payload("customer_replied")
    body["ticket"]["owner"] = payload("commented")["by"]
    event = parsed(body)
    assert (event.assignee, event.assignee_name) == ("29", "Grace Hopper")


def test_html_alone_is_read_as_text_without_what_it_quotes():
    body = payload("customer_replied")
    body["parts"][0].update(type="text/html", content="<p>And the <b>pegs</b>?</p><blockquote>30 days</blockquote>")
    assert parsed(body).text == "And the pegs?"


LISTED = "X-RT-Interface: Email\nFrom: ada@customer.example\nList-Id: <{}>"
HEADS = {
    "a person's": ("X-RT-Interface: Email\nFrom: ada@customer.example", ""),
    "by a list": (
        LISTED.format("news.other.example"),
        "it came through a mailing list (List-Id: <news.other.example>).",
    ),
    "by the list that is our own address": (LISTED.format("billing.shop.example"), ""),
    "another helpdesk's": (
        "X-RT-Interface: Email\nFrom: help@other.example\nX-RT-Loop-Prevention: other.example",
        "Request Tracker wrote it (header X-Rt-Loop-Prevention).",
    ),
    "not a mail": ("X-RT-Interface: Web\nPrecedence: bulk", ""),
}


@pytest.mark.parametrize(("head", "why"), HEADS.values(), ids=HEADS)
def test_programs_are_known_by_the_mails_headers(head, why):
    body = payload("customer_replied")
    body["parts"][0]["headers"] = head
    body["ticket"]["addresses"] = ["billing@shop.example"]
    assert parsed(body).automated == why


def test_the_texts_of_a_mail_are_put_together_and_files_are_not():
    body = payload("customer_replied")
    text = {**body["parts"][0], "headers": ""}
    body["parts"] += [
        {**text, "id": "70", "content": "One more thing."},
        {**text, "id": "71", "file": "log.txt", "content": ""},
        {**text, "id": "72", "type": "image/png", "headers": "Content-ID: <a@b>", "content": "", "length": 8},
    ]
    body["parts"][0]["content"] = "And the pegs?"
    event = parsed(body)
    assert event.text == "And the pegs?\nOne more thing."
    files = [(file.name, file.inline, file.reference) for file in event.attachments]
    assert files == [("log.txt", False, "71"), ("file", True, "72")]


def signed():
    told = payload("signed")
    return InboundRequest("POST", told["headers"], told["body"].encode())


def test_the_signature_that_the_scrip_made_holds_for_five_minutes():
    made = datetime.datetime.fromtimestamp(int(signed().headers["webhook-timestamp"]), datetime.UTC)
    with time_machine.travel(made, tick=False):
        tracker().verify(signed())
        with pytest.raises(SignatureError):
            tracker(webhook_secret="whsec_" + "b3V0" * 8).verify(signed())
        with pytest.raises(SignatureError, match="no webhook secret yet"):
            tracker(webhook_secret="").verify(signed())
    with time_machine.travel(made + datetime.timedelta(minutes=6)), pytest.raises(SignatureError, match="five minutes"):
        tracker().verify(signed())


# --- Polling ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def rt():
    """The recorded answers, by address; what isn't among them isn't there."""
    answers = json.loads((PAYLOADS / "answers.json").read_text())

    def answer(request):
        assert request.headers["Authorization"] == f"token {TOKEN}"
        found = answers.get(request.url)
        return (404, {}, '{"message":"Not Found"}') if found is None else (200, {}, json.dumps(found))

    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.add_callback(responses.GET, re.compile(f"{REST}/.*"), answer)
        yield mock


def told(polled):
    return [json.loads(request.body) for request in polled.requests]


LATER = at(59, 59) + datetime.timedelta(minutes=5)


@time_machine.travel(LATER, tick=False)
def test_polling_tells_the_same_as_the_scrip(rt):
    cursor, found = {"after": 110, "known": []}, []
    while (polled := tracker().poll(cursor, 0)).requests:
        found += polled.requests
        cursor = polled.cursor
    events = {event.key: event for request in found for event in tracker().parse(request)}
    gone_since = {"transaction/140", "transaction/145"}  # deleted, and merged into another ticket
    assert {key: event for key, event in events.items() if key not in gone_since | {"transaction/132"}} == {
        event.key: event for event in EVENTS.values() if event.key not in gone_since
    }
    assert isinstance(events["transaction/140"], Ignored)
    assert events["transaction/145"].thread == "7"
    assert cursor == {"after": 149, "known": []}


@time_machine.travel(at(59, 0), tick=False)
def test_numbers_that_may_turn_up_late_are_waited_for(rt):
    polled = tracker().poll({"after": 110, "known": []}, 0)
    assert polled.cursor == {"after": 110, "known": [111, 113, 115, 116, 117, 118, 119, 121, 122, 123]}
    again = tracker().poll(polled.cursor, 0)
    assert told(again)[0]["transaction"]["id"] == "124"


def test_the_first_poll_begins_where_the_history_ends():
    with responses.RequestsMock() as mock:
        mock.get(f"{REST}/transactions", json={"items": [{"id": "95"}]})
        assert tracker().poll({}, 0).cursor == {"after": 95, "known": []}
        assert mock.calls[0].request.params["order"] == "DESC"
    with responses.RequestsMock() as mock:
        mock.get(f"{REST}/transactions", json={"items": []})
        assert tracker().poll({}, 0).cursor == {"after": 0, "known": []}


@pytest.mark.parametrize(("receive", "waited"), [("polling", []), ("webhook", [25.0])])
def test_where_a_scrip_tells_the_poll_only_follows_after_a_while(monkeypatch, api, receive, waited):
    naps = []
    monkeypatch.setattr(time, "sleep", naps.append)
    api.get(f"{REST}/transactions", json={"items": []})
    assert tracker(receive=receive).poll({"after": 9, "known": []}, 25.0).cursor == {"after": 9, "known": []}
    assert naps == waited


# --- Out --------------------------------------------------------------------------------------------------------------


def outgoing(effect, thread="7", files=()):
    return Outgoing(effect, thread, "33", REF, files=files)


@pytest.fixture
def api():
    with responses.RequestsMock() as mock:
        yield mock


def sent(mock, index=-1):
    request = mock.calls[index].request
    return request.method, request.url.removeprefix(REST), json.loads(request.body)


def located(where):
    return {"status": 201, "headers": {"Location": f"/REST/2.0/{where}"}, "json": ["Correspondence added"]}


PDF = Attachment("label.pdf", "application/pdf", content=b"%PDF")
WRITES = {
    "a reply": (
        Reply("**30 days**", Purpose.REPLY, "Ada"),
        (),
        "/ticket/7/correspond",
        {"Content": f"{MARK}\n<p><strong>30 days</strong></p>", "ContentType": "text/html", "Attachments": []},
    ),
    "a reply with a file": (
        Reply("See", Purpose.HUMAN, "Grace"),
        (PDF,),
        "/ticket/7/correspond",
        {
            "Content": f"{MARK}\n<p>See</p>",
            "ContentType": "text/html",
            "Attachments": [{"FileName": "label.pdf", "FileType": "application/pdf", "FileContent": "JVBERg=="}],
        },
    ),
    "a note": (
        Note("Wants <b>people</b>"),
        (),
        "/ticket/7/comment",
        {"Content": f"{MARK}\n<p>Wants &lt;b&gt;people&lt;/b&gt;</p>", "ContentType": "text/html", "Attachments": []},
    ),
}


@pytest.mark.parametrize(("effect", "files", "path", "body"), WRITES.values(), ids=WRITES)
def test_the_whole_request(api, effect, files, path, body):
    api.post(f"{REST}{path}", **located("transaction/113"))
    assert tracker().send(outgoing(effect, files=files)) == Sent("transaction/113")
    assert sent(api) == ("POST", path, body)


def test_a_ticket_is_opened_without_a_requestor_whom_request_tracker_would_write_to(api):
    api.post(f"{REST}/ticket", **located("ticket/12"))
    opened = Open("Ada\nwaits", "Please call.", Person("u1", "Ada", "ada@customer.example", "+44 1632"))
    assert tracker(new_tickets="Billing").send(outgoing(opened, "")) == Sent("12")
    content = f"{MARK}\n<p>Please call.</p>\n<p>Ada · ada@customer.example · +44 1632</p>"
    method, path, body = sent(api)
    assert (method, path, body.pop("Content")) == ("POST", "/ticket", content)
    assert body == {"Queue": "Billing", "Subject": "Ada waits", "ContentType": "text/html"}


def test_a_ticket_is_opened_in_the_queue_that_is_named(api):
    api.post(f"{REST}/ticket", **located("ticket/13"))
    opened = Open("Ada waits", "Please call.", Person("u1", "Ada"), at="3")
    assert tracker(new_tickets="Billing").send(outgoing(opened, "")) == Sent("13")
    assert sent(api)[2]["Queue"] == "3"


def ticket(owner="6", queue="1", status="open"):
    logins = {"6": "Nobody", "29": "grace"}
    return {"json": {"Owner": {"id": logins[owner]}, "Queue": {"id": queue}, "Status": status}}


def test_passing_on_leaves_the_ticket_to_nobody_in_the_queue(api):
    for before, change in ((ticket("29"), "Owner"), (ticket(), "Queue")):
        api.get(f"{REST}/ticket/7", **before)
        api.put(f"{REST}/ticket/7", json=[f"Ticket 7: {change} changed"])
        api.get(f"{REST}/ticket/7", **ticket(queue="3" if change == "Queue" else "1"))
    assert tracker().send(outgoing(Assign("3", "Billing", "It asked for people."))) == Sent()
    assert [sent(api, at)[2] for at in (1, 4)] == [{"Owner": "Nobody"}, {"Queue": "3"}]


def test_what_is_so_already_is_left_so(api):
    api.get(f"{REST}/ticket/7", **ticket(queue="3"))
    assert tracker().send(outgoing(Assign("3", "Billing", ""))) == Sent()
    assert {call.request.method for call in api.calls} == {"GET"}


def test_a_queue_that_was_typed_in_by_hand_is_found_by_its_name(api):
    api.get(f"{REST}/queue/Second%20line", json={"id": 3, "Name": "Second line"})
    api.get(f"{REST}/ticket/7", **ticket(queue="3"))
    assert tracker().send(outgoing(Assign("Second line", "Second line", ""))) == Sent()


STATUSES = {TicketStatus.OPEN: "open", TicketStatus.PENDING: "waiting", TicketStatus.SOLVED: "resolved"}


@pytest.mark.parametrize(("status", "name"), STATUSES.items())
def test_a_status_by_the_lifecycles_own_name(api, status, name):
    api.get(f"{REST}/ticket/7", **ticket(status="new"))
    api.put(f"{REST}/ticket/7", json=["Status changed"])
    api.get(f"{REST}/ticket/7", **ticket(status=name))
    assert tracker(pending_status="waiting").send(outgoing(SetStatus(status))) == Sent()
    assert sent(api, 1) == ("PUT", "/ticket/7", {"Status": name})


def test_a_change_that_is_refused_with_200_is_refused(api):
    api.get(f"{REST}/ticket/7", **ticket())
    api.put(f"{REST}/ticket/7", json=["Ticket 7: Queue 999 does not exist"])
    with pytest.raises(DeliveryError, match="Queue 999 does not exist") as failure:
        tracker().send(outgoing(Assign("999", "Gone", "")))
    assert failure.value.failure is Failure.REJECTED


def test_a_ticket_that_is_out_of_sight_after_it_was_passed_on_is_passed_on(api):
    api.get(f"{REST}/ticket/7", **ticket())
    api.get(f"{REST}/ticket/7", **ticket())
    api.put(f"{REST}/ticket/7", json=["Ticket 7: Queue changed"])
    api.get(f"{REST}/ticket/7", status=404, json={"message": "Not Found"})
    assert tracker().send(outgoing(Assign("3", "Billing", ""))) == Sent()


FAILURES = {
    400: (Failure.REJECTED, "Request Tracker answered 400: Message could not be recorded."),
    401: (
        Failure.CREDENTIALS,
        "Request Tracker answered 401: Message could not be recorded. It doesn't know our token",
    ),
    403: (
        Failure.REJECTED,
        "Request Tracker answered 403: Message could not be recorded. Our user there lacks a right.",
    ),
    429: (Failure.THROTTLED, "The URL answered 429"),
    500: (Failure.UNKNOWN, "Request Tracker answered 500: Message could not be recorded. It isn't working now."),
    502: (Failure.UNKNOWN, "Request Tracker answered 502"),
    503: (Failure.UNREACHABLE, "The URL answered 503"),
}


@pytest.mark.parametrize(("status", "failure", "says"), [(code, *row) for code, row in FAILURES.items()], ids=FAILURES)
def test_each_failure_by_its_name(api, status, failure, says):
    api.post(f"{REST}/ticket/7/comment", status=status, json={"message": "Message could not be recorded"})
    with pytest.raises(DeliveryError) as raised:
        tracker().send(outgoing(Note("x")))
    assert (raised.value.failure, raised.value.public[: len(says)]) == (failure, says)


def test_an_answer_that_is_not_json_says_what_to_look_at(api):
    api.get(f"{REST}/rt", body="<html>Login</html>")
    with pytest.raises(DeliveryError, match="Is it version 5, and the address right"):
        tracker().check()


@pytest.mark.parametrize(
    ("effect", "thread", "says"),
    [(Draft("x", "Ada"), "7", "nothing like a draft"), (Note("x"), "7/../8", "no ticket of Request Tracker's")],
)
def test_what_cannot_be_sent_leaves_no_request(effect, thread, says):
    with pytest.raises(DeliveryError, match=says):
        tracker().send(outgoing(effect, thread))


def test_without_token_and_password_nothing_is_asked():
    with pytest.raises(DeliveryError, match="Set a token") as raised:
        tracker(token="").send(outgoing(Note("x")))
    assert raised.value.failure is Failure.CREDENTIALS


def test_a_password_is_sent_as_basic_authentication(api):
    api.post(f"{REST}/ticket/7/comment", **located("transaction/1"))
    tracker(token="", user="aissist", password="pässword").send(outgoing(Note("x")))
    pair = base64.b64encode("aissist:pässword".encode()).decode()
    assert api.calls[0].request.headers["Authorization"] == f"Basic {pair}"


# --- Settling ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("items", "settled"), [([{"TransactionId": "113"}], Sent("transaction/113")), ([], None)])
def test_words_of_unknown_outcome_are_looked_for_by_their_mark(api, items, settled):
    api.get(f"{REST}/ticket/7/attachments", json={"items": items})
    assert tracker().settle(outgoing(Reply("x", Purpose.REPLY, "Ada"))) == settled
    [query] = json.loads(api.calls[0].request.params["query"])
    assert query == {"field": "Content", "operator": "LIKE", "value": MARK}


def test_an_opened_ticket_is_looked_for_among_ours(api):
    api.get(f"{REST}/tickets", json={"items": [{"id": "14"}, {"id": "12"}]})
    api.get(f"{REST}/ticket/14/attachments", json={"items": []})
    api.get(f"{REST}/ticket/12/attachments", json={"items": [{"TransactionId": "90"}]})
    opened = Open("It's Ada", "x", Person("u1"))
    assert tracker().settle(outgoing(opened, "")) == Sent("12")
    assert api.calls[0].request.params["query"] == "Creator = '31' AND Subject = 'It\\'s Ada'"


def test_a_change_is_simply_made_again():
    assert tracker().settle(outgoing(Assign("3", "Billing", ""))) is None


# --- The account ------------------------------------------------------------------------------------------------------

ME = {"id": 31, "Name": "aissist", "RealName": "Shop assistant", "EmailAddress": "a@shop.example", "Privileged": 1}
QUEUES = [{"id": 3, "Name": "Billing", "Disabled": "0"}, {"id": 1, "Name": "General", "Disabled": "0"}]
OLD_QUEUE = {"id": 4, "Name": "Old", "Disabled": "1"}
LINKS = [{"ref": "correspond"}, {"ref": "comment"}, {"ref": "lifecycle"}]
CHECKS = {
    "all well": (ME, QUEUES, LINKS, "Request Tracker 5.0.3 knows us as aissist. It shows us: Billing, General."),
    "not privileged": ({**ME, "Privileged": 0}, QUEUES, LINKS, "The user aissist isn't privileged."),
    "no queue": (ME, [OLD_QUEUE], LINKS, "The user aissist sees no queue."),
    "may not reply": (ME, QUEUES, LINKS[1:], "On ticket 7 the user aissist lacks the rights: ReplyToTicket."),
    "may nothing": (ME, QUEUES, [], "On ticket 7 the user aissist lacks the rights: ReplyToTicket, CommentOnTicket, "),
}


@pytest.mark.parametrize(("me", "queues", "links", "says"), CHECKS.values(), ids=CHECKS)
def test_connection_in_words(me, queues, links, says):
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.get(f"{REST}/rt", json={"Version": "5.0.3", "Plugins": []})
        mock.get(f"{REST}/user/31", json=me)
        mock.get(f"{REST}/queues/all", json={"items": queues})
        mock.get(f"{REST}/tickets", json={"items": [{"id": "7"}]})
        mock.get(f"{REST}/ticket/7", json={"_hyperlinks": links})
        health = tracker().check()
    assert (health.ok, health.message[: len(says)]) == (says.startswith("Request"), says)
    assert isinstance(health, Health)


def test_queues_are_places_unless_they_are_disabled(api):
    api.get(f"{REST}/queues/all", json={"items": [*QUEUES, OLD_QUEUE]})
    assert list(tracker().places()) == [Place("queue", "3", "Billing"), Place("queue", "1", "General")]


def test_people_are_ourselves_and_who_else_is_privileged(api):
    api.get(f"{REST}/user/31", json=ME)
    api.get(f"{REST}/groups", json={"items": [{"id": "4"}]})
    api.get(f"{REST}/group/4/members", json={"items": [{"id": 31}, {"id": 29}]})
    api.get(f"{REST}/user/29", json={"id": 29, "Name": "grace", "RealName": "Grace Hopper", "EmailAddress": ""})
    assert list(tracker().people()) == [
        Teammate("31", "Shop assistant", "a@shop.example"),
        Teammate("29", "Grace Hopper"),
    ]


def test_a_file_is_fetched_by_its_reference(api):
    api.get(f"{REST}/attachment/54", json={"Content": base64.b64encode(b"\x89PNG").decode()})
    assert tracker().fetch(Attachment("hole.png", reference="54")) == b"\x89PNG"


def test_the_account_is_the_address():
    assert RequestTracker.account_of({"url": f"{RT}/", "user": "a"}) == RequestTracker.account_of(
        {"url": RT, "forms": "b"}
    )


OPTIONS = {
    "an address of REST 2": ({"url": f"{RT}/REST/2.0"}, "without “/REST/2.0”"),
    "an address with a query": ({"url": f"{RT}/?a=b"}, "without a query"),
    "a password in the address": ({"url": "https://a:b@rt.example.com"}, "without a query"),
    "no token": ({"token": "abc"}, "It looks like 1-31-"),
    "a user with a colon": ({"user": "a:b"}, "no colon"),
    "no signing secret": ({"webhook_secret": "abc"}, "whsec_"),
    "neither way": ({"receive": "pigeon"}, "Choose one of: polling, webhook."),
}


@pytest.mark.parametrize(("values", "says"), OPTIONS.values(), ids=OPTIONS)
def test_a_configuration_that_cannot_work_is_refused(values, says):
    with pytest.raises(ConfigError, match=says):
        tracker(**values)


def test_the_past_is_read_with_who_said_what(api):
    by = {"id": 33, "Name": "ada", "RealName": "Ada Lovelace", "EmailAddress": "ada@customer.example"}
    grace = {"id": 29, "Name": "grace", "RealName": "Grace Hopper"}
    common = {"Field": "", "OldValue": "", "NewValue": "", "Created": "2026-11-21T19:58:47Z", "ObjectId": "7"}
    rows = [
        {**common, "id": "118", "Type": "Comment", "Creator": grace},
        {**common, "id": "115", "Type": "Status", "Creator": grace},
        {**common, "id": "113", "Type": "Correspond", "Creator": grace},
        {**common, "id": "111", "Type": "Create", "Creator": by},
    ]
    part = {"ContentType": "text/plain", "Filename": "", "ContentLength": "3", "Headers": "X-RT-Interface: Web"}
    texts = [{**part, "id": f"5{n}", "TransactionId": n, "Content": f"Said {n}"} for n in ("118", "113", "111")]
    queue = {"id": 1, "Name": "General", "CorrespondAddress": "", "CommentAddress": ""}
    found = {"id": "7", "Subject": "A", "Status": "open", "Queue": queue, "Owner": {"id": 6, "Name": "Nobody"}}
    api.get(f"{REST}/ticket/7/history", json={"items": rows})
    api.get(f"{REST}/ticket/7/attachments", json={"items": texts})
    api.get(f"{REST}/tickets", json={"items": [{**found, "Requestor": [by]}]})
    api.get(f"{REST}/user/29", json={**grace, "Privileged": 1})
    api.get(
        f"{REST}/user/33", json={"RealName": "Ada Lovelace", "Organization": "Campers", "Privileged": 0, "City": ""}
    )
    assert tracker().read("7") == Background(
        said=(
            Past(Speaker.CUSTOMER, "Said 111", "transaction/111", "Ada Lovelace", at(58, 47)),
            Past(Speaker.STAFF, "Said 113", "transaction/113", "Grace Hopper", at(58, 47)),
            Past(Speaker.NOTE, "Said 118", "transaction/118", "Grace Hopper", at(58, 47)),
        ),
        customer={"Organization": "Campers", "RealName": "Ada Lovelace"},
    )
