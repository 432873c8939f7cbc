"""An engine of one's own that answers later, against the whole product: in parallel, and across a kill."""

import json
import queue
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from tests.processes.newcomer import PATIENCE, Operator, Visitor, sign
from tests.processes.site import SECRET, Site

pytestmark = pytest.mark.processes

QUESTION = "How long do I have to send something back?"


class LaterEngine:
    """Takes every turn with 202, and leaves the answering to the test."""

    def __init__(self) -> None:
        self.asked: queue.Queue[dict[str, Any]] = queue.Queue()
        engine = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                engine.asked.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def callback(self) -> str:
        """The address for the next turn that is asked."""
        return str(self.asked.get(timeout=PATIENCE)["callback"])

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def post(url: str, reply: str) -> int:
    said = {"reply": reply, "escalation": "none", "reason": "answered", "why": "So it is.", "confidence": 0.9}
    body = json.dumps(said).encode()
    return requests.post(url, data=body, headers=sign(SECRET, body), timeout=20).status_code


@pytest.fixture(scope="module")
def engine(site: Site):
    engine = LaterEngine()
    operator = Operator(site.base, site.password)
    setting = {"engine": "remote", "options": {"url": engine.url, "answer_within": 120}, "secret": SECRET}
    operator.send("POST", f"agents/{operator.agent['id']}/engines", setting)
    operator.change("webchat", thinking_after=0)  # a restart may take long, and it isn't what is looked at here
    yield engine
    engine.close()


def test_of_six_answers_at_once_one_counts(site: Site, engine: LaterEngine):
    ada = Visitor(site.base)
    ada.say(QUESTION)
    callback = engine.callback()
    with ThreadPoolExecutor(6) as pool:
        codes = list(pool.map(lambda number: post(callback, f"Answer {number}."), range(6)))
    assert sorted(codes) == [200, 410, 410, 410, 410, 410]
    assert ada.hears("reply")["text"] == f"Answer {codes.index(200)}."
    ada.hears_nothing(2)


def test_a_turn_that_waits_outlives_every_process(site: Site, engine: LaterEngine):
    ada = Visitor(site.base)
    ada.say(QUESTION)
    callback = engine.callback()
    site.kill()
    site.start()
    assert post(callback, "Thirty days.") == 200
    assert ada.hears("reply")["text"] == "Thirty days."
    assert post(callback, "Three days.") == 410
    ada.hears_nothing(2)
