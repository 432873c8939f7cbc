"""Writing actions that the agent has asked for: put down, approved or declined by people, and told about afterwards.

All functions that take a conversation want it locked (`conversations.lock`).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from agents.actions.action import Outcome
from agents.engines.base import ActionCall
from agents.models import Action
from conversations import events, outbox, turns
from conversations.lock import locked
from conversations.models import ActionRequest, Conversation, Turn
from conversations.models_actions import APPROVE_WITHIN
from gateways import doorbell, writing

State = ActionRequest.State
OPEN = (State.WAITING, State.APPROVED, State.RUNNING, State.UNKNOWN)
BY_ITSELF = "agent"
AT_ONCE = 100  # conversations that one sweep looks after


def ask(conversation: Conversation, turn: Turn, calls: Sequence[ActionCall], *, by_itself: bool = True) -> None:
    """Put down what a settled turn's decision asks for. Nothing runs by itself once people have the conversation.

    Not `by_itself`: everything waits for approval, as the words that go with it do.
    """
    wanted = [call for call in calls if call.state in (Outcome.REQUESTED, Outcome.WAITING) and call.action_id]
    if not wanted:
        return
    writing.flush()
    known = set(conversation.action_requests.filter(state__in=OPEN).values_list("slug", "arguments"))
    actions = Action.objects.in_bulk([call.action_id for call in wanted])
    for call in wanted if by_itself else [replace(call, state=Outcome.WAITING) for call in wanted]:
        if call.action_id in actions and (call.name, call.arguments) not in known:
            known.add((call.name, call.arguments))
            _put_down(conversation, turn, actions[call.action_id], call)


def _put_down(conversation: Conversation, turn: Turn, action: Action, call: ActionCall) -> None:
    by_itself = call.state is Outcome.REQUESTED and conversation.owner == Conversation.Owner.AGENT
    now = timezone.now()
    request = ActionRequest(
        conversation=conversation,
        gateway_id=conversation.gateway_id,
        turn=turn,
        action=action,
        slug=call.name,
        name=action.name,
        arguments=call.arguments,
        state=State.APPROVED if by_itself else State.WAITING,
        epoch=conversation.epoch if by_itself else None,
        decided_by_name=BY_ITSELF if by_itself else "",
        decided_at=now if by_itself else None,
        due_at=now,
        expires_at=now + APPROVE_WITHIN,
    )
    writing.insert(request)
    events.action_requested(conversation, turn, action.name, call.arguments, by_itself=by_itself)
    if by_itself:
        doorbell.ring(doorbell.Step.ACTION, conversation.gateway_id)
    else:
        page = f"{settings.PUBLIC_URL}{reverse('admin:conversations_conversation_change', args=[conversation.pk])}"
        text = f"**Waiting for approval:** {action.name} `{call.arguments}`\n\nApprove or decline it here: {page}"
        outbox.note(conversation, text, conversation.gateway.agent.display_name, turn=turn)


# --- People decide ----------------------------------------------------------------------------------------------------


def approve(
    conversation: Conversation, request: ActionRequest, user: AbstractBaseUser | None, actor: str
) -> ActionRequest:
    """A worker carries it out at once, whoever has the conversation by then."""
    request.state, request.epoch, request.due_at = State.APPROVED, None, timezone.now()
    _decided(request, user, actor)
    events.action_approved(conversation, request.turn, request.name, actor)
    doorbell.ring(doorbell.Step.ACTION, request.gateway_id)
    return request


def decline(
    conversation: Conversation, request: ActionRequest, user: AbstractBaseUser | None, actor: str
) -> ActionRequest:
    """It isn't carried out. If the agent has the conversation, it tells the customer."""
    request.state, request.done_at = State.DECLINED, timezone.now()
    request.outcome, request.says = Outcome.DECLINED.value, f"{actor} declined it."
    _decided(request, user, actor)
    events.action_declined(conversation, request.turn, request.name, actor)
    to_be_told(conversation, request)
    return request


def expire(conversation: Conversation, request: ActionRequest) -> str:
    """Nobody decided in time. Returns why people should take the conversation; "" where the agent hasn't got it."""
    request.state, request.done_at = State.EXPIRED, timezone.now()
    request.outcome, request.says = Outcome.EXPIRED.value, "Nobody approved it in time."
    request.save()
    events.action_expired(conversation, request.turn, request.name)
    with_agent = conversation.owner == Conversation.Owner.AGENT and conversation.status == Conversation.Status.OPEN
    return f"Nobody approved “{request.name}” `{request.arguments}` in time." if with_agent else ""


def _decided(request: ActionRequest, user: AbstractBaseUser | None, actor: str) -> None:
    request.decided_by = user  # type: ignore[assignment]  # the user model is a setting
    request.decided_by_name, request.decided_at = actor[:200], timezone.now()
    request.save()


# --- The customer is told ---------------------------------------------------------------------------------------------


def to_be_told(conversation: Conversation, request: ActionRequest) -> None:
    """If the agent has the conversation, have it tell the customer what came of it. Else only people know."""
    if conversation.owner != Conversation.Owner.AGENT or conversation.status != Conversation.Status.OPEN:
        return
    request.tell_epoch = conversation.epoch
    request.save(update_fields=["tell_epoch"])
    if conversation.live_turn is None:  # one that is due takes it in; after one that is running, the sweep comes back
        turns.expect(conversation)


def untold(conversation_ids: Iterable[int]) -> dict[int, list[ActionRequest]]:
    """What engines are to know: what is under way, and what came of the rest since the customer was last told."""
    rows = ActionRequest.objects.filter(Q(state__in=OPEN) | Q(tell_epoch__isnull=False))
    found: defaultdict[int, list[ActionRequest]] = defaultdict(list)
    for row in rows.filter(conversation__in=list(conversation_ids)).order_by("pk"):
        found[row.conversation_id].append(row)
    return found


def told(ids: Iterable[int]) -> None:
    """A turn that knew of these is settled."""
    ActionRequest.objects.filter(pk__in=list(ids)).update(tell_epoch=None)


def call_of(request: ActionRequest) -> ActionCall:
    """The request as engines know it."""
    return ActionCall(
        name=request.slug,
        arguments=request.arguments,
        outcome=request.says,
        state=request.reported,
        outputs=request.outputs,
        milliseconds=request.milliseconds,
        action_id=request.action_id or 0,
    )


def tell() -> int:
    """Make a turn due where the customer is still to be told and none is under way. Returns how many."""
    live = Turn.objects.filter(conversation=OuterRef("conversation")).exclude(state=Turn.State.DONE)
    rows = ActionRequest.objects.filter(
        ~Exists(live),
        tell_epoch=F("conversation__epoch"),
        conversation__owner=Conversation.Owner.AGENT,
        conversation__status=Conversation.Status.OPEN,
    )
    found = list(rows.order_by().values_list("conversation", flat=True).distinct()[:AT_ONCE])
    for conversation_id in found:
        with locked(conversation_id) as conversation:
            if conversation.live_turn is None and rows.filter(conversation=conversation_id).exists():
                turns.expect(conversation)
    return len(found)
