"""Markdown as the two bodies of a mail: HTML that any program shows alike, and plain text that reads as it stands."""

import re
from collections.abc import Mapping
from html import escape

from gateways.formatting.html import html as as_html
from gateways.formatting.render import Renderer

# ![what it shows](name of a file), which the markdown that everything is written in doesn't know as a picture.
PICTURE = re.compile(r"!\[([^\]\n]{0,200})\]\((?:cid:)?([^()\n]{1,200})\)")
HELD = re.compile("\ue000([0-9]{1,3})\ue001")  # stands for a picture while the text is rendered


def pictures(text: str) -> frozenset[str]:
    """The names that the text shows as pictures."""
    return frozenset(name.strip() for _, name in PICTURE.findall(text))


def html(text: str, shown: Mapping[str, str] | None = None) -> str:
    """`shown`: the Content-IDs of pictures by their names in the text."""
    held, found = _hold(text, shown or {})
    body = HELD.sub(lambda mark: _image(*found[int(mark[1])]), as_html(held))
    head = '<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head>'
    return f"{head}<body>\n{body}\n</body></html>\n"


def plain(text: str, shown: Mapping[str, str] | None = None) -> str:
    held, found = _hold(text, shown or {})
    return HELD.sub(lambda mark: f"[{found[int(mark[1])][0]}]", f"{Renderer().render(held)}\n")


def _hold(text: str, shown: Mapping[str, str]) -> tuple[str, list[tuple[str, str]]]:
    """The text with marks for the pictures that are there, and what each shows, with its Content-ID."""
    found: list[tuple[str, str]] = []

    def mark(match: re.Match[str]) -> str:
        name = match[2].strip()
        if name not in shown:
            return match[0]
        found.append((match[1].strip() or name, shown[name]))
        return f"\ue000{len(found) - 1}\ue001"

    return PICTURE.sub(mark, HELD.sub("", text)), found


def _image(what: str, content_id: str) -> str:
    return f'<img src="cid:{escape(content_id)}" alt="{escape(what)}">'
