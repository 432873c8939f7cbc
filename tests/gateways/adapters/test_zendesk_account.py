"""Zendesk, the account: setting up and taking away, letting in, checking, and what there is to choose from."""

import datetime
import json
from urllib.parse import parse_qs, urlsplit

import pytest
import responses

from gateways.adapters.zendesk import events, triggers
from gateways.base import Connection, Health
from gateways.errors import ConfigError, DeliveryError, Failure
from gateways.messages import Attachment, Background, Past, Place, Speaker, Teammate, Tokens
from tests.gateways.adapters.zendesk_desk import API, HOOK, OAUTH, SECRET, asked, parsed, zendesk

WEBHOOKS, RULES = f"{API}/api/v2/webhooks", f"{API}/api/v2/triggers"
ID = "01GK8E6BKWMJZD2T"
WANTED = {
    "name": "Aissist pub1",
    "endpoint": HOOK,
    "http_method": "POST",
    "request_format": "json",
    "status": "active",
    "subscriptions": list(events.SUBSCRIPTIONS),
}
THERE = {**WANTED, "id": ID}
BY_TRIGGERS = {"subscriptions": ["conditional_ticket_events"]}


@pytest.fixture
def api():
    with responses.RequestsMock() as mock:
        yield mock


def lists(api, *webhooks):
    api.get(WEBHOOKS, json={"webhooks": list(webhooks), "meta": {"has_more": False}})


def tells_secret(api, secret=SECRET, webhook=ID):
    api.get(f"{WEBHOOKS}/{webhook}/signing_secret", json={"signing_secret": {"algorithm": "SHA256", "secret": secret}})


# --- Connecting -------------------------------------------------------------------------------------------------------


def test_a_webhook_is_made_and_its_secret_kept(api):
    lists(api, {**THERE, "id": "other", "endpoint": "https://else.example/hooks/pub1"})
    api.post(WEBHOOKS, json={"webhook": THERE}, status=201)
    tells_secret(api, "new")
    made = zendesk(webhook_secret="").connect(HOOK, {})
    assert made == Connection({"webhook": ID, "triggers": {}}, {"webhook_secret": "new"})
    assert asked(api)[1] == ("POST", "/api/v2/webhooks", {"webhook": WANTED})


FOUND = {
    "as we remember": ({"webhook": ID}, f"{WEBHOOKS}/{ID}", {"webhook": THERE}),
    "by its address": ({}, WEBHOOKS, {"webhooks": [THERE]}),
}


@pytest.mark.parametrize(("state", "address", "answer"), FOUND.values(), ids=FOUND)
def test_twice_is_once(api, state, address, answer):
    api.get(address, json=answer)
    tells_secret(api)
    assert zendesk().connect(HOOK, state) == Connection({"webhook": ID, "triggers": {}}, {"webhook_secret": SECRET})
    assert {method for method, _, _ in asked(api)} == {"GET"}


def test_what_has_been_changed_there_is_set_right(api):
    changed = {
        **THERE,
        "status": "inactive",
        "subscriptions": events.SUBSCRIPTIONS[1:],
        "endpoint": "https://old.example",
    }
    api.get(f"{WEBHOOKS}/{ID}", json={"webhook": changed})
    api.patch(f"{WEBHOOKS}/{ID}", status=204)
    tells_secret(api)
    zendesk().connect(HOOK, {"webhook": ID})
    right = {"endpoint": HOOK, "status": "active", "subscriptions": list(events.SUBSCRIPTIONS)}
    assert asked(api)[1] == ("PATCH", f"/api/v2/webhooks/{ID}", {"webhook": right})


def test_a_webhook_that_was_removed_there_is_made_anew_and_the_old_secret_goes_on(api):
    api.get(f"{WEBHOOKS}/{ID}", status=404, json={})
    lists(api)
    api.post(WEBHOOKS, json={"webhook": {"id": "new"}}, status=201)
    tells_secret(api, "other", webhook="new")
    made = zendesk().connect(HOOK, {"webhook": ID})
    assert made.secrets == {"webhook_secret": "other", "previous_webhook_secret": SECRET}
    assert "other" not in repr(made)


def rule(what, number):
    action = {"field": "notification_webhook", "value": [ID, triggers.body(what)]}
    conditions = {"all": list(triggers.CONDITIONS[what]), "any": []}
    return {
        "id": number,
        "title": f"Aissist pub1: {what}",
        "active": True,
        "conditions": conditions,
        "actions": [action],
    }


