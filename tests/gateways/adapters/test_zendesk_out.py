"""Zendesk, out: an effect in, the whole request out; an answer in, what it means out."""

import json
from dataclasses import replace

import pytest
import responses

from gateways.errors import DeliveryError, Failure
from gateways.messages import (
    Allowance,
    Assign,
    Attachment,
    Note,
    Open,
    Outdate,
    Person,
    Purpose,
    Reply,
    Sent,
    SetStatus,
    Tag,
    TicketStatus,
)
from tests.gateways.adapters.zendesk_desk import API, OAUTH, asked, outgoing, zendesk

REF = "0b4e52c1-0000-4000-8000-000000000001"
TICKET = f"{API}/api/v2/tickets/5158"
METADATA = {"metadata": {"aissist_ref": REF}}
UPDATED = {
    "ticket": {"id": 5158},
    "audit": {"id": 40, "events": [{"id": 41, "type": "Change"}, {"id": 42, "type": "Comment"}]},
}
AT = "2025-01-08T14:25:30Z"


@pytest.fixture
def api():
    with responses.RequestsMock() as mock:
        yield mock


def comment(**fields):
    return ("PUT", "/api/v2/tickets/5158", {"ticket": {"comment": fields, **METADATA}})


HELLO = "<p><strong>Hello</strong> &amp; &lt;you&gt;</p>"
COMMENTS = {
    "a reply": (outgoing(), comment(html_body=HELLO, public=True, author_id=900)),
    "a note": (outgoing(Note("_seen_")), comment(html_body="<p><em>seen</em></p>", public=False, author_id=900)),
}


@pytest.mark.parametrize(("effect", "request_"), COMMENTS.values(), ids=COMMENTS)
def test_a_comment_is_known_by_its_own_id(api, effect, request_):
    api.put(TICKET, json=UPDATED)
    assert zendesk().send(effect) == Sent("42")
    assert asked(api) == [request_]


def test_without_a_teammate_whoever_signs_in_says_it(api):
    api.put(TICKET, json=UPDATED)
    zendesk(teammate=None).send(outgoing())
    assert asked(api) == [comment(html_body=HELLO, public=True)]


@pytest.mark.parametrize(
    ("values", "secrets", "header"),
    [
        ({}, {}, "Basic b3BzQHNob3AuZXhhbXBsZS90b2tlbjp0MGtlbg=="),  # ops@shop.example/token:t0ken
        (OAUTH, {"access_token": "acc"}, "Bearer acc"),
    ],
    ids=["API token", "OAuth"],
)
def test_requests_are_signed_in(api, values, secrets, header):
    api.put(TICKET, json=UPDATED)
    zendesk(secrets=secrets, **values).send(outgoing())
    assert api.calls[0].request.headers["Authorization"] == header


@pytest.mark.parametrize(
    ("values", "says"),
    [(OAUTH, "Nobody has let us into this Zendesk yet"), ({"email": ""}, "no email and API token")],
    ids=["OAuth", "API token"],
)
def test_without_a_sign_in_nothing_is_sent(values, says):
    with pytest.raises(DeliveryError, match=says) as error:
        zendesk(**values).send(outgoing())
    assert error.value.failure is Failure.CREDENTIALS


def test_files_go_ahead_and_are_named_by_their_tokens(api):
    files = (
        Attachment("a b.pdf", "application/pdf", content=b"%PDF"),
        Attachment("c.png", "image/png", content=b"PNG"),
    )
    api.post(f"{API}/api/v2/uploads", json={"upload": {"token": "t1"}}, status=201)
    api.post(f"{API}/api/v2/uploads", json={"upload": {"token": "t2"}}, status=201)
    api.put(TICKET, json=UPDATED)
    assert zendesk().send(outgoing(Reply("See", Purpose.REPLY, "Ada"), files=files)) == Sent("42")
    first, second, last = (call.request for call in api.calls)
    assert (first.url, first.headers["Content-Type"], first.body) == (
        f"{API}/api/v2/uploads?filename=a%20b.pdf",
        "application/pdf",
        b"%PDF",
    )
    assert (second.headers["Content-Type"], second.body) == ("image/png", b"PNG")
    assert json.loads(last.body)["ticket"]["comment"]["uploads"] == ["t1", "t2"]


