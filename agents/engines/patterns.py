"""Patterns that operators write and customers' words are held against: regular expressions that can't take for ever.

Python's `re` tries every way to match. What makes the number of ways explode is refused when a pattern is saved, and
only a few characters at a time are looked at. https://owasp.org/www-community/attacks/Regular_expression_Denial_of_Service_-_ReDoS
"""

import re
from functools import lru_cache

LONGEST = 200  # characters of a pattern
LONGEST_LINE = 200  # characters of a line that are looked at
MOST_LINES = 20
MOST_REPEATS = 2  # of *, + and {n,m}: each multiplies the work by the length of the line
MOST_OPTIONAL = 4  # parts with “?”: each doubles it

_ESCAPED = re.compile(r"\\(?P<back>[1-9])|\\.", re.DOTALL)
_CLASS = re.compile(r"\[\^?\]?[^\]]*\]")
_FIXED = re.compile(r"\{\d+\}")
_REPEAT = re.compile(r"\*|\+|\{\d*,\d*\}")


def problem(pattern: str) -> str:
    """Why the pattern won't do, as a sentence; "" when it does."""
    if len(pattern) > LONGEST:
        return f"The pattern is longer than {LONGEST} characters."
    try:
        empty = re.compile(pattern, re.IGNORECASE).search("") is not None
    except (re.error, OverflowError, RecursionError) as error:
        return f"This isn't a regular expression: {error}."
    if empty:
        return "The pattern fits an empty text. Say what must occur, like BT-[0-9]{5}."
    return _too_costly(pattern)


def first(pattern: str, text: str) -> str:
    """What the pattern matches first in the text, its beginning left aside; "" when it matches nothing."""
    compiled = _compiled(pattern)
    lines = (line[:LONGEST_LINE] for line in text.splitlines()[:MOST_LINES])
    matches = (compiled.search(line) for line in lines) if compiled else iter(())
    return next((match[0].strip() for match in matches if match), "")


def _too_costly(pattern: str) -> str:
    if any(match["back"] for match in _ESCAPED.finditer(pattern)):
        return "References like \\\\1 aren't allowed here."
    plain = _FIXED.sub("", _CLASS.sub("x", _ESCAPED.sub("x", pattern))).replace("(?:", "(")
    if "(?" in plain:
        return "Groups that begin with (? aren't allowed here, except (?:."
    if re.search(r"\)(?:\*|\+|\{)", re.sub(r"\{\d+\}", "{}", _CLASS.sub("x", _ESCAPED.sub("x", pattern)))):
        return "A group in parentheses can't be repeated here. Repeat single characters or [classes]."
    if len(_REPEAT.findall(plain)) > MOST_REPEATS:
        return f"At most {MOST_REPEATS} parts may repeat with *, + or {{n,m}}. Give exact numbers, like [0-9]{{5}}."
    if plain.count("?") > MOST_OPTIONAL:
        return f"At most {MOST_OPTIONAL} parts may be optional with “?”."
    return ""


@lru_cache(maxsize=1_000)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    """None for a pattern that won't do: it may be older than a rule above, or written past the forms."""
    return None if problem(pattern) else re.compile(pattern, re.IGNORECASE)
