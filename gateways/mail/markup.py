"""Markdown as the two bodies of a mail: HTML that any program shows alike, and plain text that reads as it stands."""

from gateways.formatting.html import html as as_html
from gateways.formatting.render import Renderer


def html(text: str) -> str:
    head = '<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head>'
    return f"{head}<body>\n{as_html(text)}\n</body></html>\n"


def plain(text: str) -> str:
    return f"{Renderer().render(text)}\n"
