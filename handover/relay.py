"""Two linked conversations: the customer's, and the one opened for people on another gateway.

What happens in one is written down with it, as rows that `handover.carry` brings to the other: so no transaction ever
holds two conversations, and nothing is carried twice. Nothing that was carried is carried on: what is carried are a
customer's words here and people's words there, and what arrives is neither.
"""

from uuid import uuid4

from django.utils import timezone

from contacts.models import Identity
from contacts.resolve import person
from conversations import events, outbox
from conversations.models import Conversation, Message
from gateways import writing
from gateways.messages import CustomerSaid, DeliveryReported, Event, Person, Progress, StaffSaid, Unreachable
from gateways.models import Destination, Gateway
from gateways.registry import ADAPTERS
from handover.models import Relay, Relayed

UNOPENED = "relay-"  # begins what we call a conversation until the platform has given it a name


def begin(conversation: Conversation, destination: Destination, summary: str) -> Relay | None:
    """Open a conversation on the gateway that the destination is. None where there is no such gateway any more."""
    gateway = destination.other_gateway()
    if gateway is None or conversation.relay == Conversation.Relay.FOR:
        return None
    end(conversation)  # an earlier one, which nobody accepted
    there = _there(conversation, gateway, destination.place_there)
    contact = conversation.identity.contact
    customer = Person(f"relay:{conversation.identity_id}", str(contact), contact.email, contact.phone)
    outbox.begin(there, summary, conversation.gateway.agent.display_name, customer, destination.place_there)
    there.save()
    conversation.relay = Conversation.Relay.AWAY
    events.relayed(conversation, f"A conversation was opened on {gateway}; what is said is relayed.")
    return Relay.objects.create(here=conversation, there=there)


def _there(conversation: Conversation, gateway: Gateway, at: str) -> Conversation:
    """A new conversation with people on the other gateway. It is theirs: no agent ever answers in it."""
    contact = conversation.identity.contact
    who = ADAPTERS[gateway.platform].addressee(at)
    identity = person(gateway, who) if who else _standing_for(conversation, gateway)
    return Conversation.objects.create(
        gateway=gateway,
        identity=identity,
        external_id=f"{UNOPENED}{uuid4()}",  # until the platform has given it a name
        subject=(conversation.subject or f"{contact}, on {conversation.gateway}")[:300],
        language=conversation.language,
        owner=Conversation.Owner.HUMAN,
        relay=Conversation.Relay.FOR,
    )


def _standing_for(conversation: Conversation, gateway: Gateway) -> Identity:
    """The customer, as the other gateway's conversation has them."""
    contact = conversation.identity.contact
    identity, _ = Identity.objects.get_or_create(
        gateway=gateway, external_id=f"relay:{conversation.identity_id}", defaults={"contact": contact}
    )
    identity.contact = contact
    return identity


def hear(conversation: Conversation, event: Event) -> None:
    """Something was said in one of two linked conversations. Wants a locked conversation."""
    if isinstance(event, CustomerSaid):
        back = conversation.relay == Conversation.Relay.FOR
        if event.automated or (back and _is_the_customer(conversation, event.sender)):
            return  # nobody said it; or the customers themselves, who are told nothing that they have said
        name = event.sender.name or str(conversation.identity.contact)
        pass_on(conversation, event.text, name, back=back, message=_with_files(conversation, event))
    elif isinstance(event, StaffSaid) and _is_for_the_customer(conversation, event):
        pass_on(conversation, event.text, event.author, back=True)
    elif conversation.relay == Conversation.Relay.FOR and (why := _nobody_there(event)):
        _lose(conversation, why)


def _is_the_customer(conversation: Conversation, sender: Person) -> bool:
    relay = _open_relay(conversation)
    return bool(relay and sender.email and sender.email == relay.here.identity.contact.email)


def _nobody_there(event: Event) -> str:
    """Why what was told the people there didn't arrive; "" if it did."""
    match event:
        case Unreachable():
            return event.why
        case DeliveryReported(progress=Progress.FAILED):
            return event.detail or "It didn't arrive."
    return ""


def _lose(conversation: Conversation, why: str) -> None:
    """The people there can't be told: the link ends, and the customer's conversation is to wait for others."""
    relay = _open_relay(conversation)
    if relay is not None:
        Relay.objects.filter(pk=relay.pk).update(state=Relay.State.ENDED, ended_at=timezone.now())
        writing.insert(Relayed(relay=relay, back=True, kind=Relayed.Kind.ENDED, text=why))


def _with_files(conversation: Conversation, event: CustomerSaid) -> Message | None:
    """The message that the event has just become, if files came with it."""
    if not event.attachments or event.automated:
        return None
    writing.flush()
    return conversation.messages.filter(seq=conversation.customer_seq).first()


def _is_for_the_customer(conversation: Conversation, event: StaffSaid) -> bool:
    return conversation.relay == Conversation.Relay.FOR and not event.internal and not event.automated


def pass_on(conversation: Conversation, text: str, author: str, *, back: bool, message: Message | None = None) -> None:
    """Have it said in the other one, with the files of the message. After the end of a relay nothing is passed on."""
    relay = _open_relay(conversation)
    if relay is not None:
        said = {"kind": Relayed.Kind.SAID, "author": author[:200], "text": text, "message": message}
        writing.insert(Relayed(relay=relay, back=back, **said))


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
