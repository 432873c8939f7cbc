"""Read an agent from the database into the frozen value that engines work on."""

from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import chain
from typing import Any

from django.db import connection
from django.db.models import Aggregate, Count, Max, OuterRef, QuerySet, Subquery, Sum

from agents import knowledge
from agents.engines.base import AgentBrief, ArticleBrief, EngineBrief, SubAgentBrief
from agents.models import Agent, Article, EngineSetting, SubAgent

KEPT = 64  # agents whose last revision stays in memory


def brief(agent_id: int) -> AgentBrief:
    """The agent with its active sub agents and articles, as configured now. One query, if nothing has changed."""
    return _read(agent_id, revision(agent_id))


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
    )
    sql, _ = numbers.filter(pk=0).query.sql_with_params()
    return sql


def _one(rows: "QuerySet[Any]", number: Aggregate) -> Subquery:
    return Subquery(rows.order_by().values("agent").annotate(number=number).values("number"))


@lru_cache(maxsize=KEPT)
def _read(agent_id: int, revision: str) -> AgentBrief:
    agent, linked = Agent.objects.get(pk=agent_id), knowledge.linked_articles(agent_id)
    engines = tuple(_engines(agent)) or (EngineBrief(agent.engine),)
    return AgentBrief(
        id=agent.pk,
        name=agent.name,
        revision=revision,
        instructions=agent.instructions,
        sub_agents=tuple(
            SubAgentBrief(
                id=sub.pk,
                slug=sub.slug,
                name=sub.name,
                scenario=sub.scenario,
                examples=tuple(sub.examples),
                instructions=sub.instructions,
                after=sub.after,
                priority=sub.priority,
                article_ids=_once([article.pk for article in sub.articles.all()], sorted(linked.get(sub.pk, ()))),
            )
            for sub in agent.sub_agents.filter(is_active=True).prefetch_related("articles")
        ),
        articles=tuple(
            ArticleBrief(id=article.pk, title=article.title, body=article.body, url=article.url)
            for article in agent.articles.filter(is_active=True)
        ),
        options={"delay": agent.engine_delay},
        engines=engines,
        vectors=knowledge.vectors(agent_id, engines),
    )


def _once(*numbers: list[int]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(chain(*numbers)))


def _engines(agent: Agent) -> Iterator[EngineBrief]:
    return (EngineBrief(row.engine, row.options, row.secret) for row in agent.engine_settings.all())
