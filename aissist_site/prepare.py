"""What has to be true before anything starts: one sentence for whatever isn't."""

import fcntl
import gc
import http.client
import importlib
import os
import secrets
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import DatabaseError, connection, connections, transaction
from django.db.migrations.executor import MigrationExecutor
from django.urls import get_resolver
from kombu import pools

from aissist_site import canary
from aissist_site.celery import app

LEAST_FREE_BYTES = 50_000_000
# What Celery and gunicorn import only once they run.
LOADED_LATE = (
    "celery.apps.worker",
    "celery.concurrency.thread",
    "celery.worker.consumer",
    "gunicorn.arbiter",
    "gunicorn.workers.gthread",
    "kombu.transport.redis",
)


def folder(data_dir: Path) -> None:
    """Refuse a data folder that can't be written or is on a full disk."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        free = shutil.disk_usage(data_dir).free
        probe = data_dir / f".writable.{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise ImproperlyConfigured(
            f"The data folder {data_dir} can't be written ({error.strerror}). "
            "Make it writable or set AISSIST_DATA_DIR to another folder."
        ) from error
    if free < LEAST_FREE_BYTES:
        raise ImproperlyConfigured(
            f"The disk of the data folder {data_dir} is full ({free // 1_000_000} MB left). "
            "Free some space or set AISSIST_DATA_DIR to a folder on another disk."
        )


@contextmanager
def claim(data_dir: Path, address: str) -> Iterator[None]:
    """Hold the data folder, or refuse and say who holds it.

    A record lock rather than `flock`: children don't inherit it, so it ends with this process and with nothing else.
    """
    with (data_dir / "up.lock").open("a+") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            raise ImproperlyConfigured(
                f"The data folder {data_dir} is in use by {file.read().strip() or 'another process'}. "
                "Stop that one first, or set AISSIST_DATA_DIR to another folder."
            ) from error
        file.truncate(0)
        file.write(f"process {os.getpid()} at {address}")
        file.flush()
        yield


def port_is_free(host: str, port: int) -> None:
    """Refuse a port that can't be listened on. 0 stands for any that is free."""
    if not 0 <= port <= 65_535:
        raise ImproperlyConfigured(f"There is no port {port}. Choose one between 1 and 65535: `make run PORT=8000`.")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise ImproperlyConfigured(
            f"Port {port} on {host} can't be used ({error.strerror}). "
            f"Stop what uses it, or choose another: `make run PORT={port + 1 if port < 65_535 else 8000}`."
        ) from error


def database() -> None:
    """Bring the database up to date if it isn't."""
    try:
        with connection.wrap_database_errors:  # past the pool, which would try for seconds and not say why
            driver: Any = connection
            driver.Database.connect(**connection.get_connection_params()).close()
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", interactive=False, verbosity=0)
    except DatabaseError as error:
        raise ImproperlyConfigured(f"The database can't be used: {_first_line(error)}. Check {_where()}.") from error


def first_start(demo: bool) -> str | None:
    """Check the key; in a database that never started before, add an operator and the demo data.

    Returns the operator's new password, or `None`. All of it happens or none: a start that was interrupted is a first
    start again.
    """
    with transaction.atomic():
        if not canary.check() or get_user_model().objects.exists():
            return None
        password = secrets.token_urlsafe(12)
        get_user_model().objects.create_superuser("operator", password=password)
        if demo:
            from aissist_site.demo import load  # here, because only a first start needs it

            load.load()
        return password


def share_memory() -> None:
    """Load what the children need and freeze it: memory that no child writes to exists once for all of them."""
    for name in LOADED_LATE:
        importlib.import_module(name)
    app.finalize()
    app.loader.import_default_modules()
    get_resolver().url_patterns  # noqa: B018  # loads every view
    let_go()
    gc.collect()
    gc.freeze()


def let_go() -> None:
    """Close every connection. One that a fork has copied would give one process what another has asked for."""
    for each in connections.all(initialized_only=True):
        each.close()
        if hasattr(each, "close_pool"):  # its threads wouldn't survive a fork
            each.close_pool()
    pools.reset()


def answers(host: str, port: int) -> bool:
    """Whether the site answers a request on this address by now."""
    wildcards = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104  # read here, not bound
    connection = http.client.HTTPConnection(wildcards.get(host, host), port, timeout=1)
    try:
        connection.request("GET", "/health/live")
        return connection.getresponse().status < 500
    except OSError:
        return False
    finally:
        connection.close()


def _where() -> str:
    return f"the data folder {settings.DATA_DIR}" if settings.EMBEDDED else "DATABASE_URL"


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
