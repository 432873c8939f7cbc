"""A vendor with OAuth: refresh tokens that count once, access tokens that end, and a wall to write on with them.

A refresh token that comes a second time ends everything that was issued with it, as RFC 9700, 4.14.2 wants it.
"""

import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlencode

import pytest
from django.utils import timezone

from agents.http import Http
from gateways import authorize, registry
from gateways.answers import problem
from gateways.base import Capabilities, Health
from gateways.config import option
from gateways.errors import DeliveryError, Failure
from gateways.messages import Outgoing, Reply, Sent, Tokens
from gateways.models import Authorization, Gateway, Secret
from tests.fakes import FakePlatform
from tests.loopback import server
from tests.loopback.server import Platform, Request

TOKENS = ("access_token", "refresh_token")
CLIENT = ("client-1", "hush-client-secret")


class Vendor(Platform):
    routes: ClassVar = {
        ("GET", "/authorize"): "authorize",
        ("POST", "/token"): "token",
        ("GET", "/me"): "me",
        ("POST", "/wall"): "write",
    }

    def __init__(self, life: float | None = 3600) -> None:
        super().__init__()
        self.life = life
        self.codes: dict[str, str] = {}  # code: the address that it was sent to
        self.refresh_tokens: dict[str, bool] = {}  # whether it still counts
        self.access_tokens: set[str] = set()
        self.grants: list[str] = []  # each request for tokens by its kind, "reused" for a refresh token that came again
        self.wall: list[str] = []
        self.at_token: Callable[[], object] = lambda: None  # called while tokens are asked for

    # --- What it has issued, and takes back ---

    def issue(self) -> dict[str, Any]:
        access, refresh = f"hush-access-{secrets.token_hex(16)}", f"hush-refresh-{secrets.token_hex(16)}"
        self.access_tokens.add(access)
        self.refresh_tokens[refresh] = True
        lasts = {} if self.life is None else {"expires_in": self.life}
        return {"access_token": access, "refresh_token": refresh, "token_type": "bearer", **lasts}

    def end_access(self) -> None:
        """Access tokens end; refresh tokens don't."""
        with self.lock:
            self.access_tokens.clear()

    def revoke(self) -> None:
        """Somebody took our access away."""
        with self.lock:
            self.access_tokens.clear()
            self.refresh_tokens = dict.fromkeys(self.refresh_tokens, False)

    # --- Its addresses ---

    def authorize(self, request: Request) -> server.Reply:
        """The operator says yes at once."""
        with self.lock:
            code = f"hush-code-{secrets.token_hex(8)}"
            self.codes[code] = request.query["redirect_uri"]
        back = {"state": request.query["state"], "code": code}
        return server.Reply(None, 302, {"Location": f"{request.query['redirect_uri']}?{urlencode(back)}"})

    def token(self, request: Request) -> server.Reply:
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        self.at_token()
        with self.lock:
            if (form.get("client_id"), form.get("client_secret")) != CLIENT:
                return server.Reply({"error": "invalid_client"}, 401)
            good = self._code(form) if form["grant_type"] == "authorization_code" else self._refresh(form)
            self.grants.append(form["grant_type"] if good else "reused")
            return server.Reply(self.issue()) if good else server.Reply({"error": "invalid_grant"}, 400)

    def _code(self, form: dict[str, str]) -> bool:
        return self.codes.pop(form["code"], None) == form["redirect_uri"]

    def _refresh(self, form: dict[str, str]) -> bool:
        good = self.refresh_tokens.get(form["refresh_token"], False)
        if not good:
            self.refresh_tokens = dict.fromkeys(self.refresh_tokens, False)
        self.access_tokens.clear()
        self.refresh_tokens[form["refresh_token"]] = False
        return good

    def me(self, request: Request) -> server.Reply:
        return server.Reply({"name": "Desk"}) if self._let_in(request) else server.Reply({}, 401)

    def write(self, request: Request) -> server.Reply:
        with self.lock:
            if not self._let_in(request):
                return server.Reply({}, 401)
            self.wall.append(request.body.decode())
            return server.Reply({}, 201)

    def _let_in(self, request: Request) -> bool:
        return request.headers.get("authorization", "").removeprefix("Bearer ") in self.access_tokens


@dataclass(frozen=True, slots=True)
class WallConfig:
    url: str = option("URL", "Of the vendor.")
    client_secret: str = option("Client secret", default="", secret=True)


class Wall(FakePlatform):
    """An adapter for it."""

    label = "Wall"
    capabilities = Capabilities(notes=True, authorizes=True)
    Config = WallConfig

    def authorize(self, redirect: str, state: str) -> str:
        asked = {"client_id": CLIENT[0], "redirect_uri": redirect, "state": state, "response_type": "code"}
        return f"{self.config.url}/authorize?{urlencode(asked)}"

    def exchange(self, redirect: str, code: str) -> Tokens:
        return self._tokens({"grant_type": "authorization_code", "code": code, "redirect_uri": redirect})

    def refresh(self) -> Tokens | None:
        if not (kept := self.secrets.get("refresh_token")):
            return None
        return self._tokens({"grant_type": "refresh_token", "refresh_token": kept})

    def send(self, outgoing: Outgoing) -> Sent:
        text = outgoing.effect.text if isinstance(outgoing.effect, Reply) else outgoing.effect.kind
        answer = self.http.request("POST", f"{self.config.url}/wall", headers=self._proof(), body=text.encode())
        if failed := problem(answer):
            raise failed
        return Sent()

    def check(self) -> Health:
        if failed := problem(self.http.request("GET", f"{self.config.url}/me", headers=self._proof())):
            raise failed
        return Health(ok=True, message="We are Desk.")

    def _proof(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secrets.get('access_token', 'none')}"}

    def _tokens(self, form: dict[str, str]) -> Tokens:
        form = {**form, "client_id": CLIENT[0], "client_secret": self.config.client_secret}
        told = _post(self.http, f"{self.config.url}/token", form)
        return Tokens({name: told[name] for name in TOKENS}, told.get("expires_in"))


def _post(http: Http, url: str, form: dict[str, str]) -> Any:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = http.request("POST", url, headers=headers, body=urlencode(form).encode())
    if answer.status in (400, 401):
        raise DeliveryError(Failure.CREDENTIALS, f"Wall answered {json.loads(answer.body)['error']}.")
    if failed := problem(answer):
        raise failed
    return json.loads(answer.body)


# --- For tests --------------------------------------------------------------------------------------------------------


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with Vendor() as vendor:
        yield vendor


@pytest.fixture
def gate(
    vendor: Vendor, make_gateway: Callable[..., Gateway], monkeypatch: pytest.MonkeyPatch, settings: Any
) -> Gateway:
    """A gateway at the vendor that nobody has connected yet."""
    monkeypatch.setitem(registry.ADAPTERS, "wall", Wall)
    settings.OUTBOUND_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    gateway = make_gateway(platform="wall", name="Front desk", config={"url": vendor.url})
    Secret.objects.create(gateway=gateway, name="client_secret", value=CLIENT[1])
    return gateway


@pytest.fixture
def connected(gate: Gateway, vendor: Vendor) -> Gateway:
    """It was connected an hour ago, and its tokens are good for long."""
    told = vendor.issue()
    tokens = Tokens({name: told[name] for name in TOKENS}, 30 * 86_400)
    authorize.grant(gate, tokens, "grace")
    Authorization.objects.update(issued_at=timezone.now() - timedelta(hours=1))
    return gate


def issued() -> dict[str, str]:
    """The tokens that gateways hold, by name."""
    return dict(Secret.objects.filter(issued=True).values_list("name", "value"))
