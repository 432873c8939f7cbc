"""Have a body read in a process of its own. See `child`."""

import json
import subprocess
import sys
from dataclasses import astuple
from pathlib import Path

from agents.imports.pieces import About, Piece, Unreadable

SECONDS = 60.0
ROOT = Path(__file__).parents[2]
TOO_MUCH = "Reading it takes too long or too much memory. Split it, or leave it out."


def read(kind: str, body: bytes, about: About, seconds: float = SECONDS) -> list[Piece]:
    """The body as pieces, at least one. Raises Unreadable."""
    words = [sys.executable, "-m", "agents.imports.child", kind, *map(_argument, astuple(about))]
    bare = {"PYTHONPATH": str(ROOT)}  # none of our keys
    try:
        done = subprocess.run(  # noqa: S603 - our own module, and arguments that no shell sees
            words, input=body, capture_output=True, timeout=seconds, cwd=ROOT, env=bare, check=False
        )
    except subprocess.TimeoutExpired:
        raise Unreadable(TOO_MUCH) from None
    try:
        answer = json.loads(done.stdout) if done.returncode == 0 else {}
    except ValueError:
        answer = {}
    if "problem" in answer:
        raise Unreadable(str(answer["problem"]))
    if "pieces" not in answer:
        raise Unreadable(TOO_MUCH if done.returncode < 0 else f"It can't be read ({_last_word(done.stderr)}).")
    return [Piece(**each) for each in answer["pieces"]]


def _argument(text: str) -> str:
    return text.replace("\x00", "")[:2_000].encode("utf-8", "ignore").decode()


def _last_word(complaint: bytes) -> str:
    """The name of the exception at the end of a traceback. Its text may hold the document's words."""
    lines = complaint.decode("utf-8", "replace").strip().splitlines()
    name = lines[-1].partition(":")[0] if lines else ""
    return name.rpartition(".")[2] if name.replace(".", "").isidentifier() else "an unknown error"
