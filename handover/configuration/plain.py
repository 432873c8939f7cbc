"""A column's value as a document shows it, and back: checked as a form would."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.timezone import is_naive

from handover.configuration.shape import Column, natural, target

NUMBERS = (models.FloatField, models.IntegerField, models.DecimalField)
TEXTS = (models.CharField, models.TextField, models.DateField, models.TimeField, models.DurationField)


def of_row(row: models.Model, column: Column) -> Any:
    """The value of `column` in `row`, out of texts, numbers, lists and mappings."""
    if column.many_to_many:
        return [reference(each) for each in getattr(row, column.name).all()]
    value = getattr(row, column.name)
    return reference(value) if isinstance(value, models.Model) else of_value(value)


def reference(row: models.Model) -> Any:
    """A row by its natural key: one value, or where the key has several columns, a mapping."""
    names = natural(type(row))
    return getattr(row, names[0]) if len(names) == 1 else {name: getattr(row, name) for name in names}


def of_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return (value.replace(tzinfo=UTC) if is_naive(value) else value.astimezone(UTC)).isoformat()
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, Enum):  # a choice that was set by its name in code
        return value.value
    if isinstance(value, Decimal):
        return str(value)
    return value


def checked(column: Column, value: Any) -> Any:
    """The value in the form that `of_row` gives. Raises ValidationError with what to write instead."""
    if column.many_to_many:
        if not isinstance(value, list):
            raise ValidationError("Give a list.")
        return sorted((_reference(column, each) for each in value), key=str)
    if column.is_relation:
        return None if value is None and column.null else _reference(column, value)
    _check_type(column, value)
    clean = column.clean(value, None)
    if isinstance(clean, datetime) and is_naive(clean):
        raise ValidationError("Give the time zone with it, like 2027-01-31T18:00:00+00:00.")
    return of_value(clean)


def _check_type(column: Column, value: Any) -> None:
    """Columns make a text of anything, and then a row would never be as the file says."""
    if value is None:
        return  # `clean` knows whether that may be
    if isinstance(column, TEXTS) and not isinstance(value, str):
        raise ValidationError("Give a text. Put it in quotes.")
    if isinstance(column, NUMBERS) and (isinstance(value, bool) or not isinstance(value, (int, float))):
        raise ValidationError("Give a number, without quotes.")
    if isinstance(column, models.BooleanField) and not isinstance(value, bool):
        raise ValidationError("Give true or false.")


def _reference(column: Column, value: Any) -> Any:
    model = target(column)
    assert model is not None  # noqa: S101  # the caller asked
    names = natural(model)
    if len(names) == 1:
        if not isinstance(value, str) or not value:
            raise ValidationError(f"Give the {names[0]} of the {model._meta.verbose_name}.")
        return value
    if not isinstance(value, dict) or set(value) != set(names) or not all(isinstance(v, str) for v in value.values()):
        raise ValidationError(f"Give {' and '.join(names)} of the {model._meta.verbose_name}, each a text.")
    return {name: value[name] for name in names}
