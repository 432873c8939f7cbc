"""What keeps the site from starting is one sentence on one line, and an exit status that isn't 0."""

import socket

import pytest
from cryptography.fernet import Fernet

from tests.aissist_site.processes import environment, run

pytestmark = pytest.mark.processes

KEY = Fernet.generate_key().decode()
POSTGRES = {"DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing"}
KEYS = {"SECRET_KEY": "k" * 60, "FIELD_ENCRYPTION_KEY": KEY}


@pytest.mark.parametrize(
    ("command", "settings", "sentence"),
    [
        pytest.param(
            ["check"],
            POSTGRES,
            "SECRET_KEY is not set. With DATABASE_URL set, keys must be given, so that every process has the same "
            "ones. `python manage.py new_keys` prints a fresh pair.",
            id="a database of one's own without keys",
        ),
        pytest.param(
            ["check"],
            {**POSTGRES, "SECRET_KEY": "k" * 60},
            "FIELD_ENCRYPTION_KEY is not set. With DATABASE_URL set, keys must be given, so that every process has the "
            "same ones. `python manage.py new_keys` prints a fresh pair.",
            id="one key without the other",
        ),
        pytest.param(
            ["check"],
            {**POSTGRES, **KEYS, "FIELD_ENCRYPTION_KEY": "short"},
            "FIELD_ENCRYPTION_KEY must be 32 bytes in URL-safe base64 (or several, comma-separated, newest first). "
            "`python manage.py new_keys` prints one.",
            id="a key of the wrong shape",
        ),
        pytest.param(
            ["up", "--port", "0"],
            {**POSTGRES, **KEYS, "CELERY_BROKER_URL": "redis://127.0.0.1:1/0"},
            'The database can\'t be used: connection failed: connection to server at "127.0.0.1", port 1 failed: '
            "Connection refused. Check DATABASE_URL.",
            id="a database that isn't there",
        ),
    ],
)
def test_settings_that_cannot_work_are_refused(tmp_path, command, settings, sentence):
    status, said = run(["manage.py", *command], environment(tmp_path, **settings))
    assert (status, said.splitlines()) == (1, [sentence])


def test_a_data_folder_that_cannot_be_used_is_refused(tmp_path):
    (tmp_path / "file").touch()
    status, said = run(["manage.py", "up"], environment(tmp_path / "file"))
    assert status == 1
    assert said.splitlines() == [
        f"The data folder {tmp_path}/file can't be used (File exists). "
        "Make it readable and writable, or set AISSIST_DATA_DIR to another folder."
    ]


def test_a_port_in_use_is_refused(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, said = run(["manage.py", "up", "--port", str(port)], environment(tmp_path))
    assert status == 1
    assert said.splitlines() == [
        f"Port {port} on 127.0.0.1 can't be used (Address already in use). "
        f"Stop what uses it, or choose another: `make run PORT={port + 1}`."
    ]


def test_new_keys_are_printed_where_settings_refuse_to_load(tmp_path):
    status, said = run(["manage.py", "new_keys"], environment(tmp_path, **POSTGRES))
    assert status == 0
    assert [line.partition("=")[0] for line in said.splitlines()] == ["SECRET_KEY", "FIELD_ENCRYPTION_KEY"]
    assert list(tmp_path.iterdir()) == []


def test_a_deployment_with_keys_and_an_https_address_passes_every_check(tmp_path):
    settings = {
        **POSTGRES,
        "SECRET_KEY": "Yx3-t0_" * 10,
        "FIELD_ENCRYPTION_KEY": KEY,
        "PUBLIC_URL": "https://support.example.com",
    }
    command = ["manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    status, said = run(command, environment(tmp_path, **settings))
    assert (status, said) == (0, "System check identified no issues (0 silenced).\n")
