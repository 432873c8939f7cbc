"""Every sentence that the system says by itself, in every language."""

import re
import string
import unicodedata
from collections import Counter
from itertools import combinations

import pytest

from agents import languages, wordings
from agents.engines.consent import Consent, consent, is_nothing_but

KEYS = {
    "thinking": set(),
    "handover": set(),
    "clarify": {"topics"},
    "clarify_open": set(),
    "out_of_scope": set(),
    "read_more": {"title", "url"},
    "greeting_reply": set(),
    "thanks_reply": set(),
    "offer": set(),
    "yes": set(),
    "no": set(),
    "declined": set(),
    "away": set(),
    "crisis": set(),
    "late": set(),
}
LONG = ("handover", "clarify", "clarify_open", "out_of_scope", "thanks_reply", "offer", "away", "crisis", "late")
SCRIPTS = {
    "ar": ("ARABIC",),
    "bg": ("CYRILLIC",),
    "el": ("GREEK",),
    "fa": ("ARABIC",),
    "he": ("HEBREW",),
    "hi": ("DEVANAGARI",),
    "ja": ("HIRAGANA", "KATAKANA", "CJK", "IDEOGRAPHIC"),
    "ko": ("HANGUL",),
    "ru": ("CYRILLIC",),
    "th": ("THAI",),
    "uk": ("CYRILLIC",),
    "zh": ("CJK",),
}
OWN_LETTERS = {  # that the languages with which one is most easily confused don't have
    "bg": "ъщ",
    "cs": "ěřů",
    "da": "æø",
    "fa": "پچگ",
    "hr": "ćđ",
    "lt": "ėų",
    "lv": "āģņ",
    "nb": "åø",
    "ro": "ăț",
    "ru": "ыэ",
    "sk": "ôť",
    "sv": "äö",
    "tr": "ışğ",
    "uk": "ії",
}
LENGTHS = {"ja": (0.3, 1.3), "zh": (0.2, 0.8), "ko": (0.35, 1.1)}  # of the English; written with far fewer signs
USUAL_LENGTH = (0.55, 1.65)


def plain(text: str) -> str:
    """The text without its placeholders."""
    return re.sub(r"\{\w+\}", "", text)


def script(letter: str) -> str:
    return re.split(r"[ -]", unicodedata.name(letter))[0]


def test_there_are_wordings_in_each_supported_language():
    assert wordings.languages() == tuple(sorted(languages.SUPPORTED))
    assert len(wordings.languages()) >= 34


@pytest.mark.parametrize("language", wordings.languages())
def test_each_language_has_each_wording_with_its_placeholders(language):
    own = wordings._wordings()[language]
    placeholders = {
        key: Counter(name for _, name, _, _ in string.Formatter().parse(text) if name) for key, text in own.items()
    }
    assert placeholders == {key: Counter(names) for key, names in KEYS.items()}


@pytest.mark.parametrize("language", wordings.languages())
def test_nothing_is_empty_or_has_blanks_around_it(language):
    own = wordings._wordings()[language]
    assert all(text and text == text.strip() and not re.search(r"[ \t]{2}", text) for text in own.values())


@pytest.mark.parametrize("language", wordings.languages())
def test_each_wording_is_in_the_script_of_its_language(language):
    for key, text in wordings._wordings()[language].items():
        letters = [sign for sign in plain(text) if sign.isalpha()]
        right = [sign for sign in letters if script(sign) in SCRIPTS.get(language, ("LATIN",))]
        assert len(right) == len(letters) > 0, key


@pytest.mark.parametrize(("language", "letters"), OWN_LETTERS.items())
def test_the_letters_that_only_this_language_has_are_there(language, letters):
    said = "".join(wordings._wordings()[language].values()).lower()
    assert set(letters) <= set(said)


@pytest.mark.parametrize("language", sorted(set(wordings.languages()) - {"en"}))
def test_no_english_is_left(language):
    said = plain(" ".join(wordings._wordings()["en"].values())).lower()
    english = set(re.findall(r"[a-z']{4,}", said)) - {"moment", "team"}  # words of other languages too
    for key, text in wordings._wordings()[language].items():
        assert plain(text) != plain(wordings.wording(key, "en")), key
        words = re.findall(r"\w+", plain(text).lower())
        assert sum(word in english for word in words) <= len(words) / 8, key


@pytest.mark.parametrize("language", wordings.languages())
def test_each_wording_is_about_as_long_as_the_english_one(language):
    least, most = LENGTHS.get(language, USUAL_LENGTH)
    for key in LONG:
        ratio = len(wordings.wording(key, language)) / len(wordings.wording(key, "en"))
        assert least <= ratio <= most, f"{key}: {ratio:.2f}"


@pytest.mark.parametrize("key", LONG)
def test_no_two_languages_say_it_alike(key):
    said = {language: wordings.wording(key, language) for language in wordings.languages()}
    assert [(one, other) for one, other in combinations(said, 2) if said[one] == said[other]] == []


@pytest.mark.parametrize("language", wordings.languages())
def test_the_longest_wording_is_recognised(language):
    longest = max(map(plain, wordings._wordings()[language].values()), key=len)
    assert languages.detect(longest) == language


@pytest.mark.parametrize("language", ["", "eo", "xx-YY"])
def test_a_language_without_wordings_gets_english(language):
    assert wordings.wording("thinking", language) == "One moment please, I'm looking into it."


@pytest.mark.parametrize(
    ("code", "language"), [("de-AT", "de"), ("pt_BR", "pt"), ("NO", "nb"), ("nn-NO", "nb"), ("iw", "he"), ("bs", "hr")]
)
def test_regions_and_other_codes_of_the_same_language_do_not_matter(code, language):
    assert wordings.wording("thinking", code) == wordings.wording("thinking", language)


@pytest.mark.parametrize("language", wordings.languages())
def test_what_stands_on_the_buttons_under_an_offer_is_understood_as_an_answer(language):
    answers = {"yes": Consent.YES, "no": Consent.NO}
    for key, meaning in answers.items():
        text = wordings.wording(key, language)
        assert consent(text) is meaning
        assert is_nothing_but(text, meaning)
        assert len(text.encode()) <= 64  # Telegram's limit for what comes back


def test_an_unknown_wording_is_an_error():
    with pytest.raises(KeyError):
        wordings.wording("goodbye", "en")


@pytest.mark.parametrize("language", wordings.languages())
def test_a_filled_in_wording_is_recognised(language):
    said = wordings.wording("clarify", language).format(topics="1. Refunds\n2. Returns")
    assert wordings.comes_from(said, "clarify")
    assert not wordings.comes_from(said, "clarify_open")
    assert not wordings.comes_from("1. Refunds\n2. Returns", "clarify")
