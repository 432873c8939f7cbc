"""Carry out what people tell the agent: commands in internal notes, and the side panel's buttons.

What comes of it is an internal note or a draft. Nothing reaches the customer, and what takes an engine is a turn, which
a worker takes. All functions want a locked conversation (`conversations.lock`).
"""

from collections.abc import Callable, Mapping

from django.conf import settings
from django.urls import reverse

from agents.brief import brief
from agents.engines.base import Decision, Help
from agents.help import follows
from agents.instruct import CantInstruct, instruct
from agents.lint import lint_agent
from agents.models import SubAgent
from conversations import copilot, drafts, events, outbox, ownership
from conversations.copilot import CantDraft
from conversations.models import Conversation, Message, Turn
from gateways import commands, writing
from gateways.commands import Command, Told
from gateways.models import ENGLISH, LANGUAGE
from handover.hand_over import follow
from handover.recap import decided, recap

DEAF = "None of the agent's engines follows instructions: “offline” doesn't. Add one of a language model's."
HEADS = {Help.TRANSLATE: "Translation", Help.SUMMARIZE: "Summary"}


def obey(conversation: Conversation, note: Message) -> str:
    """Carry out the command that a person's note is. Returns what was done about it; "" for a note that is none."""
    told = commands.parse(note.text, conversation.gateway.command_names)
    if told is None:
        return ""
    if _came_before(conversation, note):
        return "A command that was carried out already."
    who = note.author_name or "A person"
    if told.command is None:
        listed = commands.listed(conversation.gateway.command_names)
        _answer(conversation, f"There is no command “/{told.name}”. There are:\n{listed}")
        return f"There is no command “/{told.name}”."
    _answer(conversation, carry_out(conversation, told, who))
    return f"A command: {told.command}."


def carry_out(conversation: Conversation, told: Told, who: str) -> str:
    """Do what one of the commands says. Returns what is to be said about it; "" where the result speaks for itself."""
    assert told.command is not None  # noqa: S101 - whoever calls has looked
    events.command(conversation, f"{told.command} {told.words}".strip(), who)
    try:
        return ACTS[told.command](conversation, told.words, who)
    except (CantDraft, CantInstruct) as error:
        return error.public


def leave_help(conversation: Conversation, turn: Turn, decision: Decision) -> None:
    """What came of a turn that was to help a colleague: a note, or a draft in place of the one that waits."""
    kind = Help(turn.help)
    events.helped(conversation, turn, decision.why)
    if kind is Help.REPHRASE and decision.reply:
        drafts.draft(conversation, decision.reply, turn)
        return
    writing.flush()  # the recap has all that was said
    text = decision.reply or (recap(conversation) if kind is Help.SUMMARIZE else "")
    if text:
        _answer(conversation, f"**{HEADS[kind]}, for {turn.asked_by}:**\n\n{text}", turn)
    else:
        _answer(conversation, f"{turn.asked_by}, that couldn't be done ({kind}). {decision.why}", turn)


def _draft(conversation: Conversation, words: str, who: str) -> str:
    copilot.ask_for_draft(conversation, None, words, author=who)
    return ""


def _translate(conversation: Conversation, words: str, who: str) -> str:
    if words and not LANGUAGE.fullmatch(words):
        return f"“{words[:60]}” is no language. Give a code or an English name, like “/translate de”."
    copilot.ask_for_help(conversation, Help.TRANSLATE, words or _language(conversation), who)
    return ""


def _summarize(conversation: Conversation, words: str, who: str) -> str:
    copilot.ask_for_help(conversation, Help.SUMMARIZE, _language(conversation), who)
    return ""


def _rephrase(conversation: Conversation, words: str, who: str) -> str:
    if not words:
        return "Say how, like “/rephrase friendlier”."
    writing.flush()
    if not conversation.drafts.exists():
        return "There is no draft that could be rephrased. Ask for one first, with “/draft”."
    copilot.ask_for_help(conversation, Help.REPHRASE, words, who)
    return ""


def _handback(conversation: Conversation, words: str, who: str) -> str:
    if conversation.owner == Conversation.Owner.AGENT:
        return "The agent has this conversation already."
    ownership.give_back(conversation, who)
    follow(conversation)
    return "The agent has this conversation again. It answers the customer's next message, and none before it."


def _suspend(conversation: Conversation, words: str, who: str) -> str:
    if conversation.status != Conversation.Status.OPEN:
        return f"The conversation is {conversation.status} already."
    ownership.suspend(conversation, who)
    follow(conversation)
    return "The agent is silent here until somebody gives the conversation back to it."


def _instruct(conversation: Conversation, words: str, who: str) -> str:
    """Conversations like this one: of the same gateway and, if one has matched here, of the same sub agent."""
    gateway = conversation.gateway
    sub_agent = _matched(conversation)
    kept = instruct(gateway.agent, words, who, sub_agent=sub_agent, gateway=gateway.pk, conversation=conversation.pk)
    where = f"on {gateway}" + (f", when “{sub_agent.name}” applies" if sub_agent else "")
    url = settings.PUBLIC_URL + reverse("admin:agents_instruction_change", args=[kept.pk])
    deaf = "" if follows(brief(gateway.agent_id)) else f"\n\n{DEAF}"
    doubts = "".join(f"\n\n{doubt.message}" for doubt in lint_agent({"instructions": kept.text}))
    return f"From now on, {where}: {kept.text}\n\nTo revoke it: {url}{doubts}{deaf}"


def _matched(conversation: Conversation) -> SubAgent | None:
    """The sub agent that the agent's last decision here was made with."""
    writing.flush()
    last = decided(conversation).first()
    slug = str(last.decision.get("sub_agent", "")) if last else ""
    return conversation.gateway.agent.sub_agents.filter(slug=slug).first() if slug else None


def _language(conversation: Conversation) -> str:
    """What people here read."""
    return conversation.gateway.team_language or ENGLISH


ACTS: Mapping[Command, Callable[[Conversation, str, str], str]] = {
    Command.DRAFT: _draft,
    Command.INSTRUCT: _instruct,
    Command.TRANSLATE: _translate,
    Command.SUMMARIZE: _summarize,
    Command.REPHRASE: _rephrase,
    Command.HANDBACK: _handback,
    Command.SUSPEND: _suspend,
}


def _came_before(conversation: Conversation, note: Message) -> bool:
    """Whether the platform has told us of this note before, under another key."""
    if not note.external_id:
        return False
    writing.flush()
    earlier = conversation.messages.filter(external_id=note.external_id, kind=Message.Kind.NOTE, seq__lt=note.seq)
    return earlier.exists()


def _answer(conversation: Conversation, text: str, turn: Turn | None = None) -> None:
    if text:
        outbox.note(conversation, text, author=conversation.gateway.agent.display_name, turn=turn)
