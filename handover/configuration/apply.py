"""Make things be as documents say, all of them or none."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction

from agents.models import Agent
from gateways import config
from gateways.errors import ConfigError
from gateways.models import Destination, Gateway
from gateways.registry import ADAPTERS, adapter
from handover.configuration import describe, resolve, shape
from handover.configuration.plan import plan
from handover.configuration.resolve import Resolver
from handover.configuration.shape import Column, Shape
from handover.configuration.values import Change, ConfigurationError, Document, Outcome, Row, Verb
from handover.configuration.warn import warnings

Root = Agent | Gateway
ORDER = tuple(shape.ROOTS)  # agents before the gateways that they run


def apply(
    documents: Iterable[Document], resolver: Resolver, *, dry_run: bool = False, target: Root | None = None
) -> tuple[Outcome, ...]:
    """Apply all documents in one transaction, each to what has its name, or the only one of them to `target`.

    A dry run does the same and takes it back, so that it finds whatever would go wrong. Where nothing is to be changed
    nothing is written. Raises ConfigurationError.
    """
    with transaction.atomic():
        outcomes = tuple(_apply(each, resolver, target) for each in sorted(documents, key=_rank))
        if dry_run:
            transaction.set_rollback(True)
    return outcomes


def _rank(document: Document) -> int:
    return ORDER.index(document.kind)


def _apply(wanted: Document, resolver: Resolver, target: Root | None) -> Outcome:
    root = target or find(wanted)
    if root is not None:  # nobody else writes it between the plan and the change
        root = type(root)._default_manager.select_for_update(of=("self",)).get(pk=root.pk)
    current = describe.describe(root) if root else None
    _refuse_move(current, wanted)
    lists = shape.lists(wanted.kind)
    full = complete(current, wanted)
    keys = {each.name: each.key for each in lists}
    changes = plan(current, full, keys, frozenset(each.name for each in lists if each.catalogue))
    try:
        secrets = _secrets(root, wanted, resolver)
        root = _Writing(wanted, root).write(changes)
        if isinstance(root, Gateway):
            _write_secrets(root, secrets)
        if changes or secrets.changes:
            _check(root, wanted)
    except IntegrityError as error:
        raise ConfigurationError(f"{wanted.origin}: Two things have the same name, or refer to nothing.") from error
    told = warnings(root) if isinstance(root, Gateway) else ()
    return Outcome(wanted, changes, secrets.changes, (*secrets.warnings, *told))


def find(document: Document) -> Any:
    """The gateway or agent of the document's name, None if there is none yet."""
    return shape.root(document.kind).model._default_manager.filter(name=document.name).first()


def complete(current: Document | None, wanted: Document) -> Document:
    """With the destinations that rules and points refer to and that neither the file nor the database has."""
    if wanted.kind != "gateway":
        return wanted
    named = wanted.lists.get("destinations", ())
    known = [_place(row) for row in (*named, *(current.lists["destinations"] if current else ()))]
    used = [
        row[column.name]
        for each in shape.lists(wanted.kind)
        for column in each.columns
        if shape.target(column) is Destination
        for row in wanted.lists.get(each.name, ())
        if row.get(column.name) is not None
    ]
    new = [place for number, place in enumerate(used) if place not in known and place not in used[:number]]
    made = tuple({**place, "name": place["external_id"]} for place in new)
    if not named and not made:
        return wanted
    lists = {**wanted.lists, "destinations": (*named, *made)}
    return Document(wanted.kind, wanted.columns, lists, wanted.secrets, wanted.origin)


def _place(row: Row) -> Row:
    return {name: row[name] for name in shape.natural(Destination)}


def _refuse_move(current: Document | None, wanted: Document) -> None:
    if wanted.kind != "gateway":
        return
    platform = wanted.columns.get("platform")
    if current is None and platform not in ADAPTERS:
        raise ConfigurationError(f"{wanted.origin}: platform: Give one of: {', '.join(sorted(ADAPTERS))}.")
    if current and platform not in (None, current.columns["platform"]):
        raise ConfigurationError(
            f"{wanted.origin}: platform: This gateway is one of {current.columns['platform']}, and that can't be "
            "changed. Give the new one another name."
        )


def _secrets(root: Root | None, wanted: Document, resolver: Resolver) -> resolve.Secrets:
    if wanted.kind != "gateway" or not wanted.secrets:
        return resolve.Secrets((), resolve.Hidden(), ())
    stored = {each.name: each.value for each in root.secrets.all()} if isinstance(root, Gateway) else {}
    platform = root.platform if isinstance(root, Gateway) else wanted.columns["platform"]
    makers = config.makers(ADAPTERS[platform].Config) if platform in ADAPTERS else {}
    return resolve.secrets(wanted, stored, makers, resolver)


