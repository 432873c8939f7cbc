"""Let in with a button: https://developer.zendesk.com/api-reference/ticketing/oauth/grant_type_tokens/

A refresh token works once: with each new access token comes a new one, and the old ones are dead.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from agents.http import Http, HttpError
from gateways import answers
from gateways.adapters.zendesk.calls import read
from gateways.adapters.zendesk.config import OAUTH, Config
from gateways.errors import ConfigError, DeliveryError, Failure
from gateways.messages import Tokens

SCOPES = "read write"  # of everything that its user may: audits and the export have no narrower ones
LASTS = 86_400  # seconds that an access token is to last; Zendesk allows up to two days
REFRESHABLE = 7_700_000  # seconds that a refresh token is to last; up to ninety days
AGAIN = "Authorise the gateway again."


@dataclass(frozen=True, slots=True)
class OAuth:
    http: Http
    config: Config

    def authorize(self, redirect: str, state: str) -> str:
        needed = {"client_id": self.config.client_id, "client_secret": self.config.client_secret}
        errors = {name: "This is needed to authorise." for name, value in needed.items() if not value}
        if self.config.auth != OAUTH:
            errors["auth"] = "Choose “oauth” first: what is authorised isn't used with an API token."
        if errors:
            raise ConfigError(errors)
        query = {
            "response_type": "code",
            "client_id": self.config.client_id,
            "redirect_uri": redirect,
            "scope": SCOPES,
            "state": state,
        }
        return f"{self.config.base}/oauth/authorizations/new?{urlencode(query)}"

    def exchange(self, redirect: str, code: str) -> Tokens:
        return self._tokens({"grant_type": "authorization_code", "code": code, "redirect_uri": redirect})

    def refresh(self, token: str) -> Tokens:
        return self._tokens({"grant_type": "refresh_token", "refresh_token": token})

    def _tokens(self, grant: Mapping[str, str]) -> Tokens:
        lasting = {"expires_in": LASTS, "refresh_token_expires_in": REFRESHABLE}
        client = {"client_id": self.config.client_id, "client_secret": self.config.client_secret}
        body = json.dumps({**grant, **client, "scope": SCOPES, **lasting}).encode()
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        try:
            response = self.http.request("POST", f"{self.config.base}/oauth/tokens", headers=headers, body=body)
        except HttpError as error:
            raise answers.unanswered(error) from error
        if response.status in (400, 401, 403):  # RFC 6749, 5.2
            said = f"Zendesk answered {response.status}: it doesn't accept the code, the token or the client."
            raise DeliveryError(Failure.CREDENTIALS, f"{said} {AGAIN}", vendor_code=str(response.status))
        if refusal := answers.problem(response):
            raise refusal
        return _read(read(response))


def _read(answer: Mapping[str, Any]) -> Tokens:
    found = {name: answer.get(name) for name in ("access_token", "refresh_token")}
    secrets = {name: value for name, value in found.items() if isinstance(value, str) and value}
    if "access_token" not in secrets:
        raise DeliveryError(Failure.CREDENTIALS, f"Zendesk gave no token. {AGAIN}")
    lasts = answer.get("expires_in")
    fine = isinstance(lasts, int | float) and not isinstance(lasts, bool) and lasts > 0
    return Tokens(secrets, float(lasts) if fine and lasts is not None else None)
