"""Before waiting for something else than the database: give its connection back, so that few serve many who wait."""

from django.db import connection


def let_go() -> None:
    """Give this thread's connection back. A transaction that is open keeps it; the next query gets another."""
    if not connection.in_atomic_block:
        connection.close()
