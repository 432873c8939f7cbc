"""Step 5 of the walk: ask the agent's engine what to say and do.

What it may know is read for many turns at once; while it thinks, no transaction is open and no connection held.
"""

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.db.models import F, Q

from agents.ask import ask
from agents.brief import brief
from agents.engines import base
from agents.engines.base import AgentBrief, Brief, Decision, Line, Speaker
from agents.engines.guard import guarded
from contacts import remember
from conversations import action_requests, later, offers, spending
from conversations.models import ActionRequest, Conversation, Message, Turn

LINES = 40  # of the transcript that an engine is given
LOOKED_AT = 120  # messages of a conversation, notes and thinking messages included, among which those are looked for
SPEAKERS = {
    Message.Author.CUSTOMER.value: Speaker.CUSTOMER,
    Message.Author.AGENT.value: Speaker.AGENT,
    Message.Author.HUMAN.value: Speaker.HUMAN,
}
UNSAID = (Message.Status.CANCELLED, Message.Status.FAILED)


@dataclass(frozen=True, slots=True)
class Question:
    """What an engine is asked for a turn, and the number of the last message that is in it."""

    turn: Turn
    brief: Brief
    upto_seq: int
    told: tuple[int, ...] = ()  # ids of the action requests whose results are in it


@dataclass(frozen=True, slots=True)
class Answer:
    """A decision, and the number of the last message that it takes in."""

    decision: Decision
    upto_seq: int
    milliseconds: int
    answer_id: str = ""  # the `webhook-id` of one that came later, by which a second copy of it is known
    told: tuple[int, ...] = ()


def questions(turns: Sequence[Turn]) -> list[Question]:
    """What to ask for each of these turns: all that the customer has said and nobody has dealt with, and before."""
    said = _said(turn.conversation for turn in turns)
    agents = {pk: brief(pk) for pk in {turn.conversation.gateway.agent_id for turn in turns}}
    known = remember.told(turn.conversation.identity.contact for turn in turns)
    offered = offers.pending(turn.conversation for turn in turns)
    asked = [
        _question(
            turn,
            agents[turn.conversation.gateway.agent_id],
            said[turn.conversation_id],
            known.get(turn.conversation.identity.contact_id, ()),
            offered.get(turn.conversation_id),
        )
        for turn in turns
    ]
    return _with_past(asked)


def respond(question: Question) -> Answer:
    """Decide. Touches no database. Raises whatever the engine raises."""
    began = time.monotonic()
    decision = guarded(question.brief, ask)
    return Answer(decision, question.upto_seq, milliseconds=_since(began), told=question.told)


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)


def _question(
    turn: Turn, agent: AgentBrief, said: list[Message], facts: tuple[str, ...], offer: base.Offer | None
) -> Question:
    conversation = turn.conversation
    new = [message for message in said if _is_new(message, conversation)]
    if turn.asked_by and not new:
        new = _last_said(said)
    transcript = [*(one for one in said if one not in new), *new]
    lines = tuple(_line(message) for message in transcript)
    upto_seq = new[-1].seq if new else conversation.customer_seq
    asked = Brief(
        agent=agent,
        transcript=lines,
        new=len(new),
        language=conversation.spoken,
        acknowledged=tuple(conversation.acknowledged),
        offer=offer,
        facts=facts,
        callback=later.address(agent, turn, upto_seq),
        passed=turn.passed,
        instruction=turn.instruction,
    )
    return Question(turn, asked, upto_seq)


def _with_past(asked: list[Question]) -> list[Question]:
    """With what came of actions, and what was spent, where the agent has such. Else this asks the database nothing."""
    write = [one.turn.conversation_id for one in asked if any(each.writes for each in one.brief.agent.actions)]
    limited = [one.turn.conversation_id for one in asked if one.brief.agent.options.get("conversation_tokens")]
    results = action_requests.untold(write) if write else {}
    spent = spending.spent(limited) if limited else {}
    return [
        _past(one, results.get(one.turn.conversation_id, []), spent.get(one.turn.conversation_id, 0)) for one in asked
    ]


def _past(asked: Question, results: list[ActionRequest], spent: int) -> Question:
    if not results and not spent:
        return asked
    known = tuple(action_requests.call_of(each) for each in results)
    told = tuple(each.pk for each in results if each.tell_epoch is not None)
    return replace(asked, brief=replace(asked.brief, results=known, spent=spent), told=told)


def _said(conversations: Iterable[Conversation]) -> dict[int, list[Message]]:
    """The last things said, oldest first, without what the engine must not take for its own words."""
    ids = [conversation.pk for conversation in conversations]
    recent = Q(seq__gt=F("conversation__last_seq") - LOOKED_AT)
    said = Message.objects.filter(recent, conversation__in=ids, kind=Message.Kind.MESSAGE, author__in=SPEAKERS)
    found: defaultdict[int, list[Message]] = defaultdict(list)
    for message in said.exclude(status__in=UNSAID).order_by("conversation_id", "seq"):
        found[message.conversation_id].append(message)
    return defaultdict(list, {pk: messages[-LINES:] for pk, messages in found.items()})


def _is_new(message: Message, conversation: Conversation) -> bool:
    return message.author == Message.Author.CUSTOMER and message.seq > conversation.answered_seq


def _last_said(said: list[Message]) -> list[Message]:
    """What the customer said last, though somebody has answered it."""
    return [message for message in said if message.author == Message.Author.CUSTOMER][-1:]


def _line(message: Message) -> Line:
    return Line(SPEAKERS[message.author], message.text, message.created_at)
