"""What a text has that can be counted: its words, words side by side, words together, and pieces of words.

Each kind tells something that the others don't: pairs of words what a text is about ("card" with "expire"), neighbours
how it is asked ("how long"), pieces that "topup" is like "top-up" and "Lieferzeit" like "Lieferung".
"""

import math
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import combinations, pairwise
from pathlib import Path

from agents.engines import words
from agents.engines.vocabulary import STOPWORDS, SYNONYMS

MOST_WORDS = 120  # of a text that are looked at
MOST_PAIRED = 20  # words that say something, of which every two make a pair
PIECE = 4
NOT = "!"  # what a "not" anywhere in the text adds to its words: "my refund hasn't arrived" is about another thing

Kinds = tuple[Counter[str], ...]

_HIRAGANA = re.compile(r"[\u3040-\u309f]+")


def kinds(text: str, language: str) -> Kinds:
    """The features of each kind, with how often they occur."""
    said = words.words(text)[:MOST_WORDS]
    silent = STOPWORDS.get(language, STOPWORDS["en"])
    meant = ["^", *(sense for word in said for sense in _senses(word)), "$"]
    telling = dict.fromkeys(sense for word in said if word not in silent for sense in _senses(word))
    paired = sorted(list(telling)[:MOST_PAIRED]) + [NOT] * words.denies(text)
    return (
        Counter(f"w {stem}" for word in said for stem in _stems(word)),
        Counter(f"n {first} {second}" for first, second in pairwise(meant)),
        Counter(f"p {first} {second}" for first, second in combinations(paired, 2)),
        Counter(f"c {piece}" for word in said for piece in _pieces(word)),
    )


class Vectors:
    """Turns texts into vectors in which a feature counts for more the fewer of the given texts have it.

    Usually called tf-idf (https://en.wikipedia.org/wiki/Tf%E2%80%93idf).
    """

    def __init__(self, texts: Iterable[Kinds]) -> None:
        texts = list(texts)
        found = Counter(feature for text in texts for kind in text for feature in kind)
        self._rarity = {feature: math.log((1 + len(texts)) / (1 + count)) + 1 for feature, count in found.items()}
        self._unheard = math.log(1 + len(texts)) + 1

    def vector(self, text: Kinds) -> dict[str, float]:
        """Of length 1, every kind as long as the others. What no text has is left out, but makes the rest shorter."""
        return {feature: weight for kind in text for feature, weight in self._scaled(kind, len(text))}

    def _scaled(self, kind: Mapping[str, int], kinds: int) -> Iterator[tuple[str, float]]:
        rarity, unheard = self._rarity, self._unheard
        weights = {feature: (1 + math.log(count)) * rarity.get(feature, unheard) for feature, count in kind.items()}
        length = math.sqrt(kinds * sum(weight * weight for weight in weights.values()))
        return ((feature, weight / length) for feature, weight in weights.items() if feature in rarity)


def _stems(word: str) -> list[str]:
    return _telling_pairs(word) if words.is_cjk(word) else [words.stem(word)]


def _telling_pairs(run: str) -> list[str]:
    """Without those of nothing but hiragana, which is how Japanese writes its endings and particles."""
    pairs = words.stems(run)
    return [pair for pair in pairs if not _HIRAGANA.fullmatch(pair)] or pairs


def _senses(word: str) -> list[str]:
    """Its stems, or the name of the kin that it belongs to."""
    return [_kin().get(stem, stem) for stem in _stems(word)]


def _pieces(word: str) -> list[str]:
    """Four letters in a row, with the ends of the word as letters. Pairs of characters are pieces already."""
    padded = "" if words.is_cjk(word) else f" {word} "
    return [padded[at : at + PIECE] for at in range(len(padded) - PIECE + 1)]


@lru_cache(maxsize=1)
def _kin() -> dict[str, str]:
    """The first word of its line for every stem; of a stem that is in several lines, the first line's."""
    table = tomllib.loads((Path(__file__).parent / "kin.toml").read_text(encoding="utf-8"))
    kin: dict[str, str] = {}
    for line in (*map(str.split, table["kin"].strip().splitlines()), *SYNONYMS):
        for word in line:
            kin.setdefault(words.stem(word), f"={line[0]}")
    return kin
