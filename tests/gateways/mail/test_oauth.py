"""OAuth: where operators are sent, what the token URL is asked, and what its answers mean."""

import base64
from urllib.parse import parse_qs, urlsplit

import pytest
import responses

from agents.http import Http, Policy
from gateways import config
from gateways.adapters.email import Email
from gateways.base import Account
from gateways.errors import ConfigError, DeliveryError, Failure
from gateways.mail.oauth import ACCESS, REFRESH
from gateways.messages import Tokens

KEY = "whsec_" + base64.b64encode(b"k" * 32).decode()
TOKEN_URLS = {
    "google": "https://oauth2.googleapis.com/token",
    "microsoft": "https://login.microsoftonline.com/organizations/oauth2/v2.0/token",
    "other": "https://login.example/token",
}
BACK = "https://aissist.example/oauth"
CLIENT = {"client_id": "id-1", "client_secret": "s3cret"}
MICROSOFTS = "offline_access https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send"


def email(sign_in="google", **values) -> Email:
    given = {
        "address": "support@shop.example",
        "signing_key": KEY,
        "sign_in": sign_in,
        "oauth_client_id": "id-1",
        "oauth_client_secret": "s3cret",
        **values,
    }
    return Email(Account(1, "mail", "Mail"), config.load(Email.Config, given), given, Http(Policy()))


def other(**values) -> Email:
    urls = {"oauth_authorize_url": "https://login.example/in?v=2", "oauth_token_url": TOKEN_URLS["other"]}
    return email("other", **urls, **values)


ASKED = {
    "google": (
        email(),
        "https://accounts.google.com/o/oauth2/v2/auth",
        {"scope": "https://mail.google.com/", "access_type": "offline", "prompt": "consent"},
    ),
    "microsoft": (
        email("microsoft"),
        "https://login.microsoftonline.com/organizations/oauth2/v2.0/authorize",
        {"scope": MICROSOFTS, "prompt": "select_account"},
    ),
    "microsoft, one tenant": (
        email("microsoft", oauth_tenant="shop.example", oauth_scope="mine"),
        "https://login.microsoftonline.com/shop.example/oauth2/v2.0/authorize",
        {"scope": "mine", "prompt": "select_account"},
    ),
    "other": (other(oauth_scope="mail"), "https://login.example/in", {"v": "2", "scope": "mail"}),
}


@pytest.mark.parametrize("name", ASKED)
def test_where_operators_are_sent(name):
    ours, address, asked = ASKED[name]
    found = urlsplit(ours.authorize(BACK, "state 1&2"))
    assert f"{found.scheme}://{found.netloc}{found.path}" == address
    assert {key: value for key, (value,) in parse_qs(found.query).items()} == {
        "response_type": "code",
        "client_id": "id-1",
        "redirect_uri": BACK,
        "state": "state 1&2",
        "login_hint": "support@shop.example",
        **asked,
    }


@pytest.mark.parametrize(
    ("ours", "field"),
    [
        (email("password"), "sign_in"),
        (email(oauth_application=True), "oauth_application"),
        (email(oauth_client_id=""), "oauth_client_id"),
        (email("other"), "oauth_token_url"),
    ],
    ids=["passwords", "application", "no client", "no addresses"],
)
def test_what_has_to_be_set_first(ours, field):
    with pytest.raises(ConfigError) as raised:
        ours.authorize(BACK, "s")
    assert field in raised.value.errors


EXCHANGED = {"grant_type": "authorization_code", "code": "c-1", "redirect_uri": BACK}
GRANTS = {
    "a code": (email(), lambda ours: ours.exchange(BACK, "c-1"), EXCHANGED),
    "a refresh token": (
        email(oauth_refresh_token="r-0"),
        Email.refresh,
        {"grant_type": "refresh_token", "refresh_token": "r-0", "scope": "https://mail.google.com/"},
    ),
    "Microsoft's": (
        email("microsoft", oauth_refresh_token="r-0"),
        Email.refresh,
        {"grant_type": "refresh_token", "refresh_token": "r-0", "scope": MICROSOFTS},
    ),
    "the application's own": (
        email("microsoft", oauth_application=True),
        Email.refresh,
        {"grant_type": "client_credentials", "scope": "https://outlook.office365.com/.default"},
    ),
}


@pytest.mark.parametrize("name", GRANTS)
@responses.activate
def test_what_is_asked_for_tokens(name):
    ours, act, asked = GRANTS[name]
    url = TOKEN_URLS[ours.config.sign_in]
    responses.post(url, json={"access_token": "t-1", "refresh_token": "r-1", "expires_in": 3599})
    assert act(ours) == Tokens({ACCESS: "t-1", REFRESH: "r-1"}, 3599.0)
    (call,) = responses.calls
    assert {key: value for key, (value,) in parse_qs(call.request.body.decode()).items()} == {**asked, **CLIENT}


@responses.activate
def test_a_refresh_token_that_isnt_replaced_is_kept():
    responses.post(TOKEN_URLS["google"], json={"access_token": "t-1"})
    assert email(oauth_refresh_token="r-0").refresh() == Tokens({ACCESS: "t-1"}, 3600.0)


@responses.activate
def test_without_a_refresh_token_the_code_was_of_no_use():
    responses.post(TOKEN_URLS["google"], json={"access_token": "t-1", "expires_in": 3599})
    with pytest.raises(DeliveryError, match="gave no refresh token"):
        email().exchange(BACK, "c-1")


@pytest.mark.parametrize("ours", [email("password"), email()], ids=["passwords", "not authorised yet"])
def test_there_may_be_nothing_to_renew(ours):
    assert ours.refresh() is None


@pytest.mark.parametrize(
    ("status", "body", "failure", "says"),
    [
        (400, '{"error": "invalid_grant"}', Failure.CREDENTIALS, "the mailbox has to be reconnected"),
        (401, '{"error": "invalid_client"}', Failure.CREDENTIALS, "Check the OAuth client id and secret"),
        (401, "not JSON", Failure.CREDENTIALS, "the mailbox has to be reconnected"),
        (200, "[]", Failure.CREDENTIALS, "reconnect"),
        (200, '{"access_token": "a\\r\\nb"}', Failure.CREDENTIALS, "reconnect"),
        (503, "", Failure.UNREACHABLE, "isn't working now"),
        (429, "", Failure.UNREACHABLE, "isn't working now"),
    ],
    ids=["revoked", "wrong secret", "unauthorised", "a list", "a line break", "down", "too many"],
)
@responses.activate
def test_without_a_token_it_is_said_why(status, body, failure, says):
    responses.post(TOKEN_URLS["google"], body=body, status=status)
    with pytest.raises(DeliveryError, match=says) as raised:
        email(oauth_refresh_token="r-0").refresh()
    assert raised.value.failure is failure
    assert not {"s3cret", "r-0"} & set(raised.value.public.split())


def test_the_vendors_servers_need_not_be_typed():
    told = {
        name: (ours.config.imap("t"), ours.config.smtp("t")) for name, (ours, *_) in ASKED.items() if name != "other"
    }
    assert {(one.host, one.port, one.security) for one in told["google"]} == {
        ("imap.gmail.com", 993, "tls"),
        ("smtp.gmail.com", 465, "tls"),
    }
    assert {(one.host, one.port, one.security) for one in told["microsoft"]} == {
        ("outlook.office365.com", 993, "tls"),
        ("smtp.office365.com", 587, "starttls"),
    }
