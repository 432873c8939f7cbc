"""OAuth 2 for mailboxes: where operators let us in, and the tokens that come of it. RFC 6749.

https://developers.google.com/identity/protocols/oauth2/web-server
https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-auth-code-flow
https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-client-creds-grant-flow
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard
from urllib.parse import urlencode

from agents.http import Http, HttpError
from gateways.answers import json_object, unanswered
from gateways.errors import DeliveryError, Failure
from gateways.mail.logins import STARTTLS, TLS
from gateways.messages import Tokens

ACCESS, REFRESH = "oauth_access_token", "oauth_refresh_token"  # names of secrets
PASSWORD, GOOGLE, MICROSOFT, OTHER = "password", "google", "microsoft", "other"
USUAL_LIFE = 3600.0  # seconds
CONNECT = "Open the gateway and press “Connect with Email”."


@dataclass(frozen=True, slots=True)
class Provider:
    """A vendor's addresses. `{tenant}` stands for the Microsoft one."""

    authorize_url: str
    token_url: str
    scope: str
    app_scope: str  # where the application speaks for itself
    extra: Mapping[str, str]
    imap: tuple[str, int, str]  # host, port, security
    smtp: tuple[str, int, str]


PROVIDERS = {
    # https://developers.google.com/workspace/gmail/imap/imap-smtp; without “consent” a second time gives no new token
    GOOGLE: Provider(
        "https://accounts.google.com/o/oauth2/v2/auth",
        "https://oauth2.googleapis.com/token",
        "https://mail.google.com/",
        "",
        {"access_type": "offline", "prompt": "consent"},
        ("imap.gmail.com", 993, TLS),
        ("smtp.gmail.com", 465, TLS),
    ),
    MICROSOFT: Provider(
        "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/authorize",
        "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",
        "offline_access https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send",
        "https://outlook.office365.com/.default",
        {"prompt": "select_account"},
        ("outlook.office365.com", 993, TLS),
        ("smtp.office365.com", 587, STARTTLS),
    ),
}


@dataclass(frozen=True, slots=True)
class Client:
    """Our application, as an operator has registered it with the provider."""

    authorize_url: str
    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str
    hint: str  # the mailbox that is to be authorised
    extra: Mapping[str, str] = field(default_factory=dict)


def address(client: Client, redirect: str, state: str) -> str:
    """Where an operator authorises us, RFC 6749, 4.1.1."""
    asked = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": redirect,
        "scope": client.scope,
        "state": state,
        "login_hint": client.hint,
        **client.extra,
    }
    between = "&" if "?" in client.authorize_url else "?"
    return client.authorize_url + between + urlencode({name: value for name, value in asked.items() if value})


def exchange(client: Client, redirect: str, code: str, http: Http) -> Tokens:
    """The tokens for a code, RFC 6749, 4.1.3. Raises DeliveryError."""
    tokens = _ask(client, {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect}, http)
    if REFRESH not in tokens.secrets:
        raise DeliveryError(
            Failure.CREDENTIALS,
            "The provider gave no refresh token, so access would end within the hour. Take our application's access "
            "away in the account's settings there, check the scope, and authorise again.",
        )
    return tokens


def refresh(client: Client, refresh_token: str, http: Http) -> Tokens:
    """New tokens, RFC 6749, 6. Microsoft gives a new refresh token with each. Raises DeliveryError."""
    return _ask(client, {"grant_type": "refresh_token", "refresh_token": refresh_token, "scope": client.scope}, http)


def speak_for_itself(client: Client, http: Http) -> Tokens:
    """An access token of the application's own (client credentials), RFC 6749, 4.4.2. Raises DeliveryError."""
    return _ask(client, {"grant_type": "client_credentials", "scope": client.scope}, http)


def _ask(client: Client, grant: Mapping[str, str], http: Http) -> Tokens:
    known = {**grant, "client_id": client.client_id, "client_secret": client.client_secret}
    form = {name: value for name, value in known.items() if value}
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    try:
        answer = http.request("POST", client.token_url, headers=headers, body=urlencode(form).encode())
    except HttpError as error:
        found = unanswered(error)
        # Nothing of a mail has left yet, so asking again is harmless.
        failure = Failure.UNREACHABLE if found.failure is Failure.UNKNOWN else found.failure
        raise DeliveryError(failure, f"No access token: {error.public}") from error
    told = json_object(answer.body) or {}
    if answer.status >= 500 or answer.status == 429:
        raise DeliveryError(Failure.UNREACHABLE, f"The token URL answered {answer.status}: it isn't working now.")
    given = {ACCESS: told.get("access_token"), REFRESH: told.get("refresh_token")}
    secrets: dict[str, str] = {name: token for name, token in given.items() if _is_token(token)}
    if answer.status != 200 or ACCESS not in secrets:
        raise _refused(answer.status, told)
    return Tokens(secrets, _seconds(told.get("expires_in")))


def _refused(status: int, told: Mapping[str, Any]) -> DeliveryError:
    """RFC 6749, 5.2."""
    why = str(told.get("error", ""))[:60]
    code = why if why.isascii() and why.isprintable() else ""
    said = f"The token URL answered {status}{f' ({code})' if code else ''}."
    if code in ("invalid_client", "unauthorized_client"):
        public = f"{said} Check the OAuth client id and secret; Microsoft's secrets end after two years at the latest."
    elif code == "invalid_grant":
        public = f"{said} The authorisation has ended or was taken back: the mailbox has to be reconnected."
    else:
        public = f"{said} If that goes on, the mailbox has to be reconnected."
    return DeliveryError(Failure.CREDENTIALS, public, vendor_code=code or str(status))


def _is_token(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and bool(value) and value.isascii() and value.isprintable()


def _seconds(value: object) -> float:
    """How long the access token lasts, where the provider tells."""
    try:
        return float(value)  # type: ignore[arg-type]  # most tell a number, some a text
    except (TypeError, ValueError):
        return USUAL_LIFE
