"""Tables for people, JSON for machines."""

import json
import math
import os
import platform
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

BUILD = Path(__file__).resolve().parents[2] / "build"


def say(line: str = "") -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def table(title: str, rows: Iterable[Sequence[object]]) -> None:
    """Rows of the same length, in columns; nothing if there are none."""
    cells = [[str(cell) for cell in row] for row in rows]
    if not cells:
        return
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    say(f"\n{title}")
    for row in cells:
        say("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def write(name: str, content: dict[str, Any]) -> Path:
    BUILD.mkdir(exist_ok=True)
    path = BUILD / name
    path.write_text(json.dumps({"machine": machine(), **content}, indent=1, default=str) + "\n")
    return path


def machine() -> dict[str, Any]:
    return {
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load": os.getloadavg()[0],
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def percentile(values: Iterable[float], share: float) -> float:
    """The value that this share of them doesn't exceed; NaN for none, which keeps no bound."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else math.nan
