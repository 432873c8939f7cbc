"""Who may apply what: the same permissions as in admin, for each kind of row that a plan writes."""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import PermissionDenied

from handover.configuration import shape
from handover.configuration.values import Outcome, Verb

ACTS = {Verb.CREATE: "add", Verb.CHANGE: "change", Verb.DELETE: "delete"}


def needed(outcome: Outcome) -> tuple[str, ...]:
    """The permissions that the changes ask for. Any change of a secret asks for that of changing secrets."""
    return tuple(sorted(set(_needed(outcome))))


def check(outcome: Outcome, user: Any) -> None:
    """Raises PermissionDenied naming what is missing."""
    missing = [name for name in needed(outcome) if not user.has_perm(name)]
    if missing:
        raise PermissionDenied(f"Your account lacks: {', '.join(missing)}. An administrator can grant it in admin.")


def _needed(outcome: Outcome) -> Iterator[str]:
    kind = outcome.document.kind
    models = {"": shape.root(kind).model, **{each.name: each.model for each in shape.lists(kind)}}
    for change in outcome.changes:
        about = models[change.where]._meta
        yield f"{about.app_label}.{ACTS[change.verb]}_{about.model_name}"
    if outcome.secrets:
        yield "gateways.change_secret"
