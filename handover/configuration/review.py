"""Apply to one gateway from afar, in two steps: what would change, and the same once more for good."""

import hashlib
from typing import Any

from django.db import transaction

from gateways.models import Gateway
from handover.configuration import permissions, resolve, show
from handover.configuration.apply import apply
from handover.configuration.read import read
from handover.configuration.values import ConfigurationError, Document, Outcome


def only_gateway(source: str, origin: str) -> Document:
    """The one gateway in a YAML text. Raises ConfigurationError."""
    documents = read(source, origin)
    if len(documents) != 1:
        raise ConfigurationError(f"{origin}: Give one document, it has {len(documents)}.")
    return gateway_only(documents[0])


def gateway_only(document: Document) -> Document:
    if document.kind != "gateway":
        raise ConfigurationError(f"{document.origin}: Here it has to be of the kind “gateway”.")
    return document


def review(document: Document, gateway: Gateway) -> Outcome:
    """What would change. Raises ConfigurationError."""
    return apply([document], resolve.from_afar, dry_run=True, target=gateway)[0]


def carry_out(document: Document, gateway: Gateway, seen: str, user: Any) -> Outcome | None:
    """Apply it, if what it does is what was `seen`; otherwise None. Raises ConfigurationError, PermissionDenied."""
    with transaction.atomic():
        outcome = apply([document], resolve.from_afar, target=gateway)[0]
        permissions.check(outcome, user)
        if fingerprint(outcome) != seen:
            transaction.set_rollback(True)
            return None
    return outcome


def diff(outcome: Outcome) -> str:
    return "\n".join(map(str, show.lines(outcome)))


def fingerprint(outcome: Outcome) -> str:
    """Changes with anything that would be written, but for the values of secrets."""
    return hashlib.sha256(repr((outcome.changes, outcome.secrets)).encode("utf-8", "backslashreplace")).hexdigest()
