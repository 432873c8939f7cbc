"""`manage.py apply` and `manage.py export`, as operators use them."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from gateways.models import Gateway

SOURCE = "kind: gateway\nname: Desk\nmode: off\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "desk.yaml"
    path.write_text(SOURCE)
    return path


def run(*args: Any, stdin: str = "", monkeypatch: Any = None, tty: bool = False) -> tuple[int, str]:
    """Exit code and what was printed."""
    out = io.StringIO()
    if monkeypatch:
        given = io.StringIO(stdin)
        given.isatty = lambda: tty  # type: ignore[method-assign]
        monkeypatch.setattr("sys.stdin", given)
    try:
        call_command(*map(str, args), stdout=out, no_color=True)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue()
    except CommandError as error:
        return error.returncode, str(error)
    return 0, out.getvalue()


def mode() -> str:
    return Gateway.objects.get(name="Desk").mode


def test_a_dry_run_ends_with_1_where_something_would_change(gateway: Gateway, file: Path) -> None:
    code, told = run("apply", file, "--dry-run")
    assert (code, mode()) == (1, "auto")
    assert told == (
        'gateway “Desk”\n~ mode: "auto" → "off"\n'
        "! No escalation target: what no rule sends elsewhere waits in admin's list.\n"
        "! The mode is “off”: everything is recorded, people answer.\n1 would change.\n"
    )


def test_applied_it_ends_with_0_and_so_it_does_when_nothing_is_left(gateway: Gateway, file: Path) -> None:
    code, told = run("apply", file, "--yes")
    assert (code, told.splitlines()[-1], mode()) == (0, "1 applied.", "off")
    code, told = run("apply", file, "--yes")
    assert (code, told.splitlines()[0], told.splitlines()[-1]) == (0, "gateway “Desk”: nothing to do", "Nothing to do.")
    assert run("apply", file, "--dry-run")[0] == 0


@pytest.mark.parametrize(
    ("answer", "code", "after"), [("yes\n", 0, "off"), ("no\n", 1, "auto"), ("", 1, "auto")], ids=["yes", "no", "end"]
)
def test_at_a_terminal_it_asks(
    gateway: Gateway, file: Path, monkeypatch: Any, answer: str, code: int, after: str
) -> None:
    got, told = run("apply", file, stdin=answer, monkeypatch=monkeypatch, tty=True)
    assert (got, mode()) == (code, after)
    assert "Apply this?" in told


def test_it_reads_stdin_and_folders(gateway: Gateway, file: Path, monkeypatch: Any) -> None:
    assert run("apply", "-", stdin=SOURCE, monkeypatch=monkeypatch, tty=True)[0] == 0
    assert mode() == "off"
    (file.parent / "notes.txt").write_text("not YAML: [")
    file.write_text(SOURCE.replace("off", "auto"))
    assert run("apply", file.parent, "--yes")[0] == 0
    assert mode() == "auto"


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({"a.yaml": SOURCE, "b.yaml": "kind: gateway\nname: Nobody\nmoode: off"}, "Did you mean “mode”?"),
        ({"a.yaml": SOURCE, "b.yaml": SOURCE}, "This gateway is configured twice. Remove one of them."),
        ({"a.yaml": SOURCE, "b.yaml": "["}, "b.yaml: is not YAML."),
        ({}, "no files with names in .yaml or .yml."),
    ],
    ids=["unknown", "twice", "not YAML", "none"],
)
def test_files_that_will_not_do_end_with_2_and_none_is_applied(
    gateway: Gateway, tmp_path: Path, files: dict[str, str], problem: str
) -> None:
    for name, source in files.items():
        (tmp_path / name).write_text(source)
    code, told = run("apply", tmp_path)
    assert (code, mode()) == (2, "auto")
    assert problem in told


def test_what_is_exported_is_applied_without_a_change(gateway: Gateway, tmp_path: Path) -> None:
    (tmp_path / "all.yaml").write_text(run("export")[1])
    code, told = run("apply", tmp_path / "all.yaml", "--dry-run")
    assert (code, told.splitlines()[:2]) == (0, ["agent “Shop”: nothing to do", "gateway “Desk”: nothing to do"])


def test_only_those_that_are_named_are_exported(gateway: Gateway) -> None:
    Gateway.objects.create(agent=gateway.agent, name="Other", platform="fake")
    assert run("export", "--gateway", "Desk")[1].count("kind: ") == 1
    assert run("export", "--gateway", "Desk", "--gateway", "Other", "--agent", "Shop")[1].count("\nkind: ") == 3
    assert run("export", "--gateway", "Nobody") == (2, "There is no gateway “Nobody”. There are: “Desk”, “Other”.")
