"""A plan as lines for people: what is added, changed and removed. No secret's value is known here."""

import json
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from handover.configuration.values import Change, Outcome, Verb


class Mark(StrEnum):
    ADDED = "+"
    CHANGED = "~"
    REMOVED = "-"
    WARNING = "!"
    HEAD = ""


MARKS = {Verb.CREATE: Mark.ADDED, Verb.CHANGE: Mark.CHANGED, Verb.DELETE: Mark.REMOVED}
SAID = {Verb.CREATE: "new", Verb.CHANGE: "changed", Verb.DELETE: "removed"}
WIDTH = 300  # characters of a value; what is longer shows from where it differs
NOTHING = "nothing to do"


@dataclass(frozen=True, slots=True)
class Line:
    mark: Mark
    text: str

    def __str__(self) -> str:
        return f"{self.mark or ' '} {self.text}" if self.mark else self.text


def lines(outcome: Outcome) -> tuple[Line, ...]:
    """The diff of one document."""
    head = f"{outcome.document.kind} “{outcome.document.name}”"
    return (
        Line(Mark.HEAD, head if outcome.is_change else f"{head}: {NOTHING}"),
        *(line for change in outcome.changes for line in _change(change)),
        *(Line(MARKS[secret.verb], f"secrets.{secret.name}: {SAID[secret.verb]}") for secret in outcome.secrets),
        *(Line(Mark.WARNING, sentence) for sentence in outcome.warnings),
    )


def _change(change: Change) -> Iterator[Line]:
    here = f"{change.where} ({change.title})" if change.where else ""
    if change.verb is Verb.DELETE:
        yield Line(Mark.REMOVED, here)
    elif change.verb is Verb.CREATE:
        yield Line(Mark.ADDED, here or "new")
        yield from (Line(Mark.ADDED, f"    {each.name}: {value(each.now)}") for each in _told(change))
    else:
        for each in change.differences:
            place = ".".join(part for part in (here, each.name) if part)
            yield Line(Mark.CHANGED, f"{place}: {_both(each.was, each.now)}")


def _told(change: Change) -> Iterable[Any]:
    return (each for each in change.differences if each.now not in (None, "", [], {}))


def _both(was: Any, now: Any) -> str:
    """Long texts from shortly before the place where they begin to differ."""
    one, other = value(was, cut=False), value(now, cut=False)
    if max(len(one), len(other)) <= WIDTH:
        return f"{one} → {other}"
    same = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    start = max(0, same - 40)
    return f"…{one[start : start + WIDTH]} → …{other[start : start + WIDTH]}"


def value(given: Any, cut: bool = True) -> str:
    text = json.dumps(given, ensure_ascii=False)
    return textwrap.shorten(text, WIDTH, placeholder=" …") if cut else text
