"""The built-in wordings: every sentence that the system itself says to a customer, in each supported language.

They stand in `templates/wordings/<language>.toml`, one file for each language with the same keys.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from agents.languages import canonical

FOLDER = Path(__file__).resolve().parent.parent / "templates" / "wordings"
FALLBACK = "en"


def wording(key: str, language: str) -> str:
    """The wording in `language` (ISO 639-1, region allowed), else in English. Raises KeyError for an unknown key."""
    wordings = _wordings()
    return wordings.get(canonical(language), wordings[FALLBACK])[key]


def languages() -> tuple[str, ...]:
    """The languages that there are wordings in, in alphabetical order."""
    return tuple(_wordings())


def comes_from(text: str, key: str) -> bool:
    """Whether `text` is the wording `key` in any language, whatever its placeholders were filled with."""
    return any(_fits(text.strip(), wordings[key]) for wordings in _wordings().values())


def _fits(text: str, template: str) -> bool:
    beginning, end = template.split("{")[0], template.split("}")[-1]
    return text.startswith(beginning) and text.endswith(end)


@cache
def _wordings() -> Mapping[str, Mapping[str, str]]:
    return {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.toml"))}
