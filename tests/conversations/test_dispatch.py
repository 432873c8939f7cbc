"""A reply is claimed as it is written and sent by who decided on it, where nothing is to be weighed against it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

import pytest
import time_machine
from django.utils import timezone

from aissist_site import decide, follow_up, pipeline
from conversations import deliver as sender
from conversations import timers
from conversations.dispatch import dispatch
from conversations.models import Conversation, Delivery
from conversations.outbox import say
from gateways import writing
from gateways.messages import Note, Purpose, pack
from gateways.models import Bucket, Gateway
from gateways.registry import ADAPTERS
from tests.conftest import Rings, Walk
from tests.fakes import escalate, said

SENDING, PENDING = Delivery.Status.SENDING, Delivery.Status.PENDING


@dataclass
class Senders:
    """Hands that have nothing to do, and the jobs that they were given."""

    free: int = 5
    jobs: list[Delivery] = field(default_factory=list)

    def take(self, jobs: list[Delivery]) -> None:
        self.jobs += jobs

    def send(self) -> None:
        jobs, self.jobs = self.jobs, []
        follow_up.deliveries([sender.send(job) for job in jobs])


@pytest.fixture
def senders(monkeypatch) -> Senders:
    senders = Senders()
    monkeypatch.setattr(pipeline.TURNS, "_settle", partial(decide.settle, senders))
    return senders


@pytest.fixture
def decided(walk: Walk, rings: Rings, django_capture_on_commit_callbacks) -> Callable[..., list[tuple[str, int]]]:
    """Decides on what was received, as a transaction that is committed. Returns the rings for deliveries."""

    def decided() -> list[tuple[str, int]]:
        rings.heard.clear()
        with django_capture_on_commit_callbacks(execute=True):
            walk.turns()
        return [(step, gateway) for step, gateway, _ in rings.heard if step == "deliver"]

    return decided


def states() -> list[str]:
    return list(Delivery.objects.order_by("pk").values_list("status", flat=True))


def test_it_is_claimed_and_sent_and_nobody_is_woken(walk: Walk, senders, decided):
    walk.customer("Hello")
    walk.ingest()
    assert decided() == []
    assert (states(), len(senders.jobs), walk.told()) == ([SENDING], 1, [])
    assert walk.deliver() == 0  # nobody else has it
    senders.send()
    assert (states(), walk.told()) == (["sent"], ["re: Hello"])
    assert walk.platform.outbox[0].answers.subject == walk.conversation().subject
    assert Conversation.objects.get().messages.get(author="agent").status == "sent"


def test_it_names_the_message_that_it_answers(walk: Walk, senders, decided):
    walk.customer("Hello", message_id="their-7")
    walk.ingest()
    decided()
    senders.send()
    assert walk.platform.outbox[0].answers.message_id == "their-7"


def test_as_many_as_there_are_hands_the_others_are_rung_for(walk: Walk, senders, decided, gateway):
    for number in range(4):
        walk.customer("Hello", thread=f"t{number}")
    walk.ingest()
    senders.free = 3
    assert decided() == [("deliver", gateway.pk)]
    assert (sorted(states()), len(senders.jobs)) == ([PENDING, SENDING, SENDING, SENDING], 3)
    senders.send()
    walk.run()
    assert [walk.told(f"t{number}") for number in range(4)] == [["re: Hello"]] * 4


def test_of_a_long_answer_the_first_part_goes_at_once_and_the_others_follow_it(walk: Walk, engine, senders, decided):
    engine.script.append(said("Words and words. " * 30))
    walk.customer("Hello")
    walk.ingest()
    decided()
    assert states() == [SENDING, PENDING, PENDING]
    assert walk.deliver() == 0
    senders.send()
    walk.run()
    assert " ".join(walk.told()).split() == ["Words", "and", "words."] * 30


def _limited(gateway: Gateway, monkeypatch) -> None:
    Gateway.objects.update(rate_limit=100)


def _throttled(gateway: Gateway, monkeypatch) -> None:
    Gateway.objects.update(throttled_until=timezone.now() + timedelta(seconds=5))


def _told_of_little(gateway: Gateway, monkeypatch) -> None:
    Bucket.objects.create(
        gateway=gateway, tokens=1, at=timezone.now(), left=9, left_until=timezone.now() + timedelta(seconds=60)
    )


def _slow(gateway: Gateway, monkeypatch) -> None:
    monkeypatch.setattr(ADAPTERS[gateway.platform], "pace", lambda thread: 1.0)


def _held(gateway: Gateway, monkeypatch) -> None:
    Conversation.objects.update(held_until=timezone.now() + timedelta(seconds=5))


def _behind_another(gateway: Gateway, monkeypatch) -> None:
    note = pack(Note("Wait for me."))
    fields = {"kind": Note.kind, "payload": note, "due_at": timezone.now()}
    Delivery.objects.create(conversation=Conversation.objects.get(), gateway=gateway, **fields)


@pytest.mark.parametrize("obstacle", [_limited, _throttled, _told_of_little, _slow, _held, _behind_another])
def test_where_something_is_to_be_weighed_against_it_it_waits_to_be_claimed(
    walk: Walk, senders, decided, gateway, monkeypatch, obstacle
):
    walk.customer("Hello")
    walk.ingest()
    obstacle(gateway, monkeypatch)
    assert decided() == [("deliver", gateway.pk)]
    assert (senders.jobs, set(states())) == ([], {PENDING})


def test_words_behind_something_else_wait_for_their_turn(walk: Walk, engine, senders, decided, gateway):
    engine.script.append(escalate())  # with a tag first
    walk.customer("Hello")
    walk.ingest()
    assert decided() == [("deliver", gateway.pk)]
    assert (senders.jobs, set(states())) == ([], {PENDING})
    walk.run()
    assert set(states()) == {"sent"} and len(walk.told()) == 1


def test_without_hands_of_its_own_nothing_is_claimed(walk: Walk, senders, decided, gateway):
    senders.free = 0
    walk.customer("Hello")
    walk.ingest()
    assert (decided(), states()) == ([("deliver", gateway.pk)], [PENDING])


def test_if_who_claimed_it_dies_it_is_found_when_the_lease_ends(walk: Walk, senders, decided):
    Gateway.objects.update(on_unknown="resend")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        walk.customer("Hello")
        walk.ingest()
        decided()
        clock.shift(sender.LEASE.total_seconds() - 1)
        assert walk.deliver() == 0
        clock.shift(2)
        assert walk.deliver() == 1
    assert walk.told() == ["re: Hello"]
    assert Delivery.objects.get().maybe_sent


def test_a_takeover_that_comes_first_leaves_nothing_to_send(walk: Walk, senders, decided):
    walk.customer("Hello")
    walk.ingest()
    Conversation.objects.update(epoch=7, owner=Conversation.Owner.HUMAN)
    assert (decided(), senders.jobs, states()) == ([], [], [])


def test_of_a_conversation_that_isnt_locked_nothing_is_claimed(walk: Walk, gateway):
    walk.customer("Hello")
    walk.ingest()
    conversation = walk.conversation()
    with writing.at_once():
        say(conversation, "One moment.", Purpose.REPLY)
        assert dispatch([], most=5) == []
        assert dispatch([conversation.pk], most=5) == writing.unwritten(Delivery)


def test_a_thinking_message_goes_at_once_too(walk: Walk, gateway, rings, django_capture_on_commit_callbacks):
    Gateway.objects.update(thinking_after=1)
    senders = Senders()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        walk.customer("Hello")
        walk.ingest()
        clock.shift(1.5)
        rings.heard.clear()
        with django_capture_on_commit_callbacks(execute=True):
            assert timers.fire(gateway.pk, senders) == 1
        assert (states(), rings.heard) == ([SENDING], [])
        senders.send()
    assert [outgoing.effect.purpose for outgoing in walk.platform.outbox] == [Purpose.THINKING]
