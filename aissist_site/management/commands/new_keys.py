"""`manage.py new_keys`: a fresh SECRET_KEY and FIELD_ENCRYPTION_KEY, as lines for an environment file."""

from typing import Any

from django.core.management.base import BaseCommand

from aissist_site import keys


class Command(BaseCommand):
    help = "Print a fresh SECRET_KEY and FIELD_ENCRYPTION_KEY, as lines for an environment file."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(keys.new_pair(), ending="")
