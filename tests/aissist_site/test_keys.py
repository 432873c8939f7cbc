"""Keys are made once, kept private, and demanded where several machines have to share them."""

import stat
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from aissist_site import keys


def test_a_key_is_made_once_and_is_readable_by_its_owner_alone(tmp_path):
    path = tmp_path / "data" / "some.key"
    assert keys.own(path, lambda: "first") == "first"
    assert keys.own(path, lambda: "second") == "first"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list(path.parent.iterdir()) == [path]


def test_starters_at_the_same_moment_agree_on_one_key(tmp_path):
    barrier = Barrier(2)

    def make(name):
        barrier.wait()  # both have found no key by now
        return name

    with ThreadPoolExecutor(2) as pool:
        got = list(pool.map(lambda name: keys.own(tmp_path / "some.key", lambda: make(name)), ["one", "two"]))
    assert got[0] == got[1]
    assert [path.name for path in tmp_path.iterdir()] == ["some.key"]


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(
        ImproperlyConfigured, match=r"can't be used \(File exists\)\. .* set AISSIST_DATA_DIR to another folder"
    ):
        keys.own(tmp_path / "file" / "some.key", lambda: "key")


@pytest.mark.parametrize("key", ["", "changeme", " Secret ", "change-me"])
def test_a_missing_or_placeholder_key_is_refused(key):
    with pytest.raises(ImproperlyConfigured, match=r"^SECRET_KEY is not set\..*`python manage.py new_keys` prints"):
        keys.given(key, "SECRET_KEY")


def test_a_real_key_passes():
    assert keys.given("Zq3-a real key", "SECRET_KEY") == "Zq3-a real key"


@pytest.mark.parametrize(
    "key", ["short", "not base64 at all !!", Fernet.generate_key().decode()[:-4]], ids=["short", "letters", "cut off"]
)
def test_an_encryption_key_of_the_wrong_shape_is_refused(key):
    with pytest.raises(ImproperlyConfigured, match=r"^FIELD_ENCRYPTION_KEY must be 32 bytes"):
        keys.check_encryption_keys([Fernet.generate_key().decode(), key])


def test_a_new_pair_is_two_lines_that_a_shell_reads_as_they_are():
    first, second = keys.new_pair().splitlines()
    name, _, secret_key = first.partition("=")
    assert name == "SECRET_KEY"
    assert len(secret_key) >= 50
    assert secret_key.replace("-", "").replace("_", "").isalnum()
    name, _, encryption_key = second.partition("=")
    assert name == "FIELD_ENCRYPTION_KEY"
    keys.check_encryption_keys([encryption_key])
    assert keys.new_pair() != keys.new_pair()
