"""The loopback Zendesk keeps to what is known of the real one."""

import base64
import hashlib
import hmac
import json
import queue
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from tests.gateways.adapters import descriptions
from tests.loopback.zendesk import API_TOKEN, BOT_EMAIL, Zendesk

BASIC = (f"{BOT_EMAIL}/token", API_TOKEN)


@pytest.fixture
def zendesk():
    with Zendesk() as zendesk:
        yield zendesk


@pytest.fixture
def ada(zendesk: Zendesk) -> dict[str, Any]:
    return zendesk.customer("Ada Lovelace", "ada@customer.example")


def call(zendesk: Zendesk, method: str, path: str, body: Any = None, **more: Any) -> requests.Response:
    more.setdefault("auth", BASIC)
    return requests.request(method, f"{zendesk.url}/api/v2/{path}", json=body, timeout=10, **more)


def put(zendesk: Zendesk, ticket: int, **given: Any) -> requests.Response:
    return call(zendesk, "PUT", f"tickets/{ticket}", {"ticket": given})


class Listener:
    """An endpoint for webhooks. `answers` are given in turn, then 200."""

    def __init__(self) -> None:
        self.got: queue.Queue[tuple[dict[str, str], bytes]] = queue.Queue()
        self.answers: list[tuple[int, dict[str, str]]] = []
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                listener.got.put(({name.lower(): value for name, value in self.headers.items()}, body))
                status, headers = listener.answers.pop(0) if listener.answers else (200, {})
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, args=[0.05], daemon=True).start()

    def next(self) -> tuple[dict[str, str], bytes]:
        return self.got.get(timeout=30)


@pytest.fixture
def listener():
    listener = Listener()
    yield listener
    listener.server.shutdown()
    listener.server.server_close()


def hook(zendesk: Zendesk, listener: Listener, *subscriptions: str) -> dict[str, Any]:
    wanted = {"name": "Ours", "endpoint": listener.url, "http_method": "POST", "request_format": "json"}
    body = {"webhook": {**wanted, "status": "active", "subscriptions": list(subscriptions)}}
    answer = call(zendesk, "POST", "webhooks", body)
    assert answer.status_code == 201, answer.text
    return answer.json()["webhook"]


# --- Who may --------------------------------------------------------------------------------------------------------


def test_nobody_is_told_so_with_200(zendesk):
    assert call(zendesk, "GET", "users/me.json", auth=None).json()["user"]["id"] is None
    assert call(zendesk, "GET", "users/me").json()["user"]["email"] == BOT_EMAIL


def test_wrong_credentials_and_none_are_refused(zendesk):
    assert call(zendesk, "GET", "users/me", auth=(BASIC[0], "wrong")).status_code == 401
    assert call(zendesk, "GET", "tickets", auth=None).status_code == 401
    assert call(zendesk, "GET", "tickets", auth=(BOT_EMAIL, API_TOKEN)).status_code == 401
    assert call(zendesk, "GET", "webhooks", auth=("grace@shop.example/token", API_TOKEN)).status_code == 403


def test_a_code_gives_tokens_once_and_so_does_a_refresh_token(zendesk):
    zendesk.register("shop", "secret", "https://us.example/callback")
    asked = {"response_type": "code", "client_id": "shop", "redirect_uri": "https://us.example/callback"}
    page = requests.get(
        f"{zendesk.url}/oauth/authorizations/new",
        params={**asked, "scope": "read write", "state": "s"},
        allow_redirects=False,
        timeout=10,
    )
    back = dict(parse_qsl(urlsplit(page.headers["Location"]).query))
    assert (page.status_code, back.pop("state"), set(back)) == (302, "s", {"code"})
    ours = {"client_id": "shop", "client_secret": "secret"}

    def token(**more: str) -> requests.Response:
        return requests.post(f"{zendesk.url}/oauth/tokens", json={**ours, **more}, timeout=10)

    code = {"grant_type": "authorization_code", "redirect_uri": asked["redirect_uri"], **back}
    first = token(**code).json()
    assert (first["token_type"], first["expires_in"]) == ("bearer", 1800)
    assert token(**code).json()["error"] == "invalid_grant"
    assert token(**{**code, "client_secret": "no"}).status_code == 401

    def me(tokens: dict[str, Any]) -> int:
        return call(
            zendesk, "GET", "users/me", auth=None, headers={"Authorization": f"Bearer {tokens['access_token']}"}
        ).status_code

    second = token(grant_type="refresh_token", refresh_token=first["refresh_token"]).json()
    assert (me(first), me(second)) == (401, 200)
    assert token(grant_type="refresh_token", refresh_token=first["refresh_token"]).json()["error"] == "invalid_grant"
    zendesk.expire_tokens()
    assert me(second) == 401


