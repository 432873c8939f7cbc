"""Cut a text into parts that a platform takes, at the best place there is: paragraph, line, sentence, word."""

import re

from gateways.base import Unit

BREAKS = (re.compile(r"\n{2,}"), re.compile(r"\n"), re.compile(r"(?<=[.!?。！？])\s*"), re.compile(r"\s+"))


def length(text: str, unit: Unit) -> int:
    """How long the platform says the text is."""
    match unit:
        case Unit.UTF16:
            return len(text.encode("utf-16-le", "surrogatepass")) // 2
        case Unit.BYTES:
            return len(text.encode("utf-8", "surrogatepass"))
        case Unit.CODE_POINTS:
            return len(text)


def split(text: str, limit: int, unit: Unit = Unit.CODE_POINTS) -> tuple[str, ...]:
    """Parts of at most `limit` units each. Nothing but white space at the cuts is lost."""
    parts: list[str] = []
    rest = text.strip()
    while length(rest, unit) > limit:
        cut = _cut(rest, _fitting(rest, limit, unit))
        parts.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return (*parts, rest) if rest else tuple(parts)


def _fitting(text: str, limit: int, unit: Unit) -> int:
    """How many characters from the start fit, at least one."""
    low, high = 1, min(len(text), limit)
    while low < high:
        middle = (low + high + 1) // 2
        if length(text[:middle], unit) <= limit:
            low = middle
        else:
            high = middle - 1
    return low


def _cut(text: str, most: int) -> int:
    """Where to cut, not before a third of what fits, so that no tiny parts come about."""
    for pattern in BREAKS:
        ends = [found.end() for found in pattern.finditer(text, 0, most) if found.end() >= most // 3]
        if ends:
            return ends[-1]
    return most
