"""Okapi BM25 over a handful of texts, in memory.

It does what SQLite's FTS5 would, with the same formula and parameters (https://www.sqlite.org/fts5.html#the_bm25_function),
but can't be changed once built, so that threads share it without a lock, and has no query syntax to stumble over.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

K1 = 1.2
B = 0.75


class Bm25:
    """An index over documents, each a bag of terms with weights. Documents are known by their position."""

    def __init__(self, documents: Sequence[Mapping[str, float]]) -> None:
        self.documents = documents
        self._postings: dict[str, list[int]] = defaultdict(list)
        for number, document in enumerate(documents):
            for term in document:
                self._postings[term].append(number)
        lengths = [sum(document.values()) for document in documents]
        average = sum(lengths) / len(lengths) if lengths else 0.0
        self._norms = [K1 * (1 - B + B * length / average) if average else K1 for length in lengths]

    def __contains__(self, term: str) -> bool:
        return term in self._postings

    def terms(self) -> Iterable[str]:
        return self._postings

    def idf(self, term: str) -> float:
        """How much the term tells documents apart, above 0. One that occurs nowhere counts like a unique one."""
        count = max(len(self._postings.get(term, ())), 1)
        return math.log(1 + (len(self.documents) - count + 0.5) / (count + 0.5))

    def scores(self, terms: Iterable[str]) -> Counter[int]:
        """The score of every document that has any of the terms."""
        found: Counter[int] = Counter()
        for term in terms:
            idf = self.idf(term)
            for number in self._postings.get(term, ()):
                weight = self.documents[number][term]
                found[number] += idf * weight * (K1 + 1) / (weight + self._norms[number])  # type: ignore[assignment]  # Counter counts in floats as well
        return found
