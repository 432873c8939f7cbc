"""OAuth at a Zendesk account: who is sent there is signed in and says yes.

https://developer.zendesk.com/api-reference/ticketing/oauth/grant_type_tokens/
"""

import secrets
import time
from typing import Any
from urllib.parse import parse_qsl, urlencode

from tests.loopback.server import Reply, Request
from tests.loopback.zendesk.account import Account, Refusal

CODE_LIVES = 120.0  # seconds


class OAuth(Account):
    """`token_lives`: seconds that access tokens last at most. Codes and refresh tokens are good for one time."""

    def __init__(self) -> None:
        super().__init__()
        self.clients: dict[str, dict[str, Any]] = {}  # by identifier: secret, redirects
        self.token_lives = 172_800.0
        self.authorizes: int = 0  # the user who says yes
        self.grants: list[str] = []  # the grant type of each token that was given
        self._codes: dict[str, dict[str, Any]] = {}
        self._refresh_tokens: dict[str, dict[str, Any]] = {}

    def register(self, client: str, secret: str, *redirects: str) -> None:
        self.clients[client] = {"secret": secret, "redirects": redirects}

    def expire_tokens(self) -> None:
        """All access tokens, from now on."""
        with self.lock:
            for token in self.access_tokens.values():
                token["until"] = 0.0

    def authorize(self, request: Request) -> Reply:
        """GET /oauth/authorizations/new"""
        query = request.query
        client = self.clients.get(query.get("client_id", ""))
        if client is None or query.get("redirect_uri") not in client["redirects"]:
            raise Refusal(400, "invalid_request", "No such client, or not one of its redirect URLs.")
        if query.get("response_type") != "code":
            return _back(query, error="unsupported_response_type")
        if not query.get("scope"):
            return _back(query, error="invalid_scope")
        code = secrets.token_hex(16)
        kept = {name: query.get(name, "") for name in ("client_id", "redirect_uri", "scope")}
        self._codes[code] = {**kept, "until": time.time() + CODE_LIVES}
        return _back(query, code=code)

    def token(self, request: Request) -> Reply:
        """POST /oauth/tokens"""
        form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        asked = dict(parse_qsl(request.body.decode())) if form else request.json()
        client = self.clients.get(str(asked.get("client_id", "")))
        if client is None or asked.get("client_secret") != client["secret"]:
            raise Refusal(401, "invalid_client", "Client authentication failed.")
        match asked.get("grant_type"):
            case "authorization_code":
                granted = self._codes.pop(str(asked.get("code", "")), None)
                fits = granted is not None and granted["redirect_uri"] == asked.get("redirect_uri")
            case "refresh_token":
                granted = self._refresh_tokens.pop(str(asked.get("refresh_token", "")), None)
                fits = granted is not None
            case _:
                raise Refusal(400, "unsupported_grant_type")
        if not fits or not granted or granted["client_id"] != asked["client_id"] or granted["until"] < time.time():
            raise Refusal(400, "invalid_grant", "The provided authorization grant is invalid, expired, or revoked.")
        if "expires_in" in asked and not 300 <= int(asked["expires_in"]) <= 172_800:
            raise Refusal(400, "invalid_request", "expires_in must be between 300 and 172800.")
        self.grants.append(asked["grant_type"])
        return Reply(self._issued(granted, asked))

    def _issued(self, granted: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
        """New tokens. A refresh ends the access token that came with the old ones."""
        self.access_tokens.pop(granted.get("access", ""), None)
        access, refresh = secrets.token_hex(32), secrets.token_hex(32)
        lives, refresh_lives = min(float(asked.get("expires_in", 1800)), self.token_lives), 30 * 86_400.0
        scopes = granted["scope"].split()
        self.access_tokens[access] = {"user": self.authorizes, "scopes": scopes, "until": time.time() + lives}
        kept = {name: granted[name] for name in ("client_id", "redirect_uri", "scope")}
        self._refresh_tokens[refresh] = {**kept, "access": access, "until": time.time() + refresh_lives}
        return {
            "access_token": access,
            "refresh_token": refresh,
            "token_type": "bearer",
            "scope": granted["scope"],
            "expires_in": int(lives),
            "refresh_token_expires_in": int(refresh_lives),
        }


def _back(query: dict[str, str], **told: str) -> Reply:
    state = {"state": query["state"]} if "state" in query else {}
    joint = "&" if "?" in query["redirect_uri"] else "?"
    return Reply(None, 302, {"Location": query["redirect_uri"] + joint + urlencode({**told, **state})})
