"""`manage.py web`: serve requests."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from aissist_site import prepare, processes


class Command(BaseCommand):
    help = "Serve the admin, the API, webhooks and chat pages."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
        parser.add_argument("--port", type=int, default=settings.PORT, help="port to listen on (default: %(default)s)")

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        prepare.port_is_free(host, port)
        processes.make_ready()
        prepare.share_memory()
        processes.run_web(host, port)
