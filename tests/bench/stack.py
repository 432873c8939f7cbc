"""The site's processes on a database and a broker of their own. Each process has a process group and a pid file."""

import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.fernet import Fernet

from tests.bench.servers import Foreign, Postgres, Rabbit, Server, Valkey

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("postgres-redis", "postgres-rabbitmq", "sqlite-embedded")
PORT = int(os.environ.get("BENCH_PORT", "8400"))  # the first of eight
WALK, ERRANDS = "ingest,turn,deliver,timer,sweep", "errand"  # queues of the two kinds of workers
START_SECONDS = 60.0
LOADED_CPU = 0.1  # seconds of CPU in a second that all processes together use once they have started


class Missing(Exception):
    """A server of this stack isn't found here; the text says which and what to do."""


@dataclass
class Process:
    """One process of the site, started again whenever it is gone."""

    name: str
    arguments: list[str]
    env: dict[str, str] = field(default_factory=dict)
    prefix: tuple[str, ...] = ()  # of the command line, to have it run somewhere else
    popen: subprocess.Popen[bytes] | None = None
    starts: int = 0

    @property
    def alive(self) -> bool:
        return self.popen is not None and self.popen.poll() is None


class Stack:
    def __init__(self, name: str) -> None:
        self.name = name
        self.also = ""  # an address besides 127.0.0.1 at which our servers and the platform are found
        self.folder = Path(tempfile.mkdtemp(prefix="bench-"))
        self.folder.chmod(0o755)  # PostgreSQL's own user has to get to its folder in it
        self.port, self.platform_port, self.bare_port = PORT, PORT + 5, PORT + 6
        self.database: Server | Foreign | None = None
        self.broker: Server | Foreign | None = None
        self.processes: list[Process] = []
        self.platform: subprocess.Popen[bytes] | None = None
        self.kills: Counter[str] = Counter()
        self.lock = threading.RLock()
        self.env = dict(os.environ)

    @property
    def embedded(self) -> bool:
        return self.name == "sqlite-embedded"

    # --- Servers ---

    def prepare(self) -> None:
        """Start the servers, make an empty database, and set this process's own environment to the same."""
        if not self.embedded:
            self.database = postgres(self.folder / "postgres")
            self.broker = broker(self.name, self.folder / "broker")
            for server in (self.database, self.broker):
                if isinstance(server, Server):
                    server.also = self.also
            if isinstance(self.database, Postgres) and self.also:
                self.database.let_in(f"{self.also}/24")
            self.database.start()
            self.broker.start()
        self.env = self._environment()
        os.environ.update(self.env)
        self.manage("migrate", "--verbosity", "0")
        self.platform = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.platform", str(self.platform_port), *filter(None, [self.also])],
            cwd=ROOT,
            start_new_session=True,
        )
        wait_for(self.platform_port)

    def _environment(self) -> dict[str, str]:
        env = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "CELERY_BROKER_URL")}
        env.update(
            DJANGO_SETTINGS_MODULE="tests.bench.settings",
            AISSIST_DATA_DIR=str(self.folder / "data"),
            PORT=str(self.port),
            LOG_FORMAT="json",
            LOG_LEVEL="WARNING",
            OUTBOUND_ALLOWED_NETWORKS=f"127.0.0.0/8,{self.also}/32" if self.also else "127.0.0.0/8",
        )
        (self.folder / "data").mkdir(exist_ok=True)
        if self.database and self.broker:
            env.update(
                DATABASE_URL=self.database.url,
                CELERY_BROKER_URL=self.broker.url,
                SECRET_KEY="of the bench " * 5,
                FIELD_ENCRYPTION_KEY=Fernet.generate_key().decode(),
                ALLOWED_HOSTS="127.0.0.1",
            )
        return env

    def manage(self, *arguments: str) -> None:
        subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env=self.env, check=True)

    # --- Processes ---

    def start(self, *, web: int = 1, work: int = 1, errand: int = 1, beat: int = 1, **env: str) -> None:
        """So many processes of each kind; `web` is one server with WEB_WORKERS processes of its own, or none."""
        kinds = [("web", ["web", "--port", str(self.port)], web)]
        kinds += [("work", ["worker", "--queues", WALK], work), ("errand", ["worker", "--queues", ERRANDS], errand)]
        kinds += [("beat", ["beat"], beat)]
        self.processes = [
            Process(f"{name}{number}", arguments, env) for name, arguments, count in kinds for number in range(count)
        ]
        for process in self.processes:
            self._launch(process)
        threading.Thread(target=self._keep_up, name="keeper", daemon=True).start()
        if web:
            wait_for(self.port)

    def wait_until_loaded(self) -> None:
        """Until the processes use next to no CPU: each has to load for seconds, five of them on two cores."""
        deadline, before = time.monotonic() + START_SECONDS, float("-inf")
        while time.monotonic() < deadline and (used := sum(self.cpu().values())) - before > LOADED_CPU:
            before = used
            time.sleep(1)

    def add(self, processes: list[Process]) -> None:
        """More processes beside those that run."""
        with self.lock:
            for process in processes:
                self._launch(process)
            self.processes += processes

    def _launch(self, process: Process) -> None:
        with (self.folder / f"{process.name}.log").open("ab") as log:
            process.popen = subprocess.Popen(
                [*process.prefix, sys.executable, "manage.py", *process.arguments],
                cwd=ROOT,
                env={**self.env, **process.env},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        process.starts += 1
        (self.folder / f"{process.name}.pid").write_text(str(process.popen.pid))

    def _keep_up(self) -> None:
        """Start again whatever has ended, as long as anything is to run."""
        while self.processes:
            with self.lock:
                for process in self.processes:
                    if not process.alive:
                        self._launch(process)
            time.sleep(0.05)

    def kill_one(self, rng: random.Random, kinds: tuple[str, ...] = ("web", "work", "errand", "beat")) -> None:
        """SIGKILL for one process at random: of the web server, its arbiter or one of the processes below it."""
        with self.lock:
            process = rng.choice([one for one in self.processes if one.name.startswith(kinds)])
            if process.alive and process.popen:
                os.kill(rng.choice(_group(process.popen.pid)), signal.SIGKILL)
                self.kills[process.name.rstrip("0123456789")] += 1

    def stop_processes(self) -> None:
        with self.lock:
            processes, self.processes = self.processes, []
        for process in processes:
            if process.alive and process.popen:
                process.popen.terminate()
        deadline = time.monotonic() + 15
        for process in processes:
            if process.popen:
                _end(process.popen, max(0.1, deadline - time.monotonic()))

    def stop(self, keep: bool = False) -> None:
        self.stop_processes()
        if self.platform:
            _end(self.platform, 0)
        for server in (self.broker, self.database):
            if server:
                server.stop()
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)

    # --- What they cost and said ---

    def memory(self, kinds: tuple[str, ...]) -> float:
        """Megabytes of the processes' own share (PSS); 0 where the system doesn't tell."""
        groups = [one.popen.pid for one in self.processes if one.alive and one.popen and one.name.startswith(kinds)]
        return sum(_pss(pid) for leader in groups for pid in _group(leader)) / 1024

    def cpu(self) -> dict[str, float]:
        """Seconds of CPU that each kind of process has used so far."""
        used: defaultdict[str, float] = defaultdict(float)
        for process in self.processes:
            if process.alive and process.popen:
                kind = process.name.rstrip("0123456789")
                used[kind] += sum(_cpu(pid) for pid in _group(process.popen.pid))
        return dict(used)

    def complaints(self) -> Counter[str]:
        """What the processes have logged as warnings and errors, by event."""
        found: Counter[str] = Counter()
        for path in self.folder.glob("*.log"):
            for line in path.read_text(errors="replace").splitlines():
                if event := re.search(r'"event": "(.{1,70})', line):
                    found[re.sub(r"[0-9a-f-]{8,}|\d+", "#", event[1].split('"')[0])] += 1
        return found


