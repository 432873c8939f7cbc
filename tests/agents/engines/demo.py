"""The demo shop as an engine sees it, read from its files."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from agents.engines.base import AgentBrief, ArticleBrief, FactBrief, SubAgentBrief
from aissist_site.demo.load import CLOSING

FOLDER = Path(__file__).parents[3] / "aissist_site" / "demo"


@cache
def shop() -> AgentBrief:
    articles = tuple(_article(number, path) for number, path in enumerate(_paths(), start=1))
    table = tomllib.loads((FOLDER / "sub_agents.toml").read_text())["sub_agent"]
    sub_agents = tuple(_sub_agent(number, row) for number, row in enumerate(table, start=1))
    return AgentBrief(1, "Demo", "demo:1", "", sub_agents, articles, closing=CLOSING)


@cache
def ids() -> dict[str, int]:
    """Article ids by the stem of the article's file."""
    return {path.stem: number for number, path in enumerate(_paths(), start=1)}


def _paths() -> list[Path]:
    return sorted((FOLDER / "articles").glob("*.md"))


def _article(number: int, path: Path) -> ArticleBrief:
    title, _, body = path.read_text().partition("\n")
    return ArticleBrief(number, title.removeprefix("# "), body.strip(), f"https://shop.example.com/help/{path.stem}")


def _sub_agent(number: int, row: dict[str, Any]) -> SubAgentBrief:
    return SubAgentBrief(
        id=number,
        slug=row["slug"],
        name=row["name"],
        scenario=row["scenario"],
        examples=tuple(row["examples"]),
        instructions=row["instructions"],
        after=row["after"],
        priority=row["priority"],
        article_ids=tuple(ids()[stem] for stem in row["articles"]),
        facts=tuple(FactBrief(**fact) for fact in row.get("facts", ())),
        **{name: row[name] for name in ("kind", "trigger", "acknowledgement", "tag") if name in row},
    )