def test_where_there_are_no_ticket_events_rules_call_us(api):
    lists(api)
    api.post(WEBHOOKS, json={"webhook": {"id": ID}}, status=201)
    switched_off = {**rule("solved", 4), "active": False}
    api.get(RULES, json={"triggers": [rule("comment", 3), switched_off, {"id": 9, "title": "Notify requester"}]})
    for number in (5, 6, 7):
        api.post(RULES, json={"trigger": {"id": number}}, status=201)
    api.put(f"{RULES}/4", json={"trigger": {"id": 4}})
    tells_secret(api)
    made = zendesk(receive="triggers").connect(HOOK, {})
    numbers = {"created": "5", "comment": "3", "assignee": "6", "group": "7", "solved": "4"}
    assert made.state == {"webhook": ID, "triggers": numbers}
    sent = [(method, path, body) for method, path, body in asked(api) if method != "GET"]
    assert sent[0] == ("POST", "/api/v2/webhooks", {"webhook": {**WANTED, **BY_TRIGGERS}})
    wanted = {what: {k: v for k, v in rule(what, 0).items() if k != "id"} for what in triggers.CONDITIONS}
    assert sent[1:] == [
        ("POST", "/api/v2/triggers", {"trigger": wanted["created"]}),
        ("POST", "/api/v2/triggers", {"trigger": wanted["assignee"]}),
        ("POST", "/api/v2/triggers", {"trigger": wanted["group"]}),
        ("PUT", "/api/v2/triggers/4", {"trigger": wanted["solved"]}),
    ]


def test_the_other_way_of_hearing_takes_another_webhook(api):
    """Zendesk can't change how a webhook is called, and keeps one that a rule calls."""
    api.get(f"{WEBHOOKS}/{ID}", json={"webhook": {**THERE, **BY_TRIGGERS}})
    api.delete(f"{RULES}/3", status=204)
    api.delete(f"{WEBHOOKS}/{ID}", status=204)
    api.post(WEBHOOKS, json={"webhook": {"id": "new"}}, status=201)
    api.delete(f"{RULES}/3", status=404)
    tells_secret(api, webhook="new")
    made = zendesk().connect(HOOK, {"webhook": ID, "triggers": {"comment": "3"}})
    assert made.state == {"webhook": "new", "triggers": {}}
    assert [method for method, _, _ in asked(api)][:4] == ["GET", "DELETE", "DELETE", "POST"]


@pytest.mark.parametrize(
    ("receive", "says"),
    [
        ("events", "Subscribe it to these Zendesk events: zen:event-type:ticket.created, "),
        ("triggers", "“solved”: status value solved."),
    ],
)
def test_without_the_right_it_says_what_to_do_by_hand(api, receive, says):
    api.get(WEBHOOKS, status=403, json={"error": {"title": "Forbidden"}})
    with pytest.raises(DeliveryError) as error:
        zendesk(receive=receive).connect(HOOK, {})
    assert error.value.failure is Failure.REJECTED
    assert f"endpoint URL {HOOK}, request method POST, request format JSON" in error.value.public
    assert says in error.value.public


@pytest.mark.parametrize(
    ("receive", "says"), [("events", "set “Hear of tickets by” to “triggers”"), ("triggers", "public addresses only")]
)
def test_a_webhook_that_zendesk_does_not_take(api, receive, says):
    lists(api)
    api.post(WEBHOOKS, status=400, json={"errors": [{"code": "InvalidEventSubscription"}]})
    with pytest.raises(DeliveryError, match=says) as error:
        zendesk(receive=receive).connect(HOOK, {})
    assert (error.value.failure, error.value.vendor_code) == (Failure.REJECTED, "400")


@pytest.mark.parametrize("status", [204, 404], ids=["there", "gone already"])
def test_disconnecting_takes_all_of_it_away_rules_first(api, status):
    api.delete(f"{RULES}/3", status=status)
    api.delete(f"{WEBHOOKS}/{ID}", status=status)
    zendesk().disconnect({"webhook": ID, "triggers": {"comment": "3"}})
    assert [path for _, path, _ in asked(api)] == ["/api/v2/triggers/3", f"/api/v2/webhooks/{ID}"]


def test_disconnecting_what_was_never_connected_asks_for_nothing():
    zendesk().disconnect({})


# --- Letting in -------------------------------------------------------------------------------------------------------

