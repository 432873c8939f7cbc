"""Things due later, as rows. A countdown may ring early and twice; whoever deletes the row carries it out."""

from datetime import timedelta

from django.utils import timezone

from conversations import events, outbox
from conversations.lock import locked
from conversations.models import Delivery, MessageTemplate, Timer, Turn
from conversations.ownership import withdraw
from conversations.wording import wording
from gateways import doorbell
from gateways.messages import Purpose


def start(turn: Turn, kind: Timer.Kind, seconds: float) -> None:
    timer = Timer.objects.create(turn=turn, kind=kind, due_at=timezone.now() + timedelta(seconds=seconds))
    doorbell.ring(doorbell.Step.TIMER, timer.pk, after=seconds)


def cancel(turn: Turn) -> None:
    """The turn is settled: no timer of it fires any more, and a thinking message that is unsent stays so."""
    if turn.timers.all().delete()[0] or not turn.conversation.gateway.thinking_after:
        return  # it hasn't fired, or there was none
    withdraw(Delivery.objects.filter(turn=turn, message__kind="thinking", status=Delivery.Status.PENDING))


def fire(timer_id: int) -> bool:
    """Carry out one timer if it is due and hasn't been. Returns whether it was carried out."""
    found = Timer.objects.filter(pk=timer_id).values_list("turn__conversation_id", flat=True).first()
    if found is None:
        return False
    with locked(found) as conversation:
        timer = Timer.objects.filter(pk=timer_id, due_at__lte=timezone.now()).select_related("turn").first()
        if timer is None or not Timer.objects.filter(pk=timer_id).delete()[0]:
            return False
        turn = timer.turn
        if turn.state == Turn.State.DONE or turn.epoch != conversation.epoch:
            return False
        text = wording(conversation, MessageTemplate.Kind.THINKING)
        outbox.say(conversation, text, Purpose.THINKING, turn=turn)
        events.thinking(conversation, turn, conversation.gateway.thinking_after)
    return True