# --- How often ------------------------------------------------------------------------------------------------------


def test_every_answer_tells_what_is_left_and_then_one_has_to_wait(zendesk):
    zendesk.limit = 3
    answers = [call(zendesk, "GET", path) for path in ("users/me", "nowhere", "tickets", "users/me")]
    assert [answer.status_code for answer in answers] == [200, 404, 200, 429]
    assert [answer.headers["X-Rate-Limit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert 0 < int(answers[3].headers["Retry-After"]) <= 60
    zendesk.limit = 4
    assert call(zendesk, "GET", "users/me").status_code == 200


def test_one_ticket_takes_so_many_updates_of_one_user(zendesk, ada):
    ticket, zendesk.updates = zendesk.writes(ada, "Hello")["id"], 2
    codes = [put(zendesk, ticket, additional_tags=[f"tag{number}"]).status_code for number in range(3)]
    assert codes == [200, 200, 429]


# --- Tickets --------------------------------------------------------------------------------------------------------


def test_a_comment_in_html_has_a_text_an_author_and_files(zendesk, ada):
    ticket = zendesk.writes(ada, "Hello", subject="My tent")["id"]
    upload = call(zendesk, "POST", "uploads?filename=a.txt", data=b"A file", headers={"Content-Type": "text/plain"})
    comment = {
        "html_body": "<p>Dear <b>Ada</b>,</p><ul><li>one</li></ul>",
        "uploads": [upload.json()["upload"]["token"]],
    }
    answer = put(zendesk, ticket, comment=comment, metadata={"ours": "1"}).json()
    [told] = [event for event in answer["audit"]["events"] if event["type"] == "Comment"]
    assert answer["audit"]["metadata"]["custom"] == {"ours": "1"}
    listed = call(zendesk, "GET", f"tickets/{ticket}/comments?include=users").json()
    [_, kept] = listed["comments"]
    assert (kept["id"], kept["plain_body"], kept["public"]) == (told["id"], "Dear Ada,\n\n- one", True)
    assert {user["name"] for user in listed["users"]} == {"Ada Lovelace", "Assistant"}
    [file] = kept["attachments"]
    led = requests.get(file["content_url"], allow_redirects=False, timeout=10)
    assert led.status_code == 302
    assert requests.get(led.headers["Location"], timeout=10).content == b"A file"
    assert put(zendesk, ticket, comment=comment).status_code == 422  # a token is good for one time
    assert zendesk.heard(ada) == ["Dear Ada,\n\n- one"]


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"comment": {"body": " "}}, 422),
        ({"comment": {"body": "x" * 65_536}}, 422),
        ({"comment": {"body": "x", "author_id": 1}}, 422),
        ({"status": "done"}, 422),
        ({"status": "solved"}, 422),  # nobody has it
        ({"group_id": 1}, 422),
        ({"safe_update": True}, 400),
        ({"safe_update": True, "updated_stamp": "2020-01-01T00:00:00Z"}, 409),
    ],
)
def test_what_a_ticket_does_not_take(zendesk, ada, given, status):
    ticket = zendesk.writes(ada, "Hello")["id"]
    before = json.dumps(zendesk.tickets[ticket])
    answer = put(zendesk, ticket, **given)
    assert (answer.status_code, json.dumps(zendesk.tickets[ticket])) == (status, before), answer.text


