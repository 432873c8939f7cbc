"""Do what the agent decided, where it keeps the conversation: say it, and then end it or fall silent.

Wants a locked conversation, and runs in the transaction that settles the turn. What goes to people is `handover`'s.
"""

from agents.engines.base import After, Decision
from conversations import events, offers, outbox, ownership
from conversations.models import Conversation, Turn
from gateways.messages import Purpose


def act(conversation: Conversation, turn: Turn, decision: Decision) -> None:
    """Carry the decision out. The customer's words come first, so that they leave before what ends the conversation."""
    events.decided(conversation, turn, decision.why)
    say(conversation, turn, decision)
    if decision.after is After.SUSPEND:
        ownership.suspend_after(conversation, _name(conversation), turn)
    elif decision.after is After.CLOSE:
        _close(conversation, turn)
        return
    if decision.words and conversation.customer_seq <= turn.upto_seq:  # else it is our move again
        outbox.set_status(conversation, conversation.gateway.status_after_answer, turn=turn)


def say(conversation: Conversation, turn: Turn | None, decision: Decision) -> None:
    """The acknowledgement, once in a conversation, and the reply: each a message of its own."""
    if decision.acknowledgement:
        outbox.say(conversation, decision.acknowledgement, Purpose.REPLY, turn=turn)
        conversation.acknowledged = list(dict.fromkeys((*conversation.acknowledged, decision.sub_agent)))
    if decision.reply:
        choices = offers.choices(conversation, decision)
        outbox.say(conversation, decision.reply, Purpose.REPLY, turn=turn, choices=choices)


def tag(conversation: Conversation, turn: Turn, decision: Decision) -> None:
    """Put the tags of the sub agents that matched on the conversation."""
    if decision.tagged:
        outbox.tag(conversation, add=decision.tagged, turn=turn)


def _close(conversation: Conversation, turn: Turn) -> None:
    """Not where the customer has written on meanwhile: that would end what has just begun again."""
    if conversation.customer_seq > turn.upto_seq:
        events.kept_open(conversation, turn)
    else:
        ownership.close_after(conversation, _name(conversation), turn)
        outbox.set_status(conversation, conversation.gateway.status_at_close, turn=turn)


def _name(conversation: Conversation) -> str:
    return conversation.gateway.agent.display_name
