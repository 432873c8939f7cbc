"""Learn from a few points of every class which class a new point belongs to, or that it belongs to none.

Kernel ridge regression (https://en.wikipedia.org/wiki/Kernel_method): a class scores 1 at its own points, 0 at those of
the others, and less and less the farther a point is from all. So what is far from everything belongs to none.
Constants were chosen on the tuning part of `python -m tests.bench.intents`.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy

SHARPNESS = 8.0  # how fast a point's influence falls with the distance
SOFTNESS = 0.3  # how far a class may miss 1 at its own points
MOST_POINTS = 1_500  # that are learned from; more would take seconds
# The least score at which a question belongs to a class grows with the class's points, which all add to it, and falls
# with the number of classes, which share it: this keeps nine in ten of those that belong, from 1 to 15 points each and
# from 2 to 66 classes.
LEAST, LESS = 0.190, 0.0205
# A class whose points are far from each other is about many things, and a question is near to one of them at most. So
# where its points, each left out in turn, score less than TIGHT times the least score, that is lowered in proportion.
TIGHT = 1.4
LOWEST = 0.6  # share of the least score that is asked in any case
FEWEST = 5  # points from which they tell how far they are from each other
STEEPNESS = 4.0  # of the curve from scores to probabilities


class Nearness:
    """Never changed once built. `points` are rows of length 1; classes are numbers from 0."""

    def __init__(self, points: Any, classes: Sequence[int], sizes: Sequence[int]) -> None:
        """`sizes` by class: how many of its points are like what is asked, which the others only describe."""
        chosen = _evenly(classes, MOST_POINTS)
        own = numpy.array([classes[place] for place in chosen])
        self._points = points[chosen]
        truth = numpy.eye(len(sizes))[own]
        near = _near(self._points, self._points) + SOFTNESS * numpy.eye(len(own))
        inverse = numpy.linalg.inv(near)
        self._weights = inverse @ truth
        left_out = (truth - self._weights / numpy.diag(inverse)[:, None])[range(len(own)), own]
        self._least = numpy.array(
            [_least(size, len(sizes), left_out[own == number][:size].tolist()) for number, size in enumerate(sizes)]
        )

    def scores(self, point: Any) -> list[float]:
        """By class, from about 0 to about 3: with 1 the point is just near enough to belong to the class."""
        found: list[float] = (_near(point, self._points) @ self._weights / self._least).tolist()
        return found


def sureness(score: float, least: float) -> float:
    """From 0 to 1: how likely it is that a point with this score belongs to the class; `least` with a score of 1."""
    odds = least / (1 - least) * math.exp(STEEPNESS * (score - 1))
    return odds / (1 + odds)


def _least(size: int, classes: int, left_out: Sequence[float]) -> float:
    """The score from which a class applies. `left_out` are what its points score that it hasn't learned from."""
    usual = math.log(2 + size) * max(LEAST - LESS * math.log(classes), LESS)
    if len(left_out) < FEWEST:
        return usual
    return usual * min(max(sum(left_out) / len(left_out) / (TIGHT * usual), LOWEST), 1.0)


def _near(first: Any, second: Any) -> Any:
    return numpy.exp(SHARPNESS * (first @ second.T - 1))


def _evenly(classes: Sequence[int], most: int) -> list[int]:
    """The places of at most `most` points: the first of every class, the second of every class, and so on."""
    seen: dict[int, int] = {}
    turns = []
    for place, number in enumerate(classes):
        turns.append((seen.setdefault(number, 0), place))
        seen[number] += 1
    return sorted(place for _, place in sorted(turns)[:most])
