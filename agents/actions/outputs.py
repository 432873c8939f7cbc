"""What of an answer may be shown: the places that the operator has named, and nothing else.

A place is a JSON pointer (RFC 6901), in which `*` stands for every item of a list; `/` alone is the whole answer.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from agents.actions.template import HIDDEN

WHOLE = "/"
LONGEST = 4_000  # characters of one output as JSON
MOST = 50  # items of a list that `*` looks into
POINTER = re.compile(r"(?:/[^/~]*(?:~[01][^/~]*)*)+")
SHORTEST_SECRET = 4  # characters; a shorter one is in every text


def check(pointers: Any) -> str:
    """Why these can't be outputs, as a sentence; "" when they can."""
    if not isinstance(pointers, list) or not all(isinstance(each, str) for each in pointers):
        return "Give a list of places in the answer, like /order/status."
    wrong = next((each for each in pointers if not POINTER.fullmatch(each)), None)
    return (
        ""
        if wrong is None
        else f"“{wrong}” isn't a place. It begins with a slash, like /order/status or /items/*/name."
    )


def read(body: bytes) -> Any:
    """The answer as JSON, or as text. Raises ValueError for anything else."""
    try:
        return json.loads(body)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except ValueError:
        text = body.decode()  # a UnicodeDecodeError is a ValueError
        if "\x00" in text:
            raise ValueError("not text") from None
        return text


def shown(answer: Any, pointers: Iterable[str], secrets: Iterable[str] = ()) -> dict[str, Any]:
    """The outputs by their pointers. Places that aren't there are left out; a secret that came back is hidden."""
    hide = [secret for secret in secrets if len(secret) >= SHORTEST_SECRET]
    found: dict[str, Any] = {}
    for pointer in pointers:
        for value in _at(answer, _steps(pointer)):
            found[pointer] = _bounded(_without(value, hide))
    return found


def _steps(pointer: str) -> list[str]:
    if pointer == WHOLE:
        return []
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def _at(value: Any, steps: list[str]) -> list[Any]:
    """The value at the end of the steps in a list, empty when there is none."""
    if not steps:
        return [value]
    step, rest = steps[0], steps[1:]
    if isinstance(value, dict):
        return _at(value[step], rest) if step in value else []
    if not isinstance(value, list):
        return []
    if step == "*":
        return [[found for item in value[:MOST] for found in _at(item, rest)]]
    return _at(value[int(step)], rest) if step.isdecimal() and len(step) < 6 and int(step) < len(value) else []


def _without(value: Any, secrets: list[str]) -> Any:
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, HIDDEN)
        return value.replace("\x00", "").encode("utf-8", "ignore").decode()
    if isinstance(value, Mapping):
        return {_without(name, secrets): _without(each, secrets) for name, each in value.items()}
    if isinstance(value, list):
        return [_without(each, secrets) for each in value]
    return value


def _bounded(value: Any) -> Any:
    """What is too long becomes text, cut off. Numbers that JSON hasn't (NaN) become text too."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except ValueError:
        return str(value)[:LONGEST]
    if len(text) <= LONGEST:
        return value
    return (value if isinstance(value, str) else text)[:LONGEST] + "… (cut off)"
