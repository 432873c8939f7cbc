"""Long articles are found and shown by their parts; short ones are whole."""

from agents.engines.base import ArticleBrief
from agents.engines.excerpt import CHUNK, Section, sections
from agents.engines.parts import LONGEST, chunks, in_order, parts, text_hash
from agents.engines.retrieval import Library
from agents.engines.words import terms

FILLER = "Nothing of interest stands in this sentence. " * 30


def manual(*chapters: tuple[str, str]) -> ArticleBrief:
    """A long article: chapters of a heading and a sentence, each with filler behind."""
    body = "\n\n".join(f"## {heading}\n\n{said}\n\n{FILLER}\n\n{FILLER}\n\n{FILLER}" for heading, said in chapters)
    return ArticleBrief(7, "Manual of the stove", body, "")


MANUAL = manual(
    ("Lighting", "Open the valve and hold a match."),
    ("Cleaning", "Wash the burner with soap."),
    ("Descaling", "Use vinegar against limescale."),
    ("Storage", "Keep the cartridge cool."),
)


def test_headings_under_headings_know_their_path() -> None:
    assert sections("Intro\n# A\nOne\n## B\nTwo\n### C\nThree\n## D\nFour\n# E\nFive") == [
        Section("", "Intro"),
        Section("A", "One"),
        Section("B", "Two", ("A",)),
        Section("C", "Three", ("A", "B")),
        Section("D", "Four", ("A",)),
        Section("E", "Five"),
    ]


def test_code_has_no_headings() -> None:
    assert sections("```sh\n# comment\n```\n## Real\nText") == [
        Section("", "```sh\n# comment\n```"),
        Section("Real", "Text"),
    ]


def test_long_sections_are_cut_between_paragraphs() -> None:
    paragraph = "word " * 200
    found = sections(f"## A\n{paragraph}\n\n{paragraph}\n\n{paragraph}")
    assert [section.heading for section in found] == ["A", "A", "A"]
    assert [section.text for section in found] == [paragraph.strip()] * 3


def test_what_has_no_paragraphs_is_cut_all_the_same() -> None:
    found = sections("返品できます。" * 1_000)
    assert all(len(section.text) <= CHUNK for section in found)
    assert "".join(section.text for section in found) == "返品できます。" * 1_000


def test_each_half_of_a_table_has_its_head() -> None:
    rows = "\n".join(f"| {number} | {'word ' * 10}|" for number in range(60))
    found = sections(f"Before.\n\n| no | text |\n| --- | --- |\n{rows}")
    assert len(found) > 2
    assert all(section.text.startswith("| no | text |\n| --- | --- |\n| ") for section in found[1:])
    assert sum(section.text.count("| 7 |") for section in found) == 1


def test_a_short_article_is_one_part() -> None:
    short = ArticleBrief(1, "T", "## A\nText.\n## B\nMore.", "")
    assert [part.brief() for part in parts(short)] == [short]


def test_a_long_one_is_several() -> None:
    found = parts(MANUAL)
    assert len(found) > 2
    assert all(len(part.brief().body) < LONGEST + 500 and part.brief().id == 7 for part in found)


def test_chunks_speak_for_themselves_and_are_known_by_their_words() -> None:
    article = ArticleBrief(1, "Stove", "# Use\n## Lighting\nHold a match.", "")
    (chunk,) = chunks(parts(article)[0])
    assert chunk == "Stove › Use › Lighting\nHold a match."
    assert text_hash(chunk) == text_hash(chunk) != text_hash(chunk + " ")


def test_a_long_article_is_cited_once_by_its_best_part() -> None:
    other = ArticleBrief(8, "Cleaning of tents", "With water.", "")
    hits = Library([other, MANUAL]).find(terms("How do I descale it with vinegar?"))
    assert [hit.article.id for hit in hits] == [7]
    assert (hits[0].section.heading, hits[0].section.text[:30]) == ("Descaling", "Use vinegar against limescale.")


def test_a_model_is_shown_the_parts_that_matter() -> None:
    library = Library([MANUAL])
    shown = in_order(library.parts, library.rank(terms("vinegar limescale")))
    assert [article.id for article in shown] == [7]
    assert "Use vinegar" in shown[0].body
    assert len(shown[0].body) < len(MANUAL.body)


def test_all_articles_are_there_and_each_once() -> None:
    short = ArticleBrief(1, "T", "Text.", "")
    library = Library([short, MANUAL])
    assert [article.id for article in in_order(library.parts, [])] == [1, 7]
    last = len(library.parts) - 1
    assert [article.id for article in in_order(library.parts, [last, 1, 2])] == [7, 1]
