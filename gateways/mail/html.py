"""HTML of mails into plain text, with what is quoted marked as a quote. Never raises, and takes time linear in size."""

import re
from html.parser import HTMLParser

import nh3

QUOTE = "\x1e"  # alone on a line: from here on, somebody else is quoted; `gateways.mail.quotes` knows it
MOST = 1_000_000  # characters that are looked at

BLOCKS = frozenset(
    ("p", "div", "table", "tr", "ul", "ol", "dl", "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "section")
)
PARAGRAPHS = frozenset(("p", "table", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "pre"))
TAGS = {*BLOCKS, "br", "hr", "li", "a", "blockquote", "td", "th", "img", "b", "strong", "i", "em", "u", "span"}
ATTRIBUTES = {"a": {"href"}, "img": {"alt"}, "*": {"class", "id", "type"}}
# What mail programs wrap around what they quote.
QUOTE_MARKS = re.compile(
    r"\b(gmail_quote|gmail_extra|yahoo_quoted|protonmail_quote|tutanota_quote|moz-cite-prefix|zmail_extra|"
    r"OutlookMessageHeader|divRplyFwdMsg|appendonsend|x_appendonsend|reply-intro|mail-quote-collapse|"
    r"ms-outlook-mobile-reference-message|WordSection_quote|x_divRplyFwdMsg|mail-editor-reference-message-container)\b"
)


DEEPEST = 500  # elements within elements; beyond, sorting them out takes time in the square of it
TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})")
ANY_TAG = re.compile(r"<[^<>]{0,2000}>")
# They have no end, or their end is left out where the next one begins.
ENDLESS = frozenset(
    ("br", "hr", "img", "meta", "link", "input", "p", "li", "td", "th", "tr", "dt", "dd", "option", "col")
)


def to_text(html: str) -> str:
    """The text as a reader sees it: a paragraph a block, links with their address, quotes after “> ”."""
    html = html[:MOST]
    if _depth(html) > DEEPEST:
        return " ".join(ANY_TAG.sub(" ", html).split())
    clean = nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        clean_content_tags={"script", "style", "title"},
        link_rel=None,
        url_schemes={"http", "https", "mailto", "tel"},
    )
    reader = _Reader()
    reader.feed(clean)
    reader.close()
    return reader.result()


def _depth(html: str) -> int:
    """How many elements are open at once, at most."""
    depth = deepest = 0
    for match in TAG.finditer(html):
        if match[2].lower() not in ENDLESS:
            depth = max(0, depth + (-1 if match[1] else 1))
            deepest = max(deepest, depth)
    return deepest


class _Reader(HTMLParser):
    """Reads what nh3 made: well-formed, and without anything that isn't in TAGS."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self.line = ""
        self.quoted = 0
        self.preformatted = 0
        self.href = ""
        self.label_at = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if QUOTE_MARKS.search(f"{given.get('class', '')} {given.get('id', '')}"):
            self._end_line()
            self.lines.append(QUOTE)
        if tag == "blockquote":
            self._end_line()
            self.quoted += 1
        elif tag in BLOCKS or tag in ("br", "hr", "li"):
            self._open(tag)
        elif tag in ("td", "th") and self.line.strip():
            self.line += " "
        elif tag == "img":
            self.line += given.get("alt", "")
        elif tag == "a":
            self.href, self.label_at = given.get("href", ""), len(self.line)

    def _open(self, tag: str) -> None:
        if tag == "br":
            self._end_line(always=True)
            return
        self._end_line(paragraph=tag in PARAGRAPHS)
        self.preformatted += tag == "pre"
        if tag == "hr":
            self.lines.append("-" * 8)
        elif tag == "li":
            self.line = "- "

    def handle_endtag(self, tag: str) -> None:
        if tag == "blockquote":
            self._end_line()
            self.quoted = max(0, self.quoted - 1)
        elif tag in BLOCKS or tag == "li":
            self._end_line(paragraph=tag in PARAGRAPHS)
            self.preformatted -= tag == "pre"
        elif tag == "a" and self.href:
            label, self.href, href = self.line[self.label_at :].strip(), "", self.href
            if href.removeprefix("mailto:").removeprefix("tel:") not in label and label:
                self.line += f" ({href})"

    def handle_data(self, data: str) -> None:
        if self.preformatted:
            first, *rest = data.split("\n")
            self.line += first
            for line in rest:
                self._end_line(always=True)
                self.line = line
            return
        data = re.sub(r"[ \t\r\n\f]+", " ", data)
        self.line += data.lstrip() if not self.line or self.line.endswith(" ") else data

    def _end_line(self, *, always: bool = False, paragraph: bool = False) -> None:
        if self.line.strip() or always:
            self.lines.append("> " * self.quoted + self.line.strip("\u200b \xa0" if not self.preformatted else ""))
        self.line = ""
        if paragraph and self.lines and self.lines[-1].strip("> "):
            self.lines.append("> " * self.quoted)

    def result(self) -> str:
        self._end_line()
        return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in self.lines)).strip("\n ")