def test_a_file_alone_has_its_name_for_words(api):
    api.post(f"{API}/api/v2/uploads", json={"upload": {"token": "t1"}}, status=201)
    api.put(TICKET, json=UPDATED)
    zendesk().send(outgoing(Reply("", Purpose.REPLY, "Ada"), files=(Attachment("bill.pdf", content=b"%PDF"),)))
    assert asked_last(api)["comment"]["html_body"] == "<p>bill.pdf</p>"


def asked_last(api):
    return json.loads(api.calls[-1].request.body)["ticket"]


@pytest.mark.parametrize("answer", [{"body": "<html>"}, {"json": {}}], ids=["no JSON", "no token"])
def test_a_file_that_did_not_get_there_may_be_brought_again(api, answer):
    api.post(f"{API}/api/v2/uploads", status=201, **answer)
    with pytest.raises(DeliveryError) as error:
        zendesk().send(outgoing(files=(Attachment("a.pdf", content=b"%PDF"),)))
    assert error.value.failure is Failure.UNREACHABLE


def test_tags_are_added_and_taken_away_beside_all_others(api):
    api.put(f"{TICKET}/tags", json={"tags": []})
    api.delete(f"{TICKET}/tags", json={"tags": []})
    zendesk().send(outgoing(Tag(add=("vip", "two words"), remove=("new",))))
    assert asked(api) == [
        ("PUT", "/api/v2/tickets/5158/tags", {"tags": ["vip", "two_words"]}),
        ("DELETE", "/api/v2/tickets/5158/tags", {"tags": ["new"]}),
    ]


# --- Changes ----------------------------------------------------------------------------------------------------------


def to(destination):
    return Assign(destination, "Billing", "It is about a bill.")


def status(word):
    return SetStatus(TicketStatus(word))


SAFE = {"safe_update": True, "updated_stamp": AT, **METADATA}
CHANGES = {
    "to a group": (to("6"), {"group_id": 5, "assignee_id": None}, {"group_id": 6}),
    "to a group, away from the agent": (
        to("6"),
        {"group_id": 5, "assignee_id": 900},
        {"group_id": 6, "assignee_id": None},
    ),
    "to a group, away from a person in another": (
        to("6"),
        {"group_id": 5, "assignee_id": 12},
        {"group_id": 6, "assignee_id": None},
    ),
    "to the group where it is, away from the agent": (
        to("6"),
        {"group_id": 6, "assignee_id": 900},
        {"group_id": 6, "assignee_id": None},
    ),
    "to nobody in particular": (to(""), {"group_id": 5, "assignee_id": 900}, {"assignee_id": None}),
    "pending": (status("pending"), {"status": "open", "assignee_id": 12}, {"status": "pending"}),
    "solved": (status("solved"), {"status": "open", "assignee_id": 12}, {"status": "solved"}),
    "solved, though nobody's": (
        status("solved"),
        {"status": "open", "assignee_id": None},
        {"status": "solved", "assignee_id": 900},
    ),
    "open": (status("open"), {"status": "new", "assignee_id": None}, {"status": "open"}),
}


@pytest.mark.parametrize(("effect", "ticket", "changes"), CHANGES.values(), ids=CHANGES)
def test_a_ticket_is_changed_as_it_is_now(api, effect, ticket, changes):
    api.get(TICKET, json={"ticket": {"id": 5158, "updated_at": AT, **ticket}})
    api.put(TICKET, json=UPDATED)
    assert zendesk().send(outgoing(effect)) == Sent()
    assert asked(api)[1:] == [("PUT", "/api/v2/tickets/5158", {"ticket": {**changes, **SAFE}})]


