"""What the gateway's mode of this moment means for one conversation and for one decision."""

from enum import StrEnum

from conversations import outbox
from conversations.models import Conversation, Turn
from gateways.models import Gateway

Mode = Gateway.Mode
ASKED_ONLY = "The gateway is in Co-Pilot: the agent drafts only when people ask it to."


class Conduct(StrEnum):
    """What is done about a decision."""

    ACT = "act"  # say it, or hand over
    DRAFT = "draft"  # leave it to people to say it
    SHADOW = "shadow"  # keep it for the report
    LEAVE = "leave"  # nothing: the mode has changed since the customer wrote


def silence(gateway: Gateway, mode: Gateway.Mode) -> str:
    """Why the agent does nothing by itself in this mode, as a sentence; "" when it does."""
    if mode == Mode.COPILOT:
        return ASKED_ONLY
    if mode == Mode.OFF:
        return "This is outside of the gateway's schedule." if gateway.scheduled else "The gateway is switched off."
    return ""


def conduct(
    conversation: Conversation, turn: Turn, mode: Gateway.Mode, promoted: bool, proposes: bool = False
) -> Conduct:
    """What to do in this mode about the turn's decision.

    `promoted`: the sub agent that matched may answer by itself. `proposes`: it is never to do so.

    In a conversation that isn't the agent's, nothing ever reaches the customer.
    """
    if turn.asked_by:
        return Conduct.DRAFT
    if mode == Mode.SHADOW:
        return Conduct.SHADOW
    if conversation.owner != Conversation.Owner.AGENT or mode in (Mode.OFF, Mode.COPILOT):
        return Conduct.LEAVE
    return Conduct.DRAFT if proposes or (mode == Mode.DRAFT and not promoted) else Conduct.ACT


def why_left(conversation: Conversation) -> str:
    """Why a turn came to nothing, as a sentence."""
    if conversation.owner != Conversation.Owner.AGENT:
        return "A person owns the conversation."
    return silence(conversation.gateway, conversation.gateway.mode_now())


def shows_typing(turn: Turn) -> bool:
    """Whether the customer may see that the agent is writing, on a platform that can show it."""
    conversation = turn.conversation
    if not outbox.capabilities(conversation).typing or turn.asked_by or turn.claims > 1:
        return False
    mine = conversation.owner == Conversation.Owner.AGENT and conversation.epoch == turn.epoch
    return mine and conversation.gateway.mode_now() == Mode.AUTO


def outcome(conduct: Conduct, reply: str, hands_over: bool) -> Turn.Outcome | None:
    """How a turn ends; None for what its decision says."""
    if conduct is Conduct.SHADOW:
        return Turn.Outcome.SHADOW
    if conduct is Conduct.LEAVE:
        return Turn.Outcome.LEFT
    if conduct is Conduct.DRAFT and not hands_over:
        return Turn.Outcome.DRAFTED if reply else Turn.Outcome.SILENT
    return None


def keeps_drafting(conversation: Conversation) -> bool:
    """Whether a person who sends a draft leaves the conversation with the agent, for its next draft."""
    mine = conversation.owner == Conversation.Owner.AGENT
    return mine and conversation.gateway.mode_now() == Mode.DRAFT
