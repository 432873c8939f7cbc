"""The summary that people get with a handover: who it is, what they want, what was tried, in the words said."""

from agents import summaries
from agents.engines.base import ActionCall, Decision
from agents.models import SubAgent
from conversations.models import Conversation, Message

LINES = 6
ASKED = 20  # of the last messages, among which the customer's question is looked for
LONGEST = 300  # characters of one line


def summarize(conversation: Conversation, why: str, decision: Decision | None) -> str:
    """Markdown for an internal note."""
    contact = conversation.identity.contact
    if decision and (template := _template(conversation, decision)):
        return f"**Handed over:** {why}\n\n{summaries.fill(template, _values(conversation, why, decision))}"
    said = _said(conversation, LINES)
    parts = [
        f"**Handed over:** {why}",
        f"**Customer:** {contact}" + (f" ({conversation.spoken})" if conversation.spoken else ""),
        "**Last said:**\n" + "\n".join(f"- {_who(message)}: {_short(message.text)}" for message in said),
    ]
    if decision and decision.collected:
        parts.append(f"**Facts:**\n{_facts(decision)}")
    if decision and decision.note:
        parts.append(f"**The agent's note:** {decision.note}")
    if decision and decision.articles:
        titles = conversation.gateway.agent.articles.filter(pk__in=decision.articles).values_list("title", flat=True)
        parts.append("**Articles looked at:** " + ", ".join(titles))
    if decision and decision.actions:
        parts.append("**Actions:**\n" + "\n".join(f"- {_called(call)}" for call in decision.actions))
    return "\n\n".join(parts)


def _template(conversation: Conversation, decision: Decision) -> str:
    if not decision.sub_agent:
        return ""
    sub_agents = SubAgent.objects.filter(agent=conversation.gateway.agent_id, slug=decision.sub_agent)
    return sub_agents.values_list("summary_template", flat=True).first() or ""


def _values(conversation: Conversation, why: str, decision: Decision) -> dict[str, str]:
    """What may stand in a template's placeholders: `summaries.PLACEHOLDERS`."""
    return {
        "customer": str(conversation.identity.contact),
        "facts": _facts(decision),
        "language": conversation.language,
        "note": decision.note,
        "question": _question(conversation),
        "reason": why,
        "reply": decision.words,
        "sub_agent": decision.sub_agent,
    }


def _facts(decision: Decision) -> str:
    return "\n".join(f"- {each.name}: {_short(each.value)}" for each in decision.collected)


def _question(conversation: Conversation) -> str:
    """What the customer has written since a person last did."""
    own: list[str] = []
    for message in _said(conversation, ASKED):
        if message.author == Message.Author.HUMAN:
            own.clear()
        elif message.author == Message.Author.CUSTOMER:
            own.append(_short(message.text))
    return "\n".join(own)


def _said(conversation: Conversation, most: int) -> list[Message]:
    """The last things said, oldest first."""
    return list(conversation.messages.filter(kind=Message.Kind.MESSAGE).order_by("-seq")[:most])[::-1]


def _called(call: ActionCall) -> str:
    shown = f" {_short(call.outputs)}" if call.outputs else ""
    return f"{call.name} `{_short(call.arguments)}`: {call.outcome}{shown}"


def _who(message: Message) -> str:
    return message.author_name or message.get_author_display()


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