def test_people_found_by_a_tag_get_the_tag_and_the_agent_lets_go(api):
    api.put(f"{TICKET}/tags", json={"tags": []})
    api.get(TICKET, json={"ticket": {"updated_at": AT, "group_id": 5, "assignee_id": 900}})
    api.put(TICKET, json=UPDATED)
    zendesk().send(outgoing(to("billing")))
    assert asked(api)[0] == ("PUT", "/api/v2/tickets/5158/tags", {"tags": ["billing"]})
    assert asked_last(api) == {"assignee_id": None, **SAFE}


UNCHANGED = {
    "a person of the group has it": (to("6"), {"group_id": 6, "assignee_id": 12}),
    "the group has it": (to("6"), {"group_id": 6, "assignee_id": None}),
    "a person has it": (to(""), {"group_id": 5, "assignee_id": 12}),
    "it is pending": (status("pending"), {"status": "pending"}),
}


@pytest.mark.parametrize(("effect", "ticket"), UNCHANGED.values(), ids=UNCHANGED)
def test_what_is_so_already_stays(api, effect, ticket):
    api.get(TICKET, json={"ticket": {"updated_at": AT, **ticket}})
    assert zendesk().send(outgoing(effect)) == Sent()


def test_a_collision_is_looked_at_and_tried_once_more(api):
    api.get(TICKET, json={"ticket": {"updated_at": "2025-01-08T14:00:00Z", "group_id": 5, "assignee_id": None}})
    api.put(TICKET, json={"error": "UpdateConflict"}, status=409)
    api.get(TICKET, json={"ticket": {"updated_at": AT, "group_id": 7, "assignee_id": 12}})
    api.put(TICKET, json=UPDATED)
    assert zendesk().send(outgoing(to("6"))) == Sent()
    assert asked(api)[3][2] == {"ticket": {"group_id": 6, "assignee_id": None, **SAFE}}


def test_a_second_collision_waits_for_another_time(api):
    api.get(TICKET, json={"ticket": {"updated_at": AT, "group_id": 5}})
    api.put(TICKET, json={"error": "UpdateConflict"}, status=409)
    with pytest.raises(DeliveryError) as error:
        zendesk().send(outgoing(to("6")))
    assert (error.value.failure, len(api.calls)) == (Failure.UNREACHABLE, 4)


def test_the_status_of_a_closed_ticket_stays(api):
    api.get(TICKET, json={"ticket": {"updated_at": AT, "status": "closed"}})
    with pytest.raises(DeliveryError, match="closed for good") as error:
        zendesk().send(outgoing(status("open")))
    assert error.value.failure is Failure.REJECTED


OPEN = Open("Bill 7", "Ada asks about **bill 7**", Person("ours", "Ada", "ada@example.com"))
OPENED = {
    "subject": "Bill 7",
    "comment": {"html_body": "<p>Ada asks about <strong>bill 7</strong></p>", "public": False},
    "external_id": REF,
    **METADATA,
}


@pytest.mark.parametrize(
    ("customer", "requester"),
    [
        (OPEN.customer, {"requester": {"name": "Ada", "email": "ada@example.com"}}),
        (Person("ours", "Ada"), {}),
        (Person("ours", email="a@b.c"), {"requester": {"name": "a@b.c", "email": "a@b.c"}}),
    ],
    ids=["by name and address", "without an address", "without a name"],
)
def test_a_ticket_is_opened_once(api, customer, requester):
    api.post(f"{API}/api/v2/tickets", json={"ticket": {"id": 5160}}, status=201)
    effect = Open(OPEN.subject, OPEN.text, customer)
    assert zendesk().send(outgoing(effect, thread="ours-1")) == Sent("5160")
    assert asked(api) == [("POST", "/api/v2/tickets", {"ticket": {**OPENED, **requester}})]
    assert api.calls[0].request.headers["Idempotency-Key"] == REF


