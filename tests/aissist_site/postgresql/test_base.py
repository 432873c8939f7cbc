"""A pooled connection that the server has closed isn't handed out."""

import psycopg
import pytest
from django.db import connection
from psycopg_pool import ConnectionPool

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
