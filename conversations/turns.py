"""Turns as rows: made due by a customer's message, claimed with a lease, frozen once, lost to nobody.

A claim passes over rows that another worker is just claiming, and on SQLite there is one writer at a time anyway; its
number (`claims`) fences a worker that was slow enough to lose its lease.
"""

import random
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from agents.engines.base import Decision, Escalation, Reason
from conversations import events, timers
from conversations.models import Conversation, Timer, Turn
from gateways import doorbell, writing
from gateways.asking import asked
from gateways.models import Gateway

LEASE = timedelta(seconds=15)
CLOCKS_DIFFER = 0.2  # seconds; for longer waits a later ring is on its way
FROZEN = ("state", "outcome", "upto_seq", "decision", "done_at", "lease_until")
MOST_FAILURES = 2  # failures of the engine, after which people are asked
MOST_CLAIMS = 12  # claims, after which the turn itself is taken for what kills the workers


def ask(conversation: Conversation, asked_by: str, instruction: str, help: str = "") -> Turn:
    """Make a turn due at once that ends in a draft or in `help`. Wants a locked conversation without a live turn."""
    now, longest_wait = timezone.now(), timedelta(seconds=conversation.gateway.longest_wait)
    made = Turn(
        conversation=conversation,
        gateway_id=conversation.gateway_id,
        epoch=conversation.epoch,
        due_at=now,
        answer_by=now + longest_wait,
        asked_by=asked_by[:200],
        instruction=instruction,
        help=help,
    )
    conversation.live_turn = writing.insert(made)
    doorbell.ring(doorbell.Step.TURN, conversation.gateway_id)
    return made


def expect(conversation: Conversation, waited: float = 0.0) -> Turn | None:
    """The customer has written: let the live turn wait for more, or make one due. Wants a locked conversation.

    `waited`: seconds that this lay in the inbox. Returns the turn that will answer, or None if one that is running
    takes the message in at its end.
    """
    now, gateway = timezone.now(), conversation.gateway
    window = timedelta(seconds=gateway.burst_window)
    live = conversation.live_turn
    if live is None:
        delay = gateway.later_delay if conversation.answered_seq else gateway.first_delay
        begins = now + timedelta(seconds=delay)
        made = Turn(
            conversation=conversation,
            gateway_id=conversation.gateway_id,
            epoch=conversation.epoch,
            due_at=begins + window,
            answer_by=begins + timedelta(seconds=gateway.longest_wait),
        )
        conversation.live_turn = live = writing.insert(made)
        if gateway.thinking_after and gateway.mode_now() == Gateway.Mode.AUTO:
            # Half of it at most: behind a long queue, who is answered at once mustn't get a second message for it.
            counted = min(waited, gateway.thinking_after / 2)
            timers.start(live, Timer.Kind.THINKING, delay + gateway.thinking_after - counted)
    elif live.state == Turn.State.RUNNING:
        return None
    else:
        _put_off(live, now + window)
    doorbell.ring(doorbell.Step.TURN, conversation.gateway_id, after=max(0.0, (live.due_at - now).total_seconds()))
    return live


def claim(gateway_id: int, most: int) -> list[Turn]:
    """Turns of the gateway that are due, the longest due first, for this worker alone until their leases end."""
    now = timezone.now()
    with transaction.atomic():
        found = _due(gateway_id, now, most)
        if not found:
            return []
        [gateway] = _with_agent(gateway_id)
        for turn in found:
            turn.state, turn.lease_until, turn.claims = Turn.State.RUNNING, now + LEASE, turn.claims + 1
            turn.conversation.gateway = gateway  # one for all: with its agent it has a hundred columns
        _pass_over([turn for turn in found if turn.awaits])
        writing.update_all(found, ("state", "lease_until", "claims"))
    return found


@asked
def _due(gateway_id: int, now: datetime, most: int) -> QuerySet[Turn]:
    due = Q(state=Turn.State.DUE, due_at__lte=now) | Q(state=Turn.State.RUNNING, lease_until__lt=now)
    free = Turn.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
    related = free.select_related("conversation__identity__contact")
    return related.filter(due, gateway=gateway_id).order_by("due_at")[:most]


@asked
def _with_agent(gateway_id: int) -> QuerySet[Gateway]:
    return Gateway.objects.select_related("agent").filter(pk=gateway_id)


