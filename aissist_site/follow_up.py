"""What deliveries and actions have led to: the next one goes, or a person is asked."""

from collections.abc import Sequence

import structlog
from django.utils import timezone

from aissist_site.crew import one_by_one
from conversations import action_requests, carry_out, ownership
from conversations import deliver as sender
from conversations.lock import locked
from conversations.models import ActionRequest, Conversation, Delivery
from gateways import doorbell
from gateways.messages import Open
from gateways.models import Gateway
from handover import carry
from handover.hand_over import hand_over
from handover.route import to_people

log = structlog.get_logger(__name__)

MOST = 50  # expired requests in one sweep


def deliveries(sendings: Sequence[sender.Sending]) -> set[int]:
    """Returns the gateways at which something waited behind what was settled: the next part, or a note."""
    for outcome in sender.settle(sendings):
        if isinstance(outcome, sender.Pause):
            doorbell.ring(doorbell.Step.DELIVER, outcome.gateway_id, after=outcome.seconds + 0.01)
        elif outcome.needs_person and outcome.delivery.kind == Open.kind:
            carry.not_opened(outcome.delivery, outcome.why)
        elif outcome.needs_person:
            _ask_a_person(outcome.delivery, outcome.why)
    return sender.next_in_line(sendings)


def _ask_a_person(delivery: Delivery, why: str) -> None:
    """The agent's words didn't get through. Somebody has to know, and the conversation has to have an owner.

    Also where they were its last: then it is in the epoch in which the agent closed or suspended the conversation.
    """
    with locked(delivery.conversation_id) as conversation:
        ended = conversation.owner == Conversation.Owner.NOBODY and conversation.epoch == delivery.epoch
        if conversation.owner == Conversation.Owner.AGENT or ended:
            why = f"A reply didn't get through: {why}"
            ownership.withdraw_unsent(conversation)
            choice = to_people(conversation.gateway, conversation=conversation)
            quietly = conversation.gateway.mode_now() != Gateway.Mode.AUTO
            hand_over(conversation, choice, reason="undeliverable", why=why, actor="system", quietly=quietly)


# --- Actions that write -----------------------------------------------------------------------------------------------


def actions(done: Sequence[carry_out.Done]) -> set[int]:
    """One by one. What fails is said to be unknown when its lease ends; nothing is carried out again."""
    one_by_one(done, _settle_action, "action_failed", lambda one: {"request": one.request.pk})
    return set()


def _settle_action(done: carry_out.Done) -> None:
    with locked(done.request.conversation_id) as conversation:
        why = carry_out.settle(conversation, done)
        if why and conversation.owner == Conversation.Owner.AGENT:
            _to_people(conversation, "unknown", why)


def expire_actions() -> int:
    """What nobody approved in time isn't carried out any more, and people get the conversation. Returns how many."""
    waiting = ActionRequest.State.WAITING
    late = ActionRequest.objects.filter(state=waiting, expires_at__lt=timezone.now())
    found = list(late.values_list("pk", "conversation_id")[:MOST])
    for pk, conversation_id in found:
        with locked(conversation_id) as conversation:
            request = late.filter(pk=pk).first()
            if request is not None and (why := action_requests.expire(conversation, request)):
                _to_people(conversation, "expired", why)
    return len(found)


def _to_people(conversation: Conversation, reason: str, why: str) -> None:
    choice = to_people(conversation.gateway, conversation=conversation)
    hand_over(conversation, choice, reason=reason, why=why, actor="system")
