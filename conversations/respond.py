"""Step 5 of the walk: ask the agent's engine what to say and do.

What it may know is read for many turns at once; while it thinks, no transaction is open and no connection held.
"""

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.db.models import F, Q

from agents import help as helping
from agents.ask import ask
from agents.brief import brief
from agents.engines.base import AgentBrief, Brief, Decision, Help, Line, Speaker
from agents.engines.guard import guarded
from agents.help import Wanted
from conversations import outbox
from conversations.models import Conversation, Draft, Message, Turn
from gateways import commands

NOTES = 5  # of people, that an engine is given
LONGEST_TEXT = 20_000  # characters that an engine is given to translate, summarize or rephrase
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
    wanted: Wanted | None = None  # by a colleague, instead of a decision


@dataclass(frozen=True, slots=True)
class Answer:
    """A decision, and the number of the last message that it takes in."""

    decision: Decision
    upto_seq: int
    milliseconds: int


def questions(turns: Sequence[Turn]) -> list[Question]:
    """What to ask for each of these turns: all that the customer has said and nobody has dealt with, and before."""
    said = _said(turn.conversation for turn in turns)
    agents = {pk: brief(pk) for pk in {turn.conversation.gateway.agent_id for turn in turns}}
    return [_question(turn, agents[turn.conversation.gateway.agent_id], said[turn.conversation_id]) for turn in turns]


def respond(question: Question) -> Answer:
    """Decide. Touches no database. Raises whatever the engine raises."""
    began = time.monotonic()
    if question.wanted:
        decision = helping.help_with(question.brief.agent, question.wanted)
    else:
        decision = guarded(question.brief, ask)
    return Answer(decision, question.upto_seq, milliseconds=round((time.monotonic() - began) * 1000))


def _question(turn: Turn, agent: AgentBrief, found: list[Message]) -> Question:
    conversation = turn.conversation
    said = [message for message in found if message.kind == Message.Kind.MESSAGE][-LINES:]
    new = [message for message in said if _is_new(message, conversation)]
    if turn.asked_by and not new:
        new = _last_said(said)
    transcript = [*(one for one in said if one not in new), *new]
    lines = tuple(_line(message) for message in transcript)
    asked = Brief(
        agent=agent,
        transcript=lines,
        new=len(new),
        language=conversation.language,
        gateway=conversation.gateway_id,
        notes=_notes(conversation, found),
    )
    if turn.instruction:
        asked = replace(asked, instruction=turn.instruction)
    upto_seq = new[-1].seq if new else conversation.customer_seq
    return Question(turn, asked, upto_seq, _wanted(turn, said, new) if turn.help else None)


def _wanted(turn: Turn, said: list[Message], new: list[Message]) -> Wanted:
    """What a colleague wants, and of which text."""
    match kind := Help(turn.help):
        case Help.TRANSLATE:
            text = "\n\n".join(message.text for message in new)
        case Help.SUMMARIZE:
            text = "\n\n".join(f"{message.author_name or message.author}: {message.text}" for message in said)
        case Help.REPHRASE:
            latest = Draft.objects.filter(conversation=turn.conversation_id).order_by("-pk")
            text = latest.values_list("message__text", flat=True).first() or ""
    return Wanted(kind, text[-LONGEST_TEXT:], turn.instruction)


def _notes(conversation: Conversation, found: list[Message]) -> tuple[str, ...]:
    """What people have noted lately, without what they told the agent to do."""
    names = conversation.gateway.command_names
    notes = (message for message in found if message.kind == Message.Kind.NOTE)
    return tuple(note.text for note in notes if commands.parse(note.text, names) is None)[-NOTES:]


def _said(conversations: Iterable[Conversation]) -> dict[int, list[Message]]:
    """The last things said, oldest first, without what the engine must not take for its own words.

    With them comes what people noted for each other, from gateways where they can and the agent may read it.
    """
    asked = list(conversations)
    ids = [conversation.pk for conversation in asked]
    recent = Q(seq__gt=F("conversation__last_seq") - LOOKED_AT)
    wanted = Q(kind=Message.Kind.MESSAGE, author__in=SPEAKERS)
    if noted := [conversation.pk for conversation in asked if _reads_notes(conversation)]:
        wanted |= Q(kind=Message.Kind.NOTE, author=Message.Author.HUMAN, conversation__in=noted)
    said = Message.objects.filter(recent, wanted, conversation__in=ids)
    found: defaultdict[int, list[Message]] = defaultdict(list)
    for message in said.exclude(status__in=UNSAID).order_by("conversation_id", "seq"):
        found[message.conversation_id].append(message)
    return found


def _reads_notes(conversation: Conversation) -> bool:
    return conversation.gateway.notes_as_context and outbox.capabilities(conversation).notes


def _is_new(message: Message, conversation: Conversation) -> bool:
    return message.author == Message.Author.CUSTOMER and message.seq > conversation.answered_seq


def _last_said(said: list[Message]) -> list[Message]:
    """What the customer said last, though somebody has answered it."""
    return [message for message in said if message.author == Message.Author.CUSTOMER][-1:]


def _line(message: Message) -> Line:
    return Line(SPEAKERS[message.author], message.text, message.created_at)
