"""`manage.py worker`: do the work that rows wait for."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from aissist_site import processes


class Command(BaseCommand):
    help = "Do the work: take receipts in, run turns, deliver, fire timers."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--queues", default=",".join(processes.ALL_QUEUES), help="comma-separated (default: %(default)s)"
        )
        parser.add_argument("--concurrency", type=int, help="tasks at a time (default: WORK_CONCURRENCY)")

    def handle(self, *args: Any, queues: str, concurrency: int | None, **options: Any) -> None:
        names = [name.strip() for name in queues.split(",") if name.strip()]
        known = ", ".join(processes.ALL_QUEUES)
        if unknown := set(names) - set(processes.ALL_QUEUES):
            raise CommandError(f"No such queue: {sorted(unknown)[0]}. The queues are {known}.")
        processes.make_ready()
        processes.run_worker(names, concurrency or settings.WORK_CONCURRENCY)
