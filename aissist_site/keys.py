"""Keys of the site: generated once for the embedded default, demanded for everything else."""

import os
import secrets
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

PLACEHOLDERS = frozenset({"", "changeme", "change-me", "secret", "insecure", "default"})


def new_django_key() -> str:
    return secrets.token_urlsafe(64)  # nothing in it that a shell or an environment file would take for syntax


def new_encryption_key() -> str:
    return Fernet.generate_key().decode()


def new_pair() -> str:
    """Both keys, as two lines for an environment file."""
    return f"SECRET_KEY={new_django_key()}\nFIELD_ENCRYPTION_KEY={new_encryption_key()}\n"


def own(path: Path, make: Callable[[], str]) -> str:
    """The key kept in `path`, made and written (mode 0600) when there is none yet.

    Processes that start together agree on one key: the file appears whole or not at all, and only once.
    """
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _write_once(path, make())
        return path.read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"The data folder {path.parent} can't be used ({error.strerror}). "
            "Make it readable and writable, or set AISSIST_DATA_DIR to another folder."
        ) from error


def _write_once(path: Path, key: str) -> None:
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600 from the beginning
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # another process was first
            os.link(draft, path)
    finally:
        os.unlink(draft)  # noqa: PTH108  # mkstemp deals in strings


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
