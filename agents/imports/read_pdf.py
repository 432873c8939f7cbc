"""PDF files as pieces. Lines in larger type than most of the text are taken for headings."""

import io
import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pypdf import PdfReader

from agents.imports.divide import by_headings
from agents.imports.pieces import About, Piece, Unreadable

MOST_PAGES = 1_000
LARGER = 1.15  # times the size of most of the text: a heading
LONGEST_HEADING = 120  # characters

logging.getLogger("pypdf").setLevel(logging.ERROR)  # it warns of every oddity of a file


@dataclass(slots=True)
class Line:
    text: str
    size: float  # of its type, in points; 0 when unknown
    page: int


def read(body: bytes, about: About) -> list[Piece]:
    try:
        reader = PdfReader(io.BytesIO(body))
        if reader.is_encrypted and not reader.decrypt(""):
            raise Unreadable("The PDF is protected by a password. Save it without one and upload it again.")
        count = len(reader.pages)
        if count > MOST_PAGES:
            raise Unreadable(f"The PDF has {count:,} pages; {MOST_PAGES:,} can be read. Split it into several files.")
        lines = [line for number, page in enumerate(reader.pages) for line in _lines(page, number)]
        named = str(reader.metadata.title or "") if reader.metadata else ""
    except Unreadable:
        raise
    except Exception as error:  # damaged files make it raise anything
        raise Unreadable(f"The PDF is damaged, or can't be read by us ({type(error).__name__}).") from None
    if not any(line.text.strip() for line in lines):
        raise Unreadable("The PDF has no text in it, only pictures of it. Run it through text recognition first.")
    return by_headings(_markdown(_without_repeats(lines, count)), named.strip() or about.title)


def _lines(page: Any, number: int) -> list[Line]:
    """The lines of a page, each with the largest size of type in it."""
    found, current = list[Line](), Line("", 0.0, number)

    def take(text: str, cm: Any, tm: Any, font: Any, size: Any) -> None:
        nonlocal current
        scale = abs(float(tm[3] or tm[1] or 1)) * abs(float(cm[3] or cm[1] or 1))
        for place, part in enumerate(text.split("\n")):
            if place:
                found.append(current)
                current = Line("", 0.0, number)
            if part.strip():
                current.size = max(current.size, round(float(size or 0) * scale, 1))
            current.text += part

    page.extract_text(visitor_text=take)
    return [*found, current]


def _without_repeats(lines: list[Line], pages: int) -> list[Line]:
    """Without what stands on most pages: running heads and feet."""
    seen: dict[str, set[int]] = {}
    for line in lines:
        seen.setdefault(_bare(line.text), set()).add(line.page)
    often = {text for text, on in seen.items() if text and pages > 3 and len(on) > pages / 2}
    return [line for line in lines if _bare(line.text) not in often]


def _bare(text: str) -> str:
    """The line without page numbers."""
    return "".join(letter for letter in text.casefold() if letter.isalpha())


def _markdown(lines: Iterable[Line]) -> str:
    kept = list(lines)
    most = _usual_size(kept)
    sizes = sorted({line.size for line in kept if _is_heading(line, most)}, reverse=True)
    levels = {size: min(place, 3) for place, size in enumerate(sizes, start=1)}
    texts: list[str] = []
    for line in kept:
        words, is_heading = " ".join(line.text.split()), line.size in levels and _is_heading(line, most)
        texts.append(f"\n{'#' * levels[line.size]} {words}\n" if is_heading else words)
    return "\n".join(texts)


def _usual_size(lines: Iterable[Line]) -> float:
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[line.size] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def _is_heading(line: Line, most: float) -> bool:
    return bool(most) and line.size > most * LARGER and 2 < len(line.text.strip()) <= LONGEST_HEADING
