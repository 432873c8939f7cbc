"""Cutting a text for a platform: nothing over the limit, nothing lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.split import length, split
from gateways.base import Unit


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
    ],
    ids=["fits", "empty", "blank", "paragraph", "line", "sentence", "word", "no break at all"],
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
