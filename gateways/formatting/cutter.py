"""Find the best place to cut one markdown text at, and cut it."""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from enum import IntEnum

import regex

from gateways.formatting.fences import Fence, fences

GRAPHEME = regex.compile(r"\X")  # extended grapheme cluster, https://unicode.org/reports/tr29/
SPACE = r"[^\S\u00a0\u2007\u202f]"  # without the spaces that mustn't be broken at
TOGETHER = re.compile(
    r"""
      (?P<ticks>(?<!`)`+(?!`)) .+? (?<!`)(?P=ticks)(?!`)                                    # `code`
    | \[ (?: [^\[\]\\] | \\. | \[[^\[\]]*\] )* \]                                           # [text](address)
      (?: \( [^()\n]* (?: \([^()\n]*\) [^()\n]* )* \) | \[[^\[\]\n]*\] )
    | (?P<mark>\*\*\*|\*\*|\*|~~|(?<!\w)__|(?<!\w)_) (?=\S) .{1,400}? (?<=\S)(?P=mark)       # **strong**
    """,
    re.VERBOSE | re.DOTALL,
)
EMPTY_LINES = re.compile(r"(?:[^\S\n]*\n)*")
BLANK_LINES = re.compile(r"\n(?:[^\S\n]*\n)+")
BLOCK_MARK = re.compile(r"(?:[-+*]|\#{1,6}|\d{1,9}[.)])(?:\s|\Z)|>|```|~~~|[-=_*]{2,}\s*$", re.MULTILINE)


class Break(IntEnum):
    """Kinds of places to cut at, the best first."""

    PARAGRAPH = 0
    LINE = 1
    SENTENCE = 2
    WORD = 3


BREAKS = {
    Break.PARAGRAPH: BLANK_LINES,
    Break.LINE: re.compile(r"\n"),
    Break.SENTENCE: re.compile(rf"[.!?…][\"'”’)\]*_]*{SPACE}+|[。！？]+"),
    Break.WORD: re.compile(rf"{SPACE}+|[、，；：]"),
}
IN_CODE = (Break.LINE, Break.WORD)


class Cutter:
    """Cuts one text, whose lines end as \\n and which doesn't fit. `near`: where a part probably ends."""

    def __init__(self, text: str, near: int, fits: Callable[[str], bool]) -> None:
        self.text, self.near, self.fits = text, near, fits
        self.fences = fences(text)
        self.together = list(_together(text, self.fences))

    def cut(self) -> tuple[str, str]:
        """The first part, and what is left."""
        place = self._best()
        if place is None:  # it begins with a link or the like that is too long
            self.together = []
            place = self._best()
        if place is None:
            place = self._in_a_word()
        if place is None:  # not even one character fits with a fence around it: then without
            block = self.fences[0]
            return "", self.text[: block.start] + block.code + self.text[block.end :]
        return self._part(place), self._rest(place)

    # --- Where ---

    def _best(self) -> int | None:
        """The last place of the best kind, but none before a third of what fits: no tiny parts."""
        found = {kind: list(self._places(kind)) for kind in Break}
        most = self._last_that_fits(sorted({place for places in found.values() for place in places}))
        if most is None:
            return None
        good = ([place for place in places if most / 3 <= place <= most] for places in found.values())
        return next((place for places in good for place in reversed(places) if self.fits(self._part(place))), most)

    def _places(self, kind: Break) -> Iterator[int]:
        for found in BREAKS[kind].finditer(self.text):
            if self._may_cut(found.end(), kind):
                yield found.end()

    def _may_cut(self, place: int, kind: Break) -> bool:
        if not self.text[:place].strip() or not self.text[place:].strip() or not _between(self.text, place):
            return False
        if block := self._block(place):
            return kind in IN_CODE and block.body < place < block.tail
        index = bisect_right(self.together, place, key=lambda span: span[0]) - 1
        if index >= 0 and self.together[index][0] < place < self.together[index][1]:
            return False
        return kind <= Break.LINE or not BLOCK_MARK.match(self.text, place)

    def _block(self, place: int) -> Fence | None:
        """The code block that a cut at this place would cut."""
        return next((block for block in self.fences if block.start < place < block.end), None)

    def _in_a_word(self) -> int | None:
        """Between two characters of a word that no part takes whole; within one, if need be."""
        block = next((block for block in self.fences if not self.text[: block.start].strip()), None)
        first, end = (block.body, block.tail) if block else (0, len(self.text))
        places = [found.end() for found in GRAPHEME.finditer(self.text, first, end) if found.end() < end]
        place = self._last_that_fits(places)
        if place is None and block is None:
            place = self._last_that_fits(list(range(1, places[0] if places else end))) or 1
        return place

    def _last_that_fits(self, places: list[int]) -> int | None:
        """Found from where it probably is with ever longer steps, as each try may cost a rendering."""
        low, high = -1, len(places)  # the last that is known to fit, and the first that is known not to
        at, step = max(0, bisect_right(places, self.near) - 1), 1
        while low < at < high:
            if self.fits(self._part(places[at])):
                low, at = at, at + step
            else:
                high, at = at, at - step
            step *= 2
        while high - low > 1:
            at = (low + high) // 2
            low, high = (at, high) if self.fits(self._part(places[at])) else (low, at)
        return places[low] if low >= 0 else None

    # --- What ---

    def _part(self, place: int) -> str:
        block = self._block(place)
        return self.text[:place] + block.until(self.text, place) if block else self.text[:place].rstrip()

    def _rest(self, place: int) -> str:
        if block := self._block(place):
            return block.rest(self.text, place) + self.text[block.end :]
        place = EMPTY_LINES.match(self.text, place).end()  # type: ignore[union-attr]  # it matches nothing, too
        if block := next((block for block in self.fences if block.start == place), None):
            return block.rest(self.text, block.body) + self.text[block.end :]
        return self.text[place:].lstrip()


def _together(text: str, blocks: Sequence[Fence]) -> Iterator[tuple[int, int]]:
    """What mustn't be cut, by its places: outside of code blocks, and never over an empty line."""
    starts, ends = [0, *(block.end for block in blocks)], [*(block.start for block in blocks), len(text)]
    for start, end in zip(starts, ends, strict=True):
        for found in BLANK_LINES.finditer(text, start, end):
            yield from (span.span() for span in TOGETHER.finditer(text, start, found.start()))
            start = found.end()
        yield from (span.span() for span in TOGETHER.finditer(text, start, max(start, end)))


def _between(text: str, place: int) -> bool:
    """Whether the place is between two characters as readers see them. What is before it doesn't join what follows."""
    before = GRAPHEME.match(text, place - 1)
    return before is not None and before.end() == place