def test_who_is_assigned_has_to_be_in_the_group(zendesk, ada):
    ticket = zendesk.writes(ada, "Hello")["id"]
    assistant, grace, billing = zendesk.bot["id"], zendesk.grace["id"], zendesk.billing["id"]
    assert put(zendesk, ticket, assignee_id=assistant, group_id=billing).status_code == 422
    assert put(zendesk, ticket, assignee_id=ada["id"]).status_code == 422
    taken = put(zendesk, ticket, assignee_id=assistant).json()["ticket"]
    assert (taken["group_id"], taken["status"]) == (zendesk.support["id"], "open")
    moved = put(zendesk, ticket, group_id=billing).json()["ticket"]
    assert (moved["assignee_id"], moved["group_id"]) == (None, billing)
    assert put(zendesk, ticket, assignee_id=grace).json()["ticket"]["group_id"] == billing


def test_the_customer_reopens_what_is_solved_and_follows_up_what_is_closed(zendesk, ada):
    ticket = zendesk.writes(ada, "Hello")
    zendesk.sets(ticket["id"], status="solved", assignee_id=zendesk.grace["id"])
    assert zendesk.writes(ada, "One more thing", ticket["id"])["status"] == "open"
    zendesk.closes(ticket["id"])
    refused = put(zendesk, ticket["id"], comment={"body": "Hi"})
    assert (refused.status_code, refused.json()["details"]["status"][0]["description"]) == (
        422,
        "Status: closed prevents ticket update",
    )
    assert call(zendesk, "PUT", f"tickets/{ticket['id']}/tags", {"tags": ["late"]}).status_code == 422
    following = zendesk.writes(ada, "And another", ticket["id"])
    assert (following["id"] != ticket["id"], following["via"]["source"]["rel"]) == (True, "follow_up")


def test_tags_are_added_set_and_taken_away(zendesk, ada):
    path = f"tickets/{zendesk.writes(ada, 'Hello', tags=['old'])['id']}/tags"
    tags = [call(zendesk, method, path, {"tags": ["New", "old"]}).json()["tags"] for method in ("PUT", "POST")]
    assert tags == [["old", "new"], ["new", "old"]]
    assert call(zendesk, "DELETE", path, {"tags": ["old", "none"]}).json()["tags"] == ["new"]
    assert call(zendesk, "GET", path).json()["tags"] == ["new"]


def test_a_key_makes_one_ticket(zendesk):
    body = {"ticket": {"requester": {"name": "Ada", "email": "a@b.example"}, "subject": "S", "comment": {"body": "Hi"}}}
    headers = {"Idempotency-Key": "k1"}
    one, two = (call(zendesk, "POST", "tickets", body, headers=headers) for _ in range(2))
    assert (one.status_code, one.json()["ticket"]["id"]) == (201, two.json()["ticket"]["id"])
    assert [answer.headers["x-idempotency-lookup"] for answer in (one, two)] == ["miss", "hit"]
    body["ticket"]["subject"] = "Another"
    assert call(zendesk, "POST", "tickets", body, headers=headers).json()["error"] == "IdempotentRequestError"


def test_merged_and_deleted_tickets(zendesk, ada):
    one, two = zendesk.writes(ada, "One")["id"], zendesk.writes(ada, "Two")["id"]
    job = call(zendesk, "POST", f"tickets/{two}/merge", {"ids": [one]}).json()["job_status"]
    assert call(zendesk, "GET", f"job_statuses/{job['id']}").json()["job_status"]["status"] == "completed"
    assert (zendesk.tickets[one]["status"], zendesk.tickets[one]["tags"]) == ("closed", ["closed_by_merge"])
    assert zendesk.notes(two) == [f"Ticket #{one} was merged into this one."]
    assert call(zendesk, "DELETE", f"tickets/{two}").status_code == 204
    assert call(zendesk, "GET", f"tickets/{two}").status_code == 404
    assert call(zendesk, "PUT", f"deleted_tickets/{two}/restore").status_code == 200
    assert call(zendesk, "GET", f"tickets/{two}").status_code == 200


# --- Finding and exporting ------------------------------------------------------------------------------------------


