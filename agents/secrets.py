"""An encrypted database field that fails loudly.

`django-encrypted-model-fields` 0.6.5 loses data in several silent ways (bulk_update stores the repr of an expression,
a wrong key hands out the ciphertext, form input gets decrypted). Only the subclass below may be used; a system check
refuses the library's own fields.
"""

from typing import Any

from cryptography.fernet import InvalidToken
from django.apps import apps
from django.core import checks
from django.core.exceptions import FieldError
from django.db.models.expressions import Case, Value
from django.db.models.functions import Cast
from django.db.models.lookups import IsNull
from encrypted_model_fields import fields as library


class WrongKey(Exception):
    """A stored secret can't be decrypted: FIELD_ENCRYPTION_KEY isn't the key that it was written with."""


class SecretTextField(library.EncryptedTextField):  # type: ignore[misc]  # the library is untyped
    """Text, encrypted at rest, never searchable, never rendered."""

    def to_python(self, value: Any) -> Any:
        # The library decrypts here, which turns every form into a decryption oracle for pasted ciphertext.
        return value if value is None or isinstance(value, str) else str(value)

    def from_db_value(self, value: Any, expression: Any, connection: Any, *args: Any) -> Any:
        if value is None:
            return None
        try:
            return library.decrypt_str(value)
        except InvalidToken as error:
            raise WrongKey(
                f"{self.model._meta.label}.{self.name} was written with another FIELD_ENCRYPTION_KEY. "
                "Put the key it was written with behind the new one, separated by a comma."
            ) from error

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        if isinstance(value, (Case, Cast)):  # bulk_update: its inner values come back here one by one
            return value
        if isinstance(value, Value):
            value = value.value
        if hasattr(value, "resolve_expression"):
            raise FieldError(f"{self.name} is encrypted: the database can't compute it")
        if value is None:
            return None
        return library.encrypt_str(str(value)).decode("ascii")

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name == "isnull":
            return IsNull
        raise FieldError(f"{self.name} is encrypted: it can't be searched. Keep a keyed hash beside it for that.")

    def get_transform(self, lookup_name: str) -> Any:
        return None


@checks.register(checks.Tags.models)
def only_strict_fields(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Refuse any field of the library that isn't one of ours."""
    return [
        checks.Error(
            f"{model._meta.label}.{field.name} uses {type(field).__name__}, which loses data silently.",
            hint="Use agents.secrets.SecretTextField.",
            obj=field,
            id="aissist.E001",
        )
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, library.EncryptedMixin) and not isinstance(field, SecretTextField)
    ]
