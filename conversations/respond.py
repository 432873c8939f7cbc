"""Step 5 of the walk: ask the agent's engine what to say and do.

What it may know is read for many turns at once; while it thinks, no transaction is open and no connection held.
"""

import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from django.db.models import F, Q, QuerySet

from agents import help as helping
from agents.ask import ask
from agents.brief import brief
from agents.engines import base
from agents.engines.base import AgentBrief, Brief, Decision, Help, Line, Speaker
from agents.engines.guard import guarded
from agents.help import Wanted
from contacts import remember
from conversations import action_requests, background, later, offers, outbox, spending
from conversations.background import Reading
from conversations.models import ActionRequest, Conversation, Draft, Message, Turn
from conversations.models_background import Background
from gateways import commands
from gateways.asking import asked
from gateways.messages import Background as Told
from gateways.read_past import Found

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
    told: tuple[int, ...] = ()  # ids of the action requests whose results are in it
    said: tuple[Message, ...] = ()  # the messages that it was made of
    kept: Told | None = None  # what was read of the platform in earlier turns, where that is to be done again
    reading: Reading | None = None  # what is to be read of it before the engine is asked
    found: Found | None = None  # what came of that


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
    return _with_background(_with_past(asked))


def read_up(question: Question) -> Question:
    """The question with what the platform tells of the past, if it is to be read. No database; never raises."""
    if question.reading is None:
        return question
    found = background.read(question.reading)
    return _knowing(replace(question, found=found), found.background or question.kept)


def respond(question: Question) -> Answer:
    """Decide. Touches no database. Raises whatever the engine raises."""
    began = time.monotonic()
    if question.wanted:
        decision = helping.help_with(question.brief.agent, question.wanted)
    else:
        decision = guarded(question.brief, ask)
    told = () if question.wanted else question.told  # a colleague hears of no results, so they are still to be told
    return Answer(decision, question.upto_seq, milliseconds=_since(began), told=told)


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)


def _question(
    turn: Turn, agent: AgentBrief, found: list[Message], facts: tuple[str, ...], offer: base.Offer | None
) -> Question:
    conversation = turn.conversation
    said = [message for message in found if message.kind == Message.Kind.MESSAGE][-LINES:]
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
        gateway=conversation.gateway_id,
        notes=_notes(conversation, found),
    )
    wanted = _wanted(turn, said, new) if turn.help else None
    return Question(turn, asked, upto_seq, wanted, said=tuple(found))


def _with_background(asked: list[Question]) -> list[Question]:
    """With what the platform has told of the past, or with what is to be read of it. Mostly this asks nothing."""
    conversations = [one.turn.conversation for one in asked]
    known = background.kept(conversations)
    due = background.due(conversations, known)
    return [_with_one(one, known.get(one.turn.conversation_id), due.get(one.turn.conversation_id)) for one in asked]


def _with_one(asked: Question, kept: Background | None, due: Reading | None) -> Question:
    kept_told = kept.told if kept else None
    return replace(asked, reading=due, kept=kept_told) if due else _knowing(asked, kept_told)


def _knowing(asked: Question, past: Told | None) -> Question:
    if past is None:
        return asked
    brief = background.told(asked.brief, asked.turn, past, asked.said, NOTES)
    wanted = asked.wanted
    if wanted and wanted.kind is Help.SUMMARIZE:
        before = "\n\n".join(f"{line.speaker}: {line.text}" for line in brief.past)
        wanted = replace(wanted, text=f"{before}\n\n{wanted.text}".strip()[-LONGEST_TEXT:])
    return replace(asked, brief=brief, wanted=wanted)


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
    of = list(conversations)
    noted = [conversation.pk for conversation in of if _reads_notes(conversation)]
    found: defaultdict[int, list[Message]] = defaultdict(list)
    for message in _messages([conversation.pk for conversation in of], noted):
        found[message.conversation_id].append(message)
    return found


@asked
def _messages(conversations: Collection[int], noted: Collection[int]) -> QuerySet[Message]:
    recent = Q(seq__gt=F("conversation__last_seq") - LOOKED_AT)
    wanted = Q(kind=Message.Kind.MESSAGE, author__in=SPEAKERS)
    wanted |= Q(kind=Message.Kind.NOTE, author=Message.Author.HUMAN, conversation__any_of=noted)
    said = Message.objects.filter(recent, wanted, conversation__any_of=conversations)
    return said.exclude(status__in=UNSAID).order_by("conversation_id", "seq")


def _reads_notes(conversation: Conversation) -> bool:
    return conversation.gateway.notes_as_context and outbox.capabilities(conversation).notes


def _is_new(message: Message, conversation: Conversation) -> bool:
    return message.author == Message.Author.CUSTOMER and message.seq > conversation.answered_seq


def _last_said(said: list[Message]) -> list[Message]:
    """What the customer said last, though somebody has answered it."""
    return [message for message in said if message.author == Message.Author.CUSTOMER][-1:]


def _line(message: Message) -> Line:
    files = "" if message.author == Message.Author.CUSTOMER else ", ".join(message.metadata.get("files", ()))
    text = f"{message.text}\n[{files}]".strip() if files else message.text  # customers' are told in their texts
    return Line(SPEAKERS[message.author], text, message.created_at)
