"""The encrypted field: what goes in stays in, on both databases, and every misuse is loud."""

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import FieldError
from django.db import connection, models
from django.db.models import F
from encrypted_model_fields import fields as library

from agents.secrets import SecretTextField, WrongKey, only_strict_fields
from gateways.models import Gateway, Secret

pytestmark = pytest.mark.django_db


@pytest.fixture
def secret(gateway: Gateway) -> Secret:
    return Secret.objects.create(gateway=gateway, name="token", value="s3cret")


def stored(secret: Secret) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM gateways_secret WHERE id = %s", [secret.pk])
        return cursor.fetchone()[0]


def read(secret: Secret) -> str:
    return Secret.objects.get(pk=secret.pk).value


def test_is_ciphertext_in_the_database_and_text_in_python(secret):
    assert "s3cret" not in stored(secret) and read(secret) == "s3cret"


@pytest.mark.parametrize(
    "write",
    [
        lambda secret: Secret.objects.filter(pk=secret.pk).update(value="new"),
        lambda secret: Secret.objects.bulk_update([Secret(pk=secret.pk, value="new")], ["value"]),
        lambda secret: Secret.objects.update_or_create(pk=secret.pk, defaults={"value": "new"}),
        lambda secret: (setattr(secret, "value", "new"), secret.save()),
    ],
    ids=["update", "bulk_update", "update_or_create", "save"],
)
def test_survives_every_way_of_writing(secret, write):
    write(secret)
    assert read(secret) == "new" and "new" not in stored(secret)


@pytest.mark.parametrize(
    "misuse",
    [
        lambda: Secret.objects.update(value=F("name")),
        lambda: Secret.objects.filter(value="s3cret").exists(),
        lambda: Secret.objects.filter(value__startswith="s").exists(),
        lambda: Secret.objects.get_or_create(value="s3cret"),
    ],
    ids=["expression", "exact", "startswith", "get_or_create"],
)
def test_refuses_what_cant_work(secret, misuse):
    with pytest.raises(FieldError):
        misuse()


def test_another_key_is_an_error_and_no_ciphertext(secret, monkeypatch):
    monkeypatch.setattr(library, "CRYPTER", Fernet(Fernet.generate_key()))
    with pytest.raises(WrongKey, match="gateways.Secret.value was written with another FIELD_ENCRYPTION_KEY"):
        read(secret)


def test_pasted_ciphertext_isnt_decrypted(secret):
    pasted = library.encrypt_str("theirs").decode()
    other = Secret(gateway=secret.gateway, name="other", value=pasted)
    other.full_clean()
    other.save()
    assert read(other) == pasted


def test_the_librarys_own_fields_are_refused():
    class Careless(models.Model):
        token = library.EncryptedCharField(max_length=10)
        fine = SecretTextField()

        class Meta:
            app_label = "gateways"

    try:
        [error] = only_strict_fields(None)
        assert (error.id, "Careless.token" in error.msg) == ("aissist.E001", True)
    finally:
        from django.apps import apps

        del apps.all_models["gateways"]["careless"]
        apps.clear_cache()
