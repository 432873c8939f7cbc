"""Which of two languages that are written nearly alike is it? Letters and words tell that only one of them has.

fastText's model takes short Norwegian for Danish, Malay for Indonesian and Persian for Arabic.
"""

import re
from collections.abc import Mapping

TELLING = {
    "ar": r"[كيةىؤ]",
    "fa": r"[پچژگکی]",
    "ru": r"[ыэёъ]",
    "uk": r"[іїєґ]",
    "cs": r"[ěřů]|\b(?:jsem|jsi|jsou|mohu|můžu|když|ještě|proč|jak|kdy|mně|moje)\b",
    "sk": r"[ľĺŕôä]|\b(?:som|sú|moja|môj|keď|ešte|prečo|ako|kedy|nie|čo)\b",
    "da": r"\b(?:af|blev|endnu|fået|hvad|mig|dig|meget|noget|nogen|nu|uden|efter|igen|jeres)\b",
    "nb": r"\b(?:av|ble|ennå|fått|hva|meg|deg|mye|noe|noen|nå|uten|etter|igjen|dere|\w{2,}en (?:min|din|vår))\b",
    "id": r"\b(?:bisa|kapan|karena|bagaimana cara|mau|apakah|uang|kirim|kenapa|gimana|nggak|butuh)\b",
    "ms": r"\b(?:bilakah|bagaimanakah|kerana|mahu|adakah|wang|hantar|sahaja|bungkusan|awak|perlukan|soalan)\b",
}
PAIRS = (("ar", "fa"), ("cs", "sk"), ("da", "nb"), ("id", "ms"), ("ru", "uk"))

_TELLING = {code: re.compile(pattern) for code, pattern in TELLING.items()}


def told_apart(sample: str, scores: Mapping[str, float]) -> dict[str, float]:
    """`scores` by language, where of two neighbours the one that the sample speaks for has the scores of both."""
    told = dict(scores)
    for pair in PAIRS:
        less, more = sorted(pair, key=lambda code: _signs(code, sample))
        if any(code in told for code in pair) and _signs(more, sample) > _signs(less, sample):
            told[more] = told.get(more, 0) + told.pop(less, 0)
    return told


def _signs(code: str, sample: str) -> int:
    return len(_TELLING[code].findall(sample.casefold()))
