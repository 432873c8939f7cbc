"""The encryption canary: one known text that only the right FIELD_ENCRYPTION_KEY can read."""

from django.core.exceptions import ImproperlyConfigured

from agents.secrets import WrongKey
from aissist_site.models import Canary

TEXT = "canary"


def check() -> bool:
    """Refuse to go on with a key that can't read what is stored. True when this database had no canary until now."""
    try:
        canary = Canary.objects.first()
    except WrongKey as error:
        raise ImproperlyConfigured(
            "FIELD_ENCRYPTION_KEY isn't the key that this database was written with. "
            "Set it to that key again (with the embedded default it is kept as encryption.key in the data folder)."
        ) from error
    if canary is None:
        Canary.objects.create(text=TEXT)
    return canary is None
