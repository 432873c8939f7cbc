"""Read a gateway or an agent into a document."""

import re
from collections.abc import Iterable
from typing import Any

from django.db import models

from agents.models import Agent
from gateways.models import Destination, Gateway
from handover.configuration import plain, shape
from handover.configuration.shape import Shape
from handover.configuration.values import Document, Reference, Row, Source

PREFIX = "AISSIST_SECRET_"  # of the variables that exported references name, and the only ones that the web may read


def describe(root: Agent | Gateway) -> Document:
    """Everything that an operator can set, with references in place of secrets."""
    kind = "gateway" if isinstance(root, Gateway) else "agent"
    return Document(
        kind=kind,
        columns=row_of(root, shape.root(kind)),
        lists={each.name: tuple(row_of(row, each) for row in rows(root, each)) for each in shape.lists(kind)},
        secrets=_secrets(root) if isinstance(root, Gateway) else {},
    )


def shown(document: Document) -> Document:
    """The document without the places of the platform that it doesn't use: there may be thousands of them."""
    used = [value for row in _referring(document) for value in row.values()]
    kept = {
        name: tuple(row for row in rows if name != "destinations" or _is_kept(row, used))
        for name, rows in document.lists.items()
    }
    return Document(document.kind, document.columns, kept, document.secrets, document.origin)


def rows(root: models.Model, each: Shape) -> list[models.Model]:
    """The rows of one list, in an order that doesn't depend on the database."""
    links = [column.name for column in each.columns if column.is_relation and not column.many_to_many]
    only = {each.parent: root, **shape.ONLY.get(each.model._meta.label, {})}
    found: Iterable[Any] = each.model._default_manager.filter(**only).select_related(*links)
    order = each.key or tuple(name for name in ("position",) if each.column(name))
    return sorted(found, key=lambda row: (*(_sortable(row, each, name) for name in order), row.pk))


def row_of(row: models.Model, each: Shape) -> Row:
    found = {column.name: plain.of_row(row, column) for column in each.columns}
    many = {column.name for column in each.columns if column.many_to_many}
    return {name: sorted(value, key=str) if name in many else value for name, value in found.items()}


def variable(root: str, secret: str) -> str:
    """The variable that an exported reference names: AISSIST_SECRET_SHOP_CHAT_VISITOR_KEY."""
    return PREFIX + re.sub(r"[^A-Z0-9]+", "_", f"{root} {secret}".upper()).strip("_")


def _secrets(gateway: Gateway) -> dict[str, Reference | None]:
    given = gateway.secrets.filter(issued=False)  # tokens that the platform issued are of no use elsewhere
    names = given.order_by("name").values_list("name", flat=True)  # the values aren't even read
    return {name: Reference(Source.ENV, variable(gateway.name, name)) for name in names}


def _sortable(row: models.Model, each: Shape, name: str) -> tuple[bool, Any]:
    column = each.column(name)
    value = plain.of_row(row, column) if column else getattr(row, name)
    return (isinstance(value, int), value if isinstance(value, int) else str(value))


def _referring(document: Document) -> Iterable[Row]:
    yield document.columns
    for name, found in document.lists.items():
        if name != "destinations":
            yield from found


def _is_kept(row: Row, used: list[Any]) -> bool:
    return row["kind"] == Destination.PEOPLE or {name: row[name] for name in ("kind", "external_id")} in used
