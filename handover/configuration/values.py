"""The values of a configuration: a document as it is or as it is wanted, and what lies between the two."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Row = Mapping[str, Any]  # by column: texts, numbers, lists and mappings, and references by natural key


class ConfigurationError(Exception):
    """A configuration can't be read or applied. Each problem names its place and says what to do."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Source(StrEnum):
    ENV = "env"
    FILE = "file"
    GENERATE = "generate"


@dataclass(frozen=True, slots=True)
class Reference:
    """Where the value of a secret is found. `place` is a variable's name, or a file's path."""

    source: Source
    place: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """One gateway or agent. What isn't named in it is left as it is.

    `lists` has the whole of each list that it names. `secrets` maps a name to where its value is; None removes it.
    """

    kind: str
    columns: Row
    lists: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)
    secrets: Mapping[str, Reference | None] = field(default_factory=dict)
    origin: str = ""  # the file that it was read from, for errors

    @property
    def name(self) -> str:
        return str(self.columns.get("name", ""))


class Verb(StrEnum):
    CREATE = "create"
    CHANGE = "change"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Difference:
    """One column: what it is and what it will be. `was` is None in a row that is made."""

    name: str
    was: Any
    now: Any


@dataclass(frozen=True, slots=True)
class Change:
    """One row to write. `where` is a list's name, "" for the root.

    `at` is the row's index in the current list, None for a new one.
    """

    verb: Verb
    where: str
    title: str
    differences: tuple[Difference, ...] = ()
    at: int | None = None


@dataclass(frozen=True, slots=True)
class SecretChange:
    """A secret that will be made, changed or removed. It knows no value."""

    verb: Verb
    name: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What applying one document did, or would do."""

    document: Document
    changes: tuple[Change, ...]
    secrets: tuple[SecretChange, ...]
    warnings: tuple[str, ...]

    @property
    def is_change(self) -> bool:
        return bool(self.changes or self.secrets)
