"""Lists of email addresses as operators write them."""

import re

from django.core.exceptions import ValidationError
from django.core.validators import validate_email


def split(text: str) -> list[str]:
    """The addresses in the text, each once."""
    return list(dict.fromkeys(filter(None, re.split(r"[\s,;]+", text))))


def check(text: str) -> None:
    """Raise ValidationError naming the first that is none."""
    for address in split(text):
        try:
            validate_email(address)
        except ValidationError as error:
            raise ValidationError(f"“{address}” isn't an email address.") from error
