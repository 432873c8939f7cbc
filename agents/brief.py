"""Read an agent from the database into the frozen value that engines work on."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, lru_cache
from itertools import chain
from typing import Any

from django.db import connection
from django.db.models import Aggregate, Count, Max, OuterRef, QuerySet, Subquery, Sum
from django.utils import timezone

from agents import facts, knowledge
from agents.actions.action import ActionBrief
from agents.brief_actions import action_brief
from agents.engines.base import AgentBrief, ArticleBrief, EngineBrief, SubAgentBrief
from agents.models import Action, Agent, Article, EngineSetting, SubAgent, text_hash

KEPT = 64  # agents whose last revision stays in memory


@dataclass(frozen=True, slots=True)
class Kept:
    """An agent as it was read, and when its sub agents cease to apply, by their ids."""

    brief: AgentBrief
    expiries: Mapping[int, datetime]


def brief(agent_id: int) -> AgentBrief:
    """The agent with its active sub agents and articles, as configured now. One query, if nothing has changed."""
    kept = _read(agent_id, revision(agent_id))
    now = timezone.now()
    return _without(kept.brief, {pk for pk, at in kept.expiries.items() if at <= now})


def _without(agent: AgentBrief, expired: set[int]) -> AgentBrief:
    """The agent without these sub agents, and then with a revision of its own."""
    if not expired:
        return agent
    left = tuple(each for each in agent.sub_agents if each.id not in expired)
    return replace(agent, sub_agents=left, revision=f"{agent.revision}:without {sorted(expired)}")


def revision(agent_id: int) -> str:
    """A text that changes whenever anything that the engine may see has changed. Raises Agent.DoesNotExist."""
    with connection.cursor() as cursor:
        cursor.execute(_statement(connection.vendor), [agent_id])
        parts = cursor.fetchone()
    if parts is None:
        raise Agent.DoesNotExist(agent_id)
    return f"{agent_id}:" + ":".join(str(part) for part in parts)


@cache
def _statement(vendor: str) -> str:
    """Put into SQL once, because every turn asks and building it takes Django longer than answering the database."""
    articles, sub_agents = Article.objects.filter(agent=OuterRef("pk")), SubAgent.objects.filter(agent=OuterRef("pk"))
    engines = EngineSetting.objects.filter(agent=OuterRef("pk"))
    actions = Action.objects.filter(agent=OuterRef("pk"))
    numbers = Agent.objects.order_by().values_list(
        "updated_at",
        _one(articles, Max("updated_at")),
        _one(articles, Count("pk")),
        _one(sub_agents, Max("updated_at")),
        _one(sub_agents, Count("pk")),
        _one(sub_agents, Count("articles")),
        _one(sub_agents, Max("articles__id")),
        _one(sub_agents, Sum("source_links__id")),
        _one(engines, Max("updated_at")),
        _one(engines, Count("pk")),
        _one(engines, Sum("pk")),  # one deleted and an older one left, saved at the same moment
        _one(actions, Max("updated_at")),
        _one(actions, Sum("pk")),
        _one(sub_agents, Sum("actions__id")),
    )
    sql, _ = numbers.filter(pk=0).query.sql_with_params()
    return sql


def _one(rows: "QuerySet[Any]", number: Aggregate) -> Subquery:
    return Subquery(rows.order_by().values("agent").annotate(number=number).values("number"))


@lru_cache(maxsize=KEPT)
def _read(agent_id: int, revision: str) -> Kept:
    agent, linked = Agent.objects.get(pk=agent_id), knowledge.linked_articles(agent_id)
    engines = tuple(_engines(agent)) or (EngineBrief(agent.engine),)
    sub_agents = list(agent.sub_agents.filter(is_active=True).prefetch_related("articles", "actions"))
    made = AgentBrief(
        id=agent.pk,
        name=agent.name,
        revision=revision,
        instructions=agent.instructions,
        sub_agents=tuple(_sub_agent(each, linked.get(each.pk, ())) for each in sub_agents),
        articles=tuple(
            ArticleBrief(id=article.pk, title=article.title, body=article.body, url=article.url)
            for article in agent.articles.filter(is_active=True)
        ),
        options={"delay": agent.engine_delay, "conversation_tokens": agent.conversation_tokens},
        engines=engines,
        character=agent.character,
        closing=agent.closing,
        language=agent.language,
        otherwise=agent.otherwise,
        said_as=_said_as(agent, sub_agents),
        actions=tuple(_actions(agent, sub_agents)),
        vectors=knowledge.vectors(agent_id, engines),
    )
    return Kept(made, {each.pk: each.expires_at for each in sub_agents if each.expires_at})


def _sub_agent(sub: SubAgent, linked: Collection[int]) -> SubAgentBrief:
    return SubAgentBrief(
        id=sub.pk,
        slug=sub.slug,
        name=sub.name,
        scenario=sub.scenario,
        examples=tuple(sub.examples),
        instructions=sub.instructions,
        after=sub.after,
        priority=sub.priority,
        article_ids=_once([article.pk for article in sub.articles.all()], sorted(linked)),
        kind=sub.kind,
        trigger=sub.trigger,
        facts=facts.briefs(sub.facts),
        acknowledgement=sub.acknowledgement,
        tag=sub.tag,
        actions=tuple(action.slug for action in sub.actions.all() if action.is_active),
    )


def _said_as(agent: Agent, sub_agents: list[SubAgent]) -> dict[str, dict[str, str]]:
    """What has been rephrased of the texts that the agent says by itself: text -> language -> rephrased."""
    texts = {text_hash(text): text for text in spoken(agent, sub_agents)}
    said: defaultdict[str, dict[str, str]] = defaultdict(dict)
    rows = agent.rephrasings.filter(text_hash__in=texts).exclude(text="") if texts else agent.rephrasings.none()
    for hashed, language, text in rows.values_list("text_hash", "language", "text"):
        said[texts[hashed]][language] = text
    return dict(said)


def spoken(agent: Agent, sub_agents: Iterable[SubAgent]) -> list[str]:
    """The operator's texts that customers are told as they are: closing, acknowledgements, questions for facts."""
    of_sub_agents = (
        text
        for each in sub_agents
        for text in (each.acknowledgement, *(fact.question for fact in facts.briefs(each.facts)))
    )
    return [text for text in dict.fromkeys((agent.closing, *of_sub_agents)) if text]


def _actions(agent: Agent, sub_agents: list[SubAgent]) -> Iterator[ActionBrief]:
    """The active ones that are of any use to it."""
    linked = {action.pk for sub in sub_agents for action in sub.actions.all()}
    active = agent.actions.filter(is_active=True).prefetch_related("secrets")
    return (action_brief(action) for action in active if action.everywhere or action.pk in linked)


def _once(*numbers: list[int]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(chain(*numbers)))


def _engines(agent: Agent) -> Iterator[EngineBrief]:
    return (EngineBrief(row.engine, row.options, row.secret) for row in agent.engine_settings.all())
