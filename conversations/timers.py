"""Things due later, as rows. A countdown may ring early and twice; whoever deletes the row carries it out."""

from collections.abc import Iterable
from datetime import timedelta

from django.utils import timezone

from conversations import events, outbox
from conversations.dispatch import Senders, dispatched
from conversations.lock import all_free
from conversations.models import Conversation, Delivery, MessageTemplate, Timer, Turn
from conversations.outbox import withdraw
from conversations.wording import wording
from gateways import doorbell, writing
from gateways.messages import Purpose, Typing
from gateways.models import Gateway

MOST = 100  # fired in one transaction


def start(turn: Turn, kind: Timer.Kind, seconds: float) -> None:
    writing.insert(Timer(turn=turn, kind=kind, due_at=timezone.now() + timedelta(seconds=seconds)))
    doorbell.ring(doorbell.Step.TIMER, turn.gateway_id, after=seconds)


def cancel(turns: Iterable[Turn]) -> None:
    """These turns are settled: no timer of theirs fires any more, and a thinking message that is unsent stays so.

    Nor does it show any more that somebody types.
    """
    turns = tuple(turns)
    if typing := [turn.pk for turn in turns if outbox.capabilities(turn.conversation).typing]:
        withdraw(Delivery.objects.filter(turn__in=typing, kind=Typing.kind, status=Delivery.Status.PENDING))
    ids = [turn.pk for turn in turns if turn.conversation.gateway.thinking_after]
    if not ids:
        return
    waiting = set(Timer.objects.filter(turn__in=ids).values_list("turn_id", flat=True))
    if waiting:
        Timer.objects.filter(turn__in=waiting).delete()
    if fired := [pk for pk in ids if pk not in waiting]:
        withdraw(Delivery.objects.filter(turn__in=fired, message__kind="thinking", status=Delivery.Status.PENDING))


def gateways_with_due() -> list[int]:
    """The ids of those with a timer that is due."""
    due = Timer.objects.filter(due_at__lte=timezone.now())
    return list(due.order_by().values_list("turn__gateway_id", flat=True).distinct())


def fire(gateway_id: int, senders: Senders | None = None) -> int:
    """Carry out the gateway's timers that are due, the longest due first. Returns how many were looked at.

    They are found first and locked by their conversations, like everything that ends a timer: whoever has the
    conversation and finds the row deletes it and carries it out, in one transaction.
    """
    due = Timer.objects.filter(turn__gateway_id=gateway_id, due_at__lte=timezone.now()).order_by("due_at")
    found = dict(due.values_list("pk", "turn__conversation_id")[:MOST])
    if not found:
        return 0
    gateway = Gateway.objects.select_related("agent").prefetch_related("message_templates").get(pk=gateway_id)
    with all_free(found.values(), gateway, doorbell.Step.TIMER) as conversations:
        mine = [pk for pk, conversation_id in found.items() if conversation_id in conversations]
        timers = list(Timer.objects.filter(pk__in=mine, due_at__lte=timezone.now()).select_related("turn"))
        Timer.objects.filter(pk__in=[timer.pk for timer in timers]).delete()
        with dispatched(conversations, senders):
            for timer in timers:
                _think(conversations[timer.turn.conversation_id], timer.turn)
    return len(mine)


def _think(conversation: Conversation, turn: Turn) -> None:
    if turn.state == Turn.State.DONE or turn.epoch != conversation.epoch or turn.asked_by:
        return
    if conversation.gateway.mode_now() != Gateway.Mode.AUTO or conversation.owner != Conversation.Owner.AGENT:
        return  # the mode has changed since
    text = wording(conversation, MessageTemplate.Kind.THINKING)
    outbox.say(conversation, text, Purpose.THINKING, turn=turn)
    events.thinking(conversation, turn, conversation.gateway.thinking_after)
