"""Who would have got what was handed over, by other rules."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from aissist_site.management.commands.shadow import _gateway
from gateways.models import Gateway
from handover import dry_run
from handover.policy import Rule
from handover.route import rules_of


class Command(BaseCommand):
    help = "Tries handover rules on the last handovers, side by side with today's. Changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--gateway", required=True, help="Name of the gateway.")
        parser.add_argument("--last", type=int, default=dry_run.LAST, help="How many handovers; 100 by default.")
        parser.add_argument(
            "--rules",
            help='JSON file: [{"sub_agent": "billing", "destination": "Name"}, …]. Left out: today\'s.',
        )

    def handle(self, *args: Any, **options: Any) -> None:
        gateway = _gateway(options["gateway"])
        if options["last"] < 1:
            raise CommandError("--last must be at least 1.")
        tried = dry_run.replay(gateway, _rules(gateway, options["rules"]), options["last"])
        for each in tried:
            mark = "*" if each.differs else " "
            when = f"{each.handover.created_at:%Y-%m-%d %H:%M}"
            places = f"went to {each.went}; today {each.today}; then {each.edited}"
            self.stdout.write(f"{mark} {when}  conversation {each.handover.conversation_id}  {places}  ({each.why})")
        differ = sum(each.differs for each in tried)
        self.stdout.write(f"{differ} of {len(tried)} handovers would go somewhere else than by today's rules.")


def _rules(gateway: Gateway, path: str | None) -> list[Rule]:
    if path is None:
        return rules_of(gateway)
    try:
        return dry_run.from_rows(gateway, json.loads(Path(path).read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise CommandError(f"{path}: {error}") from error
