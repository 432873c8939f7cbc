"""Step 6 of the walk: ask the agent's engine what to say and do. No transaction is open while it thinks."""

import time
from dataclasses import dataclass

from agents.brief import brief
from agents.engines.base import Brief, Decision, Line, Speaker
from agents.engines.guard import guarded
from agents.engines.registry import engine
from conversations.idle import let_go
from conversations.models import Conversation, Message, Turn

LINES = 40  # of the transcript that an engine is given
SPEAKERS = {
    Message.Author.CUSTOMER.value: Speaker.CUSTOMER,
    Message.Author.AGENT.value: Speaker.AGENT,
    Message.Author.HUMAN.value: Speaker.HUMAN,
}
UNSAID = (Message.Status.CANCELLED, Message.Status.FAILED)


@dataclass(frozen=True, slots=True)
class Answer:
    """A decision, and the number of the last message that it takes in."""

    decision: Decision
    upto_seq: int
    milliseconds: int


def respond(turn: Turn) -> Answer:
    """Decide on all that the customer has said and nobody has dealt with. Raises whatever the engine raises."""
    conversation = turn.conversation
    said = _said(conversation)
    new = [message for message in said if _is_new(message, conversation)]
    agent = conversation.gateway.agent
    question = Brief(
        agent=brief(agent.pk),
        transcript=tuple(_line(message) for message in [*(one for one in said if one not in new), *new]),
        new=len(new),
        language=conversation.language,
    )
    let_go()  # hundreds may wait for their engines at once
    began = time.monotonic()
    decision = guarded(question, engine(agent.engine).decide)
    return Answer(decision, upto_seq=new[-1].seq, milliseconds=round((time.monotonic() - began) * 1000))


def _said(conversation: Conversation) -> list[Message]:
    """The last things said, oldest first, without what the engine must not take for its own words."""
    said = conversation.messages.filter(kind=Message.Kind.MESSAGE, author__in=SPEAKERS).exclude(status__in=UNSAID)
    return list(said.order_by("-seq")[:LINES])[::-1]


def _is_new(message: Message, conversation: Conversation) -> bool:
    return message.author == Message.Author.CUSTOMER and message.seq > conversation.answered_seq


def _line(message: Message) -> Line:
    return Line(SPEAKERS[message.author], message.text, message.created_at)
