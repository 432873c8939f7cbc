"""What the watchdog sees, and that an incident opens once, follows what happens, and closes once."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from structlog.testing import capture_logs

from aissist_site import heartbeats, tidy, watchdog
from aissist_site.models import Heartbeat, Incident
from aissist_site.processes import ALL_QUEUES
from aissist_site.watchdog import Kind, Trouble
from conversations.models import Conversation, Delivery, Timer, Turn
from gateways.models import Cursor, Gateway, Receipt
from handover import desk
from tests.admin_pages import conversation_of
from tests.conftest import Walk

pytestmark = pytest.mark.django_db

EVERYONE = [*map(heartbeats.queue_name, ALL_QUEUES), heartbeats.BEAT]


@pytest.fixture(autouse=True)
def everyone_alive(db):
    heartbeats.write(EVERYONE)


def ago(seconds: float):
    return timezone.now() - timedelta(seconds=seconds)


def delivery(conversation: Conversation, **fields) -> Delivery:
    """A delivery; `created_at`, which is otherwise now, may be given."""
    made = {"conversation": conversation, "kind": "reply", "payload": {}, "due_at": timezone.now(), **fields}
    row = Delivery.objects.create(**made)
    Delivery.objects.filter(pk=row.pk).update(created_at=fields.get("created_at", timezone.now()))
    return row


def seen() -> set[tuple[str, str, str]]:
    return {(found.kind.value, found.subject, found.says) for found in watchdog.troubles(timezone.now())}


def kinds() -> list[tuple[str, str]]:
    return [(found.kind.value, found.subject) for found in watchdog.troubles(timezone.now())]


# --- What it sees -----------------------------------------------------------------------------------------------------


def test_nothing_where_all_is_well(walk: Walk):
    walk.answer("Hello")
    assert watchdog.watch() == []
    assert not Incident.objects.exists()


def test_a_customer_in_limbo_is_seen_before_the_sweep_repairs_it(walk: Walk):
    walk.customer("Hello")
    walk.ingest()
    Turn.objects.all().delete()
    assert seen() == {("limbo", "conversations", "1 conversation waits for an agent that wasn't woken.")}


@pytest.mark.parametrize(("seconds", "late"), [(119, False), (125, True)])
@pytest.mark.parametrize("step", ["receipts", "turns", "timers", "deliveries"])
def test_a_step_is_late_after_two_minutes(gateway: Gateway, step: str, seconds: int, late: bool):
    conversation = conversation_of(gateway)
    turn = Turn.objects.create(conversation=conversation, epoch=1, due_at=ago(-60), answer_by=ago(0))
    if step == "receipts":
        Receipt.objects.create(gateway=gateway, body=b"")
        Receipt.objects.update(received_at=ago(seconds))
    if step == "turns":
        Turn.objects.update(due_at=ago(seconds))
    if step == "timers":
        Timer.objects.create(turn=turn, kind="thinking", due_at=ago(seconds))
    if step == "deliveries":
        delivery(conversation, due_at=ago(seconds))
    assert kinds() == ([("late", step)] if late else [])


@pytest.mark.parametrize(
    ("made", "due", "seconds"),
    [(500, -30, 500), (500, 200, 200), (100, -30, None), (100, -3600, None)],
    ids=["put off for long", "due again", "put off lately", "put off far ahead"],
)
def test_a_delivery_that_is_put_off_again_and_again_is_late_all_the_same(gateway, made, due, seconds):
    delivery(conversation_of(gateway), created_at=ago(made), due_at=ago(due))
    late = [found.value for found in watchdog.late_steps(timezone.now())]
    assert late == ([] if seconds is None else [pytest.approx(seconds, abs=1)])


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("queue turn", "The worker on queue turn has been silent for 60 s. Start one with `manage.py worker`."),
        ("beat", "The beat has been silent for 60 s. Start one with `manage.py beat`."),
    ],
)
def test_a_process_that_has_fallen_silent(name: str, says: str):
    Heartbeat.objects.filter(name=name).update(at=ago(60))
    assert seen() == {("silent", name, says)}


def test_a_poller_that_never_was_matters_only_where_a_gateway_polls(gateway, platform, monkeypatch):
    assert seen() == set()
    monkeypatch.setattr(platform, "capabilities", replace(platform.capabilities, polls=True))
    says = "The poller has never given a sign of life. Start one with `manage.py poll`."
    assert seen() == {("silent", "poll", says)}


@pytest.mark.parametrize(
    ("failing", "lease", "late"),
    [(119, 5, False), (125, 5, True), (125, -5, False), (None, 5, False)],
    ids=["not for long", "for long", "nobody asks any more", "works"],
)
def test_polling_that_keeps_failing_is_late(gateway, failing, lease, late):
    since = failing and ago(failing)
    Cursor.objects.create(gateway=gateway, failing_since=since, lease_until=ago(-lease), error="No connection.")
    says = "It hasn't told what is new for 125 s. No connection."
    assert seen() == ({("late", "polling of Desk", says)} if late else set())


def test_a_worker_that_never_was():
    Heartbeat.objects.filter(name="queue timer").delete()
    [found] = watchdog.troubles(timezone.now())
    assert (found.says, found.value) == (
        "The worker on queue timer has never given a sign of life. Start one with `manage.py worker`.",
        0,
    )


@pytest.mark.parametrize(
    ("status", "until", "waits", "seen"),
    [
        ("ok", None, 500, False),
        ("error", None, None, True),
        ("rate_limited", 30, None, False),
        ("rate_limited", 30, 60, False),
        ("rate_limited", 30, 500, True),
        ("rate_limited", 3600, 10, True),
    ],
    ids=["works", "in error", "limited", "limited, not for long", "limited for long", "told to come back in an hour"],
)
def test_a_gateway_in_trouble(gateway, status, until, waits, seen):
    Gateway.objects.update(status=status, throttled_until=ago(-until) if until else None)
    if waits:
        delivery(conversation_of(gateway), created_at=ago(waits), due_at=ago(-30))
    assert [found.subject for found in watchdog.gateways_in_trouble(timezone.now())] == (["Desk"] if seen else [])


def test_a_gateway_says_what_is_wrong_and_how_many_wait(gateway):
    Gateway.objects.update(status="error", status_detail="The token was revoked.")
    delivery(conversation_of(gateway))
    assert seen() == {("gateway", "Desk", "Error: needs an operator. The token was revoked. 1 delivery waits.")}


def test_failed_receipts_by_gateway(gateway, make_gateway):
    last = [Receipt.objects.create(gateway=each, body=b"", status="failed").pk for each in (gateway, gateway)][-1]
    Receipt.objects.create(gateway=make_gateway(), body=b"", status="done")
    says = f"2 receipts couldn't be read, the last is receipt {last}. Replay or delete."
    assert seen() == {("receipts", "Desk", says)}


class TestDeadLetters:
    @pytest.fixture(params=["failed", "unknown"])
    def conversation(self, request, gateway) -> Conversation:
        conversation = conversation_of(gateway)
        delivery(conversation, status=request.param, done_at=ago(60))
        return conversation

    def test_are_seen_until_somebody_deals_with_them(self, conversation):
        assert kinds() == [("dead_letters", "Desk")]

    def test_a_note_isnt_an_answer(self, conversation):
        desk.note(conversation.pk, user=None, author="Kim", text="Hm")
        assert kinds() == [("dead_letters", "Desk")]

    @pytest.mark.parametrize("deal", ["reply", "close", "retry"])
    def test_are_over_once_somebody_has(self, conversation, deal):
        who = {"user": None, "author": "Kim"}
        if deal == "reply":
            desk.reply(conversation.pk, **who, text="Here I am.")
        if deal == "close":
            desk.close(conversation.pk, **who)
        if deal == "retry":
            desk.retry(Delivery.objects.get().pk, **who)
        assert kinds() == []


# --- Opening and closing ----------------------------------------------------------------------------------------------


def rows() -> list[tuple[str, str, int, bool]]:
    return [(row.subject, row.says, row.worst, row.closed_at is None) for row in Incident.objects.order_by("pk")]


def test_an_incident_opens_follows_and_closes(monkeypatch):
    def look(value: int | None) -> list[str]:
        found = [] if value is None else [Trouble(Kind.LATE, "turns", f"{value} s", value)]
        monkeypatch.setattr(watchdog, "LOOKS", (lambda now: iter(found),))
        with capture_logs() as logs:
            watchdog.watch()
        return [f"{entry['log_level']} {entry['event']}" for entry in logs]

    assert (look(130), rows()) == (["error incident_opened"], [("turns", "130 s", 130, True)])
    assert (look(180), rows()) == ([], [("turns", "180 s", 180, True)])
    assert (look(150), rows()) == ([], [("turns", "150 s", 180, True)])
    assert (look(None), rows()) == (["info incident_closed"], [("turns", "150 s", 180, False)])
    assert (look(None), rows()) == ([], [("turns", "150 s", 180, False)])
    assert look(140) == ["error incident_opened"]
    assert rows() == [("turns", "150 s", 180, False), ("turns", "140 s", 140, True)]


def test_a_look_leaves_a_sign_of_life():
    watchdog.watch()
    assert heartbeats.silent([heartbeats.WATCHDOG], timezone.now()) == {}


def test_a_look_that_began_earlier_doesnt_close_what_a_later_one_has_opened():
    began = ago(1)
    watchdog.note(Trouble(Kind.LATE, "turns", "130 s", 130), timezone.now())
    watchdog.close_all_but([], began)
    assert rows() == [("turns", "130 s", 130, True)]


def test_a_closed_incident_isnt_brought_up_to_date(monkeypatch):
    """The other beat closes it between our reading and our writing."""
    trouble = Trouble(Kind.LATE, "turns", "130 s", 130)
    watchdog.note(trouble, ago(20))
    original = Incident.objects.get_or_create

    def overtaken(**fields):
        found = original(**fields)
        watchdog.close_all_but([], timezone.now())
        return found

    monkeypatch.setattr(Incident.objects, "get_or_create", overtaken)
    watchdog.note(Trouble(Kind.LATE, "turns", "140 s", 140), timezone.now())
    assert rows() == [("turns", "130 s", 130, False)]


@pytest.mark.django_db(transaction=True)
def test_many_looks_at_once_open_one_incident_and_close_it_once():
    Heartbeat.objects.filter(name="beat").update(at=ago(60))
    logs = in_threads(watchdog.watch, 6)
    assert ([row[0] for row in rows()], logs) == (["beat"], ["incident_opened"])
    heartbeats.write(EVERYONE)
    logs = in_threads(watchdog.watch, 6)
    assert ([(row[0], row[3]) for row in rows()], logs) == ([("beat", False)], ["incident_closed"])


def in_threads(do, count: int) -> list[str]:
    """Do it `count` times at once. Returns the events that were logged; an exception is raised again here."""
    start, errors = threading.Barrier(count), []

    def run() -> None:
        try:
            start.wait()
            do()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    with capture_logs() as logs:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert errors == []
    return [entry["event"] for entry in logs]


def test_closed_incidents_are_tidied_and_open_ones_never():
    old = ago(tidy.KEEP_CLOSED_INCIDENTS.total_seconds() + 60)
    for subject, closed_at in {"old": old, "recent": ago(60), "open": None}.items():
        Incident.objects.create(kind="late", subject=subject, says="", worst=1, opened_at=old, closed_at=closed_at)
    assert tidy.tidy() == 1
    assert set(Incident.objects.values_list("subject", flat=True)) == {"recent", "open"}
