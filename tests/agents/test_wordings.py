"""Every sentence that the system says by itself, in every language."""

import re
import string

import pytest

from agents import languages, wordings

KEYS = {
    "thinking": set(),
    "handover": set(),
    "clarify": {"topics"},
    "clarify_open": set(),
    "out_of_scope": set(),
    "read_more": {"title", "url"},
    "greeting_reply": set(),
    "thanks_reply": set(),
}
SCRIPTS = {"ja": r"[\u3041-\u3096]", "zh": r"[\u4e00-\u9fff]"}


def test_there_are_wordings_in_each_supported_language():
    assert set(wordings.languages()) == set(languages.SUPPORTED)


@pytest.mark.parametrize("language", wordings.languages())
def test_each_language_has_each_wording_with_its_placeholders(language):
    own = wordings._wordings()[language]
    placeholders = {
        key: {name for _, name, _, _ in string.Formatter().parse(text) if name} for key, text in own.items()
    }
    assert placeholders == KEYS


@pytest.mark.parametrize("language", wordings.languages())
def test_each_wording_is_in_its_language(language):
    for key in KEYS.keys() - {"read_more"}:
        text = wordings.wording(key, language)
        assert bool(re.search(r"[\u3041-\u30fa\u4e00-\u9fff]", text)) == (language in SCRIPTS), key
        assert re.search(SCRIPTS.get(language, r"\w"), text), key
    assert languages.detect(wordings.wording("handover", language)) == language


@pytest.mark.parametrize("language", ["", "ru", "xx-YY"])
def test_a_language_without_wordings_gets_english(language):
    assert wordings.wording("thinking", language) == "One moment please, I'm looking into it."


def test_a_region_does_not_matter():
    assert wordings.wording("thinking", "de-AT") == wordings.wording("thinking", "de")


def test_an_unknown_wording_is_an_error():
    with pytest.raises(KeyError):
        wordings.wording("goodbye", "en")


@pytest.mark.parametrize("language", wordings.languages())
def test_a_filled_in_wording_is_recognised(language):
    said = wordings.wording("clarify", language).format(topics="1. Refunds\n2. Returns")
    assert wordings.comes_from(said, "clarify")
    assert not wordings.comes_from(said, "clarify_open")
    assert not wordings.comes_from("1. Refunds\n2. Returns", "clarify")
