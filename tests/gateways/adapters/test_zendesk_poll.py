"""Zendesk, what webhooks missed: an export in, requests out, and the same events as a webhook makes of the same."""

import datetime
import json

import pytest
import responses

from gateways.base import Polled
from gateways.errors import DeliveryError, Failure
from gateways.messages import Assigned, Attachment, Closed, CustomerSaid, Ignored, Person, StaffSaid
from tests.gateways.adapters.zendesk_desk import API, OAUTH, happened, parsed, payload, zendesk

NOW = 1_736_346_400  # 2025-01-08T14:26:40Z
EXPORT = f"{API}/api/v2/incremental/ticket_events"
CREATED = "2025-01-08T14:25:30Z"
COMMENT = {
    "id": 9876543210,
    "event_type": "Comment",
    "type": "Comment",
    "author_id": 77,
    "body": "Hello",
    "html_body": "<p>Hello</p>",
    "public": True,
    "attachments": [],
    "via": {"channel": "email", "source": {}},
    "created_at": CREATED,
}
TICKET = {
    "id": 5158,
    "requester_id": 77,
    "assignee_id": 12,
    "group_id": 5,
    "brand_id": 3,
    "subject": "Login",
    "via": {"channel": "email"},
    "tags": ["vip"],
    "status": "solved",
    "external_id": None,
    "description": "never kept",
}
USERS = [
    {"id": 77, "name": "Ada", "email": "ada@example.com", "phone": None, "role": "end-user", "details": "never kept"},
    {"id": 12, "name": "Bo", "email": "bo@shop.example", "role": "agent"},
]


@pytest.fixture
def api():
    with responses.RequestsMock() as mock:
        yield mock


def audit(*children, **fields):
    told = {"id": 700, "ticket_id": 5158, "timestamp": NOW - 300, "created_at": CREATED, "updater_id": 77}
    system = {"ip_address": "10.0.0.1", "location": "Berlin"}
    return {**told, "via": "Email", "event_type": "Audit", "system": system, "child_events": list(children), **fields}


def exported(api, *audits, end=NOW - 200, whole=True, tickets=(TICKET,), users=tuple(USERS)):
    api.get(EXPORT, json={"ticket_events": audits, "end_time": end, "end_of_stream": whole, "count": len(audits)})
    if audits:
        api.get(f"{API}/api/v2/tickets/show_many", json={"tickets": tickets})
        api.get(f"{API}/api/v2/users/show_many", json={"users": users})


def polled(cursor, **values):
    return zendesk(**values).poll(cursor, 25)


@pytest.fixture(autouse=True)
def moment(monkeypatch):
    monkeypatch.setattr("time.time", lambda: float(NOW))


def found(api, *children, users=tuple(USERS), ticket=TICKET, values=None, **fields):
    """The events of one audit with these changes."""
    exported(api, audit(*children, **fields), tickets=[ticket], users=users)
    adapter = zendesk(**(values or {}))
    [request] = adapter.poll({"start_time": NOW - 400}, 25).requests
    return list(adapter.parse(request))


# --- Asking -----------------------------------------------------------------------------------------------------------


def test_the_first_time_it_begins_now():
    assert polled({}) == Polled((), {"start_time": NOW, "seen": []}, pause=70)


def test_the_minute_that_the_export_lags_behind_is_waited_for():
    assert polled({"start_time": NOW - 30, "seen": [4]}) == Polled((), {"start_time": NOW - 30, "seen": [4]}, pause=40)


def test_nothing_new_is_asked_for_again_in_a_minute(api):
    exported(api, end=None)
    cursor = {"start_time": NOW - 400, "seen": [4]}
    assert polled(cursor) == Polled((), cursor, pause=60)
    assert api.calls[0].request.params == {"start_time": str(NOW - 400), "include": "comment_events"}


