"""Lists: pages by cursor, which neither skip nor repeat while rows are added, and filters that know their names."""

from typing import Any

from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request


class Newest(CursorPagination):
    """Newest first. Ids are unique and never change, so that the place of a row in the list doesn't either."""

    ordering = "-id"
    page_size = 50
    max_page_size = 200
    page_size_query_param = "limit"
    page_size_query_description = "How many to return at once, 1 to 200. 50 if not given."
    cursor_query_description = "Where to go on. Follow `next` and `previous` rather than making one."

    def get_page_size(self, request: Request) -> int:
        given = request.query_params.get("limit", str(self.page_size))
        if not (given.isascii() and given.isdecimal() and len(given) < 4 and 1 <= int(given) <= self.max_page_size):
            raise ValidationError({"limit": f"Give a whole number from 1 to {self.max_page_size}."})
        return int(given)

    def decode_cursor(self, request: Request) -> Cursor | None:
        try:
            cursor = super().decode_cursor(request)
            if cursor and cursor.position is not None:
                int(cursor.position)
        except Exception as error:  # a cursor is made by us: whatever is wrong with it, the answer is the same
            raise ValidationError({"cursor": "This cursor wasn't made here. Start again without it."}) from error
        return cursor

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }


class Oldest(Newest):
    """Oldest first."""

    ordering = "id"


class InOrder(Newest):
    """The messages of one conversation, in their order."""

    ordering = "seq"


class Filters(DjangoFilterBackend):  # type: ignore[misc]  # the library is untyped
    """Refuses parameters that are no filter: ignoring a typo would return what wasn't asked for."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        filterset = self.get_filterset_class(view, queryset)
        known = {"limit", "cursor", *(filterset.base_filters if filterset else ())}
        if unknown := [name for name in request.query_params if name not in known]:
            detail = f"There is no such parameter. Known are: {', '.join(sorted(known))}."
            raise ValidationError(dict.fromkeys(unknown, detail), code="unknown")
        narrowed: QuerySet[Any] = super().filter_queryset(request, queryset, view)
        return narrowed
