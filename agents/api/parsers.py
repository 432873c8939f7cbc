"""Read bodies: bounded, UTF-8, and nothing that a database can't store. JSON; and forms, where files may come."""

from collections.abc import Iterator, Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.parsers import DataAndFiles, JSONParser, MultiPartParser
from rest_framework.utils import json

from agents.api.errors import TooLarge


class Json(JSONParser):
    """REST framework's own parser reads bodies of any size: Django's limit holds for `request.body` only."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        body = stream.read(settings.WEBHOOK_MAX_BYTES + 1)
        if len(body) > settings.WEBHOOK_MAX_BYTES:
            raise TooLarge
        try:
            data = json.loads(body.decode(), parse_constant=json.strict_constant)
        except RecursionError as error:
            raise ParseError("The JSON is nested too deeply.") from error
        except ValueError as error:
            raise ParseError(f"This isn't JSON: {error}") from error
        if not all(map(_storable, _texts(data))):
            raise ParseError("Texts can't hold the character NUL or half of a surrogate pair.")
        return data


class Form(MultiPartParser):
    """A form with files of `most` bytes together at most. It isn't begun where its length says that it is larger."""

    most = 50_000_000

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> "DataAndFiles[Any, Any]":
        length = str((parser_context or {})["request"].META.get("CONTENT_LENGTH") or "")
        if not length.isdecimal() or int(length) > self.most + settings.WEBHOOK_MAX_BYTES:
            raise TooLarge(f"Give the length of the form: {self.most:,} bytes of files are the most.")
        parsed = super().parse(stream, media_type, parser_context)
        if not all(map(_storable, _texts(dict(parsed.data.lists())))):
            raise ParseError("Texts can't hold the character NUL or half of a surrogate pair.")
        return parsed


def _texts(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        yield from data
        for value in data.values():
            yield from _texts(value)
    elif isinstance(data, list):
        for item in data:
            yield from _texts(item)


def _storable(text: str) -> bool:
    """PostgreSQL takes neither: https://www.postgresql.org/docs/current/datatype-json.html"""
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)
