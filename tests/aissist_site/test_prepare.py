"""What `up` makes sure of before anything starts."""

import errno
import shutil
from collections import namedtuple

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from aissist_site import prepare
from aissist_site.models import Canary

Usage = namedtuple("Usage", "total used free")


def test_a_missing_data_folder_is_made_for_its_owner_alone(tmp_path):
    prepare.folder(tmp_path / "a" / "data")
    assert (tmp_path / "a" / "data").stat().st_mode & 0o777 == 0o700
    assert list((tmp_path / "a" / "data").iterdir()) == []


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (errno.EROFS, "Read-only file system"),
        (errno.EACCES, "Permission denied"),
        (errno.ENOSPC, "No space left on device"),
    ],
)
def test_a_data_folder_that_cannot_be_written_is_one_sentence(tmp_path, monkeypatch, error, reason):
    def refuse(path, *args, **kwargs):
        raise OSError(error, reason)

    monkeypatch.setattr("pathlib.Path.touch", refuse)
    with pytest.raises(ImproperlyConfigured) as refused:
        prepare.folder(tmp_path)
    assert str(refused.value) == (
        f"The data folder {tmp_path} can't be written ({reason}). "
        "Make it writable or set AISSIST_DATA_DIR to another folder."
    )


def test_a_full_disk_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**9, 10**9 - 3_000_000, 3_000_000))
    with pytest.raises(ImproperlyConfigured) as refused:
        prepare.folder(tmp_path)
    assert str(refused.value) == (
        f"The disk of the data folder {tmp_path} is full (3 MB left). "
        "Free some space or set AISSIST_DATA_DIR to a folder on another disk."
    )


def test_a_port_that_does_not_exist_is_one_sentence():
    with pytest.raises(ImproperlyConfigured, match=r"^There is no port 70000\. Choose one between 1 and 65535: `make"):
        prepare.port_is_free("127.0.0.1", 70_000)


@pytest.mark.django_db
def test_a_first_start_adds_an_operator_once():
    password = prepare.first_start(demo=False)
    operator = get_user_model().objects.get()
    assert (operator.username, operator.is_superuser) == ("operator", True)
    assert operator.check_password(password)
    assert prepare.first_start(demo=False) is None
    assert get_user_model().objects.count() == 1


@pytest.mark.django_db
def test_a_database_that_has_users_gets_no_operator():
    get_user_model().objects.create_user("ann")
    assert prepare.first_start(demo=True) is None
    assert Canary.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(("demo", "loads"), [(True, 1), (False, 0)])
def test_demo_data_comes_with_the_first_start_only_if_wanted(monkeypatch, demo, loads):
    loaded = []
    monkeypatch.setattr("aissist_site.demo.load.load", lambda: loaded.append(1))
    prepare.first_start(demo)
    prepare.first_start(demo)
    assert len(loaded) == loads


@pytest.mark.django_db
def test_a_first_start_that_fails_is_a_first_start_again(monkeypatch):
    def fail():
        raise RuntimeError("half way")

    monkeypatch.setattr("aissist_site.demo.load.load", fail)
    with pytest.raises(RuntimeError):
        prepare.first_start(demo=True)
    assert not get_user_model().objects.exists()
    assert not Canary.objects.exists()
    assert prepare.first_start(demo=False) is not None


@pytest.mark.django_db
def test_a_database_that_is_up_to_date_is_left_alone(monkeypatch):
    monkeypatch.setattr(prepare, "call_command", lambda *args, **kwargs: pytest.fail("nothing is to be migrated"))
    with connection.cursor():
        prepare.database()
