"""Two ways to read a question beside an agent's phrases: by its words, in any language, and by its meaning."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from agents.engines import words
from agents.engines.classifier import Classifier
from agents.engines.embedding import Embedder
from agents.engines.features import Vectors, kinds

MATCHES = 0.3  # sureness from which a sub agent applies


@dataclass(frozen=True, slots=True)
class Reading:
    """What speaks for the sub agents that the phrases belong to, by position."""

    scores: Sequence[float]  # from about 0; those that are near to each other are about as likely
    sureness: Callable[[int], float]  # of a sub agent that has phrases, 0 to 1: that it applies, and not none
    likeness: Callable[[int], float]  # of a phrase, up to 1


class Reader(Protocol):
    def read(self, question: str, language: str) -> Reading | None:
        """None for a question that can't be read this way."""


class ByWords:
    """What the phrases of each have in common, and not with those of the others: see `features` and `classifier`."""

    def __init__(self, phrases: Sequence[str], owners: Sequence[int]) -> None:
        counted = [kinds(phrase, "en") for phrase in phrases]
        self._vectors = Vectors(counted)
        self._phrases = [self._vectors.vector(features) for features in counted]
        self._classifier = Classifier(self._phrases, owners)

    def read(self, question: str, language: str) -> Reading | None:
        vector = self._vectors.vector(kinds(question, language))
        if not vector:
            return None
        scores = self._classifier.probabilities(vector)
        return Reading(scores, lambda owner: scores[owner], lambda place: _cosine(vector, self._phrases[place]))


class ByMeaning:
    """How near the question is to the phrases of each: see `embedding` and `nearness`."""

    def __init__(
        self, embedder: Embedder, phrases: Sequence[str], owners: Sequence[int], examples: Sequence[int]
    ) -> None:
        """`examples`: how many of its phrases are examples, by owner."""
        from agents.engines import nearness  # needs numpy, which is there if there is an embedder

        self._embedder, self._sureness = embedder, nearness.sureness
        self._points = embedder.vectors(phrases)
        self._nearness = nearness.Nearness(self._points, owners, examples)

    def read(self, question: str, language: str) -> Reading | None:
        if not words.words(question):
            return None
        point = self._embedder.vector(question)
        scores = self._nearness.scores(point)
        return Reading(
            scores,
            lambda owner: self._sureness(scores[owner], MATCHES),
            lambda place: float(self._points[place] @ point),
        )


def _cosine(first: Mapping[str, float], second: Mapping[str, float]) -> float:
    return sum(weight * second.get(feature, 0.0) for feature, weight in first.items())
