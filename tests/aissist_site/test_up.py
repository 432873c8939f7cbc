"""The whole site by its one command: `manage.py up`."""

import os
import re
import signal
import socket
import sys
import time
import urllib.request

import pytest

from aissist_site.processes import NICE
from tests.aissist_site.processes import child_called, children_of, environment, line_with, run, start, wait_until_gone

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc and waits on pidfds"),
]


@pytest.fixture
def up(tmp_path):
    """`up()` starts the site on a free port; `up.port` is its port, `up.environ` its environment."""
    running = []

    def start_it():
        process = start(["manage.py", "up", "--no-demo", "--port", str(start_it.port)], start_it.environ)
        running.append(process)
        return process

    with socket.create_server(("127.0.0.1", 0)) as free:
        start_it.port = free.getsockname()[1]
    start_it.environ = environment(tmp_path)
    yield start_it
    for process in running:
        process.kill()
        process.wait()
        process.stdout.close()


def test_one_command_runs_everything_and_one_signal_ends_it(up):
    process = up()
    assert re.fullmatch(
        r"up     \| Sign in to the admin as “operator” with the password \S{16} \(shown only this once\)\.\n",
        line_with(process, "operator"),
    )
    line_with(process, "Ready")
    assert f"http://127.0.0.1:{up.port}/admin/" in line_with(process, "Admin")
    with urllib.request.urlopen(f"http://127.0.0.1:{up.port}/admin/login/") as page:
        assert page.status == 200
    children = children_of(process.pid)
    process.send_signal(signal.SIGTERM)
    rest, _ = process.communicate()
    assert process.returncode == 0
    assert "Traceback" not in rest
    for child in children:
        wait_until_gone(child)


def test_whoever_accepts_webhooks_goes_before_whoever_works_on_them(up):
    process = up()
    line_with(process, "Ready")
    ours = os.getpriority(os.PRIO_PROCESS, 0)
    wanted = {"web": ours, "worker": ours + NICE, "beat": ours, "poll": ours}
    pids = {name: child_called(process.pid, name) for name in wanted}
    for _ in range(600):  # one that has just been forked has its parent's
        if (found := {name: os.getpriority(os.PRIO_PROCESS, pid) for name, pid in pids.items()}) == wanted:
            break
        time.sleep(0.1)
    assert found == wanted


def test_the_password_is_shown_on_the_first_start_only(up):
    for times in (1, 0):
        process = up()
        assert line_with(process, "up     |").count("password") == times
        process.terminate()
        process.communicate()


def test_a_second_one_on_the_same_data_is_told_which_runs_already(up, tmp_path):
    process = up()
    line_with(process, "Ready")
    status, said = run(["manage.py", "up", "--port", "0"], up.environ)
    assert (status, said.splitlines()) == (
        1,
        [
            f"The data folder {tmp_path} is in use by process {process.pid} at http://127.0.0.1:{up.port}. "
            "Stop that one first, or set AISSIST_DATA_DIR to another folder."
        ],
    )


def test_killed_outright_it_leaves_nothing_behind_and_starts_again(up):
    process = up()
    line_with(process, "Ready")
    children = children_of(process.pid)
    assert len(children) >= 6
    process.kill()
    process.wait()
    for child in children:
        wait_until_gone(child)
    line_with(up(), "Ready")


@pytest.mark.parametrize("name", ["web", "worker", "beat", "poll", "broker"])
def test_a_child_that_is_killed_takes_the_rest_with_it_and_is_named(up, name):
    process = up()
    line_with(process, "Ready")
    os.kill(child_called(process.pid, "valkey-server" if name == "broker" else name), signal.SIGKILL)
    rest, _ = process.communicate()
    assert process.returncode == 1
    assert f"up     | {name} has ended by itself (killed by SIGKILL). Everything else is stopped.\n" in rest


def test_another_key_than_the_databases_is_refused(up, tmp_path):
    process = up()
    line_with(process, "Ready")
    process.terminate()
    process.communicate()
    (tmp_path / "encryption.key").unlink()
    status, said = run(["manage.py", "up", "--port", "0"], up.environ)
    assert (status, said.splitlines()) == (
        1,
        [
            "FIELD_ENCRYPTION_KEY isn't the key that this database was written with. Set it to that key again "
            "(with the embedded default it is kept as encryption.key in the data folder)."
        ],
    )
