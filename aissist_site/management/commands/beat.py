"""`manage.py beat`: send what is due by the schedule."""

from typing import Any

from django.core.management.base import BaseCommand

from aissist_site import processes


class Command(BaseCommand):
    help = "Send what is due by the schedule. Run exactly one."

    def handle(self, *args: Any, **options: Any) -> None:
        processes.make_ready()
        processes.run_beat()
