"""Write rows together: within `at_once`, what is made and changed reaches the database at the block's end.

One statement per table instead of one per row is what lets a worker take in twenty messages for the price of three.
Whoever reads back what it may have written in the same block calls `flush` first.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from typing import Any, TypeVar

from django.db import connection, models, transaction

Row = TypeVar("Row", bound=models.Model)


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
            model._default_manager.bulk_create(new[model])


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


def insert_now(row: models.Model) -> None:
    """The same as saving a new row, for the one place where each request pays for it: its SQL is made only once."""
    statement, columns = _insert_statement(type(row))
    values = [field.get_db_prep_save(field.pre_save(row, True), connection) for field in columns]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row.pk = cursor.fetchone()[0]
    row._state.adding, row._state.db = False, connection.alias


@cache
def _insert_statement(model: type[models.Model]) -> tuple[str, list["models.Field[Any, Any]"]]:
    columns = [field for field in model._meta.concrete_fields if not field.primary_key]
    names, places = ", ".join(f'"{field.column}"' for field in columns), ", ".join(["%s"] * len(columns))
    table, key = model._meta.db_table, model._meta.pk.column
    return f'INSERT INTO "{table}" ({names}) VALUES ({places}) RETURNING "{key}"', columns  # noqa: S608 - names of ours


def update(row: models.Model, fields: Iterable[str]) -> None:
    """These fields of a row that the database has, written now or at the block's end."""
    if (pending := _pending.get()) is not None:
        pending.changed.setdefault((type(row), tuple(fields)), {})[row.pk] = row
    else:
        row.save(update_fields=list(fields))


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
    columns = _fields(model, fields)
    values = [
        value
        for row in rows
        for value in (row.pk, *(field.get_db_prep_save(field.pre_save(row, False), connection) for field in columns))
    ]
    with connection.cursor() as cursor:
        cursor.execute(_update_statement(connection.vendor, model, fields, len(rows)), values)


@lru_cache(maxsize=1000)
def _update_statement(vendor: str, model: type[models.Model], fields: tuple[str, ...], count: int) -> str:
    table, key = model._meta.db_table, model._meta.pk
    columns = _fields(model, fields)
    quoted = ", ".join(f'"{field.column}"' for field in columns)
    changes = ", ".join(f'"{field.column}" = {_typed(vendor, field)}' for field in columns)
    row = "(" + ", ".join(["%s"] * (len(columns) + 1)) + ")"
    return (
        f'WITH new("{key.column}", {quoted}) AS (VALUES {", ".join([row] * count)}) '  # noqa: S608 - names of ours
        f'UPDATE "{table}" SET {changes} FROM new WHERE "{table}"."{key.column}" = {_typed(vendor, key)}'
    )


@cache
def _fields(model: type[models.Model], names: tuple[str, ...]) -> list["models.Field[Any, Any]"]:
    return [next(field for field in model._meta.concrete_fields if field.name == name) for name in names]


def _typed(vendor: str, field: "models.Field[Any, Any]") -> str:
    """PostgreSQL takes a bare value in VALUES for a text; SQLite needs no telling and would convert dates."""
    name = f'new."{field.column}"'
    return f"CAST({name} AS {field.db_type(connection)})" if vendor == "postgresql" else name


@cache
def _depth(model: type[models.Model]) -> int:
    """How many tables have to be there before this one."""
    parents = {field.related_model for field in model._meta.concrete_fields if field.is_relation} - {model, None}
    return 1 + max((_depth(parent) for parent in parents if isinstance(parent, type)), default=0)