def _write_secrets(gateway: Gateway, secrets: resolve.Secrets) -> None:
    for change in secrets.changes:
        if change.verb is Verb.DELETE:
            gateway.secrets.filter(name=change.name).delete()
        else:
            found = {"value": secrets.values[change.name], "issued": False}
            gateway.secrets.update_or_create(name=change.name, defaults=found)


class _Writing:
    """Carries out the changes of one document."""

    def __init__(self, wanted: Document, root: Root | None) -> None:
        self.wanted = wanted
        self.root = root
        self.lists = {each.name: each for each in shape.lists(wanted.kind)}
        self.rows = {name: describe.rows(root, each) for name, each in self.lists.items()} if root else {}

    def write(self, changes: Iterable[Change]) -> Root:
        for change in changes:
            self._write(change)
        assert self.root is not None  # noqa: S101  # a plan makes what isn't there
        return self.root

    def _write(self, change: Change) -> None:
        each = self.lists[change.where] if change.where else shape.root(self.wanted.kind)
        row = self._row(change, each)
        if change.verb is Verb.DELETE:
            row.delete()
            return
        many = dict[str, list[Any]]()
        for difference in change.differences:
            column = each.column(difference.name)
            assert column is not None  # noqa: S101  # the document was read by the same shape
            value = self._value(column, difference.now, change)
            if column.many_to_many:
                many[column.name] = value
            else:
                setattr(row, column.name, value)
        _clean(row, self._here(change))
        row.save(update_fields=_written(row, each, change) if change.verb is Verb.CHANGE else None)
        for name, found in many.items():
            getattr(row, name).set(found)
        if not change.where:
            self.root = row  # type: ignore[assignment]  # the root's own shape made it

    def _row(self, change: Change, each: Shape) -> models.Model:
        if not change.where:
            return self.root or each.model()
        if change.at is not None:
            return self.rows[change.where][change.at]
        return each.model(**{each.parent: self.root})

    def _here(self, change: Change) -> str:
        return f"{self.wanted.origin}: {change.where} ({change.title})" if change.where else self.wanted.origin

    def _value(self, column: Column, value: Any, change: Change) -> Any:
        if not column.is_relation:
            return column.to_python(value)
        if column.many_to_many:
            return [self._referred(column, each, change) for each in value]
        return None if value is None else self._referred(column, value, change)

    def _referred(self, column: Column, value: Any, change: Change) -> models.Model:
        """The row that a reference names, among those of this gateway and its agent."""
        model = shape.target(column)
        assert model is not None  # noqa: S101  # only asked for references
        names = shape.natural(model)
        wanted = value if isinstance(value, dict) else {names[0]: value}
        found = model._default_manager.filter(**wanted, **self._scope(model)).first()
        if found is None:
            told = "/".join(map(str, wanted.values()))
            what = model._meta.verbose_name
            here = f"{self._here(change)}: {column.name}"
            raise ConfigurationError(f"{here}: There is no {what} “{told}”. Make it first.")
        return found

    def _scope(self, model: type[models.Model]) -> dict[str, Any]:
        names = {column.name for column in model._meta.concrete_fields}
        if isinstance(self.root, Gateway):
            if model is not Gateway and "gateway" in names:
                return {"gateway": self.root}
            return {"agent": self.root.agent} if model is not Gateway and "agent" in names else {}
        return {"agent": self.root} if self.root and "agent" in names else {}


def _written(row: models.Model, each: Shape, change: Change) -> list[str]:
    names = [difference.name for difference in change.differences]
    plain = [name for name in names if (column := each.column(name)) and not column.many_to_many]
    stamps = [column.name for column in row._meta.concrete_fields if getattr(column, "auto_now", False)]
    return [*plain, *stamps]


def _check(root: Root, wanted: Document) -> None:
    """Everything as it is now: a rule may be wrong because of what changed elsewhere."""
    fresh = type(root)._default_manager.get(pk=root.pk)
    _clean(fresh, wanted.origin)
    for each in shape.lists(wanted.kind):
        for row in describe.rows(fresh, each):
            _clean(row, f"{wanted.origin}: {each.name} ({row})")
    if isinstance(fresh, Gateway) and fresh.platform in ADAPTERS:
        try:
            adapter(fresh)
        except ConfigError as error:
            secret = config.secret_names(ADAPTERS[fresh.platform].Config)
            raise ConfigurationError(
                *(
                    f"{wanted.origin}: {'secrets' if name in secret else 'config'}.{name}: {sentence}"
                    for name, sentence in error.errors.items()
                )
            ) from None


def _clean(row: models.Model, here: str) -> None:
    try:
        row.full_clean()
    except ValidationError as error:
        found = error.message_dict.items()
        raise ConfigurationError(
            *(
                f"{here}: {'' if name == '__all__' else f'{name}: '}{sentence}"
                for name, sentences in found
                for sentence in sentences
            )
        ) from None
