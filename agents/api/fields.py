"""Serializers that name every field they don't take, and write only what was sent."""

from collections.abc import Mapping
from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import Model
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from agents.api.errors import Conflict

M = TypeVar("M", bound=Model)


class Strict(serializers.Serializer[Any]):
    """Refuses fields that are unknown or can't be set. A typo that is ignored would look like success."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping) and (problems := self._problems(data)):
            raise serializers.ValidationError(problems)
        return super().to_internal_value(data)

    def _problems(self, data: Mapping[str, Any]) -> dict[str, list[ErrorDetail]]:
        unknown = [name for name in data if name not in self.fields]
        fixed = [name for name in data if name in self.fields and self.fields[name].read_only]
        return {
            **{name: [ErrorDetail("There is no such field.", "unknown")] for name in unknown},
            **{name: [ErrorDetail("This can't be changed.", "read_only")] for name in fixed},
        }


class StrictModel(Strict, serializers.ModelSerializer[M]):
    """Saves all or nothing, and only the columns that were sent: what a worker writes meanwhile isn't overwritten."""

    def save(self, **kwargs: Any) -> Any:
        try:
            with transaction.atomic():
                return super().save(**kwargs)
        except IntegrityError as error:
            raise Conflict(
                "Somebody saved another one of this name at the same moment. Choose another name."
            ) from error

    def update(self, instance: M, validated_data: dict[str, Any]) -> M:
        for name, value in validated_data.items():
            setattr(instance, name, value)
        if validated_data:
            stamp = ["updated_at"] if hasattr(instance, "updated_at") else []
            instance.save(update_fields=[*validated_data, *stamp])
        return instance