BACK = "https://support.example.com/oauth/callback"
TOKENS = {
    "access_token": "a2",
    "refresh_token": "r2",
    "token_type": "bearer",
    "scope": "read write",
    "expires_in": 86400,
}


def test_an_operator_is_sent_to_zendesk():
    address = urlsplit(zendesk(**OAUTH).authorize(BACK, "s1"))
    assert (address.scheme, address.netloc, address.path) == ("https", "shop.zendesk.com", "/oauth/authorizations/new")
    assert {name: value for name, [value] in parse_qs(address.query).items()} == {
        "response_type": "code",
        "client_id": "aissist",
        "redirect_uri": BACK,
        "scope": "read write",
        "state": "s1",
    }


@pytest.mark.parametrize(
    ("values", "wrong"),
    [({"auth": "oauth"}, {"client_id", "client_secret"}), ({**OAUTH, "auth": "api_token"}, {"auth"})],
    ids=["without a client", "with an API token"],
)
def test_what_has_to_be_set_before_anybody_is_sent_there(values, wrong):
    with pytest.raises(ConfigError) as error:
        zendesk(**values).authorize(BACK, "s1")
    assert set(error.value.errors) == wrong


CLIENT = {"client_id": "aissist", "client_secret": "cl1ent", "scope": "read write"}
LASTING = {"expires_in": 86_400, "refresh_token_expires_in": 7_700_000}


def test_a_code_becomes_tokens(api):
    api.post(f"{API}/oauth/tokens", json=TOKENS)
    tokens = zendesk(**OAUTH).exchange(BACK, "c1")
    assert tokens == Tokens({"access_token": "a2", "refresh_token": "r2"}, 86_400.0)
    grant = {"grant_type": "authorization_code", "code": "c1", "redirect_uri": BACK}
    assert asked(api) == [("POST", "/oauth/tokens", {**grant, **CLIENT, **LASTING})]


def test_tokens_are_renewed(api):
    api.post(f"{API}/oauth/tokens", json={**TOKENS, "expires_in": None})
    tokens = zendesk(**OAUTH, secrets={"access_token": "a1", "refresh_token": "r1"}).refresh()
    assert tokens == Tokens({"access_token": "a2", "refresh_token": "r2"}, None)
    grant = {"grant_type": "refresh_token", "refresh_token": "r1"}
    assert asked(api) == [("POST", "/oauth/tokens", {**grant, **CLIENT, **LASTING})]


@pytest.mark.parametrize(
    ("values", "secrets"), [(OAUTH, {}), ({}, {"refresh_token": "r1"})], ids=["not let in", "by token"]
)
def test_where_there_is_nothing_to_renew(values, secrets):
    assert zendesk(**values, secrets=secrets).refresh() is None


DEAD = {
    "dead": (401, {"error": "invalid_grant"}, Failure.CREDENTIALS, "Authorise the gateway again."),
    "refused": (400, {"error": "invalid_request"}, Failure.CREDENTIALS, "Authorise the gateway again."),
    "empty": (200, {}, Failure.CREDENTIALS, "gave no token"),
    "broken": (503, {}, Failure.UNREACHABLE, "503"),
}


@pytest.mark.parametrize(("status", "answer", "failure", "says"), DEAD.values(), ids=DEAD)
def test_tokens_that_cannot_be_had(api, status, answer, failure, says):
    api.post(f"{API}/oauth/tokens", json=answer, status=status)
    with pytest.raises(DeliveryError) as error:
        zendesk(**OAUTH, secrets={"refresh_token": "r1"}).refresh()
    assert error.value.failure is failure and says in error.value.public
    assert "r1" not in error.value.public and "cl1ent" not in error.value.public


# --- Checking ---------------------------------------------------------------------------------------------------------

