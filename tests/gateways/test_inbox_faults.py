"""What the inbox does while the database, the disk or the broker is away: nothing lost, nothing half done, said so."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from celery import current_app
from django.db import InterfaceError, OperationalError, connection
from django.test import Client
from kombu.exceptions import OperationalError as BrokerError

from aissist_site import pipeline, sweep
from conversations.models import Message
from gateways import doorbell, doors
from gateways.doorbell import Ringer, Step
from gateways.models import Gateway, Receipt
from tests.conftest import Walk

BODY = json.dumps([{"thread": "t1", "text": "Hello", "key": "k1"}]).encode() + b" " * 500_000  # more than a few pages

on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="a fault of SQLite's own")


def post(gateway: Gateway) -> Any:
    return Client().post(
        f"/hooks/{gateway.public_id}", BODY, content_type="application/json", headers={"x-proof": "right"}
    )


# --- Faults -----------------------------------------------------------------------------------------------------------


def failing(error: Exception, sql: str = "") -> AbstractContextManager[None]:
    """Statements that begin with `sql` fail on this connection, as when the server has gone away."""

    def execute(run: Callable[..., Any], statement: str, *args: Any) -> Any:
        if statement.startswith(sql):
            raise error
        return run(statement, *args)

    return connection.execute_wrapper(execute)


@contextmanager
def pragma(name: str, on: int, off: int) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")  # or the pages that other tests have left free would do
        cursor.execute(f"PRAGMA {name} = {on}")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA {name} = {off}")


GONE = OperationalError("server closed the connection unexpectedly, host db.internal")
FAULTS: dict[str, Callable[[], AbstractContextManager[None]]] = {
    "the database is away": lambda: failing(GONE),
    "it goes away before the insert": lambda: failing(GONE, "INSERT"),
    "the connection was lost": lambda: failing(InterfaceError("connection already closed, host db.internal")),
}
SQLITE_FAULTS: dict[str, Callable[[], AbstractContextManager[None]]] = {
    "the file is read-only": lambda: pragma("query_only", 1, 0),
    # SQLite takes no number below the present size: the file may just not grow. https://www.sqlite.org/pragma.html
    "the disk is full": lambda: pragma("max_page_count", 1, 1_073_741_823),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("known", [True, False], ids=["gateway known", "gateway unknown"])
@pytest.mark.parametrize("fault", [*FAULTS, *(pytest.param(name, marks=on_sqlite) for name in SQLITE_FAULTS)])
def test_503_while_it_lasts_and_the_event_counts_once_afterwards(walk: Walk, fault: str, known: bool):
    if known:
        doors.read(walk.gateway.public_id)
    with {**FAULTS, **SQLITE_FAULTS}[fault]():
        answers = [post(walk.gateway) for _ in range(2)]
    for answer in answers:
        assert (answer.status_code, answer["Retry-After"]) == (503, "10")
        assert answer.json() == {
            "error": {
                "code": "unavailable",
                "message": "We can't store your request right now. Send it again later.",
            }
        }
    assert not Receipt.objects.exists()

    assert [post(walk.gateway).status_code for _ in range(2)] == [202, 202]  # the platform repeats itself
    walk.run()
    assert (Message.objects.filter(author="customer").count(), walk.told()) == (1, ["re: Hello"])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "sql", ['INSERT INTO "conversations_message"', 'INSERT INTO "gateways_inboundevent"', "WITH new"]
)
def test_a_database_that_goes_away_while_a_receipt_is_read_leaves_it_waiting(walk: Walk, sql: str):
    walk.customer("Hello")
    with failing(GONE, sql), pytest.raises(OperationalError):
        walk.ingest()
    assert (Receipt.objects.get().status, Message.objects.count()) == ("pending", 0)
    walk.run()
    assert walk.told() == ["re: Hello"]


@pytest.mark.django_db(transaction=True)
def test_202_while_the_broker_is_away_and_the_sweep_finds_it(walk: Walk, monkeypatch):
    def away(*args: Any, **options: Any) -> None:
        raise BrokerError("connection refused")

    ringer = Ringer()
    monkeypatch.setattr(ringer, "_run", lambda: None)  # the test says when it sends
    monkeypatch.setattr(doorbell.time, "sleep", lambda seconds: None)
    monkeypatch.setattr(doorbell, "publish", ringer.add)
    monkeypatch.setattr(current_app, "send_task", away)
    assert post(walk.gateway).status_code == 202
    ringer.flush()
    assert Receipt.objects.get().status == "pending"

    rung: list[tuple[str, tuple[int, ...]]] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, args, **options: rung.append((name, args)))
    monkeypatch.setattr(sweep, "UNHEARD", sweep.UNHEARD * 0)
    sweep.sweep()
    ringer.flush()
    assert rung == [("aissist.ingest", (walk.gateway.pk,))]
    for _, (gateway_id,) in rung:
        pipeline.ingest(gateway_id)
    assert (sweep.due()[Step.INGEST], Receipt.objects.get().status) == ([], "done")
    assert Message.objects.filter(author="customer").count() == 1