def test_pages_by_cursor_and_by_number(zendesk, ada):
    numbers = [zendesk.writes(ada, f"Number {number}")["id"] for number in range(5)]
    found, address = [], f"{zendesk.url}/api/v2/tickets?page[size]=2"
    while address:
        page = requests.get(address, auth=BASIC, timeout=10).json()
        found += [ticket["id"] for ticket in page["tickets"]]
        address = page["links"]["next"]
        assert page["meta"]["has_more"] is bool(address)
    assert found == numbers
    second = call(zendesk, "GET", "tickets?per_page=3&page=2").json()
    assert ([ticket["id"] for ticket in second["tickets"]], second["count"]) == (numbers[3:], 5)
    assert call(zendesk, "GET", "tickets?page[size]=101").status_code == 400


def test_search_goes_by_tags_status_time_and_words(zendesk, ada):
    one = zendesk.writes(ada, "My tent is wet", tags=["wet"])["id"]
    two = zendesk.writes(ada, "My tent is dry")["id"]

    def found(query: str) -> set[int]:
        return {row["id"] for row in call(zendesk, "GET", "search", params={"query": query}).json()["results"]}

    assert found("type:ticket tags:wet") == {one}
    assert found("type:ticket -tags:wet status<solved updated>2020-01-01T00:00:00Z") == {two}
    assert found('"is dry"') == {two}
    assert found("created>2099-01-01") == set()
    assert call(zendesk, "GET", "search", params={"query": "colour:red"}).status_code == 422


def test_exports_tell_of_each_change_once_it_has_settled(zendesk, ada):
    start = int(time.time()) - 3600
    zendesk.export_lag = 0
    first = zendesk.writes(ada, "Hello")["id"]
    page = call(zendesk, "GET", f"incremental/tickets/cursor?start_time={start}").json()
    assert ([ticket["id"] for ticket in page["tickets"]], page["end_of_stream"]) == ([first], True)
    cursor = page["after_cursor"]

    def since(cursor: str) -> list[tuple[int, str]]:
        rows = call(zendesk, "GET", "incremental/tickets/cursor", params={"cursor": cursor}).json()["tickets"]
        return [(row["id"], row["status"]) for row in rows]

    assert since(cursor) == []
    second = zendesk.writes(ada, "Another")["id"]
    zendesk.deletes(first)
    assert since(cursor) == [(second, "new"), (first, "deleted")]
    zendesk.export_lag = 60
    assert since(cursor) == []
    assert call(zendesk, "GET", f"incremental/tickets/cursor?start_time={int(time.time())}").status_code == 422
    zendesk.export_lag = 0
    events = call(zendesk, "GET", f"incremental/ticket_events?start_time={start}&include=comment_events").json()
    bodies = [child["body"] for row in events["ticket_events"] for child in row["child_events"] if "body" in child]
    assert bodies == ["Hello", "Another"]
    zendesk.sets(second, priority="high")
    [*_, change] = call(zendesk, "GET", f"incremental/ticket_events?start_time={start}").json()["ticket_events"]
    [told] = change["child_events"]
    assert (told["event_type"], told["priority"], told["previous_value"]) == ("Change", "high", None)
    assert (
        call(
            zendesk, "GET", "incremental/tickets/cursor?start_time=1", auth=("grace@shop.example/token", API_TOKEN)
        ).status_code
        == 403
    )


# --- Webhooks -------------------------------------------------------------------------------------------------------


def test_events_are_signed_and_told_in_the_vendors_shape(zendesk, ada, listener):
    made = hook(zendesk, listener, "zen:event-type:ticket.created", "zen:event-type:ticket.comment_added")
    secret = call(zendesk, "GET", f"webhooks/{made['id']}/signing_secret").json()["signing_secret"]["secret"]
    ticket = zendesk.writes(ada, "Hello", subject="My tent")
    headers, body = listener.next()
    timestamp = headers["x-zendesk-webhook-signature-timestamp"]
    digest = hmac.new(secret.encode(), timestamp.encode() + body, hashlib.sha256).digest()
    assert headers["x-zendesk-webhook-signature"] == base64.b64encode(digest).decode()
    assert headers["x-zendesk-webhook-id"] == made["id"]
    created, commented = json.loads(body), json.loads(listener.next()[1])
    assert (created["type"], created["detail"]["id"]) == ("zen:event-type:ticket.created", str(ticket["id"]))
    assert (created["detail"]["status"], created["detail"]["assignee_id"]) == ("NEW", "0")
    assert commented["event"]["comment"] == {
        "id": str(zendesk.comments[ticket["id"]][0]["id"]),
        "body": "Hello",
        "is_public": True,
        "author": {"id": str(ada["id"]), "is_staff": False, "name": "Ada Lovelace"},
    }


