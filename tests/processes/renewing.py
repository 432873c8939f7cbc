"""A worker of its own that renews a gateway's tokens: `python -m tests.processes.renewing GATEWAY [die]`.

It uses the database of the test that starts it, named in the environment by TEST_DATABASE_NAME.
"""

import os
import signal
import sys

import django
from django.conf import settings


def main(gateway_id: int, dies: bool) -> None:
    settings.DATABASES["default"]["NAME"] = os.environ["TEST_DATABASE_NAME"]
    django.setup()
    from aissist_site import pipeline
    from gateways import doorbell, registry
    from tests.loopback.oauth import Wall

    class Dying(Wall):
        """Gets new tokens, and that is the last that is heard of it."""

        def refresh(self) -> None:
            super().refresh()
            os.kill(os.getpid(), signal.SIGKILL)

    doorbell.publish = lambda *ring: None  # there is no broker
    registry.ADAPTERS["wall"] = Dying if dies else Wall
    say("ready")
    sys.stdin.readline()
    say(str(pipeline.RENEWALS.drain(gateway_id)))


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), "die" in sys.argv[2:])