def test_a_ticket_is_opened_in_the_group_that_is_named(api):
    api.post(f"{API}/api/v2/tickets", json={"ticket": {"id": 5161}}, status=201)
    assert zendesk().send(outgoing(replace(OPEN, at="77"), thread="ours-1")) == Sent("5161")
    requester = {"requester": {"name": "Ada", "email": "ada@example.com"}}
    assert asked(api) == [("POST", "/api/v2/tickets", {"ticket": {**OPENED, "group_id": 77, **requester}})]


@pytest.mark.parametrize("at", ["billing", "٣", "grace@example.com"])
def test_a_place_that_is_no_group_opens_nothing(api, at):
    with pytest.raises(DeliveryError, match="no group of Zendesk's") as error:
        zendesk().send(outgoing(replace(OPEN, at=at), thread="ours-1"))
    assert error.value.failure is Failure.REJECTED
    assert not api.calls


# --- Failures ---------------------------------------------------------------------------------------------------------


def invalid(**details):
    told = {name: [{"description": text}] for name, text in details.items()}
    return {"error": "RecordInvalid", "description": "Record validation errors", "details": told}


NOWHERE = {"error": {"title": "No help desk at shop.zendesk.com", "message": "There is no help desk"}}
SCOPE = {"error": "Forbidden", "description": "You are missing the following required scopes: write"}
FAILURES = {
    "no token": (401, {"error": "Couldn't authenticate you"}, Failure.CREDENTIALS, "doesn't accept our sign-in"),
    "no scope": (403, SCOPE, Failure.CREDENTIALS, "with the scopes read and write"),
    "no access": (403, {"error": {"title": "Forbidden", "message": "No"}}, Failure.REJECTED, "may not do this"),
    "no such ticket": (404, {"error": "RecordNotFound"}, Failure.REJECTED, "no such ticket"),
    "no such account": (404, NOWHERE, Failure.CREDENTIALS, "Correct the subdomain."),
    "a conflict": (409, {"error": "UpdateConflict"}, Failure.UNREACHABLE, "at the same moment"),
    "closed": (
        422,
        invalid(status="Status: closed prevents ticket update"),
        Failure.REJECTED,
        "closed for good and takes no changes",
    ),
    "nobody's": (422, invalid(base="Assignee: is required"), Failure.REJECTED, "Choose the gateway's teammate"),
    "invalid": (422, invalid(base="Order number ada@example.com: is wrong"), Failure.REJECTED, "a field is needed"),
    "a redirect": (302, {}, Failure.REJECTED, "answered 302"),
    "broken": (500, {}, Failure.UNREACHABLE, "isn't working now"),
    "not JSON": (502, None, Failure.UNREACHABLE, "isn't working now"),
}


@pytest.mark.parametrize(("code", "answer", "failure", "says"), FAILURES.values(), ids=FAILURES)
def test_each_failure_by_its_name(api, code, answer, failure, says):
    api.put(TICKET, body="<html>" if answer is None else json.dumps(answer), status=code)
    with pytest.raises(DeliveryError) as error:
        zendesk().send(outgoing())
    assert (error.value.failure, error.value.vendor_code) == (failure, str(code))
    assert says in error.value.public
    assert "t0ken" not in error.value.public and "ada@" not in error.value.public


@pytest.mark.parametrize(("header", "wait"), [({"Retry-After": "93"}, 93.0), ({}, 30.0)], ids=["told", "not told"])
def test_being_throttled_costs_only_time(api, header, wait):
    api.put(TICKET, json={"error": "APIRateLimitExceeded"}, status=429, headers=header)
    with pytest.raises(DeliveryError) as error:
        zendesk().send(outgoing())
    assert (error.value.failure, error.value.retry_after) == (Failure.THROTTLED, wait)


