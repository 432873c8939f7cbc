"""Articles as sections, and the part of a section that makes an answer: whole paragraphs, word for word."""

import re
from dataclasses import dataclass

LONGEST = 700  # characters of an answer, link line not counted

_HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*\s*$")
_SENTENCE_END = re.compile(r"[.!?…。！？](?:[\"”»)\]]*)(?=\s|$)|[。！？]")


@dataclass(frozen=True, slots=True)
class Section:
    heading: str  # "" for what stands before the first heading
    text: str  # markdown


def sections(body: str) -> list[Section]:
    """The sections of a markdown text that have any words in them. Never empty: a text without words is one section."""
    found, heading, lines = [], "", list[str]()
    for line in body.replace("\x00", "").splitlines():
        if match := _HEADING.match(line):
            found.append(Section(heading, "\n".join(lines).strip()))
            heading, lines = match[1], []
        else:
            lines.append(line)
    found.append(Section(heading, "\n".join(lines).strip()))
    return [section for section in found if section.text] or [Section("", "")]


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
