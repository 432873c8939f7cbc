"""Texts as vectors, by a server that speaks OpenAI's embeddings. https://platform.openai.com/docs/api-reference/embeddings

Vectors are kept as 32-bit floats of length 1 together, so that how near two are is the sum of their products.
"""

import math
import sys
from array import array
from collections.abc import Iterable, Mapping, Sequence
from operator import mul
from typing import Any

from agents.engines.base import EngineError
from agents.engines.parts import Part, chunks, text_hash

RANK = 60  # how little a place further down counts: https://dl.acm.org/doi/10.1145/1571941.1572114
MOST_NEAR = 20  # parts that count as near
LEAST_NEAR = 0.2  # of 1; what is further away has nothing to do with the question


def request(model: str, texts: Sequence[str]) -> dict[str, Any]:
    return {"model": model, "input": list(texts)}


def vectors(answer: Mapping[str, Any], count: int) -> list[bytes]:
    """The vectors in an answer, in the order of the texts. Raises EngineError."""
    rows = answer.get("data")
    found: dict[int, bytes] = {}
    for place, row in enumerate(rows if isinstance(rows, list) else []):
        if isinstance(row, dict) and (vector := packed(row.get("embedding"))):
            found[row["index"] if isinstance(row.get("index"), int) else place] = vector
    if sorted(found) != list(range(count)) or len({len(each) for each in found.values()}) > 1:
        raise EngineError("The embeddings in the answer aren't those that were asked for.")
    return [found[place] for place in range(count)]


def packed(values: Any) -> bytes:
    """Numbers as bytes, lowest first, scaled to length 1; b"" for anything that isn't a vector."""
    if not isinstance(values, list) or not all(isinstance(each, (int, float)) for each in values):
        return b""
    length = math.sqrt(sum(map(mul, values, values)))
    if not length or not math.isfinite(length):
        return b""
    made = array("f", (each / length for each in values))
    if sys.byteorder == "big":
        made.byteswap()
    return made.tobytes()


def unpacked(vector: bytes) -> "array[float]":
    made = array("f", vector)
    if sys.byteorder == "big":
        made.byteswap()
    return made


class Nearness:
    """The parts of an agent's articles by what they mean. Never changed once built."""

    def __init__(self, parts: Sequence[Part], kept: Mapping[str, bytes]) -> None:
        hashes = ((number, text_hash(chunk)) for number, part in enumerate(parts) for chunk in chunks(part))
        self._vectors = [(number, unpacked(kept[each])) for number, each in hashes if each in kept]

    def rank(self, asked: bytes) -> list[int]:
        """The positions of the parts that are nearest, the nearest first; of each, its nearest chunk counts."""
        question, scores = unpacked(asked), dict[int, float]()
        for number, vector in self._vectors:
            if len(vector) == len(question):  # a model that was replaced under the same name
                scores[number] = max(scores.get(number, LEAST_NEAR), sum(map(mul, vector, question)))
        near = sorted((number for number in scores if scores[number] > LEAST_NEAR), key=lambda number: -scores[number])
        return near[:MOST_NEAR]


def fused(*rankings: Iterable[int]) -> list[int]:
    """Several rankings as one, by reciprocal ranks."""
    scores: dict[int, float] = {}
    for ranking in rankings:
        for place, number in enumerate(ranking, start=1):
            scores[number] = scores.get(number, 0.0) + 1 / (RANK + place)
    return sorted(scores, key=lambda number: -scores[number])
