"""Print agents and gateways as YAML."""

from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from agents.models import Agent
from gateways.models import Gateway
from handover.configuration import text
from handover.configuration.describe import describe, shown


class Command(BaseCommand):
    help = (
        "Prints gateways and agents as YAML, to be kept in git and applied elsewhere with “apply”. "
        "All of them, unless some are named. Secrets stand in it as references."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--gateway", action="append", default=[], metavar="NAME", help="This one; may be repeated.")
        parser.add_argument("--agent", action="append", default=[], metavar="NAME", help="This one; may be repeated.")

    def handle(self, *args: Any, **options: Any) -> None:
        everything = not options["gateway"] and not options["agent"]
        agents = _found(Agent, None if everything else options["agent"])
        gateways = _found(Gateway, None if everything else options["gateway"])
        self.stdout.write(text.dump(shown(describe(each)) for each in (*agents, *gateways)), ending="")


def _found(model: Any, names: Sequence[str] | None) -> list[Any]:
    """Those of these names, in this order; all of them for None."""
    if names is None:
        return list(model.objects.order_by("name"))
    known = {each.name: each for each in model.objects.filter(name__in=names)}
    if missing := [name for name in names if name not in known]:
        there = ", ".join(f"“{name}”" for name in model.objects.values_list("name", flat=True)) or "none"
        raise CommandError(f"There is no {model._meta.verbose_name} “{missing[0]}”. There are: {there}.", returncode=2)
    return [known[name] for name in dict.fromkeys(names)]
