"""Texts as words that can be compared: folded, stemmed, without those that say nothing.

Japanese and Chinese are written without spaces, so their texts become pairs of characters instead.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from agents.engines.vocabulary import GENERIC, NEGATIONS, PHRASES, STOPWORDS, SYNONYMS

LONGEST_LINE = 2_000  # characters of one line that are looked at
LONGEST_WORD = 40
MOST_TERMS = 200

_CJK = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff々ー"
_WORD = re.compile(rf"[{_CJK}]+|[^\W_{_CJK}]+(?:'[^\W\d_{_CJK}]+)?")
_LINK = re.compile(r"https?://\S+|[\w.+-]{1,64}@\S+")
_UNTYPED = str.maketrans(
    {"ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "’": "'", "‘": "'", "ʼ": "'", "\x00": " "}
)
_ACCENTS = re.compile(r"[\u0300-\u036f]")


def fold(text: str) -> str:
    """Lower case, without accents, with straight apostrophes: the way that people type in a hurry."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_UNTYPED))
    return unicodedata.normalize("NFC", _ACCENTS.sub("", decomposed))


def words(text: str) -> list[str]:
    """Every word of `text`, folded but not stemmed; set phrases as one word. Addresses aren't words."""
    plain = _LINK.sub(" ", fold(text))
    for said, meant in PHRASES:
        plain = said.sub(meant, plain)
    return [word[:LONGEST_WORD] for word in _WORD.findall(plain)]


def stems(text: str, language: str = "en") -> list[str]:
    """The words that say something by their stems, in the order of the text."""
    silent = STOPWORDS.get(language, STOPWORDS["en"])
    found: list[str] = []
    for word in words(text):
        if word not in silent:
            found += _pairs(word) if is_cjk(word) else [_canonical(word)]
    return found


def terms(text: str, language: str = "en") -> list[str]:
    """What a question asks for: its stems, each once, at most MOST_TERMS."""
    return list(dict.fromkeys(stems(text, language)))[:MOST_TERMS]


def neighbours(stems: Sequence[str]) -> list[str]:
    """Two stems in a row as one: "power bank" means more than "power" and "bank"."""
    return [f"{first} {second}" for first, second in pairwise(stems)]


def denies(text: str) -> bool:
    """Whether there is a "not" in it: what tells "my refund arrived" from "my refund hasn't arrived"."""
    return any(word in NEGATIONS or word.endswith("n't") for word in words(text))


def is_cjk(word: str) -> bool:
    return bool(re.match(rf"[{_CJK}]", word))


def is_generic(term: str) -> bool:
    """Whether the word says that something is wanted but not what: "help", "problem", "question"."""
    return term in _generic_stems()


@lru_cache(maxsize=1)
def _generic_stems() -> frozenset[str]:
    return frozenset(_canonical(word) for word in GENERIC)


@lru_cache(maxsize=1)
def _synonym_stems() -> dict[str, str]:
    return {stem(word): stem(group[0]) for group in SYNONYMS for word in group}


def _canonical(word: str) -> str:
    short = stem(word)
    return _synonym_stems().get(short, short)


def _pairs(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run) - 1)] or [run]


@lru_cache(maxsize=65_536)  # texts say the same words again and again
def stem(word: str) -> str:
    """An English word without its commonest endings. Other languages lose little by it, and gain some plurals."""
    word = word.removesuffix("'s").replace("'", "")
    for ending, instead, left in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= left:
            word = word[: len(word) - len(ending)] + instead
            if ending in ("ing", "ed") and len(word) > 3 and word[-1] == word[-2] and word[-1] not in "ls":
                word = word[:-1]
            break
    for ending in ("e", "y", "i"):
        if len(word) > 3:
            word = word.removesuffix(ending)
    return word


_ENDINGS = (  # ending, what stands instead, how many letters must be left; the first that fits counts
    ("sses", "ss", 2),
    ("ies", "y", 2),
    ("ations", "", 4),
    ("ation", "", 4),
    ("ments", "", 3),
    ("ment", "", 3),
    ("ings", "", 3),
    ("ing", "", 3),
    ("ied", "y", 2),
    ("eed", "eed", 0),
    ("ed", "", 3),
    ("ly", "", 4),
    ("ss", "ss", 0),
    ("us", "us", 0),
    ("is", "is", 0),
    ("s", "", 3),
)
