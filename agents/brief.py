"""Read an agent from the database into the frozen value that engines work on."""

from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

from django.db import connection
from django.db.models import Aggregate, Count, Max, OuterRef, QuerySet, Subquery, Sum

from agents.actions.action import ActionBrief
from agents.brief_actions import action_brief
from agents.engines.base import AgentBrief, ArticleBrief, EngineBrief, SubAgentBrief
from agents.models import Action, Agent, Article, EngineSetting, SubAgent

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
    actions = Action.objects.filter(agent=OuterRef("pk"))
    numbers = Agent.objects.order_by().values_list(
        "updated_at",
        _one(articles, Max("updated_at")),
        _one(articles, Count("pk")),
        _one(sub_agents, Max("updated_at")),
        _one(sub_agents, Count("pk")),
        _one(sub_agents, Count("articles")),
        _one(sub_agents, Max("articles__id")),
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
def _read(agent_id: int, revision: str) -> AgentBrief:
    agent = Agent.objects.get(pk=agent_id)
    sub_agents = list(agent.sub_agents.filter(is_active=True).prefetch_related("articles", "actions"))
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
                article_ids=tuple(article.pk for article in sub.articles.all()),
                actions=tuple(action.slug for action in sub.actions.all() if action.is_active),
            )
            for sub in sub_agents
        ),
        articles=tuple(
            ArticleBrief(id=article.pk, title=article.title, body=article.body, url=article.url)
            for article in agent.articles.filter(is_active=True)
        ),
        options={"delay": agent.engine_delay, "conversation_tokens": agent.conversation_tokens},
        engines=tuple(_engines(agent)) or (EngineBrief(agent.engine),),
        actions=tuple(_actions(agent, sub_agents)),
    )


def _actions(agent: Agent, sub_agents: list[SubAgent]) -> Iterator[ActionBrief]:
    """The active ones that are of any use to it."""
    linked = {action.pk for sub in sub_agents for action in sub.actions.all()}
    active = agent.actions.filter(is_active=True).prefetch_related("secrets")
    return (action_brief(action) for action in active if action.everywhere or action.pk in linked)


def _engines(agent: Agent) -> Iterator[EngineBrief]:
    return (EngineBrief(row.engine, row.options, row.secret) for row in agent.engine_settings.all())