def _pass_over(turns: Iterable[Turn]) -> None:
    """The engine that was to answer these turns later hasn't done so in time: those behind it are asked."""
    for turn in turns:
        turn.passed, turn.awaits = turn.awaits, 0
        Turn.objects.filter(pk=turn.pk).update(passed=turn.passed, awaits=0)


def due_in_a_moment(gateway_id: int) -> float | None:
    """Seconds until a turn is due that a ring came a little too early for; None if there is none."""
    next_at = _next_due(gateway_id)
    wait = (next_at[0] - timezone.now()).total_seconds() if next_at else CLOCKS_DIFFER
    return max(0.0, wait) + 0.01 if wait < CLOCKS_DIFFER else None


@asked
def _next_due(gateway_id: int) -> QuerySet[Turn, datetime]:
    waiting = Turn.objects.filter(gateway=gateway_id, state=Turn.State.DUE)
    return waiting.order_by("due_at").values_list("due_at", flat=True)[:1]


def still_held(turns: Iterable[Turn]) -> set[int]:
    """Those that are still this worker's, kept so until the transaction at hand ends. Wants locked conversations.

    What an operator has made of the mode since they were claimed is noted on their gateways.
    """
    mine = {turn.pk: turn for turn in turns}
    held = set()
    for pk, number, mode, scheduled in _locked(mine):
        gateway = mine[pk].conversation.gateway
        gateway.mode, gateway.scheduled = mode, scheduled
        if number == mine[pk].claims:
            held.add(pk)
    return held


@asked
def _locked(ids: Collection[int]) -> QuerySet[Turn, tuple[int, int, str, bool]]:
    locked = Turn.objects.select_for_update(of=("self",), no_key=True)
    rows = locked.filter(pk__any_of=ids, state=Turn.State.RUNNING).order_by("pk")
    return rows.values_list("pk", "claims", "gateway__mode", "gateway__scheduled")


def freeze(
    conversation: Conversation, turn: Turn, upto_seq: int, decision: Decision, ends: Turn.Outcome | None = None
) -> bool:
    """Settle a locked conversation's turn, which is still held, with this decision. False if it can't stand any more.

    It can't if a person took over meanwhile, or if the customer wrote on and there is time left to take that in: then
    the turn is due again. `ends` is the outcome where it isn't what the decision says.
    """
    if conversation.epoch != turn.epoch:
        return False
    joins = not turn.asked_by or conversation.owner == Conversation.Owner.HUMAN
    if joins and conversation.customer_seq > upto_seq and timezone.now() < turn.answer_by:
        _wait_for_more(conversation, turn)
        return False
    turn.state, turn.outcome, turn.upto_seq = Turn.State.DONE, ends or outcome(decision), upto_seq
    turn.done_at, turn.lease_until = timezone.now(), None
    writing.update(turn, FROZEN)
    conversation.live_turn = None
    if _deals_with_it(conversation, turn):
        conversation.answered_seq = max(conversation.answered_seq, upto_seq)
    return True


def _deals_with_it(conversation: Conversation, turn: Turn) -> bool:
    """A draft isn't an answer, and what is people's is answered by them."""
    mine = conversation.owner == Conversation.Owner.AGENT
    return mine and not turn.asked_by and turn.outcome != Turn.Outcome.DRAFTED


def _wait_for_more(conversation: Conversation, turn: Turn) -> None:
    window = timedelta(seconds=conversation.gateway.burst_window)
    turn.state, turn.due_at, turn.lease_until = Turn.State.DUE, min(timezone.now() + window, turn.answer_by), None
    turn.awaits = turn.passed = 0  # it is another question now
    writing.update(turn, ("state", "due_at", "lease_until", "awaits", "passed"))
    events.joined(conversation, turn)
    wait = (turn.due_at - timezone.now()).total_seconds()
    doorbell.ring(doorbell.Step.TURN, conversation.gateway_id, after=max(0.0, wait))


def outcome(decision: Decision) -> Turn.Outcome:
    if decision.escalation is Escalation.NOW:
        return Turn.Outcome.HANDED_OVER
    if not decision.words:
        return Turn.Outcome.SILENT
    if decision.escalation is Escalation.OFFERED:
        return Turn.Outcome.OFFERED
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
        doorbell.ring(doorbell.Step.TURN, turn.gateway_id, after=wait)


def _put_off(turn: Turn, due_at: datetime) -> None:
    turn.due_at = max(turn.due_at, min(due_at, turn.answer_by))
    if turn.pk is None:
        return  # it is written with that
    Turn.objects.filter(pk=turn.pk, state=Turn.State.DUE).update(due_at=turn.due_at)
