"""`python -m agents.imports.child KIND TITLE CHARSET ADDRESS`: read the body on standard input, write pieces as JSON.

Files from anywhere are read in here, in a process of their own that the kernel bounds, so that one that is made to take
all memory, or for ever, takes nothing but itself. Knows no Django and no database.
"""

import importlib
import json
import os
import resource
import sys
from dataclasses import asdict

from agents.imports.pieces import About, Unreadable

READERS = {  # imported by name, so that a page needn't wait for what reads PDFs
    "html": "agents.imports.read_html",
    "pdf": "agents.imports.read_pdf",
    "docx": "agents.imports.read_docx",
    "csv": "agents.imports.read_csv",
    "markdown": "agents.imports.read_markdown",
}
SECONDS = 40  # of computing
MEMORY = 1_000_000_000  # bytes of address space
EMPTY = "There is no text on it."


def main(kind: str, *about: str) -> None:
    bound()
    body = sys.stdin.buffer.read()
    out = sys.stdout.buffer
    sys.stdout = sys.stderr  # what a library prints must not stand between
    out.write(json.dumps(answer(kind, body, About(*about))).encode())
    out.flush()


def answer(kind: str, body: bytes, about: About) -> dict[str, object]:
    """`{"pieces": …}`, or `{"problem": …}` with a sentence for operators."""
    try:
        pieces = importlib.import_module(READERS[kind]).read(body, about)
    except Unreadable as problem:
        return {"problem": problem.public}
    except MemoryError:
        return {"problem": "Reading it takes too much memory."}
    except RecursionError:
        return {"problem": "It is nested too deeply to be read."}
    if not pieces:
        return {"problem": EMPTY}
    return {"pieces": [{name: _storable(text) for name, text in asdict(piece).items()} for piece in pieces]}


def _storable(text: str) -> str:
    """Without NUL and halves of characters, which PostgreSQL doesn't take."""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode()


def bound() -> None:
    os.nice(10)  # customers' messages come first
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":  # elsewhere it isn't kept, or refuses to be set
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


if __name__ == "__main__":
    main(*sys.argv[1:5])
