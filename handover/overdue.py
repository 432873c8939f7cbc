"""What people didn't do in time: handovers that nobody accepted go on, silent conversations go back to the agent.

Both are found by the sweep and done with the conversation locked and looked at again, so that a person who acts at the
same moment is either before it, and then nothing happens, or after it, and then acts on what has become of it.
"""

from datetime import timedelta

from django.utils import timezone

from conversations import events, outbox, ownership
from conversations.lock import locked
from conversations.models import Conversation, MessageTemplate
from conversations.wording import wording
from gateways.messages import Purpose
from gateways.models import Destination
from handover import notices
from handover.hand_over import assign, follow, place
from handover.models import EscalationTarget, Handover, HandoverSettings

MOST = 50  # in one sweep
NOBODY = "Nobody accepted it in time."
SILENCE = "Nobody has written for {minutes} min."


def pass_on() -> int:
    """Pass on what nobody accepted in time, once. Returns how many."""
    late = Handover.objects.filter(state=Handover.State.WAITING, accept_by__lte=timezone.now())
    found = list(late.order_by("accept_by").values_list("pk", "conversation_id")[:MOST])
    count = 0
    for pk, conversation_id in found:
        with locked(conversation_id) as conversation:
            handover = late.filter(pk=pk).select_related("destination", "next_destination").first()
            if handover is not None:
                _pass_on(conversation, handover)
                count += 1
    return count


def _pass_on(conversation: Conversation, handover: Handover) -> None:
    following = _next(conversation, handover)
    where = following.name if following else "the list of those that wait for people"
    why = f"{NOBODY} It goes to {where}."
    handover.destination, handover.next_destination = following, None
    handover.accept_by, handover.passed_on_at = None, timezone.now()
    handover.why = f"{handover.why} {why}"[:500]
    handover.conversation = conversation
    handover.save(update_fields=["destination", "next_destination", "accept_by", "passed_on_at", "why"])
    if conversation.owner == Conversation.Owner.HUMAN:
        outbox.say(conversation, wording(conversation, MessageTemplate.Kind.LATE), Purpose.HANDOVER)
        assign(conversation, following, why, None)
        place(conversation, handover)
    events.passed_on(conversation, why)
    notices.announce(handover, HandoverSettings.of(conversation.gateway))


def _next(conversation: Conversation, handover: Handover) -> Destination | None:
    """The second destination, else the escalation target where that isn't the one it has been at."""
    if handover.next_destination and handover.next_destination.is_active:
        return handover.next_destination
    target = EscalationTarget.objects.filter(gateway=conversation.gateway_id, destination__is_active=True)
    found = target.exclude(destination=handover.destination_id).select_related("destination").first()
    return found.destination if found else None


def give_back() -> int:
    """Give back to the agent what people have been silent about for as long as the gateway says. Returns how many."""
    asked = HandoverSettings.objects.filter(give_back_after__gt=0)
    return sum(_give_back(settings) for settings in asked)


def _give_back(settings: HandoverSettings) -> int:
    before = timezone.now() - timedelta(minutes=settings.give_back_after)
    waiting = Handover.objects.filter(state=Handover.State.WAITING).values("conversation")
    silent = Conversation.objects.filter(
        gateway=settings.gateway_id,
        owner=Conversation.Owner.HUMAN,
        status=Conversation.Status.OPEN,
        last_message_at__lte=before,
        updated_at__lte=before,  # taking over without a word is an act, too
    ).exclude(pk__in=waiting)  # nobody has begun with those: they aren't silent, they wait
    count = 0
    for pk in list(silent.order_by("last_message_at").values_list("pk", flat=True)[:MOST]):
        with locked(pk) as conversation:
            if silent.filter(pk=pk).exists():
                ownership.give_back(conversation, SILENCE.format(minutes=settings.give_back_after))
                follow(conversation)
                count += 1
    return count
