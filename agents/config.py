"""Typed configuration: one frozen dataclass per adapter or engine, from which form and API are made."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field
from typing import Any, cast, get_origin

PLAIN_NAMES = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "yes or no",
    dict: "a set of names and values",
}


class ConfigError(ValueError):
    """A configuration isn't usable. `errors` maps a field to a sentence."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {text}" for name, text in errors.items()))
        self.errors = errors


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
    """A field of a Config, needed unless it has a default. `check` returns a sentence when a value won't do, else "".

    A secret is kept encrypted, apart from the rest, and is never shown, not even in a Config's repr. `generate` makes
    one when none is given.
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
    if isinstance(default, dict):  # each Config gets its own
        return dataclasses.field(default_factory=default.copy, metadata=metadata, repr=not secret)
    return dataclasses.field(default=default, metadata=metadata, repr=not secret)


def options(config: type[Any]) -> tuple[Field[Any], ...]:
    return dataclasses.fields(config)


def default_of(field: Field[Any]) -> Any:
    """What the option is when nothing is given, or `dataclasses.MISSING` when it is needed."""
    return field.default if field.default_factory is MISSING else field.default_factory()


def kind_of(field: Field[Any]) -> type[Any]:
    """The plain type of the option's values: `dict` for `dict[str, str]`."""
    return cast(type[Any], get_origin(field.type) or field.type)


def secret_names(config: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in options(config) if field.metadata["secret"])


def with_secret(config: type[Any], values: Mapping[str, Any], secret: str) -> dict[str, Any]:
    """The values, and the secret under the name of the Config's one secret; a Config without any takes none."""
    return {**values, **dict.fromkeys(secret_names(config)[:1], secret)}


def makers(config: type[Any]) -> dict[str, Callable[[], str]]:
    """How to make those secrets that we can make ourselves, by name."""
    secrets = (field for field in options(config) if field.metadata["secret"])
    return {field.name: field.metadata["generate"] for field in secrets if field.metadata["generate"]}


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
        elif default_of(field) is MISSING:
            errors[name] = "This is needed."
    if errors:
        raise ConfigError(errors)
    return config(**clean)


def _problem(field: Field[Any], value: Any) -> str:
    kind = kind_of(field)
    # To Python, True is a whole number and 3 isn't a decimal one; to operators it is the other way round.
    if not isinstance(value, (int, float) if kind is float else kind) or (isinstance(value, bool) and kind is not bool):
        return f"This must be {PLAIN_NAMES.get(kind, kind.__name__)}."
    if field.metadata["choices"] and value not in field.metadata["choices"]:
        return f"Choose one of: {', '.join(field.metadata['choices'])}."
    check = field.metadata["check"]
    return check(value) if check else ""
