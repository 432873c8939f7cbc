"""Articles as parts that are found as one: mostly the whole article, of a long one a few sections in a row."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from agents.engines.base import ArticleBrief
from agents.engines.excerpt import Section, sections

LONGEST = 6_000  # characters of a part
MOST = 2  # parts of one article that are shown together


@dataclass(frozen=True, slots=True)
class Part:
    """Sections of an article that stand one behind the other."""

    article: ArticleBrief
    sections: tuple[Section, ...]
    whole: bool  # it is all of the article

    def brief(self) -> ArticleBrief:
        """The article with nothing but this part of its words."""
        return self.article if self.whole else replace(self.article, body="\n\n".join(map(_markdown, self.sections)))


def parts(article: ArticleBrief) -> list[Part]:
    """The parts of an article, at least one."""
    found = sections(article.body)
    if len(article.body) <= LONGEST:
        return [Part(article, tuple(found), whole=True)]
    groups = [tuple(group) for group in _grouped(found)]
    return [Part(article, group, whole=len(groups) == 1) for group in groups]


def in_order(found: Sequence[Part], ranking: Sequence[int]) -> list[ArticleBrief]:
    """All articles, each once, in the order of their best parts, then those that aren't ranked.

    Of a long article, its ranked parts stand in the order of the text, at most MOST of them; else its first.
    """
    chosen: dict[int, list[int]] = {}
    for number in ranking:
        own = chosen.setdefault(found[number].article.id, [])
        if len(own) < MOST:
            own.append(number)
    for number, part in enumerate(found):
        chosen.setdefault(part.article.id, [number])
    return [_joined([found[number] for number in sorted(numbers)]) for numbers in chosen.values()]


def chunks(part: Part) -> list[str]:
    """Its sections as texts that speak for themselves: title, headings, words. What embeddings are made of."""
    names = ((part.article.title, *section.path, section.heading) for section in part.sections)
    return [
        "\n".join([" › ".join(filter(None, name)), section.text])
        for name, section in zip(names, part.sections, strict=True)
    ]


def text_hash(chunk: str) -> str:
    """SHA-256 in hexadecimal digits: what a chunk's vector is kept under."""
    return hashlib.sha256(chunk.encode("utf-8", "surrogatepass")).hexdigest()


def _joined(parts: list[Part]) -> ArticleBrief:
    article = parts[0].brief()
    return article if len(parts) == 1 else replace(article, body="\n\n".join(part.brief().body for part in parts))


def _grouped(found: list[Section]) -> Iterator[list[Section]]:
    group, size = list[Section](), 0
    for section in found:
        if group and size + len(section.text) > LONGEST:
            yield group
            group, size = [], 0
        group.append(section)
        size += len(section.text)
    yield group


def _markdown(section: Section) -> str:
    names = " › ".join(filter(None, (*section.path, section.heading)))
    return f"## {names}\n\n{section.text}" if names else section.text
