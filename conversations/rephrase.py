"""Have operators' wordings rephrased in the languages that customers write, before the next of them needs one."""

from collections.abc import Iterator
from datetime import timedelta

import structlog
from django.db.models import QuerySet
from django.utils import timezone

from agents import languages
from agents.brief import spoken
from agents.models import Agent
from agents.rephrase import missing, rephrase
from conversations.models import Conversation, MessageTemplate
from gateways.idle import let_go
from gateways.models import Gateway
from gateways.registry import ADAPTERS

RECENT = timedelta(days=30)  # conversations of that age show which languages are to be expected
MOST = 20  # engine calls in one run

log = structlog.get_logger(__name__)


def rephrase_missing() -> int:
    """Make rephrasings that are missing, by at most MOST calls. Returns how many are of use.

    An agent whose engine can't rephrase, or fails, is left alone until the next run.
    """
    left_alone: set[int] = set()
    texts: list[str] = []
    for agent, text, language in list(_wanted()):
        if agent.pk in left_alone or len(texts) == MOST:
            continue
        said = _rephrased(agent, text, language)
        if said is None:
            left_alone.add(agent.pk)
        else:
            texts.append(said)
    return sum(map(bool, texts))


def _rephrased(agent: Agent, text: str, language: str) -> str | None:
    let_go()
    try:
        return rephrase(agent, text, language)
    except Exception as error:  # whatever an engine raises, the other agents' texts are still to be done
        log.warning("rephrasing failed", agent=agent.pk, language=language, error=type(error).__name__)
        return None


def _wanted() -> Iterator[tuple[Agent, str, str]]:
    """What is to be rephrased: agent, text, language."""
    templates = MessageTemplate.objects.filter(language="", gateway__agent__is_active=True)
    templates = templates.exclude(kind=MessageTemplate.Kind.CRISIS)  # said as it is, see `wording`
    for template in templates.select_related("gateway__agent"):
        agent = template.gateway.agent
        for language in missing(agent.pk, template.text, _spoken(template)):
            yield agent, template.text, language
    for agent in Agent.objects.filter(is_active=True).prefetch_related("sub_agents"):
        sub_agents = [each for each in agent.sub_agents.all() if each.is_active and not each.is_expired]
        texts = spoken(agent, sub_agents)
        expected = _languages(Conversation.objects.filter(gateway__agent=agent.pk), agent) if texts else set()
        for text in texts:
            for language in missing(agent.pk, text, expected - {languages.detect(text)}):
                yield agent, text, language

    for gateway in Gateway.objects.filter(agent__is_active=True).exclude(agent__greeting="").select_related("agent"):
        text = gateway.agent.greeting.strip()
        wanted = _spoken(MessageTemplate(gateway=gateway, kind=MessageTemplate.Kind.GREETING, text=text))
        for language in missing(gateway.agent_id, text, wanted) if text and _is_hosted(gateway) else ():
            yield gateway.agent, text, language


def _is_hosted(gateway: Gateway) -> bool:
    """Whether its visitors see the greeting at all."""
    return gateway.platform in ADAPTERS and ADAPTERS[gateway.platform].capabilities.hosted


def _spoken(template: MessageTemplate) -> set[str]:
    """Languages of recent conversations that the operator hasn't said it in."""
    found = _languages(Conversation.objects.filter(gateway=template.gateway_id), template.gateway.agent)
    same = MessageTemplate.objects.filter(gateway=template.gateway_id, kind=template.kind).exclude(language="")
    own = set(map(languages.canonical, same.values_list("language", flat=True)))
    return found - {*own, languages.detect(template.text)}


def _languages(conversations: QuerySet[Conversation], agent: Agent) -> set[str]:
    """What these conversations were recently spoken to in; nothing but the pinned language where the agent has one."""
    recent = conversations.filter(last_message_at__gte=timezone.now() - RECENT)
    heard = recent.order_by().values_list("language", flat=True).distinct()
    return {languages.canonical(agent.language)} if agent.language else set(map(languages.canonical, heard))
