"""Make a document of plain values, and say of everything that won't do where it is and what to write instead."""

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError

from gateways.api.options import NAME, SECRET_NAME
from handover.configuration import plain, shape, text
from handover.configuration.shape import Shape
from handover.configuration.values import ConfigurationError, Document, Reference, Row, Source

Problems = list[str]


def read(source: str, origin: str) -> tuple[Document, ...]:
    """The documents in a YAML text. Raises ConfigurationError with all that is wrong in them."""
    documents, problems = list[Document](), Problems()
    for values in text.load(source, origin):
        try:
            documents.append(document(values, origin))
        except ConfigurationError as error:
            problems += error.problems
    if problems:
        raise ConfigurationError(*problems)
    return tuple(documents)


def read_file(path: Path) -> tuple[Document, ...]:
    try:
        return read(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeError) as error:
        raise ConfigurationError(f"{path}: can't be read ({getattr(error, 'strerror', None) or error}).") from error


def document(values: Mapping[str, Any], origin: str) -> Document:
    """One document. Raises ConfigurationError."""
    kind = str(values.get("kind"))
    if kind not in shape.ROOTS:
        raise ConfigurationError(f"{origin}: kind: Give one of: {', '.join(shape.ROOTS)}.")
    problems = Problems()
    rest = {name: value for name, value in values.items() if name not in ("kind", "secrets")}
    lists = {each.name: each for each in shape.lists(kind)}
    stated = {name: each for name, each in lists.items() if name in rest}
    here = f"{origin}: {kind} “{values.get('name', '')}”"
    found = Document(
        kind=kind,
        columns=_row(
            {name: value for name, value in rest.items() if name not in lists},
            shape.root(kind), here, problems, also=[*lists, "kind", *(["secrets"] if kind == "gateway" else [])],
        ),
        lists={name: _rows(rest[name], each, f"{here}: {name}", problems) for name, each in stated.items()},
        secrets=_secrets(values.get("secrets", {}), kind, here, problems),
        origin=here,
    )  # fmt: skip
    if not problems and not found.name:
        problems.append(f"{here}: name: Give the name; it is what it is recognised by.")
    if problems:
        raise ConfigurationError(*problems)
    return found


def _rows(given: Any, each: Shape, here: str, problems: Problems) -> tuple[Row, ...]:
    if each.single:
        given = [] if given is None else [given]
    if not isinstance(given, list):
        problems.append(f"{here}: Give a list, [] for none.")
        return ()
    places = [here if each.single else f"{here}[{number}]" for number in range(1, len(given) + 1)]
    found = tuple(_row(row, each, place, problems) for row, place in zip(given, places, strict=True))
    _refuse_twins(found, each, here, problems)
    return found


def _row(given: Any, each: Shape, here: str, problems: Problems, also: Iterable[str] = ()) -> Row:
    if not isinstance(given, dict):
        problems.append(f"{here}: Give names and values, like “{each.columns[0].name}: …”.")
        return {}
    found: dict[str, Any] = {}
    for name, value in given.items():
        column = each.column(str(name))
        if column is None:
            problems.append(f"{here}: {unknown(str(name), [*(known.name for known in each.columns), *also])}")
            continue
        try:
            found[name] = plain.checked(column, value)
        except ValidationError as error:
            problems += [f"{here}: {name}: {sentence}" for sentence in error.messages]
    if not each.parent:
        return found
    whole = {**_defaults(each, given), **found}
    names = [column.name for column in each.columns]
    problems += [f"{here}: {name}: This is needed." for name in names if name not in whole and name not in given]
    return {name: whole[name] for name in names if name in whole}


def _defaults(each: Shape, given: Row) -> Row:
    """What a row of a list has where the file is silent: such a row is the whole of it."""
    return {
        column.name: [] if column.many_to_many else plain.of_value(column.get_default())
        for column in each.columns
        if column.name not in given and (column.many_to_many or column.has_default() or column.null or column.blank)
    }


def unknown(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, known, 1, 0.7)
    if near:
        return f"“{name}” isn't known here. Did you mean “{near[0]}”?"
    return f"“{name}” isn't known here. Known: {', '.join(known)}."


def _refuse_twins(rows: tuple[Row, ...], each: Shape, here: str, problems: Problems) -> None:
    keys = [tuple(str(row.get(name)) for name in each.key) for row in rows] if each.key else []
    for key in dict.fromkeys(key for key in keys if keys.count(key) > 1):
        problems.append(f"{here}: {', '.join(key)} stands here twice. Remove one of them.")


def _secrets(given: Any, kind: str, here: str, problems: Problems) -> dict[str, Reference | None]:
    if kind != "gateway" and given:
        problems.append(f"{here}: secrets: Only gateways have secrets.")
    if not isinstance(given, dict):
        problems.append(f"{here}: secrets: Give names, each with {{env: VARIABLE}} or {{file: /path}}.")
        return {}
    found = dict[str, Reference | None]()
    for name, value in given.items():
        try:
            found[name] = None if value is None else reference(value)
        except ValueError as error:
            problems.append(f"{here}: secrets.{name}: {error}")  # never the value: it may be the secret itself
        if not SECRET_NAME.fullmatch(str(name)):
            problems.append(f"{here}: secrets.{name}: {NAME}")
    return found


_FORMS: Mapping[Source, Callable[[Any], bool]] = {
    Source.ENV: lambda place: isinstance(place, str) and place.isidentifier() and place.isascii(),
    Source.FILE: lambda place: isinstance(place, str) and bool(place),
    Source.GENERATE: lambda place: place is True,
}


def reference(value: Any) -> Reference:
    """Raises ValueError with what to write instead."""
    if isinstance(value, dict) and len(value) == 1:
        ((source, place),) = value.items()
        if source in tuple(Source) and _FORMS[Source(source)](place):
            return Reference(Source(source), "" if place is True else place)
    raise ValueError("Give {env: VARIABLE}, {file: /path} or {generate: true}; the value never stands in a file.")