ADMIN = {"id": 1, "name": "Olga", "role": "admin"}
AGENT = {**ADMIN, "role": "agent"}
OURS = {**THERE, "endpoint": HOOK}
CHECKS = {
    "all well": (
        ADMIN,
        (200, {"webhooks": [OURS]}),
        (200, {"response": {"status": 202}}),
        True,
        "We are signed in as Olga (admin). The webhook is there, and a test came through.",
    ),
    "a test that was refused": (
        ADMIN,
        (200, {"webhooks": [OURS]}),
        (200, {"response": {"status": 401}}),
        False,
        "A test came with a signature that we refused. Press “Connect” again.",
    ),
    "a test that failed": (
        ADMIN,
        (200, {"webhooks": [OURS]}),
        (200, {"response": {"status": 502}}),
        False,
        "The webhook is there, but a test of it ended with 502.",
    ),
    "no tests": (ADMIN, (200, {"webhooks": [OURS]}), (404, {}), True, "didn't say how a test of it went."),
    "inactive": (ADMIN, (200, {"webhooks": [{**OURS, "status": "inactive"}]}), None, False, "but not active."),
    "no webhook": (ADMIN, (200, {"webhooks": []}), None, False, "There is no webhook for this gateway yet."),
    "an agent": (
        AGENT,
        (403, {}),
        None,
        True,
        "We are signed in as Olga (agent). Whether the webhook is there, only an administrator's sign-in can see. "
        "Gaps can't be filled",
    ),
    "a customer": ({**ADMIN, "role": "end-user"}, None, None, False, "who is no agent there (end-user)"),
    "nobody": ({"id": None, "name": "Anonymous user"}, None, None, False, "to it we are nobody"),
}


@pytest.mark.parametrize(("me", "webhooks", "test", "ok", "says"), CHECKS.values(), ids=CHECKS)
def test_connection_in_words(api, me, webhooks, test, ok, says):
    api.get(f"{API}/api/v2/users/me", json={"user": me})
    if webhooks:
        api.get(WEBHOOKS, status=webhooks[0], json=webhooks[1])
    if test:
        api.post(f"{WEBHOOKS}/test", status=test[0], json=test[1])
    health = zendesk().check()
    assert health.ok is ok and says in health.message
    if test:
        request = api.calls[-1].request
        assert request.params == {"webhook_id": ID}
        [ignored] = parsed(json.loads(request.body)["request"]["payload"].encode())
        assert ignored.why.endswith(".")


@pytest.mark.parametrize(
    ("values", "status", "says"),
    [({}, 401, "doesn't accept our sign-in"), (OAUTH, None, "Nobody has let us into this Zendesk yet")],
    ids=["a wrong token", "no token"],
)
def test_a_sign_in_that_does_not_work(api, values, status, says):
    if status:
        api.get(f"{API}/api/v2/users/me", status=status, json={"error": "Couldn't authenticate you"})
    health = zendesk(**values).check()
    assert not health.ok and says in health.message
    assert isinstance(health, Health)


# --- What there is ----------------------------------------------------------------------------------------------------


def test_groups_and_tags_to_choose_from(api):
    more = f"{API}/api/v2/groups.json?page%5Bafter%5D=x"
    groups = [{"id": 5, "name": "Support"}, {"id": 6, "name": "Old", "deleted": True}]
    api.get(f"{API}/api/v2/groups", json={"groups": groups, "meta": {"has_more": True}, "links": {"next": more}})
    api.get(more, json={"groups": [{"id": 7, "name": "Billing"}], "meta": {"has_more": False}})
    api.get(f"{API}/api/v2/tags", json={"tags": [{"name": "vip", "count": 3}], "meta": {"has_more": False}})
    places = [Place("group", "5", "Support"), Place("group", "7", "Billing"), Place("tag", "vip", "vip")]
    assert list(zendesk().places()) == places
    assert api.calls[0].request.params == {"page[size]": "100", "exclude_deleted": "true"}


def test_of_tags_the_most_used_are_offered(api):
    api.get(f"{API}/api/v2/groups", json={"groups": []})
    page = {"tags": [{"name": f"t{at}"} for at in range(100)], "meta": {"has_more": True}}
    api.get(f"{API}/api/v2/tags", json={**page, "links": {"next": f"{API}/api/v2/tags"}})
    assert len(list(zendesk().places())) == 1000


def test_agents_to_choose_from(api):
    photo = {"content_url": "https://shop.zendesk.com/p.png"}
    users = [
        {"id": 900, "name": "Agent", "email": "a@shop.example", "photo": photo, "active": True, "suspended": False},
        {"id": 901, "name": "Gone", "active": False},
        {"id": 902, "name": "Barred", "suspended": True},
        {"id": 903, "name": "Bo", "photo": None},
    ]
    api.get(f"{API}/api/v2/users", json={"users": users, "meta": {"has_more": False}})
    agent = Teammate("900", "Agent", "a@shop.example", "https://shop.zendesk.com/p.png")
    assert list(zendesk().people()) == [agent, Teammate("903", "Bo")]
    assert api.calls[0].request.params == {"page[size]": "100", "role[]": ["agent", "admin"]}


