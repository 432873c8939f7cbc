"""Scenarios: what customers might write, and what should come of it. Read from YAML, checked, and frozen.

A file is a list of scenarios:

    - scenario: Where is my parcel        # its name
      language: en                        # optional; otherwise it is detected, as in real conversations
      lines:
        - says: Where is my order?        # or a list: several messages in one burst
          expect:
            sub_agent: orders             # slug; "" means none
            escalation: none              # none, offered, now
            reason: answered              # a value of agents.engines.base.Reason
            language: en
            articles: [track-your-order]  # all are cited, by title or last part of the address; []: none is
            contains: [tracking link]     # phrases that occur in the reply, upper and lower case alike
            excludes: [tomorrow]
            after: reply                  # reply, draft, hand_over, suspend, stay_silent, close
            tags: [orders]                # all are put on the conversation; []: none is
            collected: [BT-20416]         # all are among the facts that the customer has told; []: none is
            acknowledgement: I'm sorry.   # occurs in what is said before the reply; "" means that nothing is

Of sub_agent, escalation, reason, language and after several may be given as a list: any of them will do.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import yaml

from agents import languages
from agents.engines.base import After, Escalation, Reason

Values = tuple[str, ...]
ALLOWED: Mapping[str, Collection[str]] = {
    "escalation": tuple(Escalation),
    "reason": tuple(Reason),
    "language": (*languages.SUPPORTED, ""),
    "after": tuple(After),
}


class ScenarioError(Exception):
    """A file can't be read as scenarios. The text names the file, the place in it, and what is allowed there."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What should come of a line. None: anything will do."""

    sub_agent: Values | None = None  # any of these
    escalation: Values | None = None
    reason: Values | None = None
    language: Values | None = None
    articles: Values | None = None  # all of these; none at all when empty
    contains: Values = ()
    excludes: Values = ()
    after: Values | None = None  # any of these
    tags: Values | None = None  # all of these; none at all when empty
    collected: Values | None = None  # likewise, by value
    acknowledgement: Values | None = None  # all of these phrases; nothing said when empty


@dataclass(frozen=True, slots=True)
class Step:
    says: Values  # the messages of one burst
    expect: Expectation


@dataclass(frozen=True, slots=True)
class Scenario:
    name: str
    file: str
    language: str  # "" when it is to be detected
    lines: tuple[Step, ...]


def read(path: Path) -> tuple[Scenario, ...]:
    """The scenarios of one file. Raises ScenarioError."""
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeError) as error:
        raise ScenarioError(f"{path}: can't be read ({getattr(error, 'strerror', None) or error}).") from error
    except yaml.YAMLError as error:
        raise ScenarioError(f"{path}: is not YAML. {error}") from error
    entries = _list(found, str(path), "scenarios")
    return tuple(_scenario(entry, path, number) for number, entry in enumerate(entries, start=1))


def _scenario(entry: Any, path: Path, number: int) -> Scenario:
    name = entry.get("scenario") if isinstance(entry, dict) else None
    where = f"{path}: scenario {number}" + (f" “{name}”" if name else "")
    told = _mapping(entry, where, needed=("scenario", "lines"), allowed=("scenario", "language", "lines"))
    lines = _list(told["lines"], f"{where}, lines", "customer lines")
    return Scenario(
        name=_text(told["scenario"], f"{where}, scenario"),
        file=str(path),
        language=_one_of(told.get("language", ""), f"{where}, language", ALLOWED["language"]),
        lines=tuple(_step(line, f"{where}, line {place}") for place, line in enumerate(lines, start=1)),
    )


def _step(line: Any, where: str) -> Step:
    told = _mapping(line, where, needed=("says",), allowed=("says", "expect"))
    says = _texts(told["says"], f"{where}, says")
    if not all(text.strip() for text in says) or not says:
        raise ScenarioError(f"{where}, says: is empty. A text or a list of texts is allowed.")
    return Step(says, _expectation(told.get("expect", {}), f"{where}, expect"))


def _expectation(entry: Any, where: str) -> Expectation:
    told = _mapping(entry, where, allowed=[field.name for field in fields(Expectation)])
    return Expectation(**{key: _expected(key, value, f"{where}, {key}") for key, value in told.items()})


def _expected(key: str, value: Any, where: str) -> Values:
    return tuple(_one_of(text, where, ALLOWED.get(key)) for text in _texts(value, where))


# --- What may stand where ---------------------------------------------------------------------------------------------


def _mapping(entry: Any, where: str, *, needed: Collection[str] = (), allowed: Collection[str]) -> dict[str, Any]:
    names = ", ".join(allowed)
    if not isinstance(entry, dict):
        raise ScenarioError(f"{where}: needs keys and values. Allowed keys: {names}.")
    for key in entry:
        if key not in allowed:
            raise ScenarioError(f"{where}: unknown key “{key}”. Allowed keys: {names}.")
    for key in needed:
        if key not in entry:
            raise ScenarioError(f"{where}: “{key}” is missing. Allowed keys: {names}.")
    return entry


def _list(entry: Any, where: str, kind: str) -> list[Any]:
    if not isinstance(entry, list) or not entry:
        raise ScenarioError(f"{where}: needs a list of {kind}.")
    return entry


def _texts(value: Any, where: str) -> Values:
    return tuple(_text(text, where) for text in (value if isinstance(value, list) else [value]))


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise ScenarioError(f"{where}: “{value}” isn't a text. Put quotation marks around it.")
    return value


def _one_of(value: Any, where: str, allowed: Collection[str] | None) -> str:
    text = _text(value, where)
    if allowed is not None and text not in allowed:
        raise ScenarioError(f"{where}: “{text}” is unknown. Allowed: {', '.join(filter(None, allowed))}.")
    return text
