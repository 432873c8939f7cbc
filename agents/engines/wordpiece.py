"""Texts as the numbers of word pieces that BERT's lower-case models read.

A word that the vocabulary doesn't have is cut into the longest pieces that it has, from the left
(https://github.com/google-research/bert#tokenization). Vocabularies are text files: a piece a line, its number the
line's, "##" before a piece that continues a word.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

LONGEST_WORD = 100  # characters; a longer one is unknown as a whole
BEGIN, END, UNKNOWN = "[CLS]", "[SEP]", "[UNK]"

_ASCII_SIGNS = r"!-/:-@\[-`{-~"
_CJK = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002fa1f"
_ALONE = re.compile(rf"[{_ASCII_SIGNS}{_CJK}]")


class WordPieces:
    """The pieces of one vocabulary. Never changed once read."""

    def __init__(self, path: Path) -> None:
        """Raises OSError, and KeyError for a file that isn't such a vocabulary."""
        lines = path.read_text(encoding="utf-8").splitlines()
        self._numbers = {piece: number for number, piece in enumerate(lines)}
        self._begin, self._end, self._unknown = (self._numbers[piece] for piece in (BEGIN, END, UNKNOWN))
        self._cut = lru_cache(maxsize=10_000)(self._pieces)

    def numbers(self, text: str, most: int) -> list[int]:
        """At most `most` numbers, with those for beginning and end."""
        found: list[int] = []
        for word in _words(text):
            found += self._cut(word)
            if len(found) > most - 2:
                break
        return [self._begin, *found[: most - 2], self._end]

    def _pieces(self, word: str) -> tuple[int, ...]:
        found, start = list[int](), 0
        while start < len(word) <= LONGEST_WORD:
            mark = "##" if start else ""
            ends = (end for end in range(len(word), start, -1) if mark + word[start:end] in self._numbers)
            end = next(ends, 0)
            if not end:
                return (self._unknown,)
            found.append(self._numbers[mark + word[start:end]])
            start = end
        return tuple(found) or (self._unknown,)


def _words(text: str) -> Iterator[str]:
    """Words and signs, lower case and without accents."""
    for word in _ALONE.sub(r" \g<0> ", _clean(text)).split():
        yield from _apart(unicodedata.normalize("NFD", word.lower()))


def _clean(text: str) -> str:
    kept = (letter for letter in text if letter.isspace() or not unicodedata.category(letter).startswith("C"))
    return "".join(kept).replace("\ufffd", "")


def _apart(word: str) -> Iterator[str]:
    """A word without its accents, and the signs in it on their own."""
    run = ""
    for letter in word:
        category = unicodedata.category(letter)
        if category.startswith("P"):
            yield from filter(None, (run, letter))
            run = ""
        elif category != "Mn":
            run += letter
    if run:
        yield run