@pytest.mark.parametrize(("whole", "pause"), [(True, 60.0), (False, 7.0)], ids=["all", "more"])
def test_what_is_new_comes_with_its_ticket_and_its_people(api, whole, pause):
    exported(api, audit(COMMENT), whole=whole)
    result = polled({"start_time": NOW - 400})
    assert (result.cursor, result.pause) == ({"start_time": NOW - 200, "seen": []}, pause)
    assert api.calls[1].request.params == {"ids": "5158"}
    assert api.calls[2].request.params == {"ids": "77,12"}
    [request] = result.requests
    for kept in (b"never kept", b"Berlin", b"<p>"):
        assert kept not in request.body
    assert json.loads(request.body)["audit"]["child_events"][0]["body"] == "Hello"


def test_what_came_already_in_the_last_second_does_not_come_again(api):
    exported(api, audit(COMMENT), end=NOW - 300)
    first = polled({"start_time": NOW - 400})
    assert (len(first.requests), first.cursor) == (1, {"start_time": NOW - 300, "seen": [700]})
    api.reset()
    exported(api, audit(COMMENT), audit({**COMMENT, "id": 2}, id=701), end=NOW - 300)
    second = polled(first.cursor)
    assert [json.loads(each.body)["audit"]["id"] for each in second.requests] == [701]
    assert second.cursor == {"start_time": NOW - 300, "seen": [700, 701]}


def test_more_than_can_be_shown_at_once_is_asked_for_in_parts(api):
    audits = [audit({**COMMENT, "author_id": 1000 + at}, id=at, ticket_id=2000 + at) for at in range(101)]
    exported(api, *audits, tickets=[])
    api.get(f"{API}/api/v2/tickets/show_many", json={"tickets": [{**TICKET, "id": 2100}]})
    api.get(f"{API}/api/v2/users/show_many", json={"users": []})
    [request] = polled({"start_time": NOW - 400}).requests  # of the ticket that hasn't been deleted since
    assert json.loads(request.body)["ticket"]["id"] == 2100
    sizes = [len(call.request.params["ids"].split(",")) for call in api.calls if "ids" in call.request.params]
    assert sizes == [100, 1, 100, 3]


def test_what_changes_nothing_that_matters_is_not_kept(api):
    api.get(EXPORT, json={"ticket_events": [audit({"event_type": "Change", "priority": "high"})], "end_time": NOW - 99})
    assert polled({"start_time": NOW - 400}).requests == ()


def test_an_agent_may_not_export(api):
    api.get(EXPORT, status=403, json={"error": {"title": "Forbidden", "message": "No"}})
    with pytest.raises(DeliveryError, match="administrators only") as error:
        polled({"start_time": NOW - 400})
    assert error.value.failure is Failure.REJECTED


def test_ten_a_minute_and_no_more(api):
    api.get(EXPORT, status=429, headers={"Retry-After": "31"}, json={})
    with pytest.raises(DeliveryError) as error:
        polled({"start_time": NOW - 400})
    assert (error.value.failure, error.value.retry_after) == (Failure.THROTTLED, 60.0)


WANTED = {
    "with a token": ({}, {}, True),
    "switched off": ({"fill_gaps": False}, {}, False),
    "without a token": ({"api_token": ""}, {}, False),
    "not authorised yet": (OAUTH, {}, False),
    "authorised": (OAUTH, {"access_token": "acc"}, True),
}


@pytest.mark.parametrize(("values", "secrets", "wants"), WANTED.values(), ids=WANTED)
def test_it_polls_where_it_can(values, secrets, wants):
    assert zendesk(secrets=secrets, **values).wants_polling() is wants


# --- The same as a webhook makes --------------------------------------------------------------------------------------

SAID = {
    "destination": "5",
    "destination_kind": "group",
    "subject": "Login",
    "channel": "email",
    "brand": "3",
    "assignee": "12",
    "assignee_name": "Bo",
    "tags": ("vip",),
    "at": datetime.datetime(2025, 1, 8, 14, 25, 30, tzinfo=datetime.UTC),
}


