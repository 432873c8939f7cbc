"""What a gateway is configured with: check it against its adapter's Config, make missing secrets, describe it."""

import re
from collections.abc import Mapping
from dataclasses import MISSING, Field
from typing import Any

from rest_framework.exceptions import ErrorDetail, ValidationError

from gateways import config
from gateways.base import Adapter
from gateways.errors import ConfigError
from gateways.registry import ADAPTERS

SECRET_NAME = re.compile(r"[-\w]{1,60}", re.ASCII)  # also of those that only other options refer to, see base.Adapter
NAME = "Name a secret with up to 60 letters, digits, hyphens and underscores."


def check(kind: type[Adapter], values: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
    """Return if a gateway can work with these options and secrets. Raises ValidationError naming each that won't do."""
    names = set(config.secret_names(kind.Config))
    misplaced = {name: "This is a secret. Give it in `secrets`." for name in values if name in names}
    misnamed = {name: NAME for name in secrets if not SECRET_NAME.fullmatch(name)}
    plain = {name: value for name, value in values.items() if name not in names}
    known = {name: value for name, value in secrets.items() if name in names}
    problems = _problems(kind.Config, {**plain, **known})
    _refuse(
        config={**{name: text for name, text in problems.items() if name not in names}, **misplaced},
        secrets={**{name: text for name, text in problems.items() if name in names - misplaced.keys()}, **misnamed},
    )


def generate(kind: type[Adapter], given: Mapping[str, Any]) -> dict[str, str]:
    """A fresh value for each secret that wasn't given and that we can make."""
    return {name: make() for name, make in config.makers(kind.Config).items() if not given.get(name)}


def description() -> str:
    """The options of every platform, as a list in markdown."""
    return "\n\n".join(
        f"`{platform}` ({kind.label}):\n\n" + "\n".join(_line(field) for field in config.options(kind.Config))
        for platform, kind in sorted(ADAPTERS.items())
    )


def _line(field: Field[Any]) -> str:
    place = "secrets" if field.metadata["secret"] else "config"
    optional = field.default is not MISSING or field.default_factory is not MISSING or field.metadata["generate"]
    choices = f" One of: {', '.join(field.metadata['choices'])}." if field.metadata["choices"] else ""
    made = " Made by us if you give none." if field.metadata["generate"] else ""
    return " ".join(
        f"- `{place}.{field.name}`{'' if optional else ', needed'}: {field.metadata['help']}{choices}{made}".split()
    )


def _problems(kind: type[Any], values: Mapping[str, Any]) -> dict[str, str]:
    try:
        config.load(kind, values)
    except ConfigError as error:
        return error.errors
    return {}


def _refuse(**problems: dict[str, str]) -> None:
    found = {
        place: {name: [ErrorDetail(text, "invalid")] for name, text in texts.items()}
        for place, texts in problems.items()
        if texts
    }
    if found:
        raise ValidationError(found)
