"""Django's PostgreSQL, less what it does again and again for nothing.

Its health check is a round trip for every request. A server that has gone has closed its end, which makes the socket
readable; one that is there says nothing unasked. Only when there is something to read is the server asked.

It reads moments in Python, to give them the time zone that they have already. psycopg's own loader does it in C.
"""

import select
from datetime import UTC
from functools import cache
from typing import Any, cast

from django.conf import settings
from django.db.backends.postgresql import base
from django.db.backends.postgresql.psycopg_any import get_adapters_template
from psycopg import adapters, postgres
from psycopg.adapt import AdaptersMap
from psycopg.pq import Format
from psycopg_pool import ConnectionPool


class _InUtc:
    """Makes psycopg's own loader, which can't be subclassed, and knows what Django asks for with every cursor."""

    format = Format.TEXT
    timezone = UTC  # which is the connection's, too
    psycopgs: Any = adapters.get_loader(postgres.types["timestamptz"].oid, format)

    def __call__(self, oid: int, context: Any = None) -> Any:
        return self.psycopgs(oid, context)


@cache
def _adapters() -> AdaptersMap:
    found, ours = AdaptersMap(get_adapters_template(settings.USE_TZ, UTC)), _InUtc()
    found.register_loader("timestamptz", cast(Any, ours))
    return found


class DatabaseWrapper(base.DatabaseWrapper):
    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        if self.timezone == UTC:
            params["context"] = _adapters()
        return params

    @property
    def pool(self) -> Any:
        found = super().pool
        if found is not None and found._check is not None:
            found._check = check  # Django names its own when it makes the pool, and takes no other
        return found

    def _set_autocommit(self, autocommit: bool) -> None:
        """Django sets it each time that a connection comes out of the pool, which is as it went in."""
        if self.connection.autocommit != autocommit:
            super()._set_autocommit(autocommit)  # type: ignore[misc]  # not in the stubs


def check(connection: Any) -> None:
    """Raise if the connection is lost."""
    if connection.closed or _has_something_to_read(connection.fileno()):
        ConnectionPool.check_connection(connection)


def _has_something_to_read(descriptor: int) -> bool:
    poll = select.poll()  # select() itself knows descriptors below 1024 only
    poll.register(descriptor, select.POLLIN | select.POLLERR | select.POLLHUP)
    return bool(poll.poll(0))
