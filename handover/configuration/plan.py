"""What has to change so that things are as wanted. Pure: two documents in, changes out."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from handover.configuration.values import Change, Difference, Document, Row, Verb

Keys = Mapping[str, tuple[str, ...]]  # by list: the columns that name a row; () where the whole row does
ALIKE = 0.5  # the share of columns that two rows without a key have in common at least, to be one row that changed


def plan(current: Document | None, wanted: Document, keys: Keys, catalogues: frozenset[str]) -> tuple[Change, ...]:
    """The changes in the order in which they can be carried out: what is referred to is there before what refers.

    Rows of `catalogues` are made and changed, never deleted.
    """
    has = current.lists if current else {}
    changes = [*_root(current, wanted)]
    for name, key in keys.items():
        if name in wanted.lists:
            changes += _list(name, has.get(name, ()), wanted.lists[name], key, name in catalogues)
    return tuple(changes)


def _root(current: Document | None, wanted: Document) -> Iterator[Change]:
    found = differences(current.columns if current else None, wanted.columns)
    if current is None:
        yield Change(Verb.CREATE, "", wanted.name, found)
    elif found:
        yield Change(Verb.CHANGE, "", wanted.name, found)


def _list(
    name: str, current: Sequence[Row], wanted: Sequence[Row], key: tuple[str, ...], catalogue: bool
) -> Iterator[Change]:
    """Deletions first: a row that goes may hold what a new one needs."""
    partners = _by_key(current, wanted, key) if key else _by_likeness(current, wanted)
    if not catalogue:
        for at in sorted(set(range(len(current))) - set(partners.values())):
            yield Change(Verb.DELETE, name, title(current[at], key), at=at)
    for number, row in enumerate(wanted):
        was = partners.get(number)
        found = differences(None if was is None else current[was], row)
        if was is None:
            yield Change(Verb.CREATE, name, title(row, key), found)
        elif found:
            yield Change(Verb.CHANGE, name, title(row, key), found, was)


def _by_key(current: Sequence[Row], wanted: Sequence[Row], key: tuple[str, ...]) -> dict[int, int]:
    """Which wanted row is which current one, by their indexes."""
    known = {_named(row, key): at for at, row in enumerate(current)}
    return {number: known[_named(row, key)] for number, row in enumerate(wanted) if _named(row, key) in known}


def _by_likeness(current: Sequence[Row], wanted: Sequence[Row]) -> dict[int, int]:
    """Likewise for rows without a key: the same rows first, then the likest of the rest, if they are like enough."""
    free, partners = list(range(len(current))), dict[int, int]()
    for least in (1.0, ALIKE):
        for number, row in enumerate(wanted):
            best = max(free, key=lambda at: _likeness(current[at], row), default=None)
            if number not in partners and best is not None and _likeness(current[best], row) >= least:
                partners[number] = best
                free.remove(best)
    return partners


def _likeness(one: Row, other: Row) -> float:
    return sum(1 for name, value in other.items() if one.get(name) == value) / max(len(other), 1)


def _named(row: Row, key: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(_short(row.get(name)) for name in key)


def differences(was: Row | None, now: Row) -> tuple[Difference, ...]:
    """The columns that `now` names and that are different; all of them where there was nothing."""
    return tuple(
        Difference(name, was.get(name) if was else None, value)
        for name, value in now.items()
        if was is None or was.get(name) != value
    )


def title(row: Row, key: tuple[str, ...]) -> str:
    """How a row is called in a diff."""
    told = [row[name] for name in key or tuple(row) if name in row]
    return ", ".join(_short(value) for value in told if value not in ("", None, [], {}) and not isinstance(value, bool))


def _short(value: Any) -> str:
    return "/".join(map(str, value.values())) if isinstance(value, dict) else str(value)
