"""Cut a markdown text into what becomes one article each."""

import re
from collections.abc import Iterable, Iterator

from agents.engines.excerpt import headings
from agents.imports.pieces import LONGEST_BODY, LONGEST_KEY, LONGEST_TITLE, Piece

LONG = 6_000  # characters of a text from which its second headings are articles, too

_MARKS = re.compile(r"[*_`]|\[([^\]]*)\]\([^)]*\)")


def whole(text: str, title: str) -> list[Piece]:
    """One piece: a web page. Its first heading is its title; `title` is for one that has none."""
    own, body = _own_title(text)
    return list(_unique(_bounded("", own or plain(title), body)))


def by_headings(text: str, title: str) -> list[Piece]:
    """A piece for each part of a document: by its first headings if it has several, by its second if it is long.

    What stands before them is a piece under the document's title.
    """
    if len(_at(text, 1)) > 1:
        return list(_unique(_parts(text, 1, title)))
    own, body = _own_title(text)
    own = own or plain(title)
    level = next((level for level in range(1, 7) if len(_at(body, level)) > 1), 0)
    if len(body) <= LONG or not level:
        return list(_unique(_bounded("", own, body)))
    return list(_unique(_parts(body, level, own, prefix=f"{own}: ")))


def plain(text: str) -> str:
    """A heading's words without markdown, short enough for a title."""
    return " ".join(_MARKS.sub(lambda mark: mark[1] or "", text).split())[:LONGEST_TITLE]


def _own_title(text: str) -> tuple[str, str]:
    """The text's first heading, or else a second one that is the only one, and the text without it."""
    found = next((each for each in headings(text) if each[1] == 1), None)
    seconds = [each for each in headings(text) if each[1] == 2]
    found = found or (seconds[0] if len(seconds) == 1 else None)
    if found is None:
        return "", text.strip()
    number, lines = found[0], text.splitlines()
    return plain(found[2]), "\n".join(lines[:number] + lines[number + 1 :]).strip()


def _at(text: str, level: int) -> list[int]:
    """The numbers of the lines with headings of this level."""
    return [number for number, its, _ in headings(text) if its == level]


def _parts(text: str, level: int, title: str, prefix: str = "") -> Iterator[Piece]:
    lines = text.splitlines()
    begins = [(number, plain(heading)) for number, its, heading in headings(text) if its == level]
    ends = [number for number, _ in begins[1:]] + [len(lines)]
    yield from _bounded("", plain(title), "\n".join(lines[: begins[0][0]]).strip())
    for (begin, heading), end in zip(begins, ends, strict=True):
        body = "\n".join(lines[begin + 1 : end]).strip()
        yield from _bounded(heading.casefold(), plain(prefix + (heading or title)), body)


def _bounded(key: str, title: str, body: str) -> Iterator[Piece]:
    """None for a body without words; several for one that is longer than an article should be."""
    rest, number = body, 1
    while any(map(str.isalnum, rest)):
        cut = rest
        if len(rest) > LONGEST_BODY:
            cut = rest[: rest.rfind("\n", 0, LONGEST_BODY) + 1] or rest[:LONGEST_BODY]
        suffix = f" ({number})" if number > 1 else ""
        yield Piece(f"{key[:LONGEST_KEY]}{suffix}", f"{title[: LONGEST_TITLE - len(suffix)]}{suffix}", cut.strip())
        rest, number = rest[len(cut) :], number + 1


def _unique(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Two parts of the same name are told apart by numbers."""
    seen: dict[str, int] = {}
    for piece in pieces:
        seen[piece.key] = count = seen.get(piece.key, 0) + 1
        if count == 1:
            yield piece
        else:
            suffix = f" #{count}"
            yield Piece(piece.key + suffix, piece.title[: LONGEST_TITLE - len(suffix)] + suffix, piece.body)
