"""Customers, people, the engine and the platform in random orders, in every mode: the promises hold in all of them.

A run is made of its seed alone, so one that fails can be looked at again. AISSIST_INTERLEAVINGS is how many runs each
mode gets.
"""

import os
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from django.utils import timezone

from agents.engines.base import Brief, Decision, EngineError
from conversations import limbo
from conversations.models import Conversation, Delivery, Draft, Timer, Turn
from gateways.errors import DeliveryError, Failure
from gateways.messages import Outgoing, Purpose, Reply
from gateways.models import Gateway
from handover import desk
from tests.conftest import Walk
from tests.fakes import ScriptedEngine, escalate, said

pytestmark = pytest.mark.django_db
RUNS = int(os.environ.get("AISSIST_INTERLEAVINGS", "8"))
STEPS = 35
THREADS = ("a", "b")
MODES = ("auto", "draft", "copilot", "shadow", "off")
LONG = "word " * 30 + "\n\n" + "more " * 30
BO = {"user": None, "author": "Bo"}


@dataclass
class World:
    """One run. `random` decides everything."""

    walk: Walk
    engine: ScriptedEngine
    random: random.Random
    mode: str
    broken: list[str] = field(default_factory=list)  # promises; what is raised while sending counts as a failed send
    depth: int = 0  # of what happens while an engine thinks or the platform is being sent to

    def begin(self) -> None:
        changes = {
            "mode": MODES[0] if self.mode == "mixed" else self.mode,
            "thinking_after": self.random.choice([0, 5]),
        }
        Gateway.objects.filter(pk=self.walk.gateway.pk).update(**changes, longest_wait=self.random.choice([0, 60]))
        drafts, notes, typing = (self.random.random() < 0.5 for _ in range(3))
        kind = self.walk.platform
        kind.capabilities = replace(kind.capabilities, drafts=drafts, notes=notes, typing=typing, edits=typing)
        kind.send = sending(self, kind.send)
        self.engine.decide = self.decide

    def step(self) -> None:
        act = self.random.choice([*CUSTOMER * 4, *PEOPLE, *WORKERS * 5])
        with suppress(desk.DeskError):
            act(self)

    def meanwhile(self) -> None:
        """Something happens while somebody else waits."""
        if self.depth == 0 and self.random.random() < 0.5:
            self.depth += 1
            with suppress(desk.DeskError):
                self.random.choice([*CUSTOMER, *PEOPLE])(self)
                self.walk.ingest()
            self.depth -= 1

    def thread(self) -> str:
        return self.random.choice(THREADS)

    def conversation(self) -> Conversation:
        found = Conversation.objects.filter(external_id=self.thread()).first()
        if found is None:
            raise desk.DeskError("There is none yet.")
        return found

    def decide(self, brief: Brief) -> Decision:
        self.meanwhile()
        choice = self.random.choice(["reply", "reply", "reply", "long", "escalate", "words", "silent", "fail"])
        if choice == "fail":
            raise EngineError("No.")
        made = {"long": said(LONG), "escalate": escalate(), "words": escalate(reply="Sorry."), "silent": said("")}
        return made.get(choice) or said(f"re: {brief.question}")

    def settle(self) -> None:
        """Time passes, and everything that is due happens."""
        idle = 0
        for _ in range(300):
            late = timezone.now() - timedelta(seconds=1)
            Turn.objects.filter(state="due").update(due_at=late)
            Delivery.objects.filter(status="pending").update(due_at=late)
            Timer.objects.update(due_at=late)
            busy = any([self.walk.ingest(), self.walk.turns(), self.walk.timers(), self.walk.deliver(1)])
            idle = 0 if busy else idle + 1  # what is withdrawn isn't counted, and what stood behind it is next
            if idle > 2:
                return
        raise AssertionError("The walk doesn't come to an end.")


def sending(world: World, send: Callable) -> Callable:
    """The platform's `send`, which now and then fails, and which looks at who has the conversation."""

    def look_and_send(adapter, outgoing: Outgoing):
        effect = outgoing.effect
        if isinstance(effect, Reply):
            delivery = Delivery.objects.select_related("conversation", "message").get(client_ref=outgoing.client_ref)
            if effect.purpose is Purpose.HUMAN:
                if delivery.message.author != "human":
                    world.broken.append("The agent speaks as a person.")
            elif delivery.epoch != delivery.conversation.epoch:
                world.broken.append("The agent speaks after a takeover.")
            elif world.mode not in ("auto", "mixed") and effect.purpose is not Purpose.HANDOVER:
                # the handover message is said here only when a person hands over
                world.broken.append("The agent speaks where only people may.")
        if world.random.random() < 0.1:
            raise DeliveryError(world.random.choice([Failure.REJECTED, Failure.UNREACHABLE, Failure.UNKNOWN]), "No.")
        sent = send(adapter, outgoing)
        world.meanwhile()
        return sent

    return look_and_send


