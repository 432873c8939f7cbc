"""What most tests need: an agent, a gateway on a fake platform, and a way to let everything that is due happen."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.test import override_settings

from agents.engines import registry as engines
from agents.models import Agent
from aissist_site import pipeline
from conversations.models import Conversation
from gateways import doorbell, doors, registry
from gateways.messages import Reply
from gateways.models import Gateway, Receipt
from tests.fakes import FakePlatform, ScriptedEngine

hypothesis.settings.register_profile("ours", deadline=None)  # how fast is for benchmarks: machines are busy
hypothesis.settings.load_profile("ours")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Each worker has a database. On SQLite it is a file: one in memory would give all threads one connection."""
    if settings.EMBEDDED:
        test: Any = settings.DATABASES["default"]["TEST"]
        test["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")


@pytest.fixture(autouse=True)
def quick_passwords() -> Iterator[None]:
    """Hashing a password properly takes as long as a whole test."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(autouse=True)
def fresh_doors() -> None:
    """No gateway is remembered from another test."""
    doors.forget()


@dataclass
class Rings:
    """The doorbells that were rung, in place of a broker."""

    heard: list[tuple[str, int, float]] = field(default_factory=list)

    def publish(self, step: doorbell.Step, row_id: int, after: float) -> None:
        self.heard.append((step.value, row_id, after))


@pytest.fixture(autouse=True)
def rings(monkeypatch: pytest.MonkeyPatch) -> Rings:
    """No test reaches a broker unless it starts one."""
    rings = Rings()
    monkeypatch.setattr(doorbell, "publish", rings.publish)
    return rings


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> type[FakePlatform]:
    class Fresh(FakePlatform):
        outbox = []
        script = type(FakePlatform.script)()
        listed = []

    monkeypatch.setitem(registry.ADAPTERS, "fake", Fresh)
    return Fresh


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> ScriptedEngine:
    scripted = ScriptedEngine()
    monkeypatch.setitem(engines.ENGINES, "scripted", lambda: scripted)  # type: ignore[arg-type]
    engines.engine.cache_clear()
    return scripted


@pytest.fixture
def agent(db: None, engine: ScriptedEngine) -> Agent:
    return Agent.objects.create(name="Shop", display_name="Ada", engine="scripted")


@pytest.fixture
def gateway(agent: Agent, platform: type[FakePlatform]) -> Gateway:
    return Gateway.objects.create(
        agent=agent, name="Desk", platform="fake", burst_window=0, longest_wait=60, thinking_after=0
    )


@dataclass
class Walk:
    """Drives the pipeline by hand, as workers would."""

    gateway: Gateway
    platform: type[FakePlatform]
    keys: int = 0

    def receive(self, *events: dict[str, Any]) -> Receipt:
        """Keep one request with these events; a key is made up for each that has none."""
        for event in events:
            self.keys += 1
            event.setdefault("key", f"k{self.keys}")
        return Receipt.objects.create(gateway=self.gateway, headers={}, body=json.dumps(list(events)).encode())

    def customer(self, text: str, thread: str = "t1", **fields: Any) -> Receipt:
        return self.receive({"event": "CustomerSaid", "thread": thread, "text": text, **fields})

    def staff(self, text: str, thread: str = "t1", **fields: Any) -> Receipt:
        return self.receive({"event": "StaffSaid", "thread": thread, "text": text, **fields})

    def run(self) -> None:
        """Let everything happen that is due now, until nothing is."""
        for _ in range(50):
            steps = [self.ingest(), self.turns(), self.timers(), self.actions(), self.deliver()]
            if not any(steps):
                return
        raise AssertionError("The walk doesn't come to an end.")

    def ingest(self) -> int:
        return pipeline.ingest(self.gateway.pk)

    def turns(self) -> int:
        return pipeline.TURNS.drain(self.gateway.pk)

    def timers(self) -> int:
        return pipeline.fire(self.gateway.pk)

    def actions(self) -> int:
        return pipeline.ACTIONS.drain(self.gateway.pk)

    def deliver(self, most: int = 25) -> int:
        return pipeline.DELIVERIES.drain(self.gateway.pk, most)

    def told(self, thread: str = "t1") -> list[str]:
        """What the customer of this thread was sent, in order."""
        return [
            sent.effect.text
            for sent in self.platform.outbox
            if sent.thread == thread and isinstance(sent.effect, Reply)
        ]

    def conversation(self, thread: str = "t1") -> Conversation:
        return Conversation.objects.get(gateway=self.gateway, external_id=thread)

    def answer(self, text: str, thread: str = "t1") -> list[str]:
        """The customer writes; everything happens; what they have been told since."""
        before = len(self.told(thread))
        self.customer(text, thread)
        self.run()
        return self.told(thread)[before:]


@pytest.fixture
def walk(gateway: Gateway, platform: type[FakePlatform]) -> Walk:
    return Walk(gateway, platform)


@pytest.fixture
def make_gateway(agent: Agent, platform: type[FakePlatform]) -> Callable[..., Gateway]:
    def make(**fields: Any) -> Gateway:
        defaults = {"agent": agent, "platform": "fake", "burst_window": 0, "longest_wait": 60, "thinking_after": 0}
        return Gateway.objects.create(**{**defaults, "name": f"Gateway {Gateway.objects.count()}", **fields})

    return make
