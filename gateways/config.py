"""Typed configuration of a gateway: one frozen dataclass per adapter, from which form and API are made."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field
from typing import Any

from gateways.errors import ConfigError


def option(
    label: str,
    help: str = "",
    *,
    default: Any = MISSING,
    secret: bool = False,
    choices: tuple[str, ...] = (),
    multiline: bool = False,
    check: Callable[[Any], str] | None = None,
    generate: Callable[[], str] | None = None,
) -> Any:
    """A field of a Config. `check` returns a sentence when the value won't do, else "".

    A secret is kept encrypted, apart from the rest, and is never shown. `generate` makes one when none is given.
    """
    metadata = {
        "label": label,
        "help": help,
        "secret": secret,
        "choices": choices,
        "multiline": multiline,
        "check": check,
        "generate": generate,
    }
    return dataclasses.field(default=default, metadata=metadata)


def options(config: type[Any]) -> tuple[Field[Any], ...]:
    return dataclasses.fields(config)


def secret_names(config: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in options(config) if field.metadata["secret"])


def load(config: type[Any], values: Mapping[str, Any]) -> Any:
    """The Config made of `values`. Raises ConfigError naming every field that is missing, unknown or won't do."""
    known = {field.name: field for field in options(config)}
    errors = {name: "There is no such option." for name in values if name not in known}
    clean: dict[str, Any] = {}
    for name, field in known.items():
        if name in values and values[name] not in (None, ""):
            if problem := _problem(field, values[name]):
                errors[name] = problem
            clean[name] = values[name]
        elif field.default is MISSING:
            errors[name] = "This is needed."
    if errors:
        raise ConfigError(errors)
    return config(**clean)


def _problem(field: Field[Any], value: Any) -> str:
    if isinstance(field.type, type) and not isinstance(value, field.type):
        return f"This must be a {_plain_name(field.type)}."
    if field.metadata["choices"] and value not in field.metadata["choices"]:
        return f"Choose one of: {', '.join(field.metadata['choices'])}."
    check = field.metadata["check"]
    return check(value) if check else ""


def _plain_name(kind: type) -> str:
    return {str: "text", int: "whole number", bool: "yes or no", dict: "set of names and values"}.get(
        kind, kind.__name__
    )
