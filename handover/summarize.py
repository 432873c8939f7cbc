"""The summary that people get with a handover: who it is, what they want, what was tried, in the words said."""

from agents.engines.base import ActionCall, Decision
from conversations.models import Conversation, Message

LINES = 6
LONGEST = 300  # characters of one line


def summarize(conversation: Conversation, why: str, decision: Decision | None) -> str:
    """Markdown for an internal note."""
    contact = conversation.identity.contact
    said = list(conversation.messages.filter(kind=Message.Kind.MESSAGE).order_by("-seq")[:LINES])[::-1]
    parts = [
        f"**Handed over:** {why}",
        f"**Customer:** {contact}" + (f" ({conversation.language})" if conversation.language else ""),
        "**Last said:**\n" + "\n".join(f"- {_who(message)}: {_short(message.text)}" for message in said),
    ]
    if decision and decision.note:
        parts.append(f"**The agent's note:** {decision.note}")
    if decision and decision.articles:
        titles = conversation.gateway.agent.articles.filter(pk__in=decision.articles).values_list("title", flat=True)
        parts.append("**Articles looked at:** " + ", ".join(titles))
    if decision and decision.actions:
        parts.append("**Actions:**\n" + "\n".join(f"- {_called(call)}" for call in decision.actions))
    return "\n\n".join(parts)


def _called(call: ActionCall) -> str:
    shown = f" {_short(call.outputs)}" if call.outputs else ""
    return f"{call.name} `{_short(call.arguments)}`: {call.outcome}{shown}"


def _who(message: Message) -> str:
    return message.author_name or message.get_author_display()


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
