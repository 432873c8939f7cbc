"""Which conversations are a gateway's business, and why another one isn't. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from gateways.reasons import LeftAlone, Reason

EXCEPT = "!"  # before what must not be: “!*@example.com”


@dataclass(frozen=True, slots=True)
class Scope:
    """What a gateway is limited to. Empty means no limit."""

    points: frozenset[int] = frozenset()  # managing points: our ids of destinations
    tag_points: frozenset[str] = frozenset()  # those that are tags: names and the platform's ids, see `folded`
    excluded_tags: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()  # these and the next are patterns: “*” is any text, EXCEPT turns one round
    senders: tuple[str, ...] = ()  # addresses, or domains: “example.com” is everybody there
    brands: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()

    @property
    def limited(self) -> bool:
        return self != EVERYTHING


EVERYTHING = Scope()


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a conversation. "" and () mean unknown."""

    places: frozenset[int] = frozenset()  # our ids of the destinations it is in
    tags: tuple[str, ...] = ()
    channel: str = ""
    senders: tuple[str, ...] = ()  # the addresses and ids of the one who writes
    brand: str = ""
    language: str = ""


def reason_outside(scope: Scope, facts: Facts) -> LeftAlone | None:
    """Why a conversation is outside of the scope; None for one inside.

    A language that isn't known yet is no reason, since a first “ok” has none. Anything else that isn't known is: the
    agent works only where it surely may.
    """
    return _in_no_point(scope, facts) or _excluded(scope, facts) or _filtered(scope, facts)


def folded(names: Iterable[str]) -> frozenset[str]:
    """Tags as they are compared: whatever their capitals."""
    return frozenset(name.casefold() for name in names)


def _in_no_point(scope: Scope, facts: Facts) -> LeftAlone | None:
    if not scope.points and not scope.tag_points:
        return None
    if scope.points & facts.places or scope.tag_points & folded(facts.tags):
        return None
    return LeftAlone(Reason.NOT_IN_MANAGING_POINT, "The conversation is in none of the gateway's managing points.")


def _excluded(scope: Scope, facts: Facts) -> LeftAlone | None:
    excluded = folded(scope.excluded_tags)
    found = [tag for tag in facts.tags if tag.casefold() in excluded]
    return LeftAlone(Reason.EXCLUDED_TAG, f"The conversation has an excluded tag: {found[0]}.") if found else None


def _filtered(scope: Scope, facts: Facts) -> LeftAlone | None:
    brand = f"the brand {facts.brand}" if facts.brand else "no known brand"
    checks = (
        (scope.channels, (facts.channel,), f"It came by {facts.channel or 'an unknown channel'}"),
        (scope.senders, _with_domains(facts.senders), "Its sender isn't for the agent"),
        (scope.brands, (facts.brand,), f"It is about {brand}"),
        (scope.languages if facts.language else (), (facts.language,), f"Its language is “{facts.language}”"),
    )
    for patterns, values, what in checks:
        if not _passes(patterns, values):
            return LeftAlone(Reason.FILTERED, f"{what}; the gateway's filter is: {', '.join(patterns)}.")
    return None


def _with_domains(addresses: Iterable[str]) -> tuple[str, ...]:
    return tuple(value for address in addresses for value in {address: 0, address.rpartition("@")[2]: 0})


def _passes(patterns: Iterable[str], values: Iterable[str]) -> bool:
    """Whether the values fit one of the patterns, if there are any but exceptions, and none of the exceptions."""
    unwanted = [pattern.removeprefix(EXCEPT) for pattern in patterns if pattern.startswith(EXCEPT)]
    wanted = [pattern for pattern in patterns if not pattern.startswith(EXCEPT)]
    return not _fits(unwanted, values) and (not wanted or _fits(wanted, values))


def _fits(patterns: Iterable[str], values: Iterable[str]) -> bool:
    return any(fnmatchcase(value.casefold(), pattern.casefold()) for pattern in patterns for value in values)
