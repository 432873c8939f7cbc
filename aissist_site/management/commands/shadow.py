"""How a gateway's shadow compares with what people did."""

import textwrap
from argparse import ArgumentParser
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from gateways.models import Gateway
from handover import shadow

WIDTH = 70  # characters of a reply


class Command(BaseCommand):
    help = "Compares what the agent decided in the shadow with what people then did. Changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--gateway", required=True, help="Name of the gateway.")
        parser.add_argument("--days", type=int, default=30, help="How far to look back; 30 by default.")
        parser.add_argument("--list", action="store_true", help="Each decision, newest first, not only their number.")

    def handle(self, *args: Any, **options: Any) -> None:
        gateway = _gateway(options["gateway"])
        if options["days"] < 1:
            raise CommandError("--days must be at least 1.")
        report = shadow.report(gateway, timezone.now() - timedelta(days=options["days"]))
        self.stdout.write("\n".join(_counts(report)))
        if options["list"]:
            self.stdout.write("\n".join(_list(report)))


def _gateway(name: str) -> Gateway:
    gateway = Gateway.objects.filter(name=name).first()
    if gateway is None:
        known = ", ".join(f"“{each}”" for each in Gateway.objects.values_list("name", flat=True)) or "none"
        raise CommandError(f"There is no gateway “{name}”. Gateways: {known}.")
    return gateway


def _counts(report: shadow.Report) -> Iterable[str]:
    for says, count in report.counts:
        yield f"{count:>6}  {says}"
    if report.agreement is None:
        yield "Nothing to compare yet."
    else:
        yield f"{report.agreement} % of {report.judged} decisions agree with what people did."


def _list(report: shadow.Report) -> Iterable[str]:
    for each in report.comparisons:
        yield f"\n{each.turn.created_at:%Y-%m-%d %H:%M}  conversation {each.turn.conversation_id}  {each.says}"
        ours = f"→ {each.places[0]} " * each.ours.hands_over + each.ours.reply
        theirs = f"→ {each.places[1]} " * bool(each.places[1]) + each.theirs.reply
        for who, text in (("agent", ours), ("people", theirs)):
            yield f"    {who:<7} {textwrap.shorten(text, WIDTH, placeholder=' …') or '–'}"
