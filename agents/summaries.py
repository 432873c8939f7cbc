"""Summary templates: the operator's text with placeholders, filled in when a conversation is handed over. Pure."""

import re
from collections.abc import Mapping

PLACEHOLDERS = ("customer", "facts", "language", "note", "question", "reason", "reply", "sub_agent")
LISTED = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
LONGEST = 4_000  # characters of a template

_PLACEHOLDER = re.compile(r"\{([^{}\n]*)\}")


def problem(template: str) -> str:
    """Why this can't be a template, as a sentence; "" when it can."""
    if len(template) > LONGEST:
        return f"The template is longer than {LONGEST} characters."
    unknown = [name for name in _PLACEHOLDER.findall(template) if name not in PLACEHOLDERS]
    return f"There is no placeholder {{{unknown[0]}}}. Allowed are: {LISTED}." if unknown else ""


def fill(template: str, values: Mapping[str, str]) -> str:
    """The template with its placeholders replaced. What stands in braces in a value stays as it is."""
    return _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]) or "–", template)
