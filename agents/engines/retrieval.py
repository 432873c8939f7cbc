"""Find the article that answers a question, and say how sure that is."""

import math
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from agents.engines import words
from agents.engines.base import ArticleBrief
from agents.engines.bm25 import Bm25
from agents.engines.excerpt import Section
from agents.engines.parts import parts

# How much a word counts, by where it stands.
TITLE, HEADING, ABOVE, TEXT = 4.0, 2.0, 1.0, 1.0
NEIGHBOURS = 0.5  # two words in a row, against one word
UNHEARD_OF = 0.6  # a word that no article has, against one that a single article has
BETTER = 0.05  # how much more of the question a section must cover to be quoted instead of the first
MOST_HITS = 5
SECTION = 0.5  # the best section's score, against the whole article's


@dataclass(frozen=True, slots=True)
class Hit:
    """An article that has something to do with the question."""

    article: ArticleBrief
    section: Section  # the one that fits best
    coverage: float  # 0 to 1: how much of what the question asks for the article speaks of
    confidence: float  # 0 to 1: how likely it is the right answer


class Library:
    """The index over an agent's articles. Never changed once built."""

    def __init__(self, articles: Sequence[ArticleBrief]) -> None:
        self.parts = [part for article in articles for part in parts(article)]
        self._sections = [section for part in self.parts for section in part.sections]
        self._owners = [number for number, part in enumerate(self.parts) for _ in part.sections]
        self._chapters: dict[int, list[int]] = {}
        for number, owner in enumerate(self._owners):
            self._chapters.setdefault(owner, []).append(number)
        self._by_part = Bm25(
            [
                weigh([(part.article.title, TITLE), *(text for one in part.sections for text in _weighted(one))])
                for part in self.parts
            ]
        )
        self._by_section = Bm25(
            [
                weigh([(self.parts[owner].article.title, TITLE / 2), *_weighted(section)])
                for owner, section in zip(self._owners, self._sections, strict=True)
            ]
        )
        self._headlines = [
            Counter(words.stems(f"{self.parts[owner].article.title}\n{section.heading}"))
            for owner, section in zip(self._owners, self._sections, strict=True)
        ]
        self._spellings = _spellings(term for term in self._by_part.terms() if " " not in term)

    def find(
        self, asked: Sequence[str], *, within: Collection[int] = (), favours: Mapping[int, float] | None = None
    ) -> list[Hit]:
        """The articles that share a term with the question, best first, each by its best part; of `within` (ids), if
        any are given.

        `favours` are what else speaks for an article, by id, on the scale of BM25.
        """
        known, by_section, ranking = self._ranked(asked, within, favours or {})
        ranking = self._best_of_each(ranking)
        return [
            self._hit(number, self._chapter(number, known, by_section), known, _margin(ranking, place))
            for place, (number, _) in enumerate(ranking[:MOST_HITS])
        ]

    def rank(self, asked: Sequence[str]) -> list[int]:
        """The positions in `parts` of those that share a term with the question, best first."""
        return [number for number, _ in self._ranked(asked, (), {})[2]]

    def _ranked(
        self, asked: Sequence[str], within: Collection[int], favours: Mapping[int, float]
    ) -> tuple[list[str], Counter[int], list[tuple[int, float]]]:
        """The terms that are looked for, the scores of sections, and the parts with their scores, best first."""
        known = [self._spelled(term) for term in asked if self._says_something(term)]
        looked_for = [*known, *words.neighbours(known)]
        by_section = self._by_section.scores(looked_for)
        chapters: Counter[int] = Counter()
        for number, score in by_section.items():
            chapters[self._owners[number]] = max(chapters[self._owners[number]], score)
        totals = Counter(
            {
                number: score + SECTION * chapters[number] + favours.get(self.parts[number].article.id, 0.0)
                for number, score in self._by_part.scores(looked_for).items()
                if not within or self.parts[number].article.id in within
            }
        )
        return known, by_section, [(number, float(score)) for number, score in totals.most_common()]

    def _best_of_each(self, ranking: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
        """Of each article the part that comes first."""
        best: dict[int, tuple[int, float]] = {}
        for number, score in ranking:
            best.setdefault(self.parts[number].article.id, (number, score))
        return list(best.values())

    def _chapter(self, owner: int, known: Sequence[str], by_section: Mapping[int, float]) -> int:
        """The section of a part to quote: the first one, which answers the title, unless another covers more."""
        chapters = self._chapters[owner]
        covered = {number: self._coverage(known, self._by_section.documents[number]) for number in chapters}
        best = max(chapters, key=lambda number: (covered[number], by_section.get(number, 0.0)))
        return best if covered[best] > covered[chapters[0]] + BETTER else chapters[0]

    def _hit(self, number: int, section: int, known: Sequence[str], margin: float) -> Hit:
        coverage = self._coverage(known, self._by_part.documents[number])
        focus = self._coverage(known, self._by_section.documents[section])
        headline = self._coverage(known, self._headlines[section])
        sureness = confidence(coverage, focus, headline, margin)
        return Hit(self.parts[number].article, self._sections[section], coverage, sureness)

    def _coverage(self, known: Sequence[str], document: Mapping[str, float]) -> float:
        weights = {term: self._weight(term) for term in known}
        total = sum(weights.values())
        return sum(weight for term, weight in weights.items() if term in document) / total if total else 0.0

    def _weight(self, term: str) -> float:
        """A word that no article has may be a name or an aside, so it counts for less than a rare word that one has."""
        return self._by_part.idf(term) * (1.0 if term in self._by_part else UNHEARD_OF)

    def _says_something(self, term: str) -> bool:
        """Order numbers, dates and the like say nothing unless an article has them."""
        return term in self._by_part or not any(letter.isdigit() for letter in term)

    def _spelled(self, term: str) -> str:
        if term in self._by_part:
            return term
        guesses = (self._spellings[left] for left in _without_one_letter(term) if left in self._spellings)
        return next((guess for guess in guesses if guess[0] == term[0]), term)


def confidence(coverage: float, focus: float, headline: float, margin: float) -> float:
    """How likely an article is the right one, 0 to 1: a logistic curve, roughly fitted to the questions in the tests.

    `coverage`, `focus`, `headline`: the share of the question that is spoken of in the article, in the section quoted,
    and in title and heading alone; `margin`: by how much of its own score it leads, or trails when below 0.
    """
    return 1 / (1 + math.exp(3.5 - 1.5 * coverage - 1.5 * focus - 4.0 * headline - 0.5 * margin))


def weigh(parts: Iterable[tuple[str, float]]) -> Counter[str]:
    """Texts with weights as one bag of terms, neighbours included."""
    bag: Counter[str] = Counter()
    for text, weight in parts:
        found = _stems(text)
        for term in found:
            bag[term] += weight  # type: ignore[assignment]  # a Counter holds floats as well
        for pair in words.neighbours(found):
            bag[pair] += weight * NEIGHBOURS  # type: ignore[assignment]  # likewise
    return bag


@lru_cache(maxsize=65_536)
def _stems(text: str) -> tuple[str, ...]:
    """Kept, because an index is made anew whenever one of many articles changes."""
    return tuple(map(sys.intern, words.stems(text)))


def _weighted(section: Section) -> tuple[tuple[str, float], ...]:
    return (section.heading, HEADING), *((above, ABOVE) for above in section.path), (section.text, TEXT)


def _margin(ranking: Sequence[tuple[int, float]], place: int) -> float:
    score = ranking[place][1]
    rival = ranking[1 if place == 0 else 0][1] if len(ranking) > 1 else 0.0
    return max((score - rival) / score, -1.0) if score else 0.0


def _spellings(vocabulary: Iterable[str]) -> dict[str, str]:
    """Every long word by each of its misspellings with a letter left out: finds one slip, of whatever kind."""
    return {left: term for term in vocabulary for left in _without_one_letter(term)}


def _without_one_letter(term: str) -> list[str]:
    if len(term) < 5 or words.is_cjk(term):
        return []
    return [term, *(term[:at] + term[at + 1 :] for at in range(len(term)))]
