"""Real processes for tests: with a clean environment, waited for by the kernel's own word, never by sleeping."""

import os
import select
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE_SECONDS = 60  # only a test that fails waits this long


def environment(data_dir: Path, **settings: str) -> dict[str, str]:
    """The environment of a fresh machine: nothing of the site is set but what is named here."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH") if name in os.environ}
    return {**kept, "AISSIST_DATA_DIR": str(data_dir), "PYTHONUNBUFFERED": "1", **settings}


def start(arguments: Sequence[str], environ: Mapping[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run(arguments: Sequence[str], environ: Mapping[str, str]) -> tuple[int, str]:
    """Exit status and everything it said."""
    process = start(arguments, environ)
    said, _ = process.communicate(timeout=PATIENCE_SECONDS)
    return process.returncode, said


def line_with(process: subprocess.Popen[str], words: str) -> str:
    """The next line of its output that has `words` in it."""
    assert process.stdout is not None
    read = []
    for line in process.stdout:
        read.append(line)
        if words in line:
            return line
    raise AssertionError(f"ended without saying “{words}”:\n{''.join(read)}")


def lines_with(process: subprocess.Popen[str], *each: str) -> None:
    """Read its output until a line for each of the words has come, in whatever order."""
    assert process.stdout is not None
    missing = list(each)
    for line in process.stdout:
        if found := next((words for words in missing if words in line), None):
            missing.remove(found)
        if not missing:
            return
    raise AssertionError(f"ended without saying {missing}")


def children_of(pid: int) -> list[int]:
    """All processes below `pid`, grandchildren too."""
    below = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in map(int, (task / "children").read_text().split()):
            below += [child, *children_of(child)]
    return below


def child_called(pid: int, name: str) -> int:
    """The first process right below `pid` that is called so. Numbers don't tell who is who: they begin anew."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    children = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    return next(child for child in children if Path(f"/proc/{child}/comm").read_text().strip() == name)


def wait_until_gone(pid: int) -> None:
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        assert select.select([descriptor], [], [], PATIENCE_SECONDS)[0], f"process {pid} is still there"
    finally:
        os.close(descriptor)
