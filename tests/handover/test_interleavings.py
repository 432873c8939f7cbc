"""Customers, people, the engine and the platform in random orders, in every mode: the promises hold in all of them.

A run is made of its seed alone, so one that fails can be looked at again. AISSIST_INTERLEAVINGS is how many runs each
mode gets, AISSIST_CROWDS how many crowds of fifty conversations there are: 40 of them are two thousand.
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
from agents.models import SubAgent
from conversations import limbo
from conversations.models import Conversation, Delivery, Draft, Timer, Turn
from gateways.errors import DeliveryError, Failure
from gateways.messages import Outgoing, Purpose, Reply
from gateways.models import Destination, Gateway
from handover import desk, overdue
from handover.models import EscalationTarget, Handover, HandoverRule, HandoverSettings
from tests.conftest import Walk
from tests.fakes import ScriptedEngine, escalate, said

pytestmark = pytest.mark.django_db
RUNS = int(os.environ.get("AISSIST_INTERLEAVINGS", "8"))
STEPS = 35
CROWDS = int(os.environ.get("AISSIST_CROWDS", "2"))  # 40 for two thousand interleavings
CROWD, ACTS = 50, 6  # conversations, and things that happen in each
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
    threads: tuple[str, ...] = THREADS
    focus: str = ""  # the thread that is being answered or sent to: what happens meanwhile mostly happens there
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
        self.hand_over_to(self.walk.gateway)
        self.engine.decide = self.decide

    def hand_over_to(self, gateway: Gateway) -> None:
        """People to hand over to, who may be late, fall silent, or be taken away again."""
        billing = SubAgent.objects.create(agent=gateway.agent, name="Billing", slug="billing", scenario="Bills")
        desks = [
            Destination.objects.create(gateway=gateway, kind="inbox", external_id=name, name=name)
            for name in ("front", "money", "late")
        ]
        HandoverRule.objects.create(
            gateway=gateway, sub_agent=billing, destination=desks[1], next_destination=desks[2], accept_within=5
        )
        EscalationTarget.objects.create(gateway=gateway, destination=desks[0])
        HandoverSettings.objects.create(gateway=gateway, accept_within=5, give_back_after=self.random.choice([0, 5]))

    def step(self, rate: int = 5) -> None:
        act = self.random.choice([*CUSTOMER * 4, *PEOPLE, *WORKERS * rate])
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
        if self.focus and self.random.random() < 0.8:
            return self.focus
        return self.random.choice(self.threads)

    def conversation(self) -> Conversation:
        found = Conversation.objects.filter(external_id=self.thread()).first()
        if found is None:
            raise desk.DeskError("There is none yet.")
        return found

    def decide(self, brief: Brief) -> Decision:
        self.focus = brief.question.rpartition("#")[2]
        self.meanwhile()
        self.focus = ""
        choice = self.random.choice(["reply", "reply", "reply", "long", "escalate", "words", "silent", "fail"])
        if choice == "fail":
            raise EngineError("No.")
        asks = escalate(sub_agent=self.random.choice(["", "billing"]))
        made = {"long": said(LONG), "escalate": asks, "words": escalate(reply="Sorry."), "silent": said("")}
        return made.get(choice) or said(f"re: {brief.question}")

    def settle(self) -> None:
        """Time passes, and everything that is due happens."""
        idle = 0
        for _ in range(2000):
            late = timezone.now() - timedelta(seconds=1)
            Turn.objects.filter(state="due").update(due_at=late)
            Delivery.objects.filter(status="pending").update(due_at=late)
            Timer.objects.update(due_at=late)
            Handover.objects.filter(accept_by__isnull=False).update(accept_by=late)
            overdue.pass_on()
            busy = any([self.walk.ingest(), self.walk.turns(), self.walk.timers(), self.walk.deliver(1)])
            idle = 0 if busy else idle + 1  # what is withdrawn isn't counted, and what stood behind it is next
            if idle > 2 and not Delivery.objects.filter(status="pending").exists():
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
        world.focus = outgoing.thread
        world.meanwhile()
        world.focus = ""
        return sent

    return look_and_send


# --- What can happen --------------------------------------------------------------------------------------------------


def customer_writes(world: World) -> None:
    thread = world.thread()
    for _ in range(world.random.choice([1, 1, 2])):  # a burst, now and then
        text = world.random.choice(["Hello", "Where is it?", "A tent"])
        world.walk.customer(f"{text} #{thread}", thread=thread)


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


def bot_replies(world: World) -> None:
    """Another automation answers. If it does before ours has begun to be sent, ours mustn't be any more."""
    thread = world.thread()
    world.walk.staff("We open at nine.", thread=thread, author="Bot", automated=True)


def rules_change(world: World) -> None:
    act = world.random.choice(["rule", "destination", "back"])
    if act == "rule":
        HandoverRule.objects.all().delete()
    elif act == "destination":
        Destination.objects.filter(name=world.random.choice(["front", "money", "late"])).delete()
    else:
        Destination.objects.update(is_active=world.random.random() < 0.5)


def nobody_accepts(world: World) -> None:
    late = timezone.now() - timedelta(seconds=1)
    Handover.objects.filter(accept_by__isnull=False).update(accept_by=late)
    overdue.pass_on()


def people_fall_silent(world: World) -> None:
    long_ago = timezone.now() - timedelta(minutes=6)
    Conversation.objects.filter(owner="human").update(last_message_at=long_ago, updated_at=long_ago)
    overdue.give_back()


def asked_twice(world: World) -> None:
    conversation = world.conversation()
    desk.hand_over(conversation.pk, **BO)
    desk.hand_over(conversation.pk, **BO)


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
    asked_twice,
    bot_replies,
    rules_change,
    nobody_accepts,
    people_fall_silent,
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
    check(world)


@pytest.mark.parametrize("seed", range(CROWDS))
def test_the_promises_hold_in_a_crowd(walk: Walk, engine: ScriptedEngine, monkeypatch, seed: int):
    """Fifty conversations at once, each with an order of its own: forty crowds are two thousand interleavings."""
    monkeypatch.setattr("conversations.quiet.PATIENCE", timedelta(0))
    world = World(walk, engine, random.Random(f"crowd {seed}"), "auto")
    world.threads = tuple(f"c{number}" for number in range(CROWD))
    world.begin()
    for thread in world.threads:
        walk.customer(f"Hello #{thread}", thread=thread)
    for _ in range(CROWD * ACTS):
        world.step(rate=1)
    world.settle()
    check(world)
    assert Conversation.objects.filter(external_id__startswith="c").count() == CROWD


def check(world: World) -> None:
    assert world.broken == []
    assert not limbo.in_limbo().exists()
    open_now = Handover.objects.filter(state__in=("waiting", "accepted"))
    assert len(set(open_now.values_list("conversation_id", flat=True))) == open_now.count()
    assert not open_now.exclude(conversation__owner="human").exists()
    assert not Turn.objects.exclude(state="done").exists()
    left = Delivery.objects.filter(status__in=("pending", "sending"))
    assert list(left.values_list("kind", "status", "epoch", "due_at", "lease_until", "maybe_sent", "error")) == []
    waiting = set(Draft.objects.filter(state="pending").values_list("conversation_id", flat=True))
    assert waiting == set(Conversation.objects.filter(has_draft=True).values_list("pk", flat=True))
    assert not Conversation.objects.filter(pk__in=waiting).filter(status="closed").exists()
