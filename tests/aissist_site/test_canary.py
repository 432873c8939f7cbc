"""The canary tells a wrong encryption key before anything is read or written with it."""

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from encrypted_model_fields import fields as library

from aissist_site import canary
from aissist_site.models import Canary

pytestmark = pytest.mark.django_db


def test_the_first_check_leaves_a_canary_and_later_ones_read_it():
    assert canary.check() is True
    assert canary.check() is False
    assert [row.text for row in Canary.objects.all()] == ["canary"]


def test_what_is_stored_is_not_the_text():
    canary.check()
    [stored] = Canary.objects.extra(select={"raw": "text"}).values_list("raw", flat=True)
    assert stored.startswith("gAAAA")


def test_another_key_is_refused_in_a_sentence(monkeypatch):
    canary.check()
    monkeypatch.setattr(library, "CRYPTER", Fernet(Fernet.generate_key()))
    with pytest.raises(
        ImproperlyConfigured, match=r"^FIELD_ENCRYPTION_KEY isn't the key that this database was written"
    ):
        canary.check()