def test_the_past_and_who_the_requester_is(api):
    user = {
        "id": 77,
        "name": "Ada",
        "email": "ada@example.com",
        "role": "end-user",
        "tags": ["gold", "eu"],
        "notes": "Likes tea",
        "details": "",
        "user_fields": {"plan": "pro", "seats": 3, "beta": True, "note": None},
    }
    organization = {"id": 8, "name": "Analytical Engines", "organization_fields": {"tier": "1"}}
    ticket = {"id": 5158, "requester_id": 77, "organization_id": 8}
    answer = {"ticket": ticket, "users": [user], "organizations": [organization]}
    api.get(f"{API}/api/v2/tickets/5158", json=answer)
    comments = [
        {"id": 3, "author_id": 12, "body": "Ask Bo", "public": False, "created_at": "2025-01-08T12:00:00Z"},
        {"id": 2, "author_id": 12, "body": "Hello Ada", "public": True, "created_at": None},
        {"id": 1, "author_id": 77, "body": "Hello", "public": True},
    ]
    staff = {"id": 12, "name": "Bo", "role": "agent"}
    api.get(f"{API}/api/v2/tickets/5158/comments", json={"comments": comments, "users": [user, staff]})
    at = datetime.datetime(2025, 1, 8, 12, tzinfo=datetime.UTC)
    assert zendesk().read("5158") == Background(
        said=(
            Past(Speaker.CUSTOMER, "Hello", "1", "Ada"),
            Past(Speaker.STAFF, "Hello Ada", "2", "Bo"),
            Past(Speaker.NOTE, "Ask Bo", "3", "Bo", at),
        ),
        customer={
            "name": "Ada",
            "email": "ada@example.com",
            "notes": "Likes tea",
            "organization": "Analytical Engines",
            "tags": "gold, eu",
            "plan": "pro",
            "seats": "3",
            "beta": "yes",
            "organization tier": "1",
        },
    )
    assert api.calls[0].request.params == {"include": "users,organizations"}
    assert api.calls[1].request.params == {"page[size]": "100", "include": "users", "sort": "-created_at"}


# --- Files ------------------------------------------------------------------------------------------------------------

KEPT = "https://p19.zdusercontent.com/attachment/1?token=t"


def file(address):
    return Attachment("a.png", "image/png", 4, address)


def test_a_file_is_got_signed_in_and_where_it_is_kept_not(api):
    api.get(f"{API}/attachments/1", status=302, headers={"Location": KEPT})
    api.get(KEPT, body=b"PNG!")
    assert zendesk().fetch(file(f"{API}/attachments/1")) == b"PNG!"
    assert [call.request.headers.get("Authorization", "")[:5] for call in api.calls] == ["Basic", ""]


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/a.png",
        "http://shop.zendesk.com/a.png",
        "https://shop.zendesk.com.evil.example/a.png",
        "https://shop.zendesk.com@evil.example/a.png",
        "https://evilzdusercontent.com/a.png",
        "https://shop.zendesk.com:8443/a.png",
        "https://[",
        "/a.png",
    ],
)
def test_files_are_got_from_nowhere_else(address):
    with pytest.raises(DeliveryError, match="isn't kept by Zendesk") as error:
        zendesk().fetch(file(address))
    assert error.value.failure is Failure.REJECTED


def test_nor_are_they_from_where_zendesk_points_on_to(api):
    api.get(f"{API}/attachments/1", status=302, headers={"Location": "http://169.254.169.254/latest"})
    with pytest.raises(DeliveryError, match="isn't kept by Zendesk"):
        zendesk().fetch(file(f"{API}/attachments/1"))


def test_a_file_behind_a_proxy_of_ones_own(api):
    api.get("http://127.0.0.1:8000/attachments/1", body=b"PNG!")
    assert zendesk(api_url="http://127.0.0.1:8000/").fetch(file("http://127.0.0.1:8000/attachments/1")) == b"PNG!"


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ({"status": 302, "headers": {"Location": f"{API}/attachments/1"}}, "without end"),
        ({"status": 404}, "no such ticket or thing"),
        ({"status": 204}, "nothing in this file"),
    ],
    ids=["in a circle", "gone", "empty"],
)
def test_a_file_that_cannot_be_had(api, answer, says):
    api.get(f"{API}/attachments/1", **answer)
    with pytest.raises(DeliveryError, match=says):
        zendesk().fetch(file(f"{API}/attachments/1"))
