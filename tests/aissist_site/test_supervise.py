"""The supervisor with children of every kind, in real processes."""

import signal
import sys

import pytest

from aissist_site.supervise import describe
from tests.aissist_site.processes import children_of, environment, line_with, lines_with, start, wait_until_gone

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc and waits on pidfds"),
]

SCRIPT = """
import os, signal, sys, threading, time
from aissist_site.supervise import Stop, Supervisor

def say(words):
    os.write(1, f"{words}\\n".encode())  # in one piece: the lines of two processes could mix otherwise

def patient():
    say("working")
    signal.pause()

def tidy():
    signal.signal(signal.SIGTERM, lambda *_: (say("put away"), sys.exit(0)))
    patient()

def stubborn():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    say("working")
    while True:
        signal.pause()

def parent():
    if os.fork() == 0:
        from aissist_site import leash
        leash.tie(os.getppid())
        patient()
    patient()

def failing():
    raise ValueError("no such luck")

def ending():
    sys.exit(3)

def killed():
    os.kill(os.getpid(), signal.SIGKILL)

def wordless():
    sys.stdout.write("without a newline")
    sys.stdout.flush()
    os._exit(0)

import aissist_site.supervise
aissist_site.supervise.GRACE_SECONDS = 0.2
supervisor = Supervisor(routine=(b"put away quietly",))
supervisor.listen()
status = 0
try:
    for name in sys.argv[1:]:
        supervisor.fork(name, globals()[name])
    status = supervisor.watch(lambda: None)
except Stop:
    supervisor.say("told to stop")
finally:
    supervisor.stop()
sys.exit(status)
"""


@pytest.fixture
def supervisor(tmp_path):
    running = []

    def start_with(*names):
        process = start(["-c", SCRIPT, *names], environment(tmp_path))
        running.append(process)
        return process

    yield start_with
    for process in running:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        pytest.param("ending", "ending has ended by itself (exit status 3)", id="an exit status"),
        pytest.param("failing", "failing has ended by itself (exit status 1)", id="an exception"),
        pytest.param("killed", "killed has ended by itself (killed by SIGKILL)", id="a signal"),
        pytest.param("wordless", "wordless has ended by itself (exit status 0)", id="even a clean end"),
    ],
)
def test_a_child_that_ends_stops_the_others_and_is_named(supervisor, name, said):
    process = supervisor("tidy", name)
    output, _ = process.communicate()
    assert process.returncode == 1
    assert f"up     | {said}. Everything else is stopped." in output


def test_the_last_words_of_a_child_are_printed_before_its_end_is_announced(supervisor):
    output, _ = supervisor("wordless").communicate()
    assert output.splitlines() == [
        "wordless | without a newline",
        "up     | wordless has ended by itself (exit status 0). Everything else is stopped.",
    ]


def test_a_traceback_is_prefixed_line_by_line(supervisor):
    output, _ = supervisor("failing").communicate()
    assert "failing | ValueError: no such luck" in output.splitlines()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_a_signal_stops_everything_cleanly(supervisor, number):
    process = supervisor("tidy", "patient")
    line_with(process, "tidy   | working")
    children = children_of(process.pid)
    process.send_signal(number)
    output, _ = process.communicate()
    assert process.returncode == 0
    assert "up     | told to stop" in output
    for child in children:
        wait_until_gone(child)


def test_a_child_that_ignores_the_signal_is_killed_after_the_grace(supervisor):
    process = supervisor("stubborn")
    line_with(process, "stubborn | working")
    [child] = children_of(process.pid)
    process.terminate()
    process.communicate()
    assert process.returncode == 0
    wait_until_gone(child)


def test_killing_the_supervisor_outright_leaves_nothing_running(supervisor):
    process = supervisor("stubborn", "parent")
    lines_with(process, "stubborn | working", "parent | working", "parent | working")  # the last is the grandchild
    children = children_of(process.pid)
    assert len(children) == 3
    process.kill()
    process.communicate()
    for child in children:
        wait_until_gone(child)


def test_a_terminal_or_reader_that_goes_away_stops_everything(supervisor):
    process = supervisor("tidy", "patient")
    line_with(process, "tidy   | working")
    children = children_of(process.pid)
    process.stdout.close()
    process.wait()
    for child in children:
        wait_until_gone(child)


@pytest.mark.parametrize(
    ("status", "words"),
    [(0, "exit status 0"), (256 * 2, "exit status 2"), (9, "killed by SIGKILL"), (15, "killed by SIGTERM")],
)
def test_a_wait_status_reads_as_words(status, words):
    assert describe(status) == words
