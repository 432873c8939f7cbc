"""Why the agent doesn't answer what a customer wrote: the one list of reasons, the first that holds counts."""

from django.utils import timezone

from conversations import loops, modes, place
from conversations.models import Conversation, Message
from gateways import writing
from gateways.messages import CustomerSaid
from gateways.models import Gateway
from gateways.reasons import LeftAlone, Reason
from gateways.registry import ADAPTERS

SPEAKING = (Message.Author.CUSTOMER, Message.Author.AGENT, Message.Author.HUMAN)


def reason_to_leave_alone(conversation: Conversation, event: CustomerSaid) -> LeftAlone | None:
    """Why the agent doesn't answer in this conversation; None when it does."""
    gateway = conversation.gateway
    mode = gateway.mode_now()
    if conversation.relay == Conversation.Relay.FOR:
        return LeftAlone(Reason.RELAYED, "It stands for a conversation on another gateway.")
    if conversation.owner == Conversation.Owner.HUMAN and mode != Gateway.Mode.SHADOW:
        return LeftAlone(Reason.PERSON_OWNS, "A person owns the conversation.")
    if conversation.status == Conversation.Status.SUSPENDED:
        return LeftAlone(Reason.SUSPENDED, "The agent is suspended in this conversation.")
    if why := modes.silence(gateway, mode):
        return LeftAlone(_of_mode(gateway, mode), why)
    if not gateway.agent.is_active:
        return LeftAlone(Reason.AGENT_INACTIVE, "The gateway's agent is inactive.")
    return place.outside(conversation) or _machine(conversation, event)


def _of_mode(gateway: Gateway, mode: Gateway.Mode) -> Reason:
    if mode != Gateway.Mode.OFF:
        return Reason.MODE
    return Reason.OUTSIDE_SCHEDULE if gateway.scheduled else Reason.SWITCHED_OFF


def _machine(conversation: Conversation, event: CustomerSaid) -> LeftAlone | None:
    """Why this seems to be a machine that answers ours, where machines write at all; None for a person."""
    if not ADAPTERS[conversation.gateway.platform].capabilities.machines or conversation.last_seq < loops.MOST_ANSWERS:
        return None
    writing.flush()  # some may have come in just before
    said = conversation.messages.filter(author__in=SPEAKING, kind=Message.Kind.MESSAGE).order_by("-seq")
    rows = said.values_list("created_at", "author", "text")[: loops.LOOKED_AT]
    lines = [loops.Line(at, author == Message.Author.AGENT, text) for at, author, text in reversed(rows)]
    why = loops.machine([*lines, loops.Line(timezone.now(), False, event.text)])
    return LeftAlone(Reason.AUTOMATED, why) if why else None
