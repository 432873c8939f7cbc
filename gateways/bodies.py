"""Read the JSON of strangers field by field. All raise Malformed, naming the field and what is expected of it.

`label` is what the sender knows the field as, where that is more than its name: “from.email”.
"""

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from gateways.errors import Malformed

LONGEST_TEXT = 100_000  # characters
LONGEST_ID = 255  # characters, for everything that the other side calls things by
LONGEST_LINE = 1_000  # characters, for names, subjects and the like
DEEPEST = 20  # levels of nesting

TOO_DEEP = f"The body is nested more than {DEEPEST} levels deep."

Data = Mapping[str, Any]


def read_object(body: bytes) -> dict[str, Any]:
    """The JSON object in `body`, with nothing in it that databases can't hold."""
    try:
        value = json.loads(body.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Malformed("The body must be JSON in UTF-8.") from None
    except RecursionError:
        raise Malformed(TOO_DEEP) from None
    except ValueError:
        raise Malformed("The body must be JSON.") from None
    if not isinstance(value, dict):
        raise Malformed("The body must be a JSON object, like {…}.")
    clean: dict[str, Any] = _storable(value, DEEPEST)
    return clean


def _storable(value: Any, levels: int) -> Any:
    """The same as databases can hold it: no null characters, no halves of characters, no numbers that aren't any."""
    if levels == 0:
        raise Malformed(TOO_DEEP)
    if isinstance(value, str):
        if value.isascii():
            return value.replace("\0", "")
        return value.replace("\0", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, float) and not math.isfinite(value):
        raise Malformed("The body has a number that JSON doesn't know: NaN, or an infinite one.")
    if isinstance(value, list):
        return [_storable(item, levels - 1) for item in value]
    if isinstance(value, dict):
        return {_storable(name, levels - 1): _storable(item, levels - 1) for name, item in value.items()}
    return value


def read_id(data: Data, name: str, label: str = "") -> str:
    """An id as text; "" where there is none."""
    value = data.get(name)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Malformed(f"“{label or name}” must be text or a whole number.")
    text = str(value).strip()
    if len(text) > LONGEST_ID:
        raise Malformed(f"“{label or name}” must have at most {LONGEST_ID} characters.")
    return text


def read_needed_id(data: Data, name: str, label: str = "") -> str:
    if text := read_id(data, name, label):
        return text
    raise Malformed(f"“{label or name}” is needed: text or a whole number.")


def read_line(data: Data, name: str, label: str = "") -> str:
    """A text of one line; "" where there is none."""
    value = data.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Malformed(f"“{label or name}” must be text.")
    if len(value) > LONGEST_LINE:
        raise Malformed(f"“{label or name}” must have at most {LONGEST_LINE:,} characters.")
    return " ".join(value.split())


def read_text(data: Data, name: str) -> str:
    """A text of any number of lines, as it stands there. Needed."""
    value = data.get(name)
    if not isinstance(value, str) or not value.strip():
        raise Malformed(f"“{name}” must be text that isn't empty.")
    if len(value) > LONGEST_TEXT:
        raise Malformed(f"“{name}” must have at most {LONGEST_TEXT:,} characters; this has {len(value):,}.")
    return value


def read_time(data: Data, name: str) -> datetime | None:
    """A moment in UTC, which is meant where no offset is given; None where there is none."""
    value = data.get(name)
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(value)
        return at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise Malformed(f"“{name}” must be a time by ISO 8601, like 2026-01-31T12:00:00Z.") from None


def read_mapping(data: Data, name: str) -> dict[str, Any]:
    """An object; an empty one where there is none."""
    value = data.get(name)
    if value is not None and not isinstance(value, dict):
        raise Malformed(f"“{name}” must be an object, like {{…}}.")
    return value or {}
