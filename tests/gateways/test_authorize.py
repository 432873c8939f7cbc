"""Connecting a gateway by OAuth: a button, a vendor on loopback, and everything that may come back from it."""

import logging
import re
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from gateways import tokens
from gateways.models import Authorization, AuthorizationRequest, Exchange, Gateway, Secret
from handover.configuration.describe import describe
from tests.loopback.oauth import Wall, issued
from tests.loopback.server import Reply

pytestmark = pytest.mark.django_db
SITE = "https://support.example.com"
CALLBACK = "/oauth/callback"


@pytest.fixture(autouse=True)
def public_url(settings):
    settings.PUBLIC_URL = SITE
    settings.SECURE_SSL_REDIRECT = False


def page_of(gateway: Gateway) -> str:
    return reverse("admin:gateways_gateway_change", args=[gateway.pk])


def pressed(client: Client, gateway: Gateway) -> str:
    """The address at the vendor that the button leads to."""
    page = client.post(reverse("admin:gateways_gateway_authorize", args=[gateway.pk]))
    assert (page.status_code, page.headers["Referrer-Policy"]) == (200, "no-referrer")
    assert "no-store" in page.headers["Cache-Control"]
    [address] = re.findall(r'http-equiv="refresh" content="0;url=([^"]+)"', page.content.decode())
    assert f'href="{address}"' in page.content.decode()
    return unescape(address)


def allowed(address: str) -> str:
    """The operator says yes there. Returns what the browser asks us for then, without the site."""
    back = requests.get(address, allow_redirects=False, timeout=10).headers["Location"]
    assert back.startswith(f"{SITE}{CALLBACK}?")
    return back.removeprefix(SITE)


def says(answer) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def state_of(address: str) -> str:
    return parse_qs(urlsplit(address).query)["state"][0]


# --- The button -------------------------------------------------------------------------------------------------------


def test_the_page_offers_it_where_the_platform_can(admin_client, gate, gateway):
    page = admin_client.get(page_of(gate)).content.decode()
    assert "Connect with Wall" in page
    assert f"<code>{SITE}{CALLBACK}</code>" in page
    assert "Not connected by “Connect with Wall”." in page
    assert "Connect with" not in admin_client.get(page_of(gateway)).content.decode()
    assert admin_client.post(reverse("admin:gateways_gateway_authorize", args=[gateway.pk])).status_code == 404


def test_the_vendor_is_asked_as_the_adapter_says(admin_client, gate, vendor):
    address = pressed(admin_client, gate)
    assert address.startswith(f"{vendor.url}/authorize?")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    state = asked.pop("state")
    assert asked == {"client_id": "client-1", "redirect_uri": SITE + CALLBACK, "response_type": "code"}
    assert len(state) >= 43
    row = AuthorizationRequest.objects.get()
    assert state not in (row.state, row.session) and admin_client.session.session_key not in row.session


def test_options_that_are_missing_are_said(admin_client, gate):
    Gateway.objects.filter(pk=gate.pk).update(config={})
    answer = admin_client.post(reverse("admin:gateways_gateway_authorize", args=[gate.pk]))
    assert (answer.url, says(answer)) == (page_of(gate), ["The configuration isn't complete. url: This is needed."])


def test_an_address_that_is_none_is_refused(admin_client, gate):
    Gateway.objects.filter(pk=gate.pk).update(config={"url": "javascript:alert(1)//"})
    answer = admin_client.post(reverse("admin:gateways_gateway_authorize", args=[gate.pk]))
    assert answer.url == page_of(gate)
    assert "The options don't make an address" in says(answer)[0]
    assert not AuthorizationRequest.objects.exists()


