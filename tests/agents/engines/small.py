"""A shop with three articles, and the briefs that tests make of it."""

import dataclasses
from datetime import UTC, datetime

from agents.engines.base import AgentBrief, ArticleBrief, Brief, Line, Speaker, SubAgentBrief

WHEN = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

REFUNDS = ArticleBrief(
    1,
    "When do I get my refund?",
    "We refund you within 5 working days.\n\n## The refund is late\n\nThen a person looks into it.",
    "https://shop.example.com/refunds",
)
TENTS = ArticleBrief(
    2,
    "How do I set up my tent?",
    "Lay the inner tent flat and raise the poles.\n\n## Water inside the tent\n\nOpen the vents: it is condensation.",
    "",
)
RETURNS = ArticleBrief(3, "返品はできますか", "商品の到着から三十日以内に返品できます。", "")


def sub_agent(after: str, *examples: str, articles: tuple[int, ...] = ()) -> SubAgentBrief:
    return SubAgentBrief(9, "billing", "Billing", "", examples, "", after, 10, articles)


def agent(*sub_agents: SubAgentBrief, **options: object) -> AgentBrief:
    articles = (REFUNDS, TENTS, RETURNS)
    return AgentBrief(1, "Small", f"small:{sub_agents!r}", "", sub_agents, articles, options)


def brief(*said: str, of: AgentBrief | None = None, language: str = "en", new: int = 1) -> Brief:
    """A conversation in which customer and agent take turns, ending with the customer."""
    speakers = [
        Speaker.CUSTOMER if number % 2 == len(said) % 2 else Speaker.AGENT for number in range(1, len(said) + 1)
    ]
    lines = tuple(Line(speaker, text, WHEN) for speaker, text in zip(speakers, said, strict=True))
    return Brief(of or agent(), lines, new, language)


def burst(*said: str) -> Brief:
    """Several lines of the customer in a row."""
    base = brief(said[-1], new=len(said))
    return dataclasses.replace(base, transcript=tuple(Line(Speaker.CUSTOMER, text, WHEN) for text in said))
