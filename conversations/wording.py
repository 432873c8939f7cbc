"""What the system says by itself, in the customer's language: the operator's words, else the built-in ones."""

from agents import wordings
from conversations.models import Conversation, MessageTemplate


def wording(conversation: Conversation, kind: MessageTemplate.Kind) -> str:
    """The operator's text for the language, else the one for any language, else the built-in one."""
    own = dict(
        MessageTemplate.objects.filter(
            gateway_id=conversation.gateway_id, kind=kind, language__in=("", conversation.language)
        ).values_list("language", "text")
    )
    return own.get(conversation.language) or own.get("") or wordings.wording(kind.value, conversation.language)
