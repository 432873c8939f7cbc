"""Cutting a text for a platform: nothing over the limit, nothing lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateways.base import Unit, length
from gateways.formatting.split import split


@pytest.mark.parametrize(
    ("text", "limit", "parts"),
    [
        ("short", 10, ("short",)),
        ("", 10, ()),
        ("  \n ", 10, ()),
        ("One para.\n\nTwo para.", 12, ("One para.", "Two para.")),
        ("First line\nsecond line", 12, ("First line", "second line")),
        ("One. Two. Three.", 10, ("One. Two.", "Three.")),
        ("alpha beta gamma", 11, ("alpha beta", "gamma")),
        ("abcdefghij", 4, ("abcd", "efgh", "ij")),
        ("Version 3.14 is at example.com now", 20, ("Version 3.14 is at", "example.com now")),
        ("Ein Satz。Noch einer。", 12, ("Ein Satz。", "Noch einer。")),
        ("See [the long docs](http://a.example) now", 36, ("See", "[the long docs](http://a.example)", "now")),
        ("It is **very very** good", 14, ("It is", "**very very**", "good")),
        ("Call `a b c d` now", 12, ("Call", "`a b c d`", "now")),
        ("It costs 5 - or 6 each", 12, ("It costs 5 -", "or 6 each")),
        ("[a b c d e f](http://a.example/b/c/d/e)", 16, ("[a b c d e", "f](http://a.exam", "ple/b/c/d/e)")),
        ("ab👨‍👩‍👧cd", 4, ("ab", "👨‍👩‍", "👧cd")),
        ("a\n\n```py\nx = 1\ny = 2\n```\n\nb", 18, ("a\n\n```py\nx = 1\n```", "```py\ny = 2\n```\n\nb")),
        ("```\nabcdefgh\n```", 12, ("```\nabcd\n```", "```\nefgh\n```")),
        ("```\nabcdefgh\n```", 6, ("abcdef", "gh")),
        ("- a\n  ```\n  x\n  y\n  ```", 17, ("- a", "```\nx\ny\n```")),
        ("> a\n> ```\n> x\n> y\n> ```", 21, ("> a\n> ```\n> x\n> ```", "```\ny\n```")),
        ("    one()\n    two()\nthree", 15, ("    one()", "```\ntwo()\n```", "three")),
        ("```\nabc\ndef\nghi", 12, ("```\nabc\n```", "```\ndef\n```", "```\nghi\n```")),
        ("1. one\n2. two\n3. three", 15, ("1. one\n2. two", "3. three")),
    ],
    ids=[
        *("fits", "empty", "blank", "paragraph", "line", "sentence", "word", "no break at all", "points in words"),
        *("no spaces", "link", "emphasis", "code", "no list by chance", "link too long", "character too long"),
        *("fence", "line of code too long", "no room for a fence", "fence in a list", "fence in a quote"),
        *("indented code", "open fence", "numbered list"),
    ],
)
def test_cuts_at_the_best_place(text, limit, parts):
    assert split(text, limit) == parts


@pytest.mark.parametrize(
    ("text", "unit", "units"),
    [("aé😀", Unit.CODE_POINTS, 3), ("aé😀", Unit.UTF16, 4), ("aé😀", Unit.BYTES, 7)],
    ids=["code points", "utf-16", "bytes"],
)
def test_counts_in_the_platforms_unit(text, unit, units):
    assert length(text, unit) == units


@given(st.text(max_size=300), st.integers(4, 60), st.sampled_from(list(Unit)))
def test_keeps_the_limit_and_every_character_but_white_space(text, limit, unit):
    parts = split(text, limit, unit)
    assert all(0 < length(part, unit) <= limit for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


def test_a_text_of_many_parts_is_cut_in_reasonable_time():
    text = ("Words [and a link](https://a.example/b) and more of them. " * 30 + "\n\n```\ncode\n```\n\n") * 55
    assert len(text) > 95_000
    parts = split(text, 4096)
    assert 25 <= len(parts) <= 30
