"""Do two machines talk to each other here? A pure rule over what was said last, for platforms where that happens.

Mails that say that they are automatic are never answered at all; this is for those that don't say so.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from itertools import pairwise

LOOKED_AT = 24  # things said, that the rule wants to see at most
MOST_ANSWERS = 2  # within an hour, to somebody who says the same again and again
HOUR = timedelta(hours=1)
AT_ONCE = timedelta(seconds=20)  # faster than people read an answer and write one
MOST_AT_ONCE = 5  # such exchanges in a row: the sixth is one too many
ALIKE = 0.9
COMPARED = 1_000  # characters of each


@dataclass(frozen=True, slots=True)
class Line:
    at: datetime
    by_agent: bool
    text: str


def machine(lines: Sequence[Line]) -> str:
    """Why the sender of the newest line, the last one, seems to be a machine, as a sentence; "" for a person."""
    if not lines or lines[-1].by_agent:
        return ""
    if _same_again(lines) >= MOST_ANSWERS:
        return f"The same was said and answered {MOST_ANSWERS} times within an hour: a machine may be writing."
    if _answers_at_once(lines) > MOST_AT_ONCE:
        return f"{MOST_AT_ONCE + 1} answers in a row came within seconds: a machine may be writing."
    return ""


def _same_again(lines: Sequence[Line]) -> int:
    """How often the agent answered what is much like the newest line, within the hour."""
    newest = lines[-1]
    count = 0
    for said, answer in pairwise(lines):
        answered = not said.by_agent and answer.by_agent and newest.at - said.at < HOUR
        count += answered and _alike(said.text, newest.text)
    return count


def _answers_at_once(lines: Sequence[Line]) -> int:
    """How many lines in a row, up to the newest, came right after one of the agent's."""
    count = 0
    for before, said in reversed(list(pairwise(lines))):
        if said.by_agent:
            continue
        if not before.by_agent or said.at - before.at > AT_ONCE:
            break
        count += 1
    return count


def _alike(one: str, other: str) -> bool:
    """Whether two texts say the same but for numbers and dates. Short ones (“yes”, “thanks”) never count."""
    one, other = _words(one), _words(other)
    if min(len(one), len(other)) < 20:
        return False
    return one == other or SequenceMatcher(None, one, other, autojunk=False).ratio() >= ALIKE


def _words(text: str) -> str:
    return " ".join(re.sub(r"\d+|[^\w\s]", "", text[:COMPARED].lower()).split())
