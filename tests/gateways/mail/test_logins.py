"""OAuth2: what the token URL is asked, what its answers mean, and what servers are told."""

from urllib.parse import parse_qs

import pytest
import responses

from agents.http import Http, Policy
from gateways.errors import DeliveryError, Failure
from gateways.mail.logins import TOKENS, OAuth, access_token, xoauth2

URL = "https://login.example/token"
REFRESH = OAuth("support@shop.example", URL, "id-1", "s3cret", "r-1")
CLIENT = OAuth("support@shop.example", URL, "id-1", "s3cret", scope="https://outlook.example/.default")


@pytest.fixture(autouse=True)
def no_tokens_yet():
    TOKENS.forget()


@pytest.mark.parametrize(
    ("login", "asked"),
    [
        (
            REFRESH,
            {"grant_type": "refresh_token", "refresh_token": "r-1", "client_id": "id-1", "client_secret": "s3cret"},
        ),
        (
            CLIENT,
            {
                "grant_type": "client_credentials",
                "client_id": "id-1",
                "client_secret": "s3cret",
                "scope": "https://outlook.example/.default",
            },
        ),
    ],
    ids=["refresh token", "client credentials"],
)
@responses.activate
def test_what_is_asked_and_that_it_is_asked_once(login, asked):
    responses.post(URL, json={"access_token": "t-1", "expires_in": 3600})
    assert [access_token(login, Http(Policy())) for _ in range(3)] == ["t-1"] * 3
    (call,) = responses.calls
    assert {name: value for name, (value,) in parse_qs(call.request.body.decode()).items()} == asked


@responses.activate
def test_a_token_that_ends_within_two_minutes_is_replaced():
    responses.post(URL, json={"access_token": "t-1", "expires_in": 100})
    access_token(REFRESH, Http(Policy()))
    access_token(REFRESH, Http(Policy()))
    assert len(responses.calls) == 2


@pytest.mark.parametrize(
    ("status", "body", "failure"),
    [
        (400, '{"error": "invalid_grant"}', Failure.CREDENTIALS),
        (401, "not JSON", Failure.CREDENTIALS),
        (200, "[]", Failure.CREDENTIALS),
        (200, '{"access_token": "a\\r\\nb"}', Failure.CREDENTIALS),
        (503, "", Failure.UNREACHABLE),
        (429, "", Failure.UNREACHABLE),
    ],
    ids=["revoked", "unauthorised", "a list", "a line break", "down", "too many"],
)
@responses.activate
def test_without_a_token_it_is_said_why(status, body, failure):
    responses.post(URL, body=body, status=status)
    with pytest.raises(DeliveryError) as raised:
        access_token(REFRESH, Http(Policy()))
    assert raised.value.failure is failure
    assert not {"s3cret", "r-1"} & set(raised.value.public.split())


def test_what_servers_are_told():
    assert xoauth2("a@b.c", "t-1") == "user=a@b.c\x01auth=Bearer t-1\x01\x01"


def test_secrets_arent_shown():
    assert "s3cret" not in repr(REFRESH) and "r-1" not in repr(REFRESH)
