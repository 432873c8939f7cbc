"""The set-up: what is installed, when it is done again, and what it says when it can't be done."""

import importlib.util
import sys

import pytest

import bootstrap

VERSION = "{}.{}".format(*sys.version_info)


@pytest.fixture
def venv(tmp_path, monkeypatch):
    """A .venv that looks whole, without anything in it."""
    folder = tmp_path / ".venv"
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").symlink_to(sys.executable)
    (folder / "bin" / "pip").touch()
    (folder / "pyvenv.cfg").write_text(f"version = {VERSION}.1\n")
    monkeypatch.setattr(bootstrap, "VENV", folder)
    monkeypatch.setattr(bootstrap, "PYTHON", folder / "bin" / "python")
    monkeypatch.setattr(bootstrap, "UNFINISHED", folder / "unfinished")
    return folder


@pytest.fixture
def ran(monkeypatch):
    """The commands that would have been run."""
    commands = []
    monkeypatch.setattr(bootstrap, "run", lambda command, otherwise: commands.append(command[1:4]))
    return commands


@pytest.fixture
def lock(tmp_path):
    path = tmp_path / "requirements.lock"
    path.write_text("django==5.2.19\n")
    return path


def test_what_is_installed_is_not_installed_again_until_the_lock_changes(venv, ran, lock):
    for _ in range(2):
        bootstrap.install(lock)
    assert ran == [["-m", "pip", "install"]]
    lock.write_text("django==5.2.20\n")
    bootstrap.install(lock)
    assert ran == [["-m", "pip", "install"]] * 2


def test_a_whole_environment_is_left_alone(venv, ran):
    bootstrap.make_venv()
    assert ran == []


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda venv: (venv / "unfinished").touch(), id="an installation was interrupted"),
        pytest.param(lambda venv: (venv / "bin" / "pip").unlink(), id="making it was interrupted"),
        pytest.param(lambda venv: (venv / "bin" / "python").unlink(), id="its Python is gone"),
        pytest.param(lambda venv: (venv / "pyvenv.cfg").write_text("version = 3.1.4\n"), id="it is of another Python"),
        pytest.param(lambda venv: (venv / "pyvenv.cfg").unlink(), id="it is no environment"),
    ],
)
def test_an_environment_that_does_not_work_is_made_again(venv, ran, spoil):
    spoil(venv)
    bootstrap.make_venv()
    assert ran == [["-m", "venv", "--clear"]]


def test_an_installation_that_fails_starts_over_next_time(venv, monkeypatch, lock):
    def fail(command, otherwise):
        raise SystemExit(otherwise)

    monkeypatch.setattr(bootstrap, "run", fail)
    with pytest.raises(SystemExit, match=r"^Installing failed\. Check the network"):
        bootstrap.install(lock)
    assert not bootstrap.is_whole()


@pytest.mark.parametrize("missing", ["venv", "ensurepip"])
def test_a_missing_standard_module_is_one_sentence(venv, monkeypatch, missing):
    (venv / "bin" / "pip").unlink()
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == missing else find(name))
    with pytest.raises(SystemExit) as ended:
        bootstrap.make_venv()
    assert str(ended.value) == (
        f"Python's {missing} module is missing. On Debian and Ubuntu: apt install python{VERSION}-venv"
    )


def test_a_command_that_fails_says_its_first_error_and_what_to_do():
    script = "import sys; print('working'); print('ERROR: no route to host'); print('ERROR: gave up'); sys.exit(1)"
    with pytest.raises(SystemExit) as ended:
        bootstrap.run([sys.executable, "-c", script], "Check the network.")
    assert str(ended.value) == "ERROR: no route to host\nCheck the network."
