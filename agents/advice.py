"""The warnings about an agent or a sub agent as it is saved, for admin and the API."""

from collections.abc import Iterable

from agents.lint import Warning, lint_agent, lint_sub_agent
from agents.models import Agent, EngineSetting, SubAgent

USUAL_TOKENS = 6000  # what the openai engine sends at most, unless set otherwise


def of_agent(agent: Agent) -> tuple[Warning, ...]:
    """Asks the database for the agent's engines, unless they were prefetched."""
    texts = {name: getattr(agent, name) for name in ("instructions", "character", "greeting", "closing")}
    settings = agent.engine_settings.all() if agent.pk else ()
    return lint_agent(texts, _prompt_tokens(agent.engine, settings))


def of_sub_agent(sub_agent: SubAgent) -> tuple[Warning, ...]:
    texts = {name: getattr(sub_agent, name) for name in ("scenario", "instructions", "acknowledgement")}
    return lint_sub_agent(texts, hands_over=sub_agent.after == SubAgent.After.HAND_OVER)


def _prompt_tokens(engine: str, settings: Iterable[EngineSetting]) -> int:
    """The least that one of the agent's models is sent; 0 where none is asked."""
    options = [each.options for each in settings if each.engine == "openai"] or ([{}] if engine == "openai" else [])
    given = (each.get("prompt_tokens", USUAL_TOKENS) if isinstance(each, dict) else USUAL_TOKENS for each in options)
    return min((int(tokens) for tokens in given if isinstance(tokens, (int, float))), default=0)
