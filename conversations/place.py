"""Where a conversation is on its platform and what is known of it, and whether that makes it the gateway's business."""

from conversations import events, ownership
from conversations.models import Conversation
from gateways.messages import Assigned, CustomerSaid
from gateways.models import Destination
from gateways.reasons import LeftAlone
from gateways.registry import ADAPTERS
from gateways.scope import Facts, reason_outside


def outside(conversation: Conversation) -> LeftAlone | None:
    """Why the conversation is none of its gateway's business; None if it is."""
    scope = conversation.gateway.scope
    return reason_outside(scope, _facts(conversation)) if scope.limited else None


def step_aside(conversation: Conversation, before: LeftAlone | None, actor: str) -> LeftAlone | None:
    """Why it isn't the gateway's business any more, if it was `before`: then all that the agent does in it ends."""
    if before or conversation.last_seq == 0:
        return None
    if left := outside(conversation):
        ownership.step_aside(conversation, left, actor)
    return left


def note(conversation: Conversation, event: CustomerSaid) -> None:
    """Keep what a message tells of its conversation."""
    if event.destination:
        put(conversation, event.destination, event.destination_kind)
    if event.tags is not None:
        conversation.tags = list(event.tags)
    conversation.channel = event.channel[:30] or conversation.channel
    conversation.brand = event.brand[:100] or conversation.brand


def move(conversation: Conversation, event: Assigned) -> None:
    """It is somewhere else now, if the event tells."""
    before = conversation.destination_id
    if event.destination is not None:
        put(conversation, event.destination, event.destination_kind)
    if conversation.destination_id != before:
        events.moved(conversation, event.by)


def put(conversation: Conversation, external_id: str, kind: str = "") -> None:
    """Note in which destination of this kind it is, "" for none; one that is new to us becomes one to choose."""
    gateway = conversation.gateway
    kind = kind or next(iter(ADAPTERS[gateway.platform].capabilities.managing_points), "")
    if not kind:
        return
    if external_id:
        place, _ = Destination.objects.get_or_create(
            gateway=gateway, kind=kind[:30], external_id=external_id[:200], defaults={"name": external_id[:200]}
        )
        conversation.destination = place
        conversation.places = {**conversation.places, kind: place.pk}
        return
    left = conversation.places.get(kind)
    conversation.places = {name: pk for name, pk in conversation.places.items() if name != kind}
    if left is None or conversation.destination_id == left:
        conversation.destination_id = next(iter(reversed(conversation.places.values())), None)


def _facts(conversation: Conversation) -> Facts:
    identity = conversation.identity
    places = {*conversation.places.values(), conversation.destination_id} - {None}
    senders = (identity.contact.email, identity.contact.phone, identity.external_id)
    return Facts(
        places=frozenset(places),
        tags=tuple(conversation.tags),
        channel=conversation.channel,
        senders=tuple(filter(None, senders)),
        brand=conversation.brand,
        language=conversation.language,
    )
