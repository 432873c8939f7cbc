"""What a configuration is made of, read off the models: a column that an operator can edit belongs to it.

So a new column of a gateway, a rule or a template needs nothing here. A new model that points at a root has to be put
into `LISTS` or `NOT_CONFIGURATION`, and a test says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.db import models

from agents.secrets import SecretTextField

# By the kind of document: its root, and the models whose rows belong to it, in the order in which they are written.
ROOTS: Mapping[str, str] = {"agent": "agents.Agent", "gateway": "gateways.Gateway"}
LISTS: Mapping[str, tuple[str, ...]] = {
    "agent": ("agents.Article", "agents.SubAgent"),
    "gateway": (
        "gateways.Destination",
        "gateways.ManagingPoint",
        "gateways.Hours",
        "handover.HandoverSettings",
        "handover.EscalationTarget",
        "handover.HandoverRule",
        "handover.Promotion",
        "conversations.MessageTemplate",
    ),
}
SECRETS = "gateways.Secret"  # under `secrets`, by reference
ONLY: Mapping[str, Mapping[str, Any]] = {"agents.Article": {"imported": None}}  # the others are a source's
CATALOGUE = ("gateways.Destination",)  # conversations are in them: rows are made and renamed, never deleted

# Models that point at a root and are no configuration, with the reason. Those of branches to come do no harm.
NOT_CONFIGURATION: Mapping[str, str] = {
    "agents.Action": "has secrets of its own; is set up in admin",
    "agents.ApiKey": "a key is made where it is used",
    "agents.Avatar": "a picture, not text",
    "agents.ChunkVector": "computed",
    "agents.EngineSetting": "has a secret in its row; is set up in admin",
    "agents.Instruction": "said by people at work, and listed with who and when",
    "agents.Rephrasing": "made by the engine",
    "agents.Source": "has a state of its own; is set up in admin",
    "contacts.Identity": "people",
    "conversations.ActionRequest": "happened",
    "conversations.Attachment": "happened",
    "conversations.Conversation": "happened",
    "conversations.Delivery": "happened",
    "conversations.Draft": "happened",
    "conversations.Offer": "happened",
    "conversations.Timer": "happens later",
    "conversations.Turn": "happened",
    "gateways.Authorization": "given by the platform, not by a file",
    "gateways.AuthorizationRequest": "under way",
    "gateways.Bucket": "state",
    "gateways.Cursor": "state",
    "gateways.Exchange": "happened",
    "gateways.Gateway": "a document of its own",
    "gateways.InboundEvent": "happened",
    "gateways.Receipt": "happened",
    "gateways.Teammate": "read from the platform",
    "handover.Notice": "happened",
    "handover.Relay": "happened",
    "handover.Relayed": "happened",
}

# Columns that an operator could edit and that still aren't configuration, with the reason.
LEFT_OUT: Mapping[str, str] = {
    "agents.SubAgent.actions": "actions aren't part of the document, see above",
    "gateways.Destination.gone": "read from the platform",
    "gateways.Destination.refreshed_at": "read from the platform",
    "handover.Promotion.by": "who did it, not what holds",
}

# How a row is named in a document. Ids differ from one database to the next.
NATURAL: Mapping[str, tuple[str, ...]] = {
    "agents.Agent": ("name",),
    "agents.Article": ("title",),
    "agents.SubAgent": ("slug",),
    "auth.User": ("username",),
    "gateways.Destination": ("kind", "external_id"),
    "gateways.Gateway": ("name",),
}

Column = models.Field[Any, Any] | models.ManyToManyField[Any, Any]


@dataclass(frozen=True, slots=True)
class Shape:
    """The columns of one model in a document.

    `parent` is its column that points at the root, "" for the root itself. Rows of the same `key` are the same row;
    without one, the row as a whole is what it is. A `single` one is there once or not at all.
    """

    model: type[models.Model]
    name: str
    parent: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    single: bool = False
    catalogue: bool = False

    def column(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)


def root(kind: str) -> Shape:
    model = apps.get_model(ROOTS[kind])
    return Shape(model, kind, "", columns(model, ""), ("name",))


@cache
def lists(kind: str) -> tuple[Shape, ...]:
    """The lists of a document of this kind, those whose models are installed."""
    parent = apps.get_model(ROOTS[kind])
    found = (related for related in pointing(parent) if related.related_model._meta.label in LISTS[kind])
    return tuple(sorted(map(_list, found), key=lambda shape: LISTS[kind].index(shape.model._meta.label)))


def pointing(parent: type[models.Model]) -> tuple[Any, ...]:
    """Every foreign key to this model, as Django's relation seen from it, those without a name too."""
    fields: tuple[Any, ...] = tuple(parent._meta.get_fields(include_hidden=True))
    return tuple(each for each in fields if each.auto_created and not each.concrete and not each.many_to_many)


def columns(model: type[models.Model], parent: str) -> tuple[Column, ...]:
    all_of_it: tuple[Column, ...] = (*model._meta.concrete_fields, *model._meta.many_to_many)
    return tuple(column for column in all_of_it if column.name != parent and _belongs(column))


def _belongs(column: Column) -> bool:
    if column.primary_key or not column.editable or isinstance(column, SecretTextField):
        return False
    return f"{column.model._meta.label}.{column.name}" not in LEFT_OUT


def _list(related: Any) -> Shape:
    model, parent = related.related_model, related.field.name
    return Shape(
        model=model,
        name=related.get_accessor_name(),
        parent=parent,
        columns=columns(model, parent),
        key=_key(model, parent),
        single=related.one_to_one,
        catalogue=model._meta.label in CATALOGUE,
    )


def _key(model: type[models.Model], parent: str) -> tuple[str, ...]:
    """What can be there once below its parent: as a constraint says, or a column that is unique by itself."""
    for constraint in model._meta.constraints:
        names = getattr(constraint, "fields", ())
        if parent in names and not getattr(constraint, "condition", None):
            return tuple(name for name in names if name != parent)
    own = (column.name for column in model._meta.concrete_fields if column.unique and not column.primary_key)
    return tuple(name for name in own if name != parent)[:1]


def target(column: Column) -> type[models.Model] | None:
    """The model that a column refers to, None for a plain value."""
    return column.related_model if column.is_relation else None


def natural(model: type[models.Model]) -> tuple[str, ...]:
    """The columns that name a row of `model`. Raises KeyError for one that has no name yet: put it into NATURAL."""
    return NATURAL[model._meta.label]
