"""Markdown as plain text and as Telegram's HTML."""

import re
from html.parser import HTMLParser

import pytest

from gateways.formatting.render import plain
from gateways.formatting.telegram_html import telegram_html, visible
from tests.gateways.formatting.texts import make, noise

TABLE = {
    "nothing": ("", "", ""),
    "text": ("a < b & c", "a < b & c", "a &lt; b &amp; c"),
    "emphasis": ("**a** *b* ~~c~~", "a b c", "<b>a</b> <i>b</i> <s>c</s>"),
    "line breaks": ("a\nb\n\nc", "a\nb\n\nc", "a\nb\n\nc"),
    "a heading": ("# One *two*\ntext", "One two\n\ntext", "<b>One <i>two</i></b>\n\ntext"),
    "a link": (
        "[docs](https://a.example/?b=1&c=2)",
        "docs (https://a.example/?b=1&c=2)",
        '<a href="https://a.example/?b=1&amp;c=2">docs</a>',
    ),
    "an address": ("see https://a.example.", "see https://a.example.", "see https://a.example."),
    "a mail address": ("[write us](mailto:a@b.example)", "write us (a@b.example)", "write us (a@b.example)"),
    "an address that runs": ("[x](javascript:alert(1))", "[x](javascript:alert(1))", "[x](javascript:alert(1))"),
    "code": ("`a<b`", "a<b", "<code>a&lt;b</code>"),
    "code in emphasis": ("**a `b` c**", "a b c", "<b>a </b><code>b</code><b> c</b>"),
    "code in a link": ("[`b`](https://a.example)", "b (https://a.example)", '<a href="https://a.example">b</a>'),
    "a block of code": (
        "```python\nif a < b:\n    pass\n```",
        "if a < b:\n    pass",
        '<pre><code class="language-python">if a &lt; b:\n    pass</code></pre>',
    ),
    "a language that is none": ('```a"b\nx\n```', "x", "<pre>x</pre>"),
    "a list": ("- a\n- b\n  1. c\n  2. d", "• a\n• b\n  1. c\n  2. d", "• a\n• b\n  1. c\n  2. d"),
    "a list that begins later": ("3. c\n4. d", "3. c\n4. d", "3. c\n4. d"),
    "a quote": ("> a\n> **b**", "> a\n> b", "<blockquote>a\n<b>b</b></blockquote>"),
    "quotes in a quote": ("> a\n> > b", "> a\n>\n> > b", "<blockquote>a\n\nb</blockquote>"),
    "code in a quote": ("> a\n> ```\n> b\n> ```", "> a\n>\n> b", "<blockquote>a</blockquote>\n<pre>b</pre>"),
    "a table": (
        "| a | b |\n|---|---|\n| **one** | 2 |",
        "a | b\none | 2",
        "<pre>a   | b\none | 2</pre>",
    ),
    "a rule": ("a\n\n---\n\nb", "a\n\n———\n\nb", "a\n\n———\n\nb"),
    "HTML": ("<b>x</b>", "<b>x</b>", "&lt;b&gt;x&lt;/b&gt;"),
    "a picture": (
        "![x](https://a.example/x.png)",
        "!x (https://a.example/x.png)",
        '!<a href="https://a.example/x.png">x</a>',
    ),
}


@pytest.mark.parametrize(("markdown", "text", "html"), TABLE.values(), ids=TABLE)
def test_as_text_and_as_telegrams_html(markdown, text, html):
    assert plain(markdown) == text
    assert telegram_html(markdown) == html


class Checker(HTMLParser):
    """Refuses what Telegram refuses: https://core.telegram.org/bots/api#html-style"""

    INSIDE = {
        "code": {"pre", "blockquote"},
        "pre": set(),
        "blockquote": set(),
    }  # only in these; all others in anything but code

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.open: list[str] = []

    def handle_starttag(self, tag, attrs):
        assert tag in {"b", "i", "s", "a", "code", "pre", "blockquote"}, tag
        allowed = self.INSIDE.get(tag, {"b", "i", "s", "a", "blockquote"})
        assert set(self.open) <= allowed, (self.open, tag)
        assert [name for name, _ in attrs] == {"a": ["href"]}.get(tag, ["class"] if attrs else [])
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_entityref(self, name):
        assert name in {"lt", "gt", "amp", "quot"}, name


def check(html: str) -> None:
    checker = Checker()
    checker.feed(html)
    checker.close()
    assert checker.open == []


@pytest.mark.parametrize("seeds", [range(750), range(750, 1500)], ids=lambda seeds: f"from {seeds.start}")
def test_telegram_takes_it_whatever_was_written(seeds):
    for seed in seeds:
        for text in (make(seed).text, noise(seed)):
            html = telegram_html(text)
            check(html)
            letters = re.findall(r"[^\W_\d]{3,}", plain(text))
            shown = visible(html)
            addresses = ("https", "http", "example", "com", "mailto")
            missing = [word for word in letters if word not in shown and word not in addresses]
            assert not missing, (seed, missing)
