"""Articles as sections, and the part of a section that makes an answer: whole paragraphs, word for word."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

LONGEST = 700  # characters of an answer, link line not counted
CHUNK = 1_500  # characters of a section; what is longer becomes several

_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*\s*$")
_FENCE = re.compile(r"^ {0,3}(```+|~~~+)")
_SENTENCE_END = re.compile(r"[.!?…。！？](?:[\"”»)\]]*)(?=\s|$)|[。！？]")


@dataclass(frozen=True, slots=True)
class Section:
    heading: str  # "" for what stands before the first heading
    text: str  # markdown
    path: tuple[str, ...] = ()  # the headings that it stands under, its own not included


def sections(body: str) -> list[Section]:
    """The sections of a markdown text that have any words in them. Never empty: a text without words is one section."""
    body = body.replace("\x00", "")
    lines, above = body.splitlines(), list[tuple[int, str]]()
    found, heading, begin = list[Section](), "", 0
    for number, level, text in [*headings(body), (len(lines), 0, "")]:
        path = tuple(name for _, name in above[:-1])
        found += _bounded(heading, "\n".join(lines[begin:number]).strip(), path)
        above = [*(each for each in above if each[0] < level), (level, text)]
        heading, begin = text, number + 1
    return found or [Section("", "")]


def headings(body: str) -> Iterator[tuple[int, int, str]]:
    """The headings of a markdown text: number of the line, level, words. What looks like one in code isn't."""
    fence = ""
    for number, line in enumerate(body.splitlines()):
        if mark := _FENCE.match(line):
            fence = "" if fence and mark[1].startswith(fence) else fence or mark[1]
        elif not fence and (match := _HEADING.match(line)):
            yield number, len(match[1]), match[2]


def _bounded(heading: str, text: str, path: tuple[str, ...]) -> Iterator[Section]:
    """The section; one that is too long in several, cut between paragraphs, else lines, else words."""
    while len(text) > CHUNK:
        window = text[:CHUNK]
        cut = max(window.rfind("\n\n"), 0) or max(window.rfind("\n"), 0) or max(window.rfind(" "), 0) or CHUNK
        kept, text = text[:cut].rstrip(), text[cut:].strip()
        yield Section(heading, kept, path)
        text = _table_head(kept, text) + text
    if text:
        yield Section(heading, text, path)


def _table_head(kept: str, rest: str) -> str:
    """The head of a table that was cut in the middle, so that its other half can be understood; else ""."""
    table = list(takewhile(lambda line: line.startswith("|"), reversed(kept.splitlines())))[::-1]
    if not rest.startswith("|") or len(table) < 3 or not set(table[1]) <= set("|-: "):
        return ""
    head = f"{table[0]}\n{table[1]}\n"
    return head if len(head) < CHUNK / 3 else ""


def excerpt(text: str) -> str:
    """As many whole paragraphs from the beginning as fit; of a first one that is too long, whole lines or sentences."""
    kept = ""
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        longer = f"{kept}\n\n{paragraph}" if kept else paragraph
        if len(longer) > LONGEST:
            break
        kept = longer
    return kept or _shorten(text.strip())


def _shorten(text: str) -> str:
    window = text[:LONGEST]
    ends = [match.end() for match in _SENTENCE_END.finditer(window)]
    line = window.rfind("\n")
    cut = max([*ends, line], default=-1)
    return window[:cut].rstrip() if cut > 0 else window.rsplit(" ", 1)[0] + "…"