def test_a_customers_comment_with_all_that_is_known_of_them(api):
    file = {"id": 1, "content_url": f"{API}/a/1", "file_name": "a.png", "content_type": "image/png", "size": 5}
    assert found(api, {**COMMENT, "attachments": [file]}) == [
        CustomerSaid(
            key="comment:9876543210",
            thread="5158",
            sender=Person("77", "Ada", "ada@example.com"),
            text="Hello",
            message_id="9876543210",
            attachments=(Attachment("a.png", "image/png", 5, f"{API}/a/1"),),
            **SAID,
        )
    ]


def by(author, **fields):
    return {**COMMENT, "author_id": author, **fields}


STAFF = {
    "an agent's": ((by(12),), {}, ("Bo", False, False, "")),
    "an internal note": ((by(12, public=False),), {}, ("Bo", True, False, "")),
    "a rule's": ((by(12, via={"channel": "rule"}),), {}, ("Bo", False, True, "")),
    "a rule's, as the audit says": ((by(12, via=None),), {"via": "Rule"}, ("Bo", False, True, "")),
    "the system's": ((by(-1),), {}, ("-1", False, True, "")),
    "ours": ((by(12),), {"metadata": {"custom": {"aissist_ref": "ref-1"}}}, ("Bo", False, False, "ref-1")),
    "of somebody who is gone": ((by(99),), {}, ("99", False, False, "")),
}


@pytest.mark.parametrize(("children", "fields", "told"), STAFF.values(), ids=STAFF)
def test_comments_of_ours(api, children, fields, told):
    [event] = found(api, *children, **fields)
    assert isinstance(event, StaffSaid)
    assert (event.author, event.internal, event.automated, event.client_ref) == told
    assert (event.key, event.message_id) == ("comment:9876543210", "9876543210")


def test_the_comment_that_a_ticket_begins_with(api):
    [event] = found(api, COMMENT, {"event_type": "Create", "subject": "Login"})
    assert event.key == "ticket:5158:first" == parsed(payload("ticket.created"))[0].key


def change(**fields):
    return {"id": 1, "event_type": "Change", "previous_value": "x", **fields}


SAME = {
    "solved": (
        change(status="solved"),
        happened("status_changed", {"current": "SOLVED"}),
        Closed("status:5158:solved:20250108T142530", "5158"),
    ),
    "assigned": (
        change(assignee_id=12),
        happened("agent_assignment_changed", {"current": "12"}, group_id="5"),
        Assigned(
            "assignee:5158:12:20250108T142530",
            "5158",
            destination="5",
            destination_kind="group",
            assignee="12",
            assignee_name="Bo",
        ),
    ),
    "moved": (
        change(group_id=5),
        happened("group_assignment_changed", {"current": "5"}),
        Assigned("group:5158:5:20250108T142530", "5158", destination="5", destination_kind="group"),
    ),
}


@pytest.mark.parametrize(("child", "webhook", "event"), SAME.values(), ids=SAME)
def test_a_change_has_one_key_whoever_tells_of_it(api, child, webhook, event):
    assert found(api, child) == [event]
    assert parsed(webhook)[0].key == event.key


def test_a_comment_has_one_key_whoever_tells_of_it(api):
    assert found(api, COMMENT)[0].key == parsed(payload("ticket.comment_added"))[0].key


@pytest.mark.parametrize(
    "child", [change(status="pending"), change(assignee_id=13), change(group_id=6)], ids=["status", "assignee", "group"]
)
def test_a_change_that_holds_no_more_is_left_out(api, child):
    [event] = found(api, child)
    assert event == Ignored("audit:700", "What it changed has been changed again since.")


def test_where_rules_tell_of_changes_only_comments_are_filled_in(api):
    events = found(api, change(status="solved"), COMMENT, values={"receive": "triggers"})
    assert [type(event) for event in events] == [CustomerSaid]


def test_an_update_with_several_changes_tells_of_each(api):
    events = found(api, COMMENT, change(status="solved"), change(assignee_id=12))
    assert [type(event) for event in events] == [CustomerSaid, Closed, Assigned]