# --- What can happen --------------------------------------------------------------------------------------------------


def customer_writes(world: World) -> None:
    world.walk.customer(world.random.choice(["Hello", "Where is it?", "A tent"]), thread=world.thread())


def staff_replies(world: World) -> None:
    thread = world.thread()
    draft = Draft.objects.filter(conversation__external_id=thread, state="pending").first()
    words = [draft.message.text, draft.message.text + " Bye"] if draft else []
    world.walk.staff(world.random.choice([*words, "Bo here"]), thread=thread, author="Bo")


def staff_assigns(world: World) -> None:
    to = world.random.choice([{"assignee": "7"}, {"to_agent": True}, {"destination": "sales"}])
    world.walk.receive({"event": "Assigned", "thread": world.thread(), **to})


def staff_ends(world: World) -> None:
    world.walk.receive({"event": world.random.choice(["Closed", "GivenBack"]), "thread": world.thread()})


def person_replies(world: World) -> None:
    desk.reply(world.conversation().pk, **BO, text="Bo here")


def person_asks(world: World) -> None:
    desk.ask_for_draft(world.conversation().pk, **BO, instruction=world.random.choice(["", "Shorter"]))


def person_sends_draft(world: World) -> None:
    conversation = world.conversation()
    draft = conversation.drafts.filter(state="pending").first()
    text = world.random.choice([None, "Other words"])
    desk.send_draft(conversation.pk, **BO, draft=draft.pk if draft else 0, text=text)


def person_discards(world: World) -> None:
    conversation = world.conversation()
    draft = conversation.drafts.filter(state="pending").first()
    desk.discard_draft(conversation.pk, **BO, draft=draft.pk if draft else 0)


def simply(act: Callable) -> Callable[[World], None]:
    def do(world: World) -> None:
        act(world.conversation().pk, **BO)

    return do


def mode_changes(world: World) -> None:
    if world.mode == "mixed":
        Gateway.objects.update(mode=world.random.choice(MODES))


def time_passes(world: World) -> None:
    late = timezone.now() - timedelta(seconds=1)
    for rows in (Turn.objects.filter(state="due"), Delivery.objects.filter(status="pending"), Timer.objects.all()):
        rows.update(due_at=late)


CUSTOMER = [customer_writes]
PEOPLE = [
    staff_replies,
    staff_assigns,
    staff_ends,
    person_replies,
    person_asks,
    person_sends_draft,
    person_discards,
    simply(desk.take_over),
    simply(desk.give_back),
    simply(desk.suspend),
    simply(desk.close),
    simply(desk.hand_over),
    mode_changes,
]
WORKERS = [
    lambda world: world.walk.ingest(),
    lambda world: world.walk.turns(),
    lambda world: world.walk.deliver(1),
    lambda world: world.walk.timers(),
    time_passes,
]


@pytest.mark.parametrize("mode", [*MODES, "mixed"])
@pytest.mark.parametrize("seed", range(RUNS))
def test_the_promises_hold(walk: Walk, engine: ScriptedEngine, monkeypatch, seed: int, mode: str):
    # One thread: what is being sent can't be waited for; so one thing is sent at a time, and nothing is on its way.
    monkeypatch.setattr("conversations.quiet.PATIENCE", timedelta(0))
    world = World(walk, engine, random.Random(f"{mode} {seed}"), mode)
    world.begin()
    for _ in range(STEPS):
        world.step()
    world.settle()
    assert world.broken == []
    assert not limbo.in_limbo().exists()
    assert not Turn.objects.exclude(state="done").exists()
    left = Delivery.objects.filter(status__in=("pending", "sending"))
    assert list(left.values_list("kind", "status", "epoch", "due_at", "lease_until", "maybe_sent", "error")) == []
    waiting = set(Draft.objects.filter(state="pending").values_list("conversation_id", flat=True))
    assert waiting == set(Conversation.objects.filter(has_draft=True).values_list("pk", flat=True))
    assert not Conversation.objects.filter(pk__in=waiting).filter(status="closed").exists()