def test_it_takes_the_permission_to_change_the_gateway_and_a_post(client, gate):
    user = User.objects.create_user("vera", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_gateway"))
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    begin = reverse("admin:gateways_gateway_authorize", args=[gate.pk])
    assert client.post(begin).status_code == 403
    assert client.get(begin).status_code == 405
    assert f"/{gate.pk}/authorize/" not in client.get(page_of(gate)).content.decode()


# --- Coming back ------------------------------------------------------------------------------------------------------


def test_an_operator_connects_a_gateway(admin_client, gate, vendor):
    Gateway.objects.filter(pk=gate.pk).update(status="error", status_detail="Not connected.")
    began = timezone.now()
    answer = admin_client.get(allowed(pressed(admin_client, gate)))
    assert (answer.status_code, answer.url) == (302, page_of(gate))
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer.headers["Cache-Control"]
    assert says(answer) == ["“Front desk” is connected with Wall, and its access is renewed by itself."]
    assert set(issued()) == {"access_token", "refresh_token"}
    assert issued()["access_token"] in vendor.access_tokens
    row = Authorization.objects.get(gateway=gate)
    assert (row.granted_by, row.issued_to, row.stands) == ("admin", "admin", True)
    life = row.expires_at - row.issued_at
    assert (life, row.expires_at - row.renew_at) == (timedelta(hours=1), timedelta(minutes=12))
    assert row.issued_at >= began
    gate.refresh_from_db()
    assert (gate.status, gate.status_detail) == ("ok", "")
    assert LogEntry.objects.get().object_id == str(gate.pk)
    page = admin_client.get(page_of(gate)).content.decode()
    assert "Connected" in page and "By admin," in page


@pytest.mark.parametrize(
    ("life", "ahead"),
    [(3600, 720), (86_400, 17_280), (600, 300), (300, 150), (1000, 300), (0, 0), (-5, 0)],
    ids=["a fifth", "a day", "five minutes", "half", "no less than five minutes", "none", "less than none"],
)
def test_tokens_are_renewed_ahead_of_their_end(life, ahead):
    assert tokens._ahead(life) == ahead


@pytest.mark.parametrize("life", [None, float("inf"), float("nan"), 1e300])
def test_tokens_without_an_end_arent(gate, life):
    from gateways.authorize import grant
    from gateways.messages import Tokens

    grant(gate, Tokens({"access_token": "a"}, life), "grace")
    row = Authorization.objects.get()
    assert (row.expires_at, row.renew_at, row.stands) == (None, None, True)


def test_what_came_back_counts_once(admin_client, gate, vendor):
    back = allowed(pressed(admin_client, gate))
    admin_client.get(back)
    kept = issued()
    answer = admin_client.get(back)
    assert "or it came a second time. Nothing was changed." in says(answer)[-1]
    assert (issued(), vendor.grants) == (kept, ["authorization_code"])


def test_ten_minutes_and_no_more(admin_client, gate, vendor):
    back = allowed(pressed(admin_client, gate))
    AuthorizationRequest.objects.update(begun_at=timezone.now() - timedelta(minutes=10, seconds=1))
    answer = admin_client.get(back)
    assert says(answer)[-1].startswith("That took longer than ten minutes. Open “Front desk”")
    assert (issued(), vendor.grants) == ({}, [])


def test_only_the_session_that_left_comes_back(admin_client, admin_user, gate, vendor):
    back = allowed(pressed(admin_client, gate))
    other = Client()
    other.force_login(admin_user, backend="django.contrib.auth.backends.ModelBackend")
    answer = other.get(back)
    assert (answer.url, issued(), vendor.grants) == (reverse("admin:index"), {}, [])
    assert "doesn't belong to anything that you have begun here" in says(answer)[0]
    assert admin_client.get(back).url == page_of(gate)  # whose it is can still go on


def test_who_was_signed_out_or_lost_the_permission_changes_nothing(client, gate, vendor):
    user = User.objects.create_user("bo", is_staff=True)
    may = Permission.objects.filter(codename__in=["change_gateway", "view_gateway"])
    user.user_permissions.add(*may)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    back = allowed(pressed(client, gate))
    answer = Client().get(back)
    assert (answer.url, says(answer)[0][:30]) == (reverse("admin:index"), "You were signed out meanwhile.")
    user.user_permissions.clear()
    answer = client.get(back)
    assert (answer.url, says(answer)) == (
        reverse("admin:index"),
        ["You may not change “Front desk”. Nothing was changed."],
    )
    assert (issued(), vendor.grants) == ({}, [])


@pytest.mark.parametrize("state", ["", "wrong", "\x00", "ü" * 5000, "None"])
@pytest.mark.parametrize("more", [{"code": "hush-code"}, {"error": "access_denied"}, {}])
def test_a_wrong_state_leads_to_the_front_page(admin_client, gate, vendor, state, more):
    pressed(admin_client, gate)
    answer = admin_client.get(f"{CALLBACK}?{urlencode({'state': state, **more})}")
    assert (answer.status_code, answer.url, vendor.grants) == (302, reverse("admin:index"), [])
    assert "Nothing was changed." in says(answer)[0]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"error": "access_denied"}, "Access was denied there. Press the button again and allow it."),
        ({"error": "temporarily_unavailable"}, "It is too busy at the moment."),
        ({"error": "<script>", "error_description": "Click https://evil.example"}, "Check the options and the app"),
        ({}, "Check the options and the application there."),
        ({"code": ""}, "Check the options and the application there."),
        ({"code": "hush-code-of-somebody-else"}, "Wall answered invalid_grant. Press the button again"),
    ],
    ids=["denied", "busy", "unknown", "nothing", "empty", "a wrong code"],
)
def test_each_no_is_a_sentence(admin_client, gate, vendor, query, told):
    state = state_of(pressed(admin_client, gate))
    answer = admin_client.get(f"{CALLBACK}?{urlencode({'state': state, **query})}")
    assert answer.url == page_of(gate)
    [said] = says(answer)
    assert said.startswith(f"Wall didn't let us in. {told}")
    assert "evil" not in said and "script" not in said and "hush" not in said
    assert (issued(), Authorization.objects.count()) == ({}, 0)


