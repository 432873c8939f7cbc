"""The facts that a sub agent collects, as operators give them: a list of {"name", "question", "pattern"}. Pure."""

from collections.abc import Iterator
from typing import Any

from agents.engines import patterns
from agents.engines.base import FactBrief

MOST = 10
LONGEST_NAME, LONGEST_QUESTION = 60, 500
KEYS = ("name", "question", "pattern")


def problem(facts: object) -> str:
    """Why these can't be a sub agent's facts, as a sentence; "" when they can."""
    if not isinstance(facts, list):
        return "Give a list of facts, each with a name and a question."
    if len(facts) > MOST:
        return f"At most {MOST} facts. Customers give up when asked for more."
    sentences = (f"Fact {number}: {sentence}" for number, fact in enumerate(facts, 1) if (sentence := _problem(fact)))
    return next(sentences, "") or _doubled(facts)


def briefs(facts: list[dict[str, str]]) -> tuple[FactBrief, ...]:
    return tuple(FactBrief(fact["name"], fact["question"], fact.get("pattern", "")) for fact in facts)


def lines(facts: list[dict[str, str]]) -> str:
    """One fact on each line, as people write them: name | question | pattern."""
    return "\n".join(" | ".join(filter(None, (str(fact.get(key, "")) for key in KEYS))) for fact in facts)


def from_lines(text: str) -> list[dict[str, str]]:
    """The reverse of `lines`. What is missing on a line stays empty; a pattern may have bars in it."""
    return [dict(_cells(line)) for line in text.splitlines() if line.strip()]


def _cells(line: str) -> Iterator[tuple[str, str]]:
    cells = [cell.strip() for cell in line.split("|", len(KEYS) - 1)]
    return ((key, cell) for key, cell in zip(KEYS, cells, strict=False))


def _problem(fact: Any) -> str:
    if not isinstance(fact, dict) or not all(isinstance(value, str) for value in fact.values()):
        return "give it a name and a question."
    if unknown := [key for key in fact if key not in KEYS]:
        return f"there is no “{unknown[0]}”. Allowed are: {', '.join(KEYS)}."
    if not 0 < len(fact.get("name", "").strip()) <= LONGEST_NAME:
        return f"its name must have 1 to {LONGEST_NAME} characters."
    if not 0 < len(fact.get("question", "").strip()) <= LONGEST_QUESTION:
        return f"its question must have 1 to {LONGEST_QUESTION} characters."
    return patterns.problem(fact["pattern"]) if fact.get("pattern") else ""


def _doubled(facts: list[dict[str, str]]) -> str:
    for key in ("name", "question"):
        values = [fact[key].strip().casefold() for fact in facts]
        if twice := next((value for value in values if values.count(value) > 1), ""):
            return f"Two facts have the same {key}: “{twice}”."
    return ""
