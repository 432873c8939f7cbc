"""Read an agent from the database into the frozen value that engines work on."""

from django.db.models import Count, Max

from agents.engines.base import AgentBrief, ArticleBrief, SubAgentBrief
from agents.models import Agent


def revision(agent: Agent) -> str:
    """A text that changes whenever anything that the engine may see has changed."""
    articles = agent.articles.aggregate(Max("updated_at"), Count("id"))
    sub_agents = agent.sub_agents.aggregate(Max("updated_at"), Count("id"))
    links = agent.sub_agents.aggregate(Max("articles__id"), Count("articles__id"))
    parts = [agent.updated_at, *articles.values(), *sub_agents.values(), *links.values()]
    return f"{agent.pk}:" + ":".join(str(part) for part in parts)


def brief(agent: Agent) -> AgentBrief:
    """The agent with its active sub agents and articles, as configured now."""
    return AgentBrief(
        id=agent.pk,
        name=agent.name,
        revision=revision(agent),
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
            )
            for sub in agent.sub_agents.filter(is_active=True).prefetch_related("articles")
        ),
        articles=tuple(
            ArticleBrief(id=article.pk, title=article.title, body=article.body, url=article.url)
            for article in agent.articles.filter(is_active=True)
        ),
        options={"delay": agent.engine_delay},
    )
