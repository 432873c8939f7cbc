"""What a conversation is about, in the words said: the summary for when no engine writes a better one."""

from django.db.models import QuerySet

from conversations.models import Conversation, Message, Turn

LINES = 12
LONGEST = 300  # characters of one line


def recap(conversation: Conversation) -> str:
    """Markdown for people."""
    said = list(conversation.messages.filter(kind=Message.Kind.MESSAGE).order_by("-seq")[:LINES])[::-1]
    language = f" ({conversation.language})" if conversation.language else ""
    parts = [
        f"**Customer:** {conversation.identity.contact}{language}",
        f"**With:** {conversation.get_owner_display()}, {conversation.get_status_display().lower()}",
        "**Last said:**\n" + "\n".join(f"- {_who(message)}: {_short(message.text)}" for message in said),
    ]
    if last := decided(conversation).first():
        parts.append(f"**The agent's last decision:** {last.decision.get('why', '')}")
    return "\n\n".join(parts)


def decided(conversation: Conversation) -> QuerySet[Turn]:
    """The turns that came to a decision about the customer, newest first."""
    return conversation.turns.exclude(decision={}).filter(help="").order_by("-pk")


def _who(message: Message) -> str:
    return message.author_name or message.get_author_display()


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
