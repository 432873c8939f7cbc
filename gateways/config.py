"""Typed configuration of a gateway. Engines are configured in the same way, so it stands in `agents`."""

import re
from urllib.parse import urlsplit

from agents.config import default_of, kind_of, load, makers, option, options, secret_names

__all__ = [
    "default_of",
    "is_base_address",
    "is_web_address",
    "kind_of",
    "load",
    "makers",
    "option",
    "options",
    "secret_names",
]


def is_web_address(value: str) -> bool:
    """Whether it is a whole http or https address, without white space."""
    try:
        parts = urlsplit(value)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False
    return fine and not re.search(r"\s", value)


def is_base_address(value: str) -> bool:
    """Whether it is a whole address that paths can be put behind: no query, no fragment, nobody's password."""
    parts = urlsplit(value) if is_web_address(value) else None
    return parts is not None and not parts.query and not parts.fragment and "@" not in parts.netloc
