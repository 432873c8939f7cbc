"""Markdown and plain text as pieces."""

import re

from agents.imports.divide import by_headings
from agents.imports.pieces import About, Piece
from agents.imports.text import decoded

_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_UNDERLINED = re.compile(r"^(?![#>\-*+ ])(\S.*)\n(=+|-{3,}) *$", re.MULTILINE)


def read(body: bytes, about: About) -> list[Piece]:
    text = decoded(body, about.charset).replace("\r\n", "\n").replace("\r", "\n")
    text = _FRONT_MATTER.sub("", text)
    return by_headings(_UNDERLINED.sub(_with_hashes, text), about.title)


def _with_hashes(heading: re.Match[str]) -> str:
    return f"{'#' if heading[2][0] == '=' else '##'} {heading[1]}"
