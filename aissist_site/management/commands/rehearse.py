"""Walk through scenarios with an agent's engine, before customers do."""

import sys
import textwrap
from argparse import ArgumentParser
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from agents.ask import ask
from agents.brief import brief
from agents.engines.base import EngineBrief
from agents.engines.registry import ENGINES
from agents.models import Agent
from agents.rehearsal.rehearse import Result, rehearse
from agents.rehearsal.scenario import Scenario, ScenarioError, read
from aissist_site.demo import load as demo

SCENARIOS = demo.FOLDER / "scenarios"
WIDTH = 90  # characters of a text that was got
UNUSABLE = 2  # exit code when nothing could be rehearsed


class Command(BaseCommand):
    help = "Walks through scenarios with an agent as it is configured now. Stores nothing and sends nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="*", type=Path, help="YAML files or folders of them; the demo's by default.")
        parser.add_argument("--agent", default=demo.AGENT, help="Name of the agent; the demo's by default.")
        parser.add_argument("--engine", choices=sorted(ENGINES), help="Another engine than the agent's own.")

    def handle(self, *args: Any, **options: Any) -> None:
        agent = _agent(options["agent"])
        scenarios = _scenarios(options["paths"] or [SCENARIOS])
        asked = brief(agent.pk)
        if options["engine"]:
            asked = replace(asked, engines=(EngineBrief(options["engine"]),))
        results = [each for scenario in scenarios for each in rehearse(scenario, asked, ask)]
        self.stdout.write("\n".join(_table(results)))
        failed = {result.scenario for result in results if result.differences}
        self.stdout.write(f"\n{len(scenarios)} scenarios, {len(results)} lines, {len(failed)} scenarios failed.")
        if failed:
            sys.exit(1)


def _agent(name: str) -> Agent:
    agent = Agent.objects.filter(name=name).first()
    if agent is None:
        known = ", ".join(f"“{each}”" for each in Agent.objects.values_list("name", flat=True)) or "none"
        raise CommandError(f"There is no agent “{name}”. Agents: {known}.", returncode=UNUSABLE)
    return agent


def _scenarios(paths: Iterable[Path]) -> list[Scenario]:
    """All scenarios of these files and of the files in these folders."""
    files = [file for path in paths for file in _files(path)]
    try:
        return [scenario for file in files for scenario in read(file)]
    except ScenarioError as error:
        raise CommandError(str(error), returncode=UNUSABLE) from error


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(each for each in path.iterdir() if each.suffix in (".yaml", ".yml"))
    if not found:
        raise CommandError(f"{path}: no files with names in .yaml or .yml.", returncode=UNUSABLE)
    return found


def _table(results: Sequence[Result]) -> Iterable[str]:
    """One row for each line; under it, one for each difference."""
    width = max(len(result.scenario.name) for result in results)
    yield f"{'scenario':<{width}}  line      ms  result"
    for result in results:
        row = f"{result.scenario.name:<{width}}  {result.number:>4}  {result.milliseconds:>6}"
        yield f"{row}  {'differs' if result.differences else 'ok'}"
        for each in result.differences:
            got = textwrap.shorten(each.got, WIDTH, placeholder=" …")
            yield f"    {each.what}: expected {each.expected}, got {got}"