def test_a_vendor_that_is_down_leaves_the_old_tokens(admin_client, connected, vendor):
    kept, back = issued(), allowed(pressed(admin_client, connected))
    vendor.fail("/token", lambda request: Reply({}, 503))
    answer = admin_client.get(back)
    assert says(answer)[0].startswith("Wall didn't let us in. The URL answered 503")
    assert issued() == kept and Authorization.objects.get().stands


def test_a_mistake_of_ours_is_a_sentence_too(admin_client, gate, monkeypatch, caplog):
    def fails(self, redirect, code):
        raise KeyError("access_token")

    back = allowed(pressed(admin_client, gate))
    monkeypatch.setattr(Wall, "exchange", fails)
    answer = admin_client.get(back)
    assert answer.url == page_of(gate)
    assert says(answer) == ["Our code for this platform failed (KeyError); the log says where."]
    assert "hush" not in caplog.text


def test_an_export_leaves_tokens_out(gate, connected):
    assert list(describe(connected).secrets) == ["client_secret"]


def test_it_sends_nobody_anywhere_else(admin_client, gate):
    state = state_of(pressed(admin_client, gate))
    for name in ("next", "redirect_uri", "url", "return_to"):
        answer = admin_client.get(
            f"{CALLBACK}?{urlencode({'state': state, 'error': 'x', name: 'https://evil.example'})}"
        )
        assert answer.url in (page_of(gate), reverse("admin:index"))


# --- Nothing of it comes out ------------------------------------------------------------------------------------------


def test_no_log_no_row_and_no_page_holds_a_code_a_state_or_a_token(admin_client, gate, vendor, caplog):
    caplog.set_level(logging.DEBUG)
    address = pressed(admin_client, gate)
    back = allowed(address)
    admin_client.get(back)
    code = parse_qs(urlsplit(back).query)["code"][0]
    hidden = [code, state_of(address), *issued().values()]
    logged = [
        record.getMessage()
        for record in caplog.records
        if record.name not in ("django.db.backends", "urllib3.connectionpool")
    ]
    rows = [
        [str(value) for value in row]
        for model in (Exchange, Authorization, AuthorizationRequest, LogEntry)
        for row in model.objects.values_list()
    ]
    pages = [
        admin_client.get(page).content.decode()
        for page in (page_of(gate), reverse("admin:gateways_exchange_changelist"))
    ]
    assert Exchange.objects.filter(url=f"{vendor.url}/token", status=200).count() == 1
    found = str([logged, rows, pages])
    assert [each for each in hidden if each in found] == []


def test_tokens_are_encrypted_and_no_fields_to_type_in(admin_client, gate):
    from django.db import connection

    admin_client.get(allowed(pressed(admin_client, gate)))
    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM gateways_secret")
        assert not [value for (value,) in cursor.fetchall() if "hush" in value]
    page = admin_client.get(page_of(gate)).content.decode()
    assert 'value="access_token"' not in page and 'value="refresh_token"' not in page
    assert "hush" not in page
    Secret.objects.create(gateway=gate, name="typed", value="x")
    assert 'value="typed"' in admin_client.get(page_of(gate)).content.decode()
