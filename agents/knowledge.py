"""What the engines are told of an agent's sources: which articles a sub agent draws on, and the vectors of all."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from django.db.models import Count, Max

from agents.engines.base import EngineBrief, EngineError
from agents.engines.fallback import load
from agents.engines.registry import ENGINES, engine
from agents.knowledge_models import ChunkVector, ImportedArticle, SourceLink

KEPT = 16  # sets of vectors that stay in memory; an agent's briefs share them


def linked_articles(agent_id: int) -> Mapping[int, set[int]]:
    """The ids of the articles that sub agents draw on because their whole source is linked, by sub agent."""
    links = list(SourceLink.objects.filter(sub_agent__agent=agent_id).values_list("sub_agent_id", "source_id"))
    articles: defaultdict[int, set[int]] = defaultdict(set)
    if links:
        rows = ImportedArticle.objects.filter(source__in={source for _, source in links}, article__is_active=True)
        for source_id, article_id in rows.values_list("source_id", "article_id"):
            articles[source_id].add(int(article_id or 0))
    found: defaultdict[int, set[int]] = defaultdict(set)
    for sub_agent_id, source_id in links:
        found[sub_agent_id] |= articles[source_id]
    return found


def vectors(agent_id: int, engines: Iterable[EngineBrief]) -> Mapping[str, Mapping[str, bytes]]:
    """The vectors that these engines want, as far as they are made."""
    return {name: _vectors(agent_id, name, _stamp(agent_id, name)) for name, _ in wanted(engines)}


def wanted(engines: Iterable[EngineBrief]) -> Iterator[tuple[str, EngineBrief]]:
    """The engines that want vectors, with the name of these."""
    for choice in engines:
        if choice.name not in ENGINES:
            continue
        try:
            name = engine(choice.name).vectors_of(load(engine(choice.name).Config, choice))
        except EngineError:
            continue  # its options won't do, which it says when it is asked
        if name:
            yield name, choice


def _stamp(agent_id: int, name: str) -> str:
    numbers = ChunkVector.objects.filter(agent=agent_id, model=name).aggregate(Count("pk"), Max("pk"))
    return str(sorted(numbers.items()))


@lru_cache(maxsize=KEPT)
def _vectors(agent_id: int, name: str, stamp: str) -> Mapping[str, bytes]:
    rows = ChunkVector.objects.filter(agent=agent_id, model=name).values_list("text_hash", "vector")
    return {text_hash: bytes(vector) for text_hash, vector in rows.iterator()}
