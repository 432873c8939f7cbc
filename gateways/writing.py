"""Write rows together: within `at_once`, what is made and changed reaches the database at the block's end.

One statement per table instead of one per row is what lets a worker take in twenty messages for the price of three.
Whoever reads back what it may have written in the same block calls `flush` first.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from typing import Any, TypeVar

import orjson
from django.db import (
    DEFAULT_DB_ALIAS,
    InterfaceError,
    OperationalError,
    connection,
    connections,
    models,
    transaction,
)

Columns = tuple["models.Field[Any, Any]", ...]
Row = TypeVar("Row", bound=models.Model)
DATABASE_IS_AWAY = (OperationalError, InterfaceError)  # not a row's fault: whatever was to be written may be again
AS_THEY_ARE = (  # fields whose values JSON has a form for that PostgreSQL reads
    *(models.BigAutoField, models.BooleanField, models.CharField, models.DateTimeField, models.FloatField),
    *(models.ForeignKey, models.IntegerField, models.JSONField, models.OneToOneField, models.PositiveIntegerField),
    *(models.PositiveSmallIntegerField, models.SlugField, models.TextField, models.URLField, models.UUIDField),
)
MOST_ROWS = 200  # in one statement: a database takes so many values and no more


class Pending:
    """What a block has yet to write: new rows in the order made, and changed ones with the names of their fields."""

    def __init__(self) -> None:
        self.new: dict[type[models.Model], list[models.Model]] = {}
        self.changed: dict[tuple[type[models.Model], tuple[str, ...]], dict[int, models.Model]] = {}

    def write(self) -> None:
        """Changed rows first: a new one may need the place that a changed one leaves. Then parents before children."""
        changed, self.changed = self.changed, {}
        new, self.new = self.new, {}
        for (_, fields), rows in changed.items():
            update_all(rows.values(), fields)
        for model in sorted(new, key=_depth):
            insert_all(new[model])


_pending: ContextVar[Pending | None] = ContextVar("pending", default=None)


@contextmanager
def at_once() -> Iterator[None]:
    """Gather what the block writes and write it at its end, in the transaction at hand. An exception drops it."""
    pending = Pending()
    token = _pending.set(pending)
    try:
        with transaction.atomic():
            yield
            pending.write()
    finally:
        _pending.reset(token)


def insert(row: Row) -> Row:
    """A new row, written now or at the block's end; until then it has no id, but may be referred to as an object."""
    if (pending := _pending.get()) is not None:
        pending.new.setdefault(type(row), []).append(row)
    else:
        row.save(force_insert=True)
    return row


def insert_all(rows: Sequence[models.Model]) -> None:
    """The same as bulk_create for rows of one model, which get their ids. The SQL is made only once.

    https://docs.djangoproject.com/en/5.2/ref/models/querysets/#bulk-create
    """
    for first in range(0, len(rows), MOST_ROWS):
        _insert(rows[first : first + MOST_ROWS])


def _insert(rows: Sequence[models.Model]) -> None:
    model = type(rows[0])
    for row in rows:
        row._prepare_related_fields_for_save(operation_name="insert")  # type: ignore[attr-defined]  # as bulk_create
    columns = _columns(model)
    as_json = _fits_json(connection.vendor, columns)
    with connection.cursor() as cursor:
        statement = _insert_statement(model, columns, 0 if as_json else len(rows))
        cursor.execute(statement, [_json(rows, columns, True)] if as_json else _values(rows, columns, True))
        keys = [key for (key,) in cursor.fetchall()]
    for row, key in zip(rows, keys, strict=True):
        row.pk = key
        row._state.adding, row._state.db = False, connection.alias


@lru_cache(maxsize=1000)
def _insert_statement(model: type[models.Model], columns: Columns, count: int) -> str:
    """For so many rows; for any number of them, as JSON, where the count is 0."""
    table, key = model._meta.db_table, model._meta.pk.column
    names = ", ".join(f'"{field.column}"' for field in columns)
    row = "(" + ", ".join(["%s"] * len(columns)) + ")"
    given = f"VALUES {', '.join([row] * count)}" if count else f"SELECT {names} FROM {_RECORDS.format(table)}"  # noqa: S608 - names of ours
    return f'INSERT INTO "{table}" ({names}) {given} RETURNING "{key}"'


def update(row: models.Model, fields: Iterable[str]) -> None:
    """These fields of a row that the database has, written now or at the block's end."""
    if (pending := _pending.get()) is not None:
        pending.changed.setdefault((type(row), tuple(fields)), {})[row.pk] = row
    else:
        row.save(update_fields=list(fields))


def unwritten(model: type[Row]) -> list[Row]:
    """The model's new rows that the block has yet to write, in the order made."""
    pending = _pending.get()
    return [row for row in pending.new.get(model, ()) if isinstance(row, model)] if pending else []


