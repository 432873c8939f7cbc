"""An OAuth provider on loopback: it lets everybody in, rotates refresh tokens, and tells mail servers whose a token is.

RFC 6749 (codes, tokens), RFC 7662 (introspection).
"""

import json
import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

CLIENT, CLIENT_SECRET = "client-1", "client-s3cret"


class Provider:
    """`users` by access token; `grants` are the codes and refresh tokens that are still good, with their users."""

    def __init__(self) -> None:
        self.users: dict[str, str] = {}
        self.grants: dict[str, str] = {}
        self.asked: list[dict[str, str]] = []
        self.app_user = ""
        handler = type("Handler", (_Handler,), {"provider": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def start(self) -> None:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def token(self, form: dict[str, str]) -> tuple[int, dict[str, object]]:
        self.asked.append(form)
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT, CLIENT_SECRET):
            return 401, {"error": "invalid_client"}
        if form.get("grant_type") == "client_credentials":
            return 200, self._new(self.app_user)
        user = self.grants.pop(form.get("code") or form.get("refresh_token", ""), "")
        if not user:
            return 400, {"error": "invalid_grant"}
        refresh = secrets.token_urlsafe(8)
        self.grants[refresh] = user
        return 200, {**self._new(user), "refresh_token": refresh}

    def _new(self, user: str) -> dict[str, object]:
        access = secrets.token_urlsafe(8)
        self.users[access] = user
        return {"access_token": access, "token_type": "Bearer", "expires_in": 3600}

    def code(self, user: str) -> str:
        made = secrets.token_urlsafe(8)
        self.grants[made] = user
        return made


class _Handler(BaseHTTPRequestHandler):
    provider: Provider

    def do_GET(self) -> None:
        """The owner of the mailbox that is hinted at agrees at once."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        back = {"code": self.provider.code(asked["login_hint"]), "state": asked["state"]}
        self.send_response(302)
        self.send_header("Location", f"{asked['redirect_uri']}?{urlencode(back)}")
        self.end_headers()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        if self.path == "/token":
            self._answer(*self.provider.token(form))
        else:
            user = self.provider.users.get(form.get("token", ""))
            self._answer(200, {"active": bool(user), **({"username": user} if user else {})})

    def _answer(self, status: int, told: dict[str, object]) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(told).encode())

    def log_message(self, *_: object) -> None:
        pass
