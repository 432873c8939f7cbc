"""`manage.py health`: what /health/ready says, in a terminal. Exit status 1 when something is wrong."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from aissist_site import health


class Command(BaseCommand):
    help = "Say whether everything a message passes through works."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        found = health.findings()
        for name, finding in found.items():
            self.stdout.write(f"{'ok ' if finding.ok else 'BAD'}  {name:<10}  {finding.says}")
        if not all(finding.ok for finding in found.values()):
            sys.exit(1)
