"""Find the values that references to secrets stand for. They are kept, compared in constant time, and never shown."""

import hmac
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from handover.configuration.describe import PREFIX
from handover.configuration.values import ConfigurationError, Document, Reference, SecretChange, Source, Verb

LARGEST = 10_000  # characters, as over the API


class NotThere(Exception):
    """There is nothing where the reference points. The text is for operators."""


Resolver = Callable[[Reference], str]  # raises NotThere


@dataclass(frozen=True, slots=True)
class Secrets:
    """What happens to the secrets of one gateway. Values are kept out of the repr."""

    changes: tuple[SecretChange, ...]
    values: "Hidden"
    warnings: tuple[str, ...]


class Hidden(dict[str, str]):
    """Values by name that don't show in a traceback."""

    def __repr__(self) -> str:
        return f"Hidden({sorted(self)})"


def here(reference: Reference) -> str:
    """What whoever has a shell on this machine may read: its variables and files."""
    if reference.source is Source.ENV:
        return _variable(reference.place)
    try:
        with Path(reference.place).open(encoding="utf-8") as file:
            return file.read(LARGEST + 2).rstrip("\r\n")
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "it isn't UTF-8"
        raise NotThere(f"{reference.place} can't be read ({reason}).") from None


def from_afar(reference: Reference) -> str:
    """What whoever sends a file may read: variables made for it. With others they could have our own sent to them."""
    if reference.source is Source.FILE:
        raise ConfigurationError(f"Files are read by “manage.py apply” only. Use {{env: {PREFIX}…}}.")
    if not reference.place.startswith(PREFIX):
        raise ConfigurationError(f"Here only variables whose names begin with {PREFIX} are read.")
    return _variable(reference.place)


def secrets(
    wanted: Document, stored: Mapping[str, str], makers: Mapping[str, Callable[[], str]], resolve: Resolver
) -> Secrets:
    """What to write so that the secrets are as `wanted` says. Raises ConfigurationError for what isn't found.

    A reference to nothing keeps a stored secret, with a warning; so an export applies where it was made.
    """
    values, warnings, problems = Hidden(), list[str](), list[str]()
    for name, reference in wanted.secrets.items():
        here = f"{wanted.origin}: secrets.{name}"
        try:
            if reference is not None and (value := _value(name, reference, stored, makers, resolve)) is not None:
                values[name] = value
        except NotThere as error:
            if name in stored:
                warnings.append(f"secrets.{name}: {error} The stored secret is kept.")
            else:
                made = " Or write {generate: true}." if name in makers else ""
                problems.append(f"{here}: {error} Set it: nothing is stored yet.{made}")
        except ConfigurationError as error:
            problems += [f"{here}: {problem}" for problem in error.problems]
    if problems:
        raise ConfigurationError(*problems)
    gone = (name for name, reference in wanted.secrets.items() if reference is None and name in stored)
    changed = {name: value for name, value in values.items() if not _same(stored.get(name), value)}
    changes = [SecretChange(Verb.CHANGE if name in stored else Verb.CREATE, name) for name in changed]
    return Secrets((*changes, *(SecretChange(Verb.DELETE, name) for name in gone)), Hidden(changed), tuple(warnings))


def _value(
    name: str, reference: Reference, stored: Mapping[str, str], makers: Mapping[str, Callable[[], str]], get: Resolver
) -> str | None:
    if reference.source is not Source.GENERATE:
        value = get(reference)
        if len(value) > LARGEST:
            raise ConfigurationError(f"This is longer than {LARGEST} characters.")
        return value
    if name not in makers:
        raise ConfigurationError("This one can't be generated. Give {env: VARIABLE} or {file: /path}.")
    return None if name in stored else makers[name]()


def _variable(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise NotThere(f"The variable {name} isn't set.")
    return value


def _same(one: str | None, other: str) -> bool:
    return one is not None and hmac.compare_digest(one.encode(), other.encode())
