"""Answers that come later: the address that an engine is given for one, and which turn an answer there is about.

A turn that waits for one is a row with a long lease and nothing else: no thread, no connection. Its `awaits` is the
engine's place in the agent's list; when the lease ends first, that becomes `passed`, and the next engine is asked.

The address names turn, messages and how many engines had been passed over. So it outlives a worker that was killed
after asking, and an answer to it that comes after the engine's time is known for one.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from agents.engines.base import AgentBrief, AnswersLater
from agents.engines.registry import ENGINES, engine
from conversations import events
from conversations.models import Turn
from gateways import doorbell

SALT = "conversations.later"


@dataclass(frozen=True, slots=True)
class Asked:
    """What an engine was asked."""

    turn_id: int
    upto_seq: int
    passed: int


def address(agent: AgentBrief, turn: Turn, upto_seq: int) -> str:
    """Where an engine of this agent may answer the turn later; "" where none of them would."""
    if not any(choice.name in ENGINES and engine(choice.name).answers_later for choice in agent.engines):
        return ""
    token = signing.Signer(sep=".", salt=SALT).sign(f"{turn.pk}-{upto_seq}-{turn.passed}")
    return f"{settings.PUBLIC_URL}{reverse('answer', args=[token])}"


def read(token: str) -> Asked | None:
    """What the address was given out for; None for one that we didn't make."""
    try:
        turn_id, upto_seq, passed = signing.Signer(sep=".", salt=SALT).unsign(token).split("-")
    except (signing.BadSignature, ValueError):
        return None
    return Asked(int(turn_id), int(upto_seq), int(passed))


def wait(turn: Turn, later: AnswersLater) -> None:
    """The turn waits for an engine's answer. Does nothing if it is here already, or somebody else has the turn."""
    until = timezone.now() + timedelta(seconds=later.seconds)
    with transaction.atomic():
        mine = Turn.objects.filter(pk=turn.pk, state=Turn.State.RUNNING, claims=turn.claims)
        if mine.update(lease_until=until, awaits=later.place):
            events.awaited(turn.conversation, turn, later.why)
            doorbell.ring(doorbell.Step.TURN, turn.gateway_id, after=later.seconds)