@descriptions.needs("zendesk")
def test_events_have_the_properties_of_the_vendors_example(zendesk, ada, listener):
    example = json.loads((descriptions.SPECS / "zendesk/webhooks/dust__ticket.created.json").read_bytes())
    hook(zendesk, listener, "zen:event-type:ticket.created")
    zendesk.writes(ada, "Hello")
    told = json.loads(listener.next()[1])
    assert (set(told), set(told["detail"])) == (set(example), set(example["detail"]))


def test_what_changes_is_told_by_kind(zendesk, ada, listener):
    ticket = zendesk.writes(ada, "Hello", tags=["a"])["id"]
    kinds = ("status_changed", "tags_changed", "agent_assignment_changed", "group_assignment_changed", "merged")
    hook(zendesk, listener, *(f"zen:event-type:ticket.{kind}" for kind in kinds))
    zendesk.sets(ticket, assignee_id=zendesk.grace["id"], tags=["b"])
    target = zendesk.writes(ada, "Another")["id"]
    zendesk.merges(ticket, target)
    told = [json.loads(listener.next()[1]) for _ in range(7)]
    short = [
        (each["type"].rpartition(".")[2], {k: v for k, v in each["event"].items() if k != "meta"}) for each in told
    ]
    assert sorted(short, key=str) == sorted(
        [
            ("tags_changed", {"tags_added": ["b"], "tags_removed": ["a"]}),
            ("group_assignment_changed", {"previous": "0", "current": str(zendesk.support["id"])}),
            ("agent_assignment_changed", {"previous": "0", "current": str(zendesk.grace["id"])}),
            ("status_changed", {"previous": "NEW", "current": "OPEN"}),
            ("tags_changed", {"tags_added": ["closed_by_merge"], "tags_removed": []}),
            ("status_changed", {"previous": "OPEN", "current": "CLOSED"}),
            ("merged", {"target_ticket_id": str(target)}),
        ],
        key=str,
    )


@pytest.mark.parametrize(
    ("answers", "statuses"),
    [
        ([(409, {})] * 5, [409, 409, 409, 409]),
        ([(503, {"Retry-After": "0"})], [503, 200]),
        ([(429, {"Retry-After": "60"})], [429]),
        ([(503, {})], [503]),
        ([(500, {})], [500]),
    ],
    ids=["a conflict", "later", "much later", "no time", "broken"],
)
def test_what_is_tried_again(zendesk, ada, listener, answers, statuses):
    hook(zendesk, listener, "zen:event-type:ticket.created")
    listener.answers = list(answers)
    zendesk.retry_pause = 0.01
    zendesk.writes(ada, "Hello")
    ids = {listener.next()[0]["x-zendesk-webhook-invocation-id"] for _ in statuses}
    [invocation] = zendesk.invocations
    zendesk.wait_for(lambda: len(invocation.statuses) == len(statuses), "The last attempt")
    assert (invocation.statuses, ids) == (statuses, {invocation.id})