def test_an_answer_that_is_not_json_leaves_open_what_happened(api):
    api.put(TICKET, body="<html>")
    with pytest.raises(DeliveryError) as error:
        zendesk().send(outgoing())
    assert error.value.failure is Failure.UNKNOWN


ALLOWANCES = {
    "of the account": ({"X-Rate-Limit": "700", "X-Rate-Limit-Remaining": "699", "ratelimit-reset": "41"}, (699, 41.0)),
    "without a time": ({"X-Rate-Limit-Remaining": "5"}, (5, 60.0)),
    "of the kind of request": (
        {"X-Rate-Limit-Remaining": "600", "Zendesk-RateLimit-tickets-update": "total=100; remaining=3; resets=12"},
        (3, 12.0),
    ),
    "of exports, which is theirs": (
        {"X-Rate-Limit-Remaining": "600", "zendesk-ratelimit-incremental-exports": "total=10; remaining=0; resets=60"},
        (600, 60.0),
    ),
}


@pytest.mark.parametrize(("headers", "told"), ALLOWANCES.values(), ids=ALLOWANCES)
def test_what_is_left_is_heeded(api, headers, told):
    api.put(TICKET, json=UPDATED, headers=headers)
    adapter = zendesk()
    adapter.send(outgoing())
    assert adapter.allowance == Allowance(*told)


@pytest.mark.parametrize(
    ("effect", "says"),
    [
        (outgoing(Outdate("1", "ref", "Late.")), "Zendesk has nothing like a outdate."),
        (outgoing(thread="../users"), "is no ticket of Zendesk's"),
    ],
    ids=["a draft", "no number"],
)
def test_what_cannot_be_sent_leaves_no_request(effect, says):
    with pytest.raises(DeliveryError, match=says) as error:
        zendesk().send(effect)
    assert error.value.failure is Failure.REJECTED


# --- Settling ---------------------------------------------------------------------------------------------------------


def audit(number, ref=None):
    events = [{"id": number + 1, "type": "Comment", "body": "Hello"}]
    return {"id": number, "metadata": {"custom": {"aissist_ref": ref} if ref else {}, "system": {}}, "events": events}


AUDITS = f"{TICKET}/audits"


def test_what_may_have_arrived_is_found_by_our_reference_on_any_page(api):
    following = f"{AUDITS}.json?page%5Bafter%5D=x&page%5Bsize%5D=100"
    page = {"audits": [audit(10), audit(20, "another")], "meta": {"has_more": True}, "links": {"next": following}}
    api.get(AUDITS, json=page, match=[responses.matchers.query_param_matcher({"page[size]": "100"})])
    api.get(following, json={"audits": [audit(30, REF)], "meta": {"has_more": False}, "links": {"next": None}})
    assert zendesk().settle(outgoing()) == Sent("31")


def test_what_never_arrived_is_not_there(api):
    api.get(AUDITS, json={"audits": [audit(10)], "meta": {"has_more": False}})
    assert zendesk().settle(outgoing(Note("x"))) is None


def test_a_page_elsewhere_is_not_followed(api):
    page = {"audits": [], "meta": {"has_more": True}, "links": {"next": "https://shop.zendesk.com.evil.example/x"}}
    api.get(AUDITS, json=page)
    assert zendesk().settle(outgoing()) is None


@pytest.mark.parametrize(("found", "sent"), [([{"id": 5160}], Sent("5160")), ([], None)], ids=["there", "not there"])
def test_a_ticket_that_may_have_been_opened_is_found_by_our_reference(api, found, sent):
    address = responses.matchers.query_param_matcher({"external_id": REF})
    api.get(f"{API}/api/v2/tickets", json={"tickets": found}, match=[address])
    assert zendesk().settle(outgoing(OPEN)) == sent


@pytest.mark.parametrize("effect", [Tag(add=("vip",)), to("6"), status("solved")], ids=["tags", "group", "status"])
def test_what_only_sets_something_is_set_again(effect):
    assert zendesk().settle(outgoing(effect)) is None
