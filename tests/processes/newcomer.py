"""What a newcomer would write to try the product out: HTTP and nothing else."""

import base64
import hashlib
import hmac
import json
import os
import queue
import re
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

PATIENCE = float(os.environ.get("TEST_PATIENCE", "30"))  # seconds until something that should come is given up


def eventually(look: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
    """What `look` finds, once it finds something."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what} didn't come within {patience:g} s")


@dataclass
class Visitor:
    """Somebody in the web chat."""

    base: str
    chat: str = "demo-chat"
    items: list[dict[str, Any]] = field(default_factory=list)
    cursor: str = ""

    def __post_init__(self) -> None:
        opened = requests.post(f"{self.base}/chat/{self.chat}/session", timeout=10).json()
        self.visitor, self.headers = opened["visitor"], {"Authorization": f"Bearer {opened['token']}"}

    def say(self, text: str, message_id: str = "") -> requests.Response:
        said = {"visitor": self.visitor, "id": message_id or uuid.uuid4().hex, "text": text}
        return requests.post(f"{self.base}/hooks/{self.chat}", json=said, headers=self.headers, timeout=10)

    def look(self, wait: int = 0) -> list[dict[str, Any]]:
        """What is new, not counting one's own words."""
        answer = requests.get(
            f"{self.base}/chat/{self.chat}/feed",
            params={"after": self.cursor, "wait": wait},
            headers=self.headers,
            timeout=40,
        ).json()
        self.cursor = answer["cursor"]
        new = [item for item in answer["items"] if item["from"] != "customer"]
        self.items += new
        return new

    def hears(self, purpose: str) -> dict[str, Any]:
        """The next message, which has to be of this purpose."""
        [item] = eventually(lambda: self.look(wait=5), f"A message ({purpose})")
        assert item["purpose"] == purpose, item
        return item

    def hears_nothing(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            assert self.look() == []
            time.sleep(0.1)


class Operator:
    """Somebody who is signed in to admin, and uses the API from there."""

    def __init__(self, base: str, password: str) -> None:
        self.base = base
        self.http = requests.Session()
        page = self.http.get(f"{base}/admin/login/", timeout=PATIENCE).text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token
        form = {"username": "operator", "password": password, "csrfmiddlewaretoken": token[1]}
        self.http.post(f"{base}/admin/login/", data=form, headers={"Referer": base}, timeout=PATIENCE)
        assert "sessionid" in self.http.cookies, "The operator couldn't sign in."
        [self.agent] = self.get("agents")["results"]

    def get(self, path: str, **params: Any) -> Any:
        answer = self.http.get(f"{self.base}/api/{path}", params=params, timeout=PATIENCE)
        assert answer.ok, answer.text
        return answer.json()

    def send(self, method: str, path: str, body: dict[str, Any]) -> Any:
        headers = {"X-CSRFToken": self.http.cookies["csrftoken"], "Referer": self.base}
        answer = self.http.request(method, f"{self.base}/api/{path}", json=body, headers=headers, timeout=PATIENCE)
        assert answer.ok, answer.text
        return answer.json()

    def slow_engine(self, seconds: float) -> None:
        self.send("PATCH", f"agents/{self.agent['id']}", {"engine_delay": seconds})

    def gateway(self, platform: str) -> dict[str, Any]:
        rows = self.get(f"agents/{self.agent['id']}/gateways")["results"]
        [row] = [row for row in rows if row["platform"] == platform]
        return row

    def change(self, platform: str, **fields: Any) -> None:
        self.send("PATCH", f"agents/{self.agent['id']}/gateways/{self.gateway(platform)['id']}", fields)

    def waiting(self) -> list[dict[str, Any]]:
        return self.get(f"agents/{self.agent['id']}/conversations", waiting="true")["results"]

    def awaits(self, external_id: str) -> dict[str, Any]:
        """The conversation of this thread, once it waits for people."""

        def look() -> dict[str, Any] | None:
            return next((row for row in self.waiting() if row["external_id"] == external_id), None)

        return eventually(look, "The conversation in the waiting list")

    def reply(self, conversation_id: int, text: str) -> None:
        self.send("POST", f"conversations/{conversation_id}/messages", {"author": "Grace", "content": text})

    def reply_with_files(self, conversation_id: int, text: str, *files: tuple[str, bytes]) -> None:
        """As the page in admin does it: with a form."""
        page = f"{self.base}/admin/conversations/conversation/{conversation_id}/"
        token = re.search(r'name="token" value="([^"]+)"', self.http.get(f"{page}change/", timeout=10).text)
        assert token
        form = {"token": token[1], "text": text, "csrfmiddlewaretoken": self.http.cookies["csrftoken"]}
        sent = [("files", (name, content, "application/octet-stream")) for name, content in files]
        answer = self.http.post(f"{page}reply/", data=form, files=sent, headers={"Referer": self.base}, timeout=30)
        assert answer.ok, answer.text

    def give_back(self, conversation_id: int) -> None:
        self.send("POST", f"conversations/{conversation_id}/give-back", {})


class Receiver:
    """An endpoint of one's own, to which the webhook gateway posts."""

    def __init__(self) -> None:
        self.got: queue.Queue[dict[str, Any]] = queue.Queue()
        self.tagged: list[list[str]] = []  # what was added each time; it comes beside the words, in no order of theirs
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                told = json.loads(body)
                if told["type"] == "conversation.tagged":
                    receiver.tagged.append(told["data"]["add"])
                else:
                    receiver.got.put({"headers": headers, "body": body, **told})
                self.send_response(200)
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def next(self, kind: str) -> dict[str, Any]:
        """The next delivery, which has to be of this type."""
        got = self.got.get(timeout=PATIENCE)
        assert got["type"] == kind, got
        return got

    def nothing(self, seconds: float) -> None:
        time.sleep(seconds)
        assert self.got.empty(), self.got.get()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def sign(secret: str, body: bytes, at: float | None = None) -> dict[str, str]:
    """Headers after https://github.com/standard-webhooks/standard-webhooks, written out by hand."""
    message_id, timestamp = f"msg_{uuid.uuid4().hex}", str(int(at or time.time()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, b".".join([message_id.encode(), timestamp.encode(), body]), hashlib.sha256).digest()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
        "content-type": "application/json",
    }


@dataclass
class Sender:
    """A system of one's own that posts its customers' messages, signed."""

    base: str
    secret: str
    customer: str = field(default_factory=lambda: f"customer-{uuid.uuid4().hex[:8]}")

    def body(self, text: str) -> bytes:
        said = {"id": uuid.uuid4().hex, "from": {"id": self.customer, "name": "Ada"}, "content": text, "metadata": {}}
        return json.dumps(said).encode()

    def post(self, body: bytes, headers: dict[str, str]) -> requests.Response:
        return requests.post(f"{self.base}/hooks/demo-webhook", data=body, headers=headers, timeout=10)

    def say(self, text: str) -> None:
        body = self.body(text)
        answer = self.post(body, sign(self.secret, body))
        assert answer.status_code == 202, answer.text
