"""Load the demo: an invented outdoor shop with its agent, two gateways and some past conversations."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from aissist_site.demo.load import load
from gateways.errors import ConfigError


class Command(BaseCommand):
    help = "Loads the demo: an invented outdoor shop with its agent, two gateways and 20 past conversations."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            loaded = load()
        except ConfigError as error:
            raise CommandError(f"The demo was not loaded. Check AISSIST_DEMO_WEBHOOK_SECRET: {error}") from error
        self.stdout.write("The demo is loaded." if loaded else "The demo is there already; nothing was changed.")
