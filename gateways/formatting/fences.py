"""Where the code blocks of a markdown text begin and end, and how to go on with one in another message."""

import re
from dataclasses import dataclass
from itertools import accumulate

from markdown_it.token import Token

from gateways.formatting.markdown import PARSER

CONTAINER = re.compile(r"[ \t>]*")
LINES = re.compile(r"(?<=\n)")  # each with its end; str.splitlines knows more kinds of ends than markdown does


@dataclass(frozen=True, slots=True)
class Fence:
    """A code block. The numbers are places in the text."""

    start: int  # of the line that opens it
    body: int  # of its first line of code
    tail: int  # behind its last line of code
    end: int  # behind the line that closes it
    mark: str  # what opens and closes it in a text of its own
    info: str  # its language, where it is told
    closing: str  # the line that closes it where it is, in a list or a quote maybe; "" where none is needed
    code: str  # without what its lines are inset by

    def until(self, text: str, place: int) -> str:
        """What has to follow `text[:place]` if the text ends there, within the code."""
        between = "" if text[place - 1] == "\n" else "\n"
        return between + self.closing if self.closing else ""

    def rest(self, text: str, place: int) -> str:
        """The block from `place` on, as a block of its own."""
        passed = text.count("\n", self.body, place)
        begun = ""
        if text[place - 1] != "\n":  # the rest of a line, then those that follow it
            begun, passed = text[place : text.find("\n", place) + 1 or self.tail], passed + 1
        code = begun + "".join(LINES.split(self.code)[passed:])
        return f"{self.mark}{self.info}\n{code}{'' if code.endswith(chr(10)) else chr(10)}{self.mark}\n"


def fences(text: str) -> list[Fence]:
    """All code blocks, fenced or indented, in the order of the text, whose lines end as \\n."""
    lines = text.split("\n")
    places = [min(place, len(text)) for place in (0, *accumulate(len(line) + 1 for line in lines))]
    blocks = (token for token in PARSER.parse(text) if token.map)
    return [_fence(token, lines, places) for token in blocks if token.type in ("fence", "code_block")]


def _fence(token: Token, lines: list[str], places: list[int]) -> Fence:
    assert token.map  # noqa: S101 - blocks have one
    first, after = token.map
    fenced = token.type == "fence"
    body = first + fenced
    mark = token.markup if fenced else "`" * max(3, 1 + max(map(len, re.findall("`+", token.content)), default=0))
    last, inset = lines[after - 1], CONTAINER.match(lines[after - 1])
    closed = fenced and after - 1 > first and last[inset.end() if inset else 0 :].startswith(mark)
    return Fence(
        start=places[first],
        body=places[body],
        tail=places[min(body + token.content.count("\n"), len(lines))],
        end=places[after],
        mark=mark,
        info=token.info.strip() if fenced else "",
        closing=last[: inset.end()] + mark if closed and inset else mark if fenced and not token.level else "",
        code=token.content,
    )
