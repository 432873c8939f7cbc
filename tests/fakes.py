"""A platform and an engine that do as they are told, and keep what was asked of them."""

import json
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from agents.engines.base import Brief, Decision, Engine, Escalation, Help, Means, Reason
from gateways import messages
from gateways.base import Adapter, Capabilities, Health, InboundRequest
from gateways.config import option
from gateways.errors import DeliveryError, Malformed, SignatureError, Unparsable
from gateways.messages import CustomerSaid, Event, Outgoing, Person, Place, Progress, Sent, Teammate

Kind = TypeVar("Kind")


@dataclass(frozen=True, slots=True)
class FakeConfig:
    token: str = option("Token", default="", secret=True)
    region: str = option("Region", default="eu", choices=("eu", "us"))


class FakePlatform(Adapter):
    """Takes events as JSON: {"event": "CustomerSaid", …}. Sends into `outbox`, failing as `script` says."""

    label = "Fake"
    docs = "https://platform.example/docs"
    capabilities = Capabilities(
        notes=True,
        assign=True,
        tags=True,
        opens=True,
        quotes=True,
        lists=True,
        managing_points=("inbox", "team", "tag"),
        max_length=200,
    )
    Config = FakeConfig
    kept_headers = ("content-type", "x-event")

    outbox: ClassVar[list[Outgoing]] = []
    script: ClassVar[deque[DeliveryError | Callable[[Outgoing], None] | None]] = deque()
    listed: ClassVar[list[Place | Teammate | Exception]] = []  # what `places` and `people` find, or fail with

    def verify(self, request: InboundRequest) -> None:
        if request.headers.get("x-proof") != "right":
            raise SignatureError("The proof is wrong.")

    def admit(self, request: InboundRequest) -> None:
        if not request.body:
            raise Malformed("The body is empty.")

    def parse(self, request: InboundRequest) -> Iterable[Event]:
        try:
            fields: dict[str, Any] = json.loads(request.body)
        except ValueError as error:
            raise Unparsable("not JSON") from error
        for each in fields if isinstance(fields, list) else [fields]:
            kind = getattr(messages, each.pop("event", "CustomerSaid"))
            if kind is CustomerSaid:
                each["sender"] = Person(**each.pop("sender", {"id": each.get("thread", "t1")}))
            if "attachments" in each:
                each["attachments"] = tuple(messages.Attachment(**file) for file in each["attachments"])
            if "progress" in each:
                each["progress"] = Progress(each["progress"])
            yield kind(**each)

    def send(self, outgoing: Outgoing) -> Sent:
        step = self.script.popleft() if self.script else None
        if isinstance(step, DeliveryError):
            raise step
        if step is not None:
            step(outgoing)
        self.outbox.append(outgoing)
        return Sent(external_id=f"m{len(self.outbox)}")

    def places(self) -> Iterable[Place]:
        yield from self._listed(Place)

    def people(self) -> Iterable[Teammate]:
        yield from self._listed(Teammate)

    def _listed(self, kind: type[Kind]) -> Iterable[Kind]:
        for one in self.listed:
            if isinstance(one, Exception):
                raise one
            if isinstance(one, kind):
                yield one

    def check(self) -> Health:
        return Health(ok=True, message="Fine.")


def said(text: str = "ok", **changes: Any) -> Decision:
    """A decision to reply with `text`, changed as told."""
    fields: dict[str, Any] = {
        "reply": text,
        "escalation": Escalation.NONE,
        "reason": Reason.ANSWERED,
        "why": "An article answers it.",
        "confidence": 0.9,
    }
    return Decision(**{**fields, **changes})


def escalate(**changes: Any) -> Decision:
    """A decision to hand over."""
    fields: dict[str, Any] = {
        "reply": "",
        "escalation": Escalation.NOW,
        "reason": Reason.ASKED_FOR_HUMAN,
        "why": "The customer asked for a person.",
    }
    return Decision(confidence=1.0, **{**fields, **changes})


class ScriptedEngine(Engine):
    """Answers “re: <question>” unless told otherwise: by a Decision, an exception, or a function to call meanwhile."""

    label = "Scripted"
    follows_up = True

    def __init__(self) -> None:
        self.briefs: list[Brief] = []
        self.script: deque[Decision | Exception | Callable[[Brief], Decision | None]] = deque()
        self.helped: list[tuple[str, str, str]] = []  # what colleagues wanted: kind, text, wish
        self.help_script: deque[str | Exception | Callable[[], str]] = deque()

    def decide(self, brief: Brief) -> Decision:
        self.briefs.append(brief)
        step = self.script.popleft() if self.script else None
        if isinstance(step, Exception):
            raise step
        if callable(step):
            step = step(brief)
        return step or said(f"re: {brief.question}")

    def help(self, kind: Help, text: str, wish: str, means: Means) -> str | None:
        """As the script says; without one it can't."""
        self.helped.append((kind.value, text, wish))
        step = self.help_script.popleft() if self.help_script else None
        if isinstance(step, Exception):
            raise step
        return step() if callable(step) else step
