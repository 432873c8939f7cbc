"""Two linked conversations: the customer's, and the one opened for people on another gateway.

What happens in one is written down with it, as rows that `handover.carry` brings to the other: so no transaction ever
holds two conversations, and nothing is carried twice. Nothing that was carried is carried on: what is carried are a
customer's words here and people's words there, and what arrives is neither.
"""

from uuid import uuid4

from django.utils import timezone

from contacts.models import Identity
from conversations import events, outbox
from conversations.models import Conversation
from gateways import writing
from gateways.messages import CustomerSaid, Event, StaffSaid
from gateways.models import Destination, Gateway
from handover.models import Relay, Relayed


def begin(conversation: Conversation, destination: Destination, summary: str) -> Relay | None:
    """Open a conversation on the gateway that the destination is. None where there is no such gateway any more."""
    gateway = destination.other_gateway()
    if gateway is None or conversation.relay == Conversation.Relay.FOR:
        return None
    end(conversation)  # an earlier one, which nobody accepted
    there = _there(conversation, gateway)
    outbox.begin(there, summary, conversation.gateway.agent.display_name)
    there.save()
    conversation.relay = Conversation.Relay.AWAY
    events.relayed(conversation, f"A conversation was opened on {gateway}; what is said is relayed.")
    return Relay.objects.create(here=conversation, there=there)


def _there(conversation: Conversation, gateway: Gateway) -> Conversation:
    """A new conversation with people on the other gateway. It is theirs: no agent ever answers in it."""
    contact = conversation.identity.contact
    identity, _ = Identity.objects.get_or_create(
        gateway=gateway, external_id=f"relay:{conversation.identity_id}", defaults={"contact": contact}
    )
    identity.contact = contact
    return Conversation.objects.create(
        gateway=gateway,
        identity=identity,
        external_id=f"relay-{uuid4()}",  # until the platform has given it a name
        subject=(conversation.subject or f"{contact}, on {conversation.gateway}")[:300],
        language=conversation.language,
        owner=Conversation.Owner.HUMAN,
        relay=Conversation.Relay.FOR,
    )


def hear(conversation: Conversation, event: Event) -> None:
    """Something was said in one of two linked conversations. Wants a locked conversation."""
    if isinstance(event, CustomerSaid):
        back = conversation.relay == Conversation.Relay.FOR
        if back and event.sender.email and event.sender.email == conversation.identity.contact.email:
            return  # the customer themselves, who are told nothing that they have said
        pass_on(conversation, event.text, event.sender.name or str(conversation.identity.contact), back=back)
    elif isinstance(event, StaffSaid) and _is_for_the_customer(conversation, event):
        pass_on(conversation, event.text, event.author, back=True)


def _is_for_the_customer(conversation: Conversation, event: StaffSaid) -> bool:
    return conversation.relay == Conversation.Relay.FOR and not event.internal and not event.automated


def pass_on(conversation: Conversation, text: str, author: str, *, back: bool) -> None:
    """Have it said in the other one. After the end of a relay nothing is passed on."""
    relay = _open_relay(conversation)
    if relay is not None:
        writing.insert(Relayed(relay=relay, back=back, kind=Relayed.Kind.SAID, author=author[:200], text=text))


def end(conversation: Conversation) -> None:
    """One of the two is no longer people's: the link ends, and the other one is told."""
    relay = _open_relay(conversation)
    back = conversation.relay == Conversation.Relay.FOR
    if not back:
        conversation.relay = Conversation.Relay.NONE
    if relay is None:
        return
    Relay.objects.filter(pk=relay.pk).update(state=Relay.State.ENDED, ended_at=timezone.now())
    writing.insert(Relayed(relay=relay, back=back, kind=Relayed.Kind.ENDED))


def _open_relay(conversation: Conversation) -> Relay | None:
    """Read only where the conversation says that it is linked."""
    if not conversation.relay:
        return None
    found = Relay.objects.filter(state=Relay.State.OPEN)
    if conversation.relay == Conversation.Relay.FOR:
        return found.filter(there=conversation).first()
    return found.filter(here=conversation).first()
