"""Keys of the site: generated once for the embedded default, demanded for everything else."""

import os
from collections.abc import Callable
from pathlib import Path

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key

PLACEHOLDERS = frozenset({"", "changeme", "change-me", "secret", "insecure", "default"})


def new_django_key() -> str:
    return get_random_secret_key() + get_random_secret_key()


def new_encryption_key() -> str:
    return Fernet.generate_key().decode()


def own(path: Path, make: Callable[[], str]) -> str:
    """The key kept in `path`, made and written (mode 0600) when there is none yet.

    Two processes that start together agree on one key: the file appears whole or not at all, and only once.
    """
    if not path.exists():
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft = path.with_name(f".{path.name}.{os.getpid()}")
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(make())
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(draft, path)  # fails if another process was first
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        except OSError as error:
            raise ImproperlyConfigured(
                f"The data folder {path.parent} can't be written ({error.strerror}). "
                "Make it writable or set AISSIST_DATA_DIR to another folder."
            ) from error
    return path.read_text().strip()


def given(key: str, name: str) -> str:
    """`key`, or a refusal to start when it is missing or a well-known placeholder."""
    if key.strip().lower() in PLACEHOLDERS:
        raise ImproperlyConfigured(
            f"{name} is not set. With DATABASE_URL set, keys must be given, so that every process has the same ones. "
            "`python manage.py new_keys` prints a fresh pair."
        )
    return key


def check_encryption_keys(keys: list[str]) -> None:
    for key in keys:
        try:
            Fernet(key)
        except ValueError as error:
            raise ImproperlyConfigured(
                "FIELD_ENCRYPTION_KEY must be 32 bytes in URL-safe base64 (or several, comma-separated, newest first). "
                "`python manage.py new_keys` prints one."
            ) from error
