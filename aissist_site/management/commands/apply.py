"""Make agents and gateways be as YAML files say."""

import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from handover.configuration import resolve, show
from handover.configuration.apply import apply
from handover.configuration.read import read, read_file
from handover.configuration.show import Mark
from handover.configuration.values import ConfigurationError, Document, Outcome

WOULD_CHANGE = 1  # exit code of a dry run that found something to do, and of a “no”
UNUSABLE = 2  # exit code when a file won't do: nothing was applied
STDIN = "-"


class Command(BaseCommand):
    help = (
        "Makes agents and gateways be as YAML files say: all files or none. Prints what changes and asks, where there "
        "is somebody to ask. What a file doesn't name is left as it is; a list that it names is the whole of it. "
        "Ends with 0 when all is as the files say, with 1 when --dry-run finds changes or the answer was no, with 2 "
        "when a file won't do."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", metavar="FILE", help="Files, folders of *.yaml, or - for stdin.")
        parser.add_argument("--dry-run", action="store_true", help="Only print what would change.")
        parser.add_argument("--yes", action="store_true", help="Don't ask.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            documents = [each for path in options["paths"] for each in _documents(path)]
            _refuse_twins(documents)
            self._apply(documents, ask=_is_asked(options), dry_run=options["dry_run"])
        except ConfigurationError as error:
            raise CommandError(str(error), returncode=UNUSABLE) from error

    def _apply(self, documents: Sequence[Document], *, ask: bool, dry_run: bool) -> None:
        if not ask:
            outcomes = apply(documents, resolve.here, dry_run=dry_run)
            self._print(outcomes)
        else:
            outcomes = apply(documents, resolve.here, dry_run=True)
            self._print(outcomes)
            if any(each.is_change for each in outcomes):
                self._ask()
                _apply_as_seen(documents, outcomes)
        changed = sum(each.is_change for each in outcomes)
        self.stdout.write(_summary(changed, dry_run))
        if dry_run and changed:
            sys.exit(WOULD_CHANGE)

    def _ask(self) -> None:
        self.stdout.write("Apply this? Type yes: ", ending="")
        self.stdout.flush()
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            self.stdout.write("Nothing was applied.")
            sys.exit(WOULD_CHANGE)

    def _print(self, outcomes: Iterable[Outcome]) -> None:
        styles = {
            Mark.ADDED: self.style.SUCCESS,
            Mark.CHANGED: self.style.WARNING,
            Mark.REMOVED: self.style.ERROR,
            Mark.WARNING: self.style.NOTICE,
            Mark.HEAD: self.style.MIGRATE_HEADING,
        }
        for outcome in outcomes:
            for line in show.lines(outcome):
                self.stdout.write(styles[line.mark](str(line)))


def _apply_as_seen(documents: Sequence[Document], seen: Sequence[Outcome]) -> None:
    with transaction.atomic():
        done = apply(documents, resolve.here)
        if [each.changes for each in done] != [each.changes for each in seen]:
            raise ConfigurationError("Things have changed since you saw this. Nothing was applied; run it again.")


def _is_asked(options: dict[str, Any]) -> bool:
    silent = options["yes"] or options["dry_run"] or STDIN in options["paths"]
    return not silent and sys.stdin.isatty()


def _documents(path: str) -> tuple[Document, ...]:
    if path == STDIN:
        return read(sys.stdin.read(), "stdin")
    return tuple(each for file in _files(Path(path)) for each in read_file(file))


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(each for each in path.iterdir() if each.suffix in (".yaml", ".yml"))
    if not found:
        raise ConfigurationError(f"{path}: no files with names in .yaml or .yml.")
    return found


def _refuse_twins(documents: Iterable[Document]) -> None:
    seen = dict[tuple[str, str], Document]()
    for each in documents:
        if seen.setdefault((each.kind, each.name), each) is not each:
            raise ConfigurationError(f"{each.origin}: This {each.kind} is configured twice. Remove one of them.")


def _summary(changed: int, dry_run: bool) -> str:
    if not changed:
        return show.NOTHING.capitalize() + "."
    return f"{changed} would change." if dry_run else f"{changed} applied."
