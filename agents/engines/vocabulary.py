"""What `words` knows about words, read from vocabulary.toml."""

import re
import tomllib
from pathlib import Path

_TABLES = tomllib.loads((Path(__file__).parent / "vocabulary.toml").read_text(encoding="utf-8"))

STOPWORDS: dict[str, frozenset[str]] = {
    language: frozenset(listed.split()) for language, listed in _TABLES["stopwords"].items()
}
GENERIC: frozenset[str] = frozenset(_TABLES["generic"].split())
NEGATIONS: frozenset[str] = frozenset(_TABLES["negations"].split())
SYNONYMS: tuple[tuple[str, ...], ...] = tuple(tuple(line.split()) for line in _TABLES["synonyms"].strip().splitlines())
PHRASES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(rf"\b(?:{said})\b"), meant) for meant, said in _TABLES["phrases"].items()
)
