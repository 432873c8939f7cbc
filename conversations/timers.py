"""Things due later, as rows. A countdown may ring early and twice; whoever deletes the row carries it out."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from conversations import events, outbox
from conversations.dispatch import Senders, dispatched
from conversations.lock import all_free
from conversations.models import Conversation, Delivery, Message, MessageTemplate, Timer, Turn
from conversations.outbox import withdraw
from conversations.wording import wording
from gateways import doorbell, writing
from gateways.asking import asked
from gateways.messages import Purpose, Typing
from gateways.models import Gateway

MOST = 100  # fired in one transaction


def start(turn: Turn, kind: Timer.Kind, seconds: float) -> None:
    due_at = timezone.now() + timedelta(seconds=seconds)
    writing.insert(Timer(turn=turn, gateway_id=turn.gateway_id, kind=kind, due_at=due_at))
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
    waiting = set(_of(ids))
    if waiting:
        Timer.objects.filter(turn__in=waiting).delete()
    fired = [pk for pk in ids if pk not in waiting]
    if unsent := _unsent_thinking(fired) if fired else []:
        withdraw(Delivery.objects.filter(pk__in=unsent, status=Delivery.Status.PENDING))


@asked
def _of(turns: Collection[int]) -> QuerySet[Timer, int]:
    return Timer.objects.filter(turn__any_of=turns).order_by().values_list("turn_id", flat=True)


@asked
def _unsent_thinking(turns: Collection[int]) -> QuerySet[Delivery, int]:
    pending = Delivery.objects.filter(message__kind=Message.Kind.THINKING, status=Delivery.Status.PENDING)
    return pending.filter(turn__any_of=turns).order_by().values_list("pk", flat=True)


def gateways_with_due() -> list[int]:
    """The ids of those with a timer that is due."""
    return _gateways(timezone.now())


@asked
def _gateways(now: datetime) -> QuerySet[Timer, int]:
    return Timer.objects.filter(due_at__lte=now).order_by().values_list("gateway_id", flat=True).distinct()


def fire(gateway_id: int, senders: Senders | None = None) -> int:
    """Carry out the gateway's timers that are due, the longest due first. Returns how many were looked at.

    They are found first and locked by their conversations, like everything that ends a timer: whoever has the
    conversation and finds the row deletes it and carries it out, in one transaction.
    """
    found = dict(_due(gateway_id, timezone.now(), MOST))
    if not found:
        return 0
    [gateway] = _with_wordings(gateway_id)
    with all_free(found.values(), gateway, doorbell.Step.TIMER) as conversations:
        mine = [pk for pk, conversation_id in found.items() if conversation_id in conversations]
        timers = _still_due(mine, timezone.now())
        Timer.objects.filter(pk__in=[timer.pk for timer in timers]).delete()
        with dispatched(conversations, senders):
            for timer in timers:
                _think(conversations[timer.turn.conversation_id], timer.turn)
    return len(mine)


@asked
def _due(gateway_id: int, now: datetime, most: int) -> QuerySet[Timer, tuple[int, int]]:
    due = Timer.objects.filter(gateway=gateway_id, due_at__lte=now).order_by("due_at")
    return due.values_list("pk", "turn__conversation_id")[:most]


@asked
def _still_due(ids: Collection[int], now: datetime) -> QuerySet[Timer]:
    return Timer.objects.filter(pk__any_of=ids, due_at__lte=now).select_related("turn")


@asked
def _with_wordings(gateway_id: int) -> QuerySet[Gateway]:
    return Gateway.objects.select_related("agent").prefetch_related("message_templates").filter(pk=gateway_id)


def _think(conversation: Conversation, turn: Turn) -> None:
    if turn.state == Turn.State.DONE or turn.epoch != conversation.epoch or turn.asked_by:
        return
    if conversation.gateway.mode_now() != Gateway.Mode.AUTO or conversation.owner != Conversation.Owner.AGENT:
        return  # the mode has changed since
    text = wording(conversation, MessageTemplate.Kind.THINKING)
    outbox.say(conversation, text, Purpose.THINKING, turn=turn)
    events.thinking(conversation, turn, conversation.gateway.thinking_after)
