"""Offers whose time is over: people get the conversation or it rests, as the gateway is set. Rung often, done once."""

from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from conversations import offers
from conversations.lock import all_locked
from conversations.models import Conversation, Offer
from gateways.asking import asked
from gateways.models import Gateway
from handover.hand_over import hand_over
from handover.route import to_people

MOST = 100  # in one transaction


def expire(gateway_id: int) -> int:
    """End the gateway's offers whose time is over, the longest due first. Returns how many were looked at.

    They are found first and locked by their conversations, as timers are: a yes that is being acted on meanwhile has
    either ended the offer before, or finds it expired and is a yes all the same.
    """
    found = dict(_due(gateway_id, timezone.now(), MOST))
    if not found:
        return 0
    related = Conversation.objects.select_related("gateway__agent", "identity__contact")
    with all_locked(related.in_bulk(set(found.values()))) as conversations:
        still = Offer.objects.filter(pk__in=found, state=Offer.State.PENDING, due_at__lte=timezone.now())
        for offer in still:
            _expire(conversations[offer.conversation_id], offer)
    return len(found)


@asked
def _due(gateway_id: int, now: datetime, most: int) -> QuerySet[Offer, tuple[int, int]]:
    due = Offer.objects.filter(state=Offer.State.PENDING, gateway=gateway_id, due_at__lte=now)
    return due.order_by("due_at").values_list("pk", "conversation_id")[:most]


def _expire(conversation: Conversation, offer: Offer) -> None:
    offers.expire(conversation, offer)
    hands_over = conversation.gateway.on_silence == Gateway.OnSilence.HAND_OVER
    if hands_over and conversation.owner == Conversation.Owner.AGENT and _waits(conversation):
        why = f"A person was offered, and the customer didn't answer in time. {offer.why}"
        choice = to_people(conversation.gateway, offer.sub_agent, conversation)
        hand_over(conversation, choice, reason=offer.reason, why=why, actor="system")


def _waits(conversation: Conversation) -> bool:
    """Whether the customer really has said nothing since. What they said is about to be read as their answer."""
    return conversation.customer_seq <= conversation.answered_seq
