"""How we prove to mail servers who we are: a password, or an OAuth2 access token that is fetched when it is needed.

https://developers.google.com/workspace/gmail/imap/xoauth2-protocol
https://learn.microsoft.com/en-us/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth
"""

import hashlib
import json
import threading
import time
from dataclasses import dataclass, field
from urllib.parse import urlencode

from agents.http import Http, HttpError
from gateways.answers import unanswered
from gateways.errors import DeliveryError, Failure

EARLY = 120.0  # seconds before its end, at which a token is replaced
USUAL_LIFE = 3600.0  # seconds, where the server doesn't tell


@dataclass(frozen=True, slots=True)
class Password:
    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OAuth:
    """With a refresh token, that is exchanged; without one, the client speaks for itself (client credentials)."""

    user: str
    token_url: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    scope: str = ""

    def form(self) -> dict[str, str]:
        """What the token endpoint is asked, RFC 6749, 6 and 4.4.2."""
        grant = (
            {"grant_type": "refresh_token", "refresh_token": self.refresh_token}
            if self.refresh_token
            else {"grant_type": "client_credentials"}
        )
        known = {"client_id": self.client_id, "client_secret": self.client_secret, "scope": self.scope}
        return {**grant, **{name: value for name, value in known.items() if value}}


Login = Password | OAuth


def xoauth2(user: str, token: str) -> str:
    return f"user={user}\x01auth=Bearer {token}\x01\x01"


class _Tokens:
    """Access tokens, kept in this process until shortly before they end."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[str, float]] = {}

    def get(self, login: OAuth, http: Http) -> str:
        name = hashlib.sha256(repr((login.token_url, sorted(login.form().items()))).encode()).hexdigest()
        with self._lock:
            token, until = self._kept.get(name, ("", 0.0))
            if time.monotonic() < until:
                return token
        token, life = _fetch(login, http)
        with self._lock:
            self._kept[name] = (token, time.monotonic() + life - EARLY)
        return token

    def forget(self) -> None:
        with self._lock:
            self._kept.clear()


TOKENS = _Tokens()


def access_token(login: OAuth, http: Http) -> str:
    """A token that is good for at least two minutes. Raises DeliveryError."""
    return TOKENS.get(login, http)


def _fetch(login: OAuth, http: Http) -> tuple[str, float]:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    try:
        answer = http.request("POST", login.token_url, headers=headers, body=urlencode(login.form()).encode())
    except HttpError as error:
        found = unanswered(error)
        # Nothing of the mail has left yet, so asking again is harmless.
        failure = Failure.UNREACHABLE if found.failure is Failure.UNKNOWN else found.failure
        raise DeliveryError(failure, f"No access token: {error.public}") from error
    try:
        told = json.loads(answer.body)
        token, life = told.get("access_token"), float(told.get("expires_in") or USUAL_LIFE)
    except (ValueError, TypeError, AttributeError):
        told, token, life = {}, None, 0.0
    if answer.status == 200 and isinstance(token, str) and token.isascii() and token.isprintable():
        return token, life
    why = str(told.get("error", ""))[:60] if isinstance(told, dict) else ""
    if answer.status >= 500 or answer.status == 429:
        raise DeliveryError(Failure.UNREACHABLE, f"The token URL answered {answer.status}: it isn't working now.")
    raise DeliveryError(
        Failure.CREDENTIALS,
        f"The token URL answered {answer.status}{f' ({why})' if why.isprintable() and why else ''}. "
        "Authorise the account again and enter the new refresh token.",
    )
