"""The walk of a message, in order, on one screen. Everything else is a step of it or a surface on it.

    receive ─▶ parse ─▶ resolve ─▶ record ─▶ respond ─▶ route ─┬─▶ say ──────▶ deliver
    (webhook)  └────────── ingest ─────────┘ └─────── TURNS ───┴─▶ hand over ──┘ DELIVERIES

`take_in` has the first steps, `decide` the next, `follow_up` what comes of sending. What is rung for is a gateway:
whatever is due there is done, many rows in one transaction, and one by one where that fails. Everything may be called
at any time, any number of times.
"""

from collections.abc import Callable, Sequence
from functools import partial

import structlog
from django.conf import settings

from aissist_site import decide, follow_up
from aissist_site.crew import Crew, one_by_one
from aissist_site.take_in import ingest
from conversations import carry_out, resume, timers
from conversations import deliver as sender
from conversations.respond import Question
from gateways import doorbell
from gateways import renew as renewer
from gateways.doorbell import Step
from handover.expire import expire

__all__ = ["ACTIONS", "BELLS", "DELIVERIES", "RENEWALS", "TIMERS", "TURNS", "finish", "fire", "ingest", "renew"]

log = structlog.get_logger(__name__)

# --- Who does it ------------------------------------------------------------------------------------------------------

DELIVERIES: Crew[sender.Job, sender.Sending] = Crew(
    "deliver",
    hands=settings.DELIVER_CONCURRENCY,
    claim=sender.claim,
    work=sender.send,
    settle=follow_up.deliveries,
    gateway_of=lambda sending: sending.delivery.gateway_id,
    overflow=partial(doorbell.elsewhere, Step.DELIVER),
)
TURNS: Crew[Question, decide.Responded] = Crew(
    "turn",
    hands=settings.TURN_CONCURRENCY,
    claim=decide.claim,
    work=decide.work,
    settle=partial(decide.settle, DELIVERIES),
    gateway_of=lambda responded: responded.question.turn.gateway_id,
    overflow=partial(doorbell.elsewhere, Step.TURN),
)
ACTIONS: Crew[carry_out.Job, carry_out.Done] = Crew(
    "action",
    hands=settings.DELIVER_CONCURRENCY,
    claim=carry_out.claim,
    work=carry_out.work,
    settle=follow_up.actions,
    overflow=partial(doorbell.elsewhere, Step.ACTION),
)


def _settle_renewals(done: Sequence[renewer.Renewed]) -> set[int]:
    """What can't be written down is tried once more when its lease ends. Nobody else has these tokens."""
    one_by_one(done, renewer.settle, "renewal_not_kept", lambda one: {"gateway": one.renewal.gateway.public_id})
    return set()


RENEWALS: Crew[renewer.Renewal, renewer.Renewed] = Crew(
    "renew",
    hands=settings.DELIVER_CONCURRENCY,
    claim=renewer.claim,
    work=renewer.work,
    settle=_settle_renewals,
)


def renew(gateway_id: int) -> None:
    """Send what was put off because of tokens that have been replaced, and renew those that are to be."""
    resume.resume(gateway_id)
    RENEWALS.wake(gateway_id)


def fire(gateway_id: int) -> int:
    """Carry out the gateway's timers and time-outs that are due. Returns how many."""
    count = expire(gateway_id)
    while done := timers.fire(gateway_id, DELIVERIES):
        count += done
        if done < timers.MOST:
            break
    return count


def _fire(gateway_id: int, most: int) -> list[None]:
    """There is nothing to wait for, so nothing is left to do for hands."""
    fire(gateway_id)
    return []


TIMERS: Crew[None, None] = Crew("timer", hands=1, claim=_fire, work=lambda job: None, settle=lambda results: set())
BELLS: dict[Step, Callable[[int], None]] = {
    Step.TURN: TURNS.hear,
    Step.DELIVER: DELIVERIES.hear,
    Step.ACTION: ACTIONS.hear,
    Step.TIMER: TIMERS.hear,
}


def finish(patience: float) -> None:
    """Before the process ends: wait so many seconds for what is under way."""
    TURNS.close(patience)
    DELIVERIES.close(patience)
    ACTIONS.close(patience)
    TIMERS.close(patience)
    RENEWALS.close(patience)
