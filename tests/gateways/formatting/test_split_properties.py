"""10,000 random texts, cut: nothing over the limit, nothing lost, no word, link, fence or character broken."""

import random
import re

import pytest
from markdown_it import MarkdownIt

from gateways.base import Unit, length
from gateways.formatting.split import split
from gateways.formatting.telegram_html import telegram_html, visible
from tests.gateways.formatting.texts import graphemes, make, noise

FENCE_LINE = re.compile(r"^[ >\t]*(```+|~~~+)(python|c\+\+)?\s*$", re.MULTILINE)
CHUNKS = [range(start, start + 500) for start in range(0, 5000, 500)]
UNITS = list(Unit)
COMMONMARK = MarkdownIt("commonmark")


def shown(part: str) -> int:
    return length(visible(telegram_html(part)), Unit.UTF16)


def ids(seeds: range) -> str:
    return f"from {seeds.start}"


def bare(text: str) -> str:
    """Without space, and without what opens and closes code."""
    return "".join(FENCE_LINE.sub("", text).split())


def code_of(text: str) -> str:
    tokens = COMMONMARK.parse(text)
    return "".join("".join(token.content.split()) for token in tokens if token.type == "fence")


@pytest.mark.parametrize("seeds", CHUNKS, ids=ids)
def test_of_messages_nothing_is_lost_and_nothing_broken(seeds: range):
    for seed in seeds:
        made, limit, unit = make(seed), random.Random(seed).randint(200, 700), UNITS[seed % 3]
        parts = split(made.text, limit, unit)
        assert all(0 < length(part, unit) <= limit for part in parts), seed
        assert "".join(map(bare, parts)) == bare(made.text), seed
        assert all(any(link in part for part in parts) for link in made.links), seed
        assert "".join(map(code_of, parts)) == code_of(made.text), seed
        # no character in two pieces: the parts have just those that the text has
        ours = [one for part in parts for one in graphemes(FENCE_LINE.sub("", part)) if one.strip()]
        assert ours == [one for one in graphemes(FENCE_LINE.sub("", made.text)) if one.strip()], seed
        # no word in two pieces
        words = re.split(r"[^\S\u00a0\u2007\u202f]+|(?<=[、，；：。！？])", made.text)
        for word in map(str.strip, words):
            if length(word, unit) < limit / 2 and len(word) > 3 and "`" not in word and "~" not in word:
                assert any(word in part for part in parts), (seed, word)


@pytest.mark.parametrize("seeds", CHUNKS, ids=ids)
def test_of_noise_nothing_is_lost(seeds: range):
    for seed in seeds:
        text, limit, unit = noise(seed), random.Random(seed).randint(20, 90), UNITS[seed % 3]
        parts = split(text, limit, unit)
        assert all(0 < length(part, unit) <= limit for part in parts), seed
        lost = [mark for mark in bare(text) if mark not in "`~\0"]
        assert [mark for part in parts for mark in bare(part) if mark not in "`~\0"] == lost, seed


@pytest.mark.parametrize("seeds", [range(100), range(100, 200)], ids=ids)
def test_counted_as_it_is_shown(seeds: range):
    for seed in seeds:
        made, limit = make(seed), random.Random(seed).randint(150, 400)
        parts = split(made.text, limit, measure=shown)
        assert all(0 < shown(part) <= limit for part in parts), seed
        assert "".join(map(bare, parts)) == bare(made.text), seed
        assert all(any(link in part for part in parts) for link in made.links), seed
