"""Articles cut into sections, and sections cut into answers."""

import pytest

from agents.engines.excerpt import LONGEST, Section, excerpt, sections

SENTENCE = "This sentence has exactly fifty characters in it. "


def test_headings_divide_an_article():
    assert sections("Intro.\n\n## One\n\nText.\n\n### Empty\n\n## Two ##\nMore.") == [
        Section("", "Intro."),
        Section("One", "Text."),
        Section("Two", "More."),
    ]


@pytest.mark.parametrize("body", ["", "\n\n", "# Only a title"])
def test_an_article_without_text_is_one_empty_section(body):
    assert sections(body) == [Section("", "")]


def test_whole_paragraphs_are_kept_as_long_as_they_fit():
    assert excerpt("First.\n\nSecond.\n\n" + "x" * LONGEST) == "First.\n\nSecond."


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (SENTENCE * 20, (SENTENCE * 14).strip()),
        ("- a step in a list\n" * 60, ("- a step in a list\n" * 36).strip()),
        ("返品できます。" * 200, "返品できます。" * 100),
    ],
    ids=["sentences", "list", "Japanese"],
)
def test_a_long_paragraph_ends_with_a_sentence_or_a_line(text, kept):
    assert excerpt(text) == kept
