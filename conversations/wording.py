"""What the system says by itself, in the customer's language or the agent's pinned one.

The operator's words go before the built-in ones.
It only reads. The engine's rephrasings of the operator's words were made ahead of need by `conversations.rephrase`,
which makes none in the language that the words are in already.
"""

from collections.abc import Iterable

from agents import wordings
from agents.languages import canonical, detect
from agents.rephrase import rephrased
from conversations.models import Conversation, MessageTemplate
from gateways.models import Gateway


def wording(conversation: Conversation, kind: MessageTemplate.Kind) -> str:
    """The operator's text for the language, else the one for any language, rephrased if it could be, else ours."""
    own = _own(conversation.gateway, kind)
    spoken = conversation.gateway.agent.language or conversation.spoken
    language = canonical(spoken)
    if language and (text := own.get(spoken) or _of(language, own)):
        return text
    if kind is MessageTemplate.Kind.CRISIS and "" in own:
        return own[""]  # as it is: a number that an engine got wrong could cost a life
    if not (text := own.get("", "")):
        return wordings.wording(kind.value, language)
    return (language and rephrased(conversation.gateway.agent_id, text, language)) or text


def greeting(gateway: Gateway, languages: Iterable[str]) -> str:
    """What a visitor reads first who would like one of `languages`, the best first; "" where the agent greets nobody.

    The operator's own words for one of them, else the agent's greeting or the words for any language, as they were
    rephrased ahead of need, else as they are. There are no built-in ones: an empty greeting means none.
    """
    own = _own(gateway, MessageTemplate.Kind.GREETING)
    text = own.get("") or gateway.agent.greeting.strip()
    said = detect(text)
    for language in map(canonical, languages):
        if found := _of(language, own) or (text if language == said else "") or _rephrased(gateway, text, language):
            return found
    return text


def _own(gateway: Gateway, kind: MessageTemplate.Kind) -> dict[str, str]:
    """The operator's texts by language. Costs no query if the gateway was read with its message templates."""
    return {each.language: each.text for each in gateway.message_templates.all() if each.kind == kind}


def _rephrased(gateway: Gateway, text: str, language: str) -> str:
    return rephrased(gateway.agent_id, text, language) if text else ""


def _of(language: str, own: dict[str, str]) -> str:
    """The text for the language under another of its codes: the operator's “no” serves “nb”."""
    return next((text for code, text in sorted(own.items()) if canonical(code) == language), "")
