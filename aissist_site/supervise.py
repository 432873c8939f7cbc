"""Run several processes in the foreground as one: one log, one Ctrl-C, and none of them without the others."""

import contextlib
import io
import os
import select
import selectors
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO, NoReturn

from django.core.exceptions import ImproperlyConfigured

from aissist_site import leash

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
GRACE_SECONDS = 7.0
TICK_SECONDS = 0.2
LONGEST_LINE = 65_536


class Stop(BaseException):
    """A signal or a closed terminal asks for everything to stop."""


@dataclass
class Child:
    name: str
    pid: int
    output: IO[bytes]
    last: bool = False  # stopped after the others, because they need it until their end
    rest: bytes = b""  # the beginning of a line that isn't complete yet

    @property
    def label(self) -> bytes:
        return f"{self.name:<6} | ".encode()


class Supervisor:
    """Forks children or takes running ones, prints their lines with their names in front, and ends all or none."""

    def __init__(self, out: IO[bytes] | None = None, routine: Sequence[bytes] = ()) -> None:
        """`routine`: lines that contain one of these say nothing worth reading and aren't printed."""
        self._out = out or sys.stdout.buffer
        self._routine = routine
        self._children: dict[int, Child] = {}
        self._selector = selectors.DefaultSelector()
        self._hurry = False
        self._out_is_gone = False

    def listen(self) -> None:
        """From here on, SIGINT, SIGTERM and SIGHUP raise `Stop`."""
        for number in STOP_SIGNALS:
            signal.signal(number, _raise_stop)

    def fork(self, name: str, run: Callable[[], None]) -> None:
        """Run `run` in a child. Fork before any thread exists: a thread's locks would be copied in whatever state."""
        reader, writer = os.pipe()
        parent = os.getpid()
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            os.close(reader)
            self._become(name, run, parent, writer)
        os.close(writer)
        self.take(name, pid, os.fdopen(reader, "rb", buffering=0))

    def take(self, name: str, pid: int, output: IO[bytes], last: bool = False) -> None:
        """Look after a child that already runs and writes to `output`."""
        os.set_blocking(output.fileno(), False)
        child = Child(name, pid, output, last)
        self._children[pid] = child
        self._selector.register(output, selectors.EVENT_READ, child)

    def watch(self, tick: Callable[[], None]) -> int:
        """Print lines until told to stop (0) or a child ends by itself (1). `tick` runs a few times a second."""
        while True:
            self._pump(TICK_SECONDS)
            if ended := self._reap():
                child, status = ended[0]
                self.say(f"{child.name} has ended by itself ({describe(status)}). Everything else is stopped.")
                return 1
            if self._nobody_reads():
                raise Stop
            tick()

    def stop(self) -> None:
        """SIGTERM to all, the broker last, then SIGKILL to whoever is left. A second Ctrl-C shortens the wait."""
        for number in STOP_SIGNALS:
            signal.signal(number, self._on_hurry)
        self._end([child for child in self._children.values() if not child.last], GRACE_SECONDS)
        self._end(list(self._children.values()), GRACE_SECONDS / 3)

    def say(self, sentence: str) -> None:
        self._print(b"up     | " + sentence.encode() + b"\n")

    def _become(self, name: str, run: Callable[[], None], parent: int, writer: int) -> NoReturn:
        status = 1
        try:
            leash.tie(parent)
            _be_called(name)
            os.setpgid(0, 0)  # Ctrl-C reaches the supervisor alone, which then stops each in its turn
            for number in STOP_SIGNALS:
                signal.signal(number, signal.SIG_DFL)
            for child in self._children.values():
                child.output.close()
            self._selector.close()
            _write_to(writer)
            run()
            status = 0
        except SystemExit as exit_:
            status = exit_.code if isinstance(exit_.code, int) else int(bool(exit_.code))
        except ImproperlyConfigured as error:
            sys.stderr.write(f"{error}\n")
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)

    def _end(self, children: list[Child], seconds: float) -> None:
        self._signal(children, signal.SIGTERM)
        deadline = time.monotonic() + seconds
        while any(child.pid in self._children for child in children):
            if self._hurry or time.monotonic() > deadline:
                self._signal(children, signal.SIGKILL)
            self._pump(0.02)
            self._reap()

    def _signal(self, children: list[Child], number: signal.Signals) -> None:
        for child in children:
            if child.pid in self._children:
                os.kill(child.pid, number)

    def _on_hurry(self, number: int, frame: FrameType | None) -> None:
        self._hurry = True

    def _reap(self) -> list[tuple[Child, int]]:
        """The children that have ended since the last look, each with its wait status."""
        ended = []
        for child in list(self._children.values()):
            pid, status = os.waitpid(child.pid, os.WNOHANG)
            if pid:
                del self._children[pid]
                self._read(child)  # its last words
                self._let_go(child)
                ended.append((child, status))
        return ended

    def _pump(self, seconds: float) -> None:
        for key, _ in self._selector.select(seconds):
            self._read(key.data)

    def _read(self, child: Child) -> None:
        if child.output.closed:
            return
        data = child.output.read(LONGEST_LINE)
        if data is None:  # nothing to read yet
            return
        *lines, rest = (child.rest + data).split(b"\n")
        if not data or len(rest) > LONGEST_LINE:
            lines, rest = [*lines, rest], b""
        child.rest = rest
        for line in lines:
            if line.strip() and not any(phrase in line for phrase in self._routine):
                self._print(child.label + line + b"\n")
        if not data:
            self._let_go(child)

    def _let_go(self, child: Child) -> None:
        if not child.output.closed:
            self._selector.unregister(child.output)
            child.output.close()

    def _nobody_reads(self) -> bool:
        """The terminal was closed, or the program at the other end of the pipe has ended."""
        if not self._out_is_gone:
            poll = select.poll()
            poll.register(self._out, 0)  # no event but those that are always reported: hung up, error
            self._out_is_gone = bool(poll.poll(0))
        return self._out_is_gone

    def _print(self, line: bytes) -> None:
        if self._out_is_gone:
            return
        try:
            self._out.write(line)
            self._out.flush()
        except OSError:  # nobody reads any more; `watch` will notice, and stopping mustn't fail over it
            self._out_is_gone = True


def describe(status: int) -> str:
    """A wait status in words."""
    code = os.waitstatus_to_exitcode(status)
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"


def _raise_stop(number: int, frame: FrameType | None) -> None:
    raise Stop


def _be_called(name: str) -> None:
    """So that `ps -e`, `top` and `pstree` show who is who, where the kernel lets a process choose (Linux)."""
    with contextlib.suppress(OSError):
        Path("/proc/self/comm").write_text(name)


def _write_to(writer: int) -> None:
    os.dup2(writer, 1)
    os.dup2(writer, 2)
    os.close(writer)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(line_buffering=True)
