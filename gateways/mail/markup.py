"""Markdown as the two bodies of a mail: HTML that any program shows alike, and plain text that reads as it stands."""

import re

import nh3
from markdown_it import MarkdownIt

SCHEMES = {"http", "https", "mailto", "tel"}
TAGS = {"a", "blockquote", "br", "code", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre"} | {
    *("s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul")
}
LINK = re.compile(r"!?\[([^\[\]]{1,500})\]\((\S{1,2000}?)(?:\s+\"[^\"]*\")?\)")
EMPHASIS = re.compile(r"(?<![\w*])(\*\*|__|\*)(?=\S)(.{1,500}?)(?<=\S)\1(?![\w*])")
HEADING = re.compile(r"(?m)^#{1,6}\s+(.+?)\s*#*$")
FENCE = re.compile(r"(?m)^```[\w-]*\n?")

# No pictures: they would tell another server who reads the mail, and when.
_MARKDOWN = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
_MARKDOWN.disable(["image", "html_block", "html_inline"])


def html(text: str) -> str:
    body = nh3.clean(
        _MARKDOWN.render(text),
        tags=TAGS,
        attributes={"a": {"href"}, "ol": {"start"}},
        url_schemes=SCHEMES,
        link_rel=None,
    ).strip()
    return f'<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head><body>\n{body}\n</body></html>\n'


def plain(text: str) -> str:
    """Without the marks of markdown where they only make it look better, and links with their addresses."""
    text = LINK.sub(lambda link: link[1] if link[1] == link[2] else f"{link[1]} ({link[2]})", text)
    text = HEADING.sub(r"\1", FENCE.sub("", text))
    return EMPHASIS.sub(r"\2", text)
