"""Start the whole product by its own command, on one of the stacks that are found here."""

import base64
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psycopg
import pytest
from cryptography.fernet import Fernet

from tests.processes.newcomer import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes, ok").decode()

POSTGRES = os.environ.get("TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres")
REDIS = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/9")
RABBITMQ = os.environ.get("TEST_RABBITMQ_URL", "amqp://guest:guest@127.0.0.1:5672//")


@dataclass(frozen=True)
class Stack:
    """A database and a broker. Empty means the embedded one."""

    name: str
    database: str = ""
    broker: str = ""


def stacks() -> list:
    """Every stack, skipped with the reason where a server of it isn't there."""
    found = [
        Stack("sqlite-embedded"),
        Stack("postgres-redis", POSTGRES, REDIS),
        Stack("postgres-rabbitmq", POSTGRES, RABBITMQ),
    ]
    return [pytest.param(stack, id=stack.name, marks=_missing(stack)) for stack in found]


def _missing(stack: Stack) -> list:
    away = [url for url in (stack.database, stack.broker) if url and not _reachable(url)]
    return [pytest.mark.skip(reason=f"no server answers at {', '.join(map(_place, away))}")] if away else []


def _place(url: str) -> str:
    match = re.search(r"@?([\w.\-]+):(\d+)", url.rpartition("//" if "@" not in url else "@")[2])
    return f"{match[1]}:{match[2]}" if match else url


def _reachable(url: str) -> bool:
    host, _, port = _place(url).partition(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except OSError:
        return False
    return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Site:
    """`manage.py up` on a data folder of its own, and a database of its own where there is a server."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        self.stack, self.folder = stack, folder
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.password = ""
        self.log: list[str] = []
        self.database = f"aissist_walk_{uuid.uuid4().hex[:8]}" if stack.database else ""
        self.env = self._environment()

    def _environment(self) -> dict[str, str]:
        env = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "CELERY_BROKER_URL")}
        env.update(AISSIST_DATA_DIR=str(self.folder), AISSIST_DEMO_WEBHOOK_SECRET=SECRET, PORT=str(self.port))
        if self.stack.database:
            env.update(
                DATABASE_URL=self.stack.database.rpartition("/")[0] + f"/{self.database}",
                SECRET_KEY=uuid.uuid4().hex * 2,
                FIELD_ENCRYPTION_KEY=Fernet.generate_key().decode(),
                ALLOWED_HOSTS="127.0.0.1",
                OUTBOUND_ALLOWED_NETWORKS="127.0.0.0/8",
                CELERY_BROKER_URL=self.stack.broker,
                QUEUE_PREFIX=f"{self.database}.",  # another test's site may be on the same broker
            )
        return env

    def __enter__(self) -> Self:
        if self.database:
            self._sql(f"CREATE DATABASE {self.database}")
            self.manage("migrate", "--verbosity", "0")
            self.manage("demo")
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()
        if self.database:
            self._sql(f"DROP DATABASE {self.database} WITH (FORCE)")

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "up", "--port", str(self.port)],
            cwd=ROOT,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        ready = threading.Event()
        threading.Thread(target=self._read, args=(self.process, ready), daemon=True).start()
        assert ready.wait(2 * PATIENCE), f"The site isn't up after {2 * PATIENCE:g} s:\n" + "".join(self.log[-40:])

    def _read(self, process: subprocess.Popen[str], ready: threading.Event) -> None:
        assert process.stdout
        for line in process.stdout:
            self.log.append(line)
            if found := re.search(r"with the password (\S+)", line):
                self.password = found[1]
            if "Ready." in line:
                ready.set()

    def kill(self) -> None:
        """As hard as it gets: SIGKILL for the supervisor, whose children must not outlive it."""
        self.process.kill()
        self.process.wait()
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)):
                    return
            time.sleep(0.05)
        raise AssertionError("Something still listens after the supervisor was killed.")

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(max(30.0, PATIENCE)) == 0, "".join(self.log[-40:])

    def manage(self, *arguments: str) -> None:
        subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env=self.env, check=True)

    def _sql(self, statement: str) -> None:
        with psycopg.connect(self.stack.database, autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload]  # names made here, not input
