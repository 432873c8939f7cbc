"""Django's PostgreSQL, whose pool looks at a connection before it is used instead of asking the server each time.

Django's own health check is a round trip for every request. A server that has gone has closed its end, which makes the
socket readable; one that is there says nothing unasked. Only when there is something to read is the server asked.
"""

import select
from typing import Any

from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool


class DatabaseWrapper(base.DatabaseWrapper):
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
