"""The rows that a bench needs, and words with the loopback platform. Wants Django set up on the stack's environment."""

import json
import time
import urllib.request
from typing import Any

from django.apps import apps
from django.db import connection

from agents.models import Agent
from gateways.models import Gateway, Secret
from gateways.signatures import new_secret
from tests.bench.platform import Record

DROPPING = "webhook"  # drops repeats
PLAIN = "loopback"  # doesn't
ROOMS = ("agents", "gateways", "contacts", "conversations", "handover")


class World:
    def __init__(self, platform_port: int, address: str = "127.0.0.1") -> None:
        self.platform = f"http://{address}:{platform_port}"
        self.secret = new_secret()
        self.run = 0

    def begin(self, **gateway: Any) -> Agent:
        """Empty tables, an agent that echoes at once, and a gateway of each of the two kinds; a new run number."""
        self.run = int(time.time()) % 1_000_000
        self.clear()
        agent = Agent.objects.create(name="Echo", engine="echo")
        for platform in (DROPPING, PLAIN):
            self.gateway(agent, platform, platform, **gateway)
        self.ask("POST", "/reset")
        self.faults()
        return agent

    def gateway(self, agent: Agent, platform: str, public_id: str, **fields: Any) -> Gateway:
        made = Gateway.objects.create(
            agent=agent,
            name=public_id,
            platform=platform,
            public_id=public_id,
            config={"url": f"{self.platform}/{public_id}"},
            **fields,
        )
        for name in ("signing_secret", "outbound_secret"):
            Secret.objects.create(gateway=made, name=name, value=self.secret)
        return made

    def clear(self) -> None:
        tables = [model._meta.db_table for room in ROOMS for model in apps.get_app_config(room).get_models()]
        with connection.cursor() as cursor:
            for statement in connection.ops.sql_flush(_plain(), tables, reset_sequences=False, allow_cascade=True):
                cursor.execute(statement)

    def faults(self, **how: Any) -> None:
        self.ask("POST", "/faults", how)

    def log(self, first: int = 0) -> list[Record]:
        """What the platform has seen, without so many of the first."""
        return [Record(**json.loads(line)) for line in self.ask("GET", f"/log/{first}").splitlines()]

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> str:
        request = urllib.request.Request(self.platform + path, json.dumps(body or {}).encode(), method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return str(answer.read().decode())


def _plain() -> Any:
    from django.core.management.color import no_style

    return no_style()