def flush() -> None:
    """Write what has been gathered so far, for somebody who is about to read it."""
    if (pending := _pending.get()) is not None:
        pending.write()


def update_all(rows: Iterable[models.Model], fields: tuple[str, ...]) -> None:
    """These fields of all the rows, each with its own values, in one plain statement.

    Django's bulk_update has an expression for each row and field, which costs more than the database does with it.
    """
    rows = list(rows)
    if not rows:
        return
    model = type(rows[0])
    columns = (model._meta.pk, *_fields(model, fields))
    as_json = _fits_json(connection.vendor, columns)
    with connection.cursor() as cursor:
        statement = _update_statement(model, columns, 0 if as_json else len(rows))
        cursor.execute(statement, [_json(rows, columns, False)] if as_json else _values(rows, columns, False))


@lru_cache(maxsize=1000)
def _update_statement(model: type[models.Model], columns: Columns, count: int) -> str:
    """The same. The first of the columns is the key."""
    table, key = model._meta.db_table, model._meta.pk.column
    names = ", ".join(f'"{field.column}"' for field in columns)
    changes = ", ".join(f'"{field.column}" = new."{field.column}"' for field in columns[1:])
    row = "(" + ", ".join(["%s"] * len(columns)) + ")"
    given = f"VALUES {', '.join([row] * count)}" if count else f"SELECT {names} FROM {_RECORDS.format(table)}"  # noqa: S608 - names of ours
    return (
        f"WITH new({names}) AS ({given}) "  # noqa: S608 - names of ours
        f'UPDATE "{table}" SET {changes} FROM new WHERE "{table}"."{key}" = new."{key}"'
    )


# --- Values -----------------------------------------------------------------------------------------------------------
# SQLite takes any number of bare values. PostgreSQL would take them for texts, and psycopg reads a statement again for
# each number of placeholders; so there all rows are one value, and the table itself says what the types are.
# https://www.postgresql.org/docs/15/functions-json.html#FUNCTIONS-JSON-PROCESSING-TABLE

_RECORDS = 'json_populate_recordset(NULL::"{}", %s::json)'


@lru_cache(maxsize=1000)
def _fits_json(vendor: str, columns: Columns) -> bool:
    """Fields of our own may have a form for the database that they alone know: secrets are encrypted in it."""
    known = (type(field).__module__.startswith("django.") for field in columns)
    return vendor == "postgresql" and all(known) and not any(isinstance(field, models.BinaryField) for field in columns)


def _json(rows: Iterable[models.Model], columns: Columns, add: bool) -> str:
    records = [_record(row, columns, add) for row in rows]
    try:
        return orjson.dumps(records, default=str).decode()
    except TypeError:  # it takes no number of more than 64 bits, and only texts for keys
        return json.dumps(records, default=str, ensure_ascii=False)


def _record(row: models.Model, columns: Columns, add: bool) -> dict[str, Any]:
    """A row as JSON will have it: moments, UUIDs and choices are written by that."""
    as_they_are, prepared = _split(columns)
    values = row.__dict__
    try:
        record = {column: values[name] for column, name in as_they_are}
    except KeyError:  # one that has yet to be read
        record = {column: getattr(row, name) for column, name in as_they_are}
    for field in prepared:
        record[str(field.column)] = field.get_prep_value(field.pre_save(row, add))
    return record


@lru_cache(maxsize=1000)
def _split(columns: Columns) -> tuple[tuple[tuple[str, str], ...], Columns]:
    """Those that are written as the row has them, by column and attribute, and those whose fields have a say in it."""
    plain = [field for field in columns if type(field) in AS_THEY_ARE and not getattr(field, "auto_now", False)]
    plain = [field for field in plain if not getattr(field, "auto_now_add", False)]
    return tuple((str(field.column), field.attname) for field in plain), tuple(f for f in columns if f not in plain)


def _values(rows: Iterable[models.Model], columns: Columns, add: bool) -> list[Any]:
    own = connections[DEFAULT_DB_ALIAS]  # `connection` looks for it again with each use
    return [field.get_db_prep_save(field.pre_save(row, add), own) for row in rows for field in columns]


@cache
def _columns(model: type[models.Model]) -> Columns:
    """All but a key that the database makes."""
    return tuple(field for field in model._meta.concrete_fields if not isinstance(field, models.AutoField))


@cache
def _fields(model: type[models.Model], names: tuple[str, ...]) -> Columns:
    return tuple(next(field for field in model._meta.concrete_fields if field.name == name) for name in names)


@cache
def _depth(model: type[models.Model]) -> int:
    """How many tables have to be there before this one."""
    parents = {field.related_model for field in model._meta.concrete_fields if field.is_relation} - {model, None}
    return 1 + max((_depth(parent) for parent in parents if isinstance(parent, type)), default=0)
