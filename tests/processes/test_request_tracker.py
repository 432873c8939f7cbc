"""Request Tracker, a real one, with the whole product: by polling and by a scrip, mails in and mails out."""

import sqlite3
import time
from contextlib import closing
from typing import Any

import pytest

from tests.loopback.request_tracker import SCRIP, RequestTracker, missing
from tests.loopback.request_tracker.customer import Staff, Writer
from tests.loopback.walk import ANSWER, QUESTION, Customer, walk
from tests.processes.newcomer import Operator, eventually
from tests.processes.site import SECRET, Site, Stack

pytestmark = [pytest.mark.processes, pytest.mark.skipif(bool(missing()), reason=missing() or "there")]

GENERAL, BILLING = "1", "3"  # queues, as Request Tracker numbers them
SLOW = 120.0  # seconds: it answers a few requests a second, and each change sends mail


@pytest.fixture(scope="module")
def rt(tmp_path_factory: pytest.TempPathFactory):
    tracker = RequestTracker(tmp_path_factory.mktemp("rt"))
    tracker.make()
    try:
        tracker.start()
        yield tracker
    finally:
        tracker.kill()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory):
    with Site(Stack("sqlite-embedded"), tmp_path_factory.mktemp("site")) as site:  # Request Tracker is slow enough
        yield site


@pytest.fixture(scope="module")
def gateway(site: Site, operator: Operator, rt: RequestTracker) -> str:
    """The API's path of a gateway that handles the queue General, and passes tickets on to Billing."""
    agent = f"agents/{operator.agent['id']}/gateways"
    secrets = {"token": rt.token, "webhook_secret": SECRET}
    made = {"platform": "request_tracker", "name": "Helpdesk", "config": {"url": rt.url}, "secrets": secrets}
    path = f"{agent}/{operator.send('POST', agent, made)['id']}"
    read = operator.send("POST", f"{path}/destinations/read", {})
    assert read["message"] == "Read from Request Tracker: queue: 2, people: 1."
    queues = {row["external_id"]: row for row in operator.get(f"{path}/destinations")["results"]}
    assert {number: row["name"] for number, row in queues.items()} == {GENERAL: "General", BILLING: "Billing"}
    [ours] = operator.get(f"{path}/teammates")["results"]
    chosen = {"managing_points": [queues[GENERAL]["id"]], "teammate_id": ours["external_id"], "thinking_after": 60}
    operator.send("PATCH", path, chosen)
    target = {"destination": {"kind": "queue", "external_id": BILLING}}
    operator.send("PUT", f"{path}/configuration", {"kind": "gateway", "name": "Helpdesk", "escalation_target": target})
    eventually(lambda: has_polled(site), "The first poll, which only looks where the end is", patience=SLOW)
    return path


def has_polled(site: Site) -> bool:
    with closing(sqlite3.connect(site.folder / "aissist.sqlite3")) as database:
        return bool(database.execute("SELECT 1 FROM gateways_cursor WHERE polled_at IS NOT NULL").fetchall())


def newcomer(rt: RequestTracker, operator: Operator) -> tuple[Customer, Staff]:
    writer = Writer(rt)
    return Customer(writer.say, writer.heard), Staff(rt, writer, BILLING, GENERAL, operator)


def events(operator: Operator, gateway: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = operator.get(f"{gateway}/events", limit=200)["results"]
    return rows


def test_by_polling(rt: RequestTracker, operator: Operator, gateway: str):
    answer = operator.send("POST", f"{gateway}/check", {})
    assert answer["ok"], answer
    assert answer["message"].endswith("knows us as aissist. It shows us: Billing, General.")
    walk(*newcomer(rt, operator))
    assert {row["duplicates"] for row in events(operator, gateway)} == {0}


def test_a_killed_request_tracker_loses_and_doubles_nothing(rt: RequestTracker, operator: Operator, gateway: str):
    writers = [Writer(rt) for _ in range(4)]
    for writer in writers[:2]:
        writer.say(QUESTION)
    eventually(lambda: any(writer.heard() for writer in writers[:2]), "The first answer", patience=SLOW)
    rt.kill()
    time.sleep(2)  # long enough for us to notice
    rt.start()
    for writer in writers[2:]:
        writer.say(QUESTION)

    def answers() -> list[int]:
        """For each ticket how many, by the helpdesk's own record."""
        said = [rt.texts(writer.ticket, "Correspond") for writer in writers]
        return [sum(ANSWER in text for text in texts) for texts in said]

    eventually(lambda: all(answers()), "An answer for each", patience=SLOW)
    time.sleep(8)  # more than one poll
    assert answers() == [1] * len(writers)


def test_by_a_scrip(rt: RequestTracker, operator: Operator, gateway: str):
    config = {"url": rt.url, "receive": "webhook"}
    webhook = operator.send("PATCH", gateway, {"config": config})["webhook_url"]
    rt.insert(SCRIP, AISSIST_URL=webhook, AISSIST_SECRET=SECRET)
    walk(*newcomer(rt, operator))
    told = eventually(
        lambda: [row for row in events(operator, gateway) if row["duplicates"]], "The poll", patience=SLOW
    )
    assert all(row["key"].startswith("transaction/") for row in told)  # told, and found later: one key