def test_a_trigger_writes_what_was_said_into_its_body_as_it_is(zendesk, ada, listener):
    made = hook(zendesk, listener, "conditional_ticket_events")
    template = (
        '{"id": "{{ticket.id}}", "tags": "{{ ticket.tags }}", "text": "{{ticket.latest_comment}}", "no": "{{x.y}}"}'
    )
    conditions = {"all": [{"field": "comment_is_public", "operator": "is", "value": "true"}], "any": []}
    action = {"field": "notification_webhook", "value": [made["id"], template]}
    trigger = {"title": "Ours", "conditions": conditions, "actions": [action]}
    answer = call(zendesk, "POST", "triggers", {"trigger": trigger})
    assert answer.status_code == 201, answer.text
    ticket = zendesk.writes(ada, 'He said "hello"\nto me', tags=["a", "b"])["id"]
    said = f'{{"id": "{ticket}", "tags": "a b", "text": "He said "hello"\nto me", "no": ""}}'
    assert listener.next()[1].decode() == said
    zendesk.replies(ticket, "Between us", public=False)
    zendesk.replies(ticket, "Hello")
    assert '"text": "Hello"' in listener.next()[1].decode()
    assert call(zendesk, "DELETE", f"webhooks/{made['id']}").status_code == 403
    assert call(zendesk, "DELETE", f"triggers/{answer.json()['trigger']['id']}").status_code == 204
    assert call(zendesk, "DELETE", f"webhooks/{made['id']}").status_code == 204


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"subscriptions": ["conditional_ticket_events", "zen:event-type:ticket.created"]}, "InvalidSubscription"),
        ({"http_method": "PUT"}, "InvalidSubscription"),
        ({"subscriptions": ["ticket.created"]}, "InvalidWebhook"),
        ({"name": None}, "InvalidWebhook"),
        ({}, "DuplicateWebhook"),
    ],
)
def test_webhooks_that_cannot_be_made(zendesk, listener, given, code):
    hook(zendesk, listener, "zen:event-type:ticket.created")
    wanted = {"name": "Ours", "endpoint": listener.url, "http_method": "POST", "request_format": "json"}
    kinds = {"status": "active", "subscriptions": ["zen:event-type:ticket.created"]}
    answer = call(zendesk, "POST", "webhooks", {"webhook": {**wanted, **kinds, **given}})
    assert answer.json()["errors"][0]["code"] == code


def test_triggers_want_a_webhook_of_theirs_and_a_condition_that_there_is(zendesk, listener):
    events = hook(zendesk, listener, "zen:event-type:ticket.created")
    fine = {"all": [{"field": "status", "operator": "is", "value": "open"}]}

    def made(conditions: Any, webhook: str) -> int:
        trigger = {
            "title": "T",
            "conditions": conditions,
            "actions": [{"field": "notification_webhook", "value": [webhook, "{}"]}],
        }
        return call(zendesk, "POST", "triggers", {"trigger": trigger}).status_code

    assert made(fine, events["id"]) == 422
    ours = hook(zendesk, listener, "conditional_ticket_events")
    assert made(fine, ours["id"]) == 201
    assert made({"all": []}, ours["id"]) == 422
    assert made({"all": [{"field": "weather"}]}, ours["id"]) == 422


def test_a_webhook_can_be_tested_before_and_after_it_is_made(zendesk, listener):
    asked = {"request": {"endpoint": listener.url, "http_method": "POST", "payload": "{}"}}
    answer = call(zendesk, "POST", "webhooks/test", asked).json()
    assert (answer["response"]["status"], listener.next()[1]) == (200, b"{}")
    made = hook(zendesk, listener, "zen:event-type:ticket.created")
    call(zendesk, "POST", f"webhooks/test?webhook_id={made['id']}", {})
    assert listener.next()[0]["x-zendesk-webhook-id"] == made["id"]


# --- As the vendor describes it -------------------------------------------------------------------------------------


@descriptions.needs("zendesk")
def test_answers_have_no_property_that_is_not_described(zendesk, ada):
    spec = json.loads((descriptions.SPECS / "zendesk/oas.json").read_text("utf-8"))["components"]["schemas"]
    ticket = zendesk.writes(ada, "Hello")["id"]
    answer = put(zendesk, ticket, comment={"body": "Hi", "public": False}).json()
    [comment, _] = call(zendesk, "GET", f"tickets/{ticket}/comments").json()["comments"]
    rows = {
        "TicketObject": answer["ticket"],
        "AuditObject": answer["audit"],
        "TicketCommentObject": comment,
        "GroupObject": zendesk.support,
        "BrandObject": zendesk.brands[0],
        "GroupMembershipObject": zendesk.memberships[0],
    }
    unknown = {name: extra for name, row in rows.items() if (extra := set(row) - set(spec[name]["properties"]))}
    assert unknown == {}