def postgres(folder: Path) -> Server | Foreign:
    if Postgres.found():
        return Postgres(folder, PORT + 1)
    if url := os.environ.get("BENCH_POSTGRES_URL"):
        return Foreign("PostgreSQL", url, os.environ.get("BENCH_POSTGRES_RESTART", ""))
    raise Missing("PostgreSQL isn't found. Install it, or set BENCH_POSTGRES_URL to an empty database.")


def broker(stack: str, folder: Path) -> Server | Foreign:
    if stack.endswith("redis"):
        return Valkey(folder, PORT + 2)
    if Rabbit.found():
        return Rabbit(folder, PORT + 2)
    if url := os.environ.get("BENCH_AMQP_URL"):
        return Foreign("RabbitMQ", url, os.environ.get("BENCH_AMQP_RESTART", ""))
    raise Missing("RabbitMQ isn't found. Install it, or set BENCH_AMQP_URL to a virtual host of its own.")


def wait_for(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"Nothing listens on port {port}.")


def _end(popen: subprocess.Popen[bytes], patience: float) -> None:
    """Wait that long, then SIGKILL for all of its group."""
    try:
        popen.wait(patience)
    except subprocess.TimeoutExpired:
        os.killpg(popen.pid, signal.SIGKILL)
        popen.wait()


def _group(leader: int) -> list[int]:
    """The processes of a process group: the leader and what it has forked."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == leader and fields[0] != "Z":
            found.append(int(path.parent.name))
    return found or [leader]


def _pss(pid: int) -> int:
    try:
        found = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    except OSError:
        return 0
    return int(found[1]) if found else 0


def _cpu(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
