"""Make .venv, install into it what a lock file names, and become a program in it.

    python3 bootstrap.py requirements.lock manage.py up

Standard library only. The imports and the version test come first and in old syntax, so that an old Python says what
is missing instead of failing to read this.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036  # this is the one file that an older Python gets to see
    sys.exit(
        "This needs Python 3.11 or newer, and this one is %d.%d. Install a newer one and name it, like this: "  # noqa: UP031
        "make run PYTHON=python3.12" % sys.version_info[:2]
    )

import fcntl
import hashlib
import importlib.util
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UNFINISHED = VENV / "unfinished"
PIP_OPTIONS = [
    "--quiet",
    "--disable-pip-version-check",
    "--no-input",
    "--progress-bar=off",
    "--require-hashes",
    "--no-deps",  # the lock names everything, so there is nothing to resolve
    "--retries=2",
]


def main(lock: str, *command: str) -> None:
    with open(__file__) as file:  # noqa: PTH123  # two starts at the same moment install one after the other
        fcntl.flock(file, fcntl.LOCK_EX)
        make_venv()
        install(ROOT / lock)
    if not command:
        return
    os.chdir(ROOT)
    os.execv(PYTHON, [str(PYTHON), *command])  # noqa: S606  # our own interpreter, no shell


def make_venv() -> None:
    """A fresh .venv if there is none that works: none at all, one of another Python, or half an installation."""
    if is_whole():
        return
    for module in ("venv", "ensurepip"):
        if importlib.util.find_spec(module) is None:
            version = "{}.{}".format(*sys.version_info)
            sys.exit(f"Python's {module} module is missing. On Debian and Ubuntu: apt install python{version}-venv")
    say("Making .venv ...")
    run([sys.executable, "-m", "venv", "--clear", str(VENV)], "Making .venv failed. Is the disk full or read-only?")


def is_whole() -> bool:
    if UNFINISHED.exists() or not os.access(PYTHON, os.X_OK):
        return False
    configuration = (VENV / "pyvenv.cfg").read_text() if (VENV / "pyvenv.cfg").exists() else ""
    return "version = {}.{}.".format(*sys.version_info) in configuration and (VENV / "bin" / "pip").exists()


def install(lock: Path) -> None:
    """Install what `lock` names, unless that has been done. The stamp comes last: an interrupted one starts over."""
    stamp = VENV / f"{lock.name}.sha256"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    say(f"Installing what {lock.name} names; the first time takes about a minute ...")
    try:
        UNFINISHED.touch()
        run(
            [str(PYTHON), "-m", "pip", "install", *PIP_OPTIONS, "--requirement", str(lock)],
            "Installing failed. Check the network (or pip's own settings for your mirror) and start again.",
        )
        stamp.write_text(wanted)
        UNFINISHED.unlink()
    except OSError as error:
        sys.exit(f"{VENV} can't be written ({error.strerror}). Free some space or make the folder writable.")


def say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


def run(command: list[str], otherwise: str) -> None:
    """Run `command`; if it fails, end with the last thing it said and the sentence `otherwise`."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)  # noqa: S603
    if done.returncode:
        lines = [line for line in done.stdout.splitlines() if line.strip()]
        errors = [line for line in lines if line.startswith("ERROR")] or lines[-1:]
        sys.exit("\n".join([*errors[:1], otherwise]))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
