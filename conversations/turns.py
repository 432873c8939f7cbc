"""Turns as rows: made due by a customer's message, claimed with a lease, frozen once, lost to nobody.

A claim is a conditional UPDATE, which both databases do atomically; its number (`claims`) fences a worker that was
slow enough to lose its lease.
"""

import random
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from agents.engines.base import Decision, Escalation, Reason
from conversations import events, timers
from conversations.models import Conversation, Timer, Turn
from gateways import doorbell

LEASE = timedelta(seconds=15)
MOST_FAILURES = 2  # failures of the engine, after which people are asked
MOST_CLAIMS = 12  # claims, after which the turn itself is taken for what kills the workers


def expect(conversation: Conversation) -> Turn | None:
    """The customer has written: let the live turn wait for more, or make one due. Wants a locked conversation.

    Returns the turn that will answer, or None if one that is running takes the message in at its end.
    """
    now, gateway = timezone.now(), conversation.gateway
    window = timedelta(seconds=gateway.burst_window)
    live = conversation.turns.exclude(state=Turn.State.DONE).first()
    if live is None:
        live = Turn.objects.create(
            conversation=conversation,
            epoch=conversation.epoch,
            due_at=now + window,
            answer_by=now + timedelta(seconds=gateway.longest_wait),
        )
        if gateway.thinking_after:
            timers.start(live, Timer.Kind.THINKING, gateway.thinking_after)
    elif live.state == Turn.State.RUNNING:
        return None
    else:
        _put_off(live, now + window)
    doorbell.ring(doorbell.Step.TURN, live.pk, after=max(0.0, (live.due_at - now).total_seconds()))
    return live


def claim(turn_id: int) -> Turn | None:
    """The turn, for this worker alone until its lease ends; None if it isn't due or is somebody else's."""
    now = timezone.now()
    due = Q(state=Turn.State.DUE, due_at__lte=now) | Q(state=Turn.State.RUNNING, lease_until__lt=now)
    if not Turn.objects.filter(due, pk=turn_id).update(
        state=Turn.State.RUNNING, lease_until=now + LEASE, claims=F("claims") + 1
    ):
        return None
    return Turn.objects.select_related("conversation__gateway__agent", "conversation__identity__contact").get(
        pk=turn_id
    )


def still_to_wait(turn_id: int) -> float | None:
    """Seconds until a turn that a ring came too early for is due; None if it isn't waiting."""
    due_at = Turn.objects.filter(pk=turn_id, state=Turn.State.DUE).values_list("due_at", flat=True).first()
    return None if due_at is None else max(0.0, (due_at - timezone.now()).total_seconds())


def freeze(conversation: Conversation, turn: Turn, upto_seq: int, decision: Decision) -> bool:
    """Settle a locked conversation's turn with this decision. False if it can't stand any more.

    It can't if a person took over meanwhile, if another worker has the turn, or if the customer wrote on and there is
    time left to take that in: then the turn is due again.
    """
    mine = conversation.turns.filter(pk=turn.pk, state=Turn.State.RUNNING, claims=turn.claims)
    if conversation.epoch != turn.epoch:
        return False
    if conversation.customer_seq > upto_seq and timezone.now() < turn.answer_by:
        due_at = min(timezone.now() + timedelta(seconds=conversation.gateway.burst_window), turn.answer_by)
        if not mine.update(state=Turn.State.DUE, due_at=due_at, lease_until=None):
            return False
        events.joined(conversation, turn)
        doorbell.ring(doorbell.Step.TURN, turn.pk, after=(due_at - timezone.now()).total_seconds())
        return False
    turn.state, turn.outcome, turn.upto_seq = Turn.State.DONE, outcome(decision), upto_seq
    if not mine.update(
        state=turn.state,
        outcome=turn.outcome,
        upto_seq=upto_seq,
        decision=turn.decision,
        done_at=timezone.now(),
        lease_until=None,
    ):
        return False
    timers.cancel(turn)
    conversation.answered_seq = upto_seq
    return True


def outcome(decision: Decision) -> Turn.Outcome:
    if decision.escalation is Escalation.NOW:
        return Turn.Outcome.HANDED_OVER
    if not decision.reply:
        return Turn.Outcome.SILENT
    return Turn.Outcome.ASKED if decision.clarifies else Turn.Outcome.REPLIED


def failed(turn: Turn, error: Exception) -> Decision | None:
    """The engine gave no decision. None: it will be asked again. A decision: people are."""
    public = getattr(error, "public", type(error).__name__)
    events.engine_failed(turn.conversation, turn, public)
    if turn.failures + 1 < MOST_FAILURES:
        _try_again(turn, public)
        return None
    return Decision(
        reply="",
        escalation=Escalation.NOW,
        reason=Reason.ENGINE_FAILED,
        why=f"The engine failed {turn.failures + 1} times, the last time with: {public}",
        confidence=0.0,
    )


def _try_again(turn: Turn, error: str) -> None:
    wait = random.uniform(0.2, 1.0)  # noqa: S311 - jitter, not a secret
    with transaction.atomic():
        Turn.objects.filter(pk=turn.pk, state=Turn.State.RUNNING, claims=turn.claims).update(
            state=Turn.State.DUE,
            due_at=timezone.now() + timedelta(seconds=wait),
            lease_until=None,
            failures=F("failures") + 1,
            error=error,
        )
        doorbell.ring(doorbell.Step.TURN, turn.pk, after=wait)


def _put_off(turn: Turn, due_at: datetime) -> None:
    turn.due_at = min(due_at, turn.answer_by)
    Turn.objects.filter(pk=turn.pk, state=Turn.State.DUE).update(due_at=turn.due_at)
