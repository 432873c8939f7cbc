"""An action's arguments: their JSON Schema, and values checked against it.

https://json-schema.org/draft/2020-12
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, best_match
from referencing import Registry
from referencing.exceptions import Unresolvable

from agents.actions.action import ActionBrief, CannotRender

LONGEST = 8_000  # characters of the arguments as JSON
LONGEST_PROBLEM = 200  # characters


def check_schema(schema: Any) -> str:
    """Why `schema` can't describe arguments, as a sentence; "" when it can."""
    if not isinstance(schema, dict):
        return "Give a JSON Schema, like {“type”: “object”, “properties”: {“order”: {“type”: “string”}}}."
    if not schema:
        return ""
    if schema.get("type") != "object" or not isinstance(schema.get("properties", {}), dict):
        return "The schema must be of the type “object”, with the arguments as its “properties”."
    if any(not ref.startswith("#") for ref in _references(schema)):
        return "The schema refers to another document. Write everything into this one."
    try:
        Draft202012Validator.check_schema(schema)
    except (SchemaError, RecursionError) as error:
        return f"This isn't a JSON Schema. {_short(getattr(error, 'message', 'It is nested too deeply.'))}"
    return ""


def names(schema: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(schema.get("properties", {}))


def needed(schema: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(schema.get("required", ()))


def closed(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema with nothing allowed that it doesn't name, unless it says otherwise."""
    return {"type": "object", "properties": {}, "additionalProperties": False, **schema}


def check(action: ActionBrief, values: Any) -> dict[str, Any]:
    """The values, if they fit the action's schema. Raises CannotRender with a sentence that says what doesn't."""
    if not isinstance(values, dict):
        raise CannotRender("The arguments must be a JSON object.")
    try:
        if len(json.dumps(values)) > LONGEST:
            raise CannotRender(f"The arguments are longer than {LONGEST:,} characters.")
        # Without a registry of ours the library would fetch what a schema refers to.
        validator = Draft202012Validator(closed(action.schema), registry=Registry())
        problem = best_match(validator.iter_errors(values))
    except (RecursionError, TypeError, ValueError, Unresolvable) as error:
        if isinstance(error, CannotRender):
            raise
        raise CannotRender("The arguments can't be checked against the schema.") from None
    if problem is not None:
        place = ".".join(str(step) for step in problem.absolute_path)
        raise CannotRender(f"{place}: {_short(problem.message)}" if place else _short(problem.message))
    return values


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        for name, value in schema.items():
            if name in ("$ref", "$dynamicRef") and isinstance(value, str):
                yield value
            yield from _references(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _references(value)


def _short(text: str) -> str:
    line = " ".join(text.split())
    line = line if len(line) <= LONGEST_PROBLEM else line[: LONGEST_PROBLEM - 1] + "…"
    return line if line.endswith((".", "…")) else f"{line}."
