"""`manage.py poll`: ask the platforms that don't tell us by themselves."""

from typing import Any

from django.core.management.base import BaseCommand

from aissist_site import processes


class Command(BaseCommand):
    help = "Ask platforms what is new, for the gateways that are set to poll. A second one stands by."

    def handle(self, *args: Any, **options: Any) -> None:
        processes.make_ready()
        processes.run_poll()
