"""Which addresses of a sitemap are wanted, by patterns with * for anything."""

import re
from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import urlsplit


def wanted(address: str, include: Sequence[str], exclude: Sequence[str]) -> bool:
    """Whether some pattern of `include` fits, or there is none, and none of `exclude` does."""
    if any(fits(address, pattern) for pattern in exclude):
        return False
    return not include or any(fits(address, pattern) for pattern in include)


def fits(address: str, pattern: str) -> bool:
    """A pattern is a whole address, or its path when it begins with a slash; without * it is a beginning."""
    parts = urlsplit(address)
    text = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    return bool(_compiled(pattern).fullmatch(text if pattern.startswith("/") else address))


@lru_cache(maxsize=500)
def _compiled(pattern: str) -> re.Pattern[str]:
    pieces = pattern.split("*") if "*" in pattern else [pattern, ""]
    return re.compile(".*".join(map(re.escape, pieces)), re.DOTALL)
