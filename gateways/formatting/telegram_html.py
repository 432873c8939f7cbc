"""Markdown as the HTML that Telegram takes, https://core.telegram.org/bots/api#html-style.

Its rules beyond HTML's: code holds and is held by no other mark, quotes hold neither quotes nor blocks of code, and a
link leads to the web; so a mark within which another can't be is ended before it, and begun again behind it.
"""

import html
import re

from gateways.formatting.render import Renderer

LANGUAGE = re.compile(r"[\w+#.-]{1,30}", re.ASCII)
TAG = re.compile(r"<[^>]*>")
CODE_TAG = re.compile("</?code>")
LONE_TAGS = re.compile(r"<(b|i|s)>(\s*)</\1>")
BLOCK = re.compile(r"(<pre>.*?</pre>)", re.DOTALL)
APART = re.compile(r"(<pre>.*?</pre>|<code>.*?</code>)", re.DOTALL)


class TelegramHtml(Renderer):
    def text(self, text: str) -> str:
        return _escaped(text)

    def code(self, text: str) -> str:
        return f"<code>{_escaped(text)}</code>" if text.strip() else text

    def pre(self, text: str, language: str) -> str:
        if not text.strip():
            return ""
        inner = _escaped(text)
        if LANGUAGE.fullmatch(language):
            inner = f'<code class="language-{language}">{inner}</code>'
        return f"<pre>{inner}</pre>"

    def strong(self, inner: str) -> str:
        return _around(inner, "b")

    def em(self, inner: str) -> str:
        return _around(inner, "i")

    def strike(self, inner: str) -> str:
        return _around(inner, "s")

    def link(self, inner: str, url: str) -> str:
        if url.lower().startswith("mailto:"):
            return super().link(inner, url)
        inner, address = CODE_TAG.sub("", inner), html.escape(url)
        if not inner.strip() or inner == address:  # Telegram makes a link of it by itself
            return address
        return f'<a href="{address}">{inner}</a>'

    def quote(self, inner: str) -> str:
        pieces = filter(str.strip, BLOCK.split(re.sub("</?blockquote>", "", inner)))
        return "\n".join(
            piece if BLOCK.fullmatch(piece) else f"<blockquote>{piece.strip(chr(10))}</blockquote>" for piece in pieces
        )

    def table(self, rows: list[list[str]]) -> str:
        """In columns, which only code has."""
        cells = [[visible(cell).replace("\n", " ") for cell in row] for row in rows]
        widths = [max(len(cell) for cell in column) for column in zip(*cells, strict=False)]
        lines = [" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)) for row in cells]
        return self.pre("\n".join(line.rstrip() for line in lines), "")


def _escaped(text: str) -> str:
    return html.escape(text, quote=False)


def _around(inner: str, tag: str) -> str:
    """The tag around all of it but code."""
    pieces = APART.split(inner)
    marked = "".join(piece if APART.fullmatch(piece) else f"<{tag}>{piece}</{tag}>" for piece in pieces)
    return LONE_TAGS.sub(r"\2", marked)


_TELEGRAM = TelegramHtml()


def telegram_html(markdown: str) -> str:
    return _TELEGRAM.render(markdown)


def visible(rendered: str) -> str:
    """The text that is left of it when Telegram has read the tags, which is what it counts."""
    return html.unescape(TAG.sub("", rendered))
