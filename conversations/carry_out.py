"""Carry out writing actions that were approved: each at most once, whatever dies when.

A row turns from approved to running in the transaction that claims it, and never back. If the worker dies, nobody knows
whether it happened: then that is what is said, and a person looks.
"""

import json
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from agents.actions.action import ActionBrief, ActionResult, Outcome
from agents.actions.run import run
from agents.ask import way_out
from agents.brief_actions import action_brief
from conversations import events, outbox
from conversations.action_requests import to_be_told
from conversations.lock import locked
from conversations.models import ActionRequest, Conversation
from conversations.models_actions import APPROVE_WITHIN

State = ActionRequest.State
GRACE = timedelta(seconds=60)  # beyond what the action may take
DIED = ActionResult(Outcome.UNKNOWN, "The worker ended while it was being carried out: it may have happened.")
GONE = ActionResult(Outcome.REFUSED, "The action was deleted or switched off before it could be carried out.")
STATES = {Outcome.DONE: State.DONE, Outcome.UNKNOWN: State.UNKNOWN}  # all others: it hasn't happened


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed request, with all that carrying it out needs; without an action when it is only to be settled."""

    request: ActionRequest
    action: ActionBrief | None
    settled: ActionResult | None = None


@dataclass(frozen=True, slots=True)
class Done:
    request: ActionRequest
    result: ActionResult


def claim(gateway_id: int, most: int) -> list[Job]:
    """Approved requests of the gateway, for this worker alone; and those whose worker has died, to say so."""
    now = timezone.now()
    due = Q(state=State.APPROVED, due_at__lte=now) | Q(state=State.RUNNING, lease_until__lt=now)
    rows = ActionRequest.objects.filter(due, gateway_id=gateway_id).order_by("due_at")
    found = list(rows.values_list("pk", "conversation_id")[:most])
    return [job for pk, conversation_id in found if (job := _claim_one(pk, conversation_id)) is not None]


def _claim_one(pk: int, conversation_id: int) -> Job | None:
    with locked(conversation_id) as conversation:
        request = ActionRequest.objects.select_related("action").get(pk=pk)  # nobody changes it but under this lock
        died = request.state == State.RUNNING and request.lease_until and request.lease_until < timezone.now()
        if not died and request.state != State.APPROVED:
            return None
        if not died and request.epoch is not None and request.epoch != conversation.epoch:
            _back_to_people(conversation, request)
            return None
        action = action_brief(request.action) if request.action and request.action.is_active else None
        request.state, request.claims = State.RUNNING, request.claims + 1
        request.lease_until = timezone.now() + timedelta(seconds=action.seconds if action else 0) + GRACE
        request.save(update_fields=["state", "claims", "lease_until"])
        return Job(request, action, DIED if died else GONE if action is None else None)


def _back_to_people(conversation: Conversation, request: ActionRequest) -> None:
    """A person has acted since the agent asked for it: now it is theirs to decide."""
    request.state, request.epoch, request.decided_by_name = State.WAITING, None, ""
    request.decided_at, request.expires_at = None, timezone.now() + APPROVE_WITHIN
    request.save()
    events.action_held(conversation, request.turn, request.name)


def work(job: Job) -> Done:
    """Carry it out, unless that is over already. Touches no database."""
    if job.action is None or job.settled is not None:
        return Done(job.request, job.settled or GONE)
    values = json.loads(job.request.arguments)
    return Done(job.request, run(job.action, values, way_out(), key=f"action-request-{job.request.pk}"))


def settle(conversation: Conversation, done: Done) -> str:
    """Write down what came of it. Wants a locked conversation. Returns why a person is needed, "" when none is."""
    result = done.result
    request = ActionRequest.objects.get(pk=done.request.pk)
    if request.state != State.RUNNING or request.claims != done.request.claims:
        return ""  # it took so long that another worker has said what there is to say
    request.state = STATES.get(result.outcome, State.FAILED)
    request.outcome, request.says = result.outcome.value, result.says[:500]
    request.outputs = json.dumps(dict(result.outputs), ensure_ascii=False) if result.outputs else ""
    request.http_status, request.milliseconds = result.status, result.milliseconds
    request.lease_until, request.done_at = None, timezone.now()
    request.save()
    events.action_carried_out(conversation, request.turn, request.name, request.get_state_display(), request.says)
    outbox.note(conversation, _as_note(request), conversation.gateway.agent.display_name, turn=request.turn)
    if request.state == State.UNKNOWN:
        return f"“{request.name}” may or may not have happened. {request.says}"
    to_be_told(conversation, request)
    return ""


def _as_note(request: ActionRequest) -> str:
    shown = f"\n\n`{request.outputs}`" if request.outputs else ""
    return f"**{request.name}** `{request.arguments}`: {request.get_state_display()}. {request.says}{shown}"
