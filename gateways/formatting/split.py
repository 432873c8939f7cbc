"""Cut a markdown text into parts that a platform takes, at the best place there is: paragraph, line, sentence, word.

What belongs together stays so: words, links, marks around words, and what readers see as one character. A code block
that is too long is closed at the end of one part and opened again in the next. A word or link that is longer than a
whole part has to be cut nevertheless, between two characters.
"""

import re
from collections.abc import Callable

from gateways.base import Unit, length
from gateways.formatting.cutter import Cutter
from gateways.formatting.fences import fences

Measure = Callable[[str], int]
HEAD = 4  # times the limit: as much of a long text is looked at to find its first part


def split(text: str, limit: int, unit: Unit = Unit.CODE_POINTS, measure: Measure | None = None) -> tuple[str, ...]:
    """Parts of at most `limit` units each, by `measure` where the platform counts something else than the markdown.

    Nothing but white space at the cuts is lost.
    """

    def fits(part: str) -> bool:
        return (measure(part) if measure else length(part, unit)) <= limit

    parts, rest = list[str](), _trimmed(re.sub(r"\r\n?", "\n", text))
    while rest:
        part, rest = _first(rest, limit, fits)
        parts.append(part.rstrip())
        rest = _trimmed(rest)
    return tuple(filter(None, parts))


def _first(text: str, limit: int, fits: Callable[[str], bool]) -> tuple[str, str]:
    """The first part, and what is left."""
    size = HEAD * limit
    while size < len(text) and (end := text.find("\n", size) + 1):
        head = text[:end]
        if not fits(head) and not any(block.end == end for block in fences(head)):
            part, rest = Cutter(head, limit, fits).cut()
            return part, rest + text[end:]
        size *= 2
    return (text, "") if fits(text) else Cutter(text, limit, fits).cut()


def _trimmed(text: str) -> str:
    """Without white space around it; but code that begins it stays code."""
    return re.sub(r"\A(?:[^\S\n]*\n)*(?: {0,3}(?=\S))?", "", text).rstrip()
