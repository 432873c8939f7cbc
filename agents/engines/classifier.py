"""Learn from a few texts of every class which class a new text belongs to, or that it belongs to none.

Multinomial logistic regression over sparse vectors, fitted by stochastic gradient descent from the classes' sums
(https://en.wikipedia.org/wiki/Multinomial_logistic_regression), with one more class, "none of them", that has no text
and always scores the same. So a score means as much with two classes as with seventy.
"""

import math
import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

START = 22.0  # how far the texts of a class move its weights at first, all together, whether they are few or many
RATE = 2.0  # how far one text moves the weights from then on
ROUNDS = 3  # over all texts; more gain nothing
MOST_STEPS = 3_000  # one text each, so that an agent with thousands of examples is indexed in about a second, too
RIVALS = 4  # classes that a text moves: its own, and those that come nearest
NONE = 2.5  # the score of "none of them"
SHARPNESS = 2.0  # few rounds leave the scores too near to each other

Vector = Mapping[str, float]


class Classifier:
    """Never changed once built. Classes are numbers from 0."""

    def __init__(self, vectors: Sequence[Vector], classes: Sequence[int]) -> None:
        self._size = max(classes, default=-1) + 1
        self._weights: dict[str, dict[int, float]] = defaultdict(dict)
        order, sizes = list(zip(vectors, classes, strict=True)), Counter(classes)
        for vector, number in order:
            self._move(vector, number, START / sizes[number])
        for vector, number in islice(_rounds(order), MOST_STEPS):
            self._learn(vector, number)

    def probabilities(self, vector: Vector) -> list[float]:
        """For every class, from 0 to 1. What is missing to 1 in all is the probability of none of them."""
        return _shares(self.scores(vector), SHARPNESS)

    def scores(self, vector: Vector) -> list[float]:
        scores = [0.0] * self._size
        for feature, value in vector.items():
            for number, weight in self._weights.get(feature, {}).items():
                scores[number] += value * weight
        return scores

    def _learn(self, vector: Vector, own: int) -> None:
        shares = _shares(self.scores(vector), 1.0)
        rivals = sorted(range(self._size), key=lambda number: -shares[number])[:RIVALS]
        for number in {own, *rivals}:
            self._move(vector, number, RATE * ((number == own) - shares[number]))

    def _move(self, vector: Vector, number: int, step: float) -> None:
        for feature, value in vector.items():
            weights = self._weights[feature]
            weights[number] = weights.get(number, 0.0) + step * value


def _rounds(texts: Sequence[tuple[Vector, int]]) -> Iterator[tuple[Vector, int]]:
    """All texts in a new order each time, and in the same ones for the same texts."""
    chance = random.Random(0)  # noqa: S311  # no secret depends on it
    for _ in range(ROUNDS):
        yield from chance.sample(texts, len(texts))


def _shares(scores: Sequence[float], sharpness: float) -> list[float]:
    parts = [math.exp(sharpness * (score - NONE)) for score in scores]
    total = sum(parts) + 1
    return [part / total for part in parts]
