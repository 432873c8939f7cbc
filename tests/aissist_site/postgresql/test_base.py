"""A pooled connection that the server has closed isn't handed out; moments are read as Django reads them."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.db import connection, transaction
from psycopg_pool import ConnectionPool

from aissist_site.models import Heartbeat
from aissist_site.postgresql.base import check

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="There is no pool on SQLite."),
]


def backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def test_the_pool_checks_by_looking():
    assert backend()
    assert connection.pool._check is check


def test_the_server_isnt_asked_about_a_connection_that_works(monkeypatch: pytest.MonkeyPatch):
    asked: list[object] = []
    monkeypatch.setattr(ConnectionPool, "check_connection", asked.append)
    assert backend()
    connection.close()
    assert backend()
    assert asked == []


def test_a_connection_that_the_server_has_ended_is_replaced():
    first = backend()
    raw = connection.connection
    connection.close()

    with psycopg.connect(raw.info.dsn, password=raw.info.password or None, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [first])
    assert backend() != first


@pytest.mark.parametrize(
    "moment", ["2026-01-31 12:00:00.123456+00", "2026-07-01 00:30:00+14", "0001-01-01 00:00:00+00"]
)
def test_moments_come_in_utc(moment: str):
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [moment])
        [read] = cursor.fetchone()
    assert read == datetime.fromisoformat(moment)
    assert (read.tzinfo, read.utcoffset()) == (UTC, timedelta())


def test_moments_come_from_cursors_that_the_server_keeps_too():
    Heartbeat.objects.create(name="x", at=datetime(2026, 1, 31, 12, tzinfo=UTC))
    with transaction.atomic():
        assert [each.at for each in Heartbeat.objects.iterator(chunk_size=1)] == [datetime(2026, 1, 31, 12, tzinfo=UTC)]
