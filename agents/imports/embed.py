"""Make the vectors of articles ahead of need, for the engines that want some."""

from collections.abc import Iterator

import structlog
from django.conf import settings
from django.db import connection
from django.utils import timezone

from agents import knowledge
from agents.brief import brief
from agents.engines.base import AgentBrief, Engine, EngineBrief, EngineError, Means
from agents.engines.fallback import load
from agents.engines.parts import chunks, parts, text_hash
from agents.engines.registry import ENGINES, engine
from agents.http import Http, Policy
from agents.knowledge_models import ChunkVector
from agents.models import Agent

log = structlog.get_logger(__name__)

BATCH = 64  # texts in one request
MOST = 40  # requests in one run, for one agent
SECONDS = 60.0  # for one request

_complete: dict[int, str] = {}  # the last revision of an agent that had all of its vectors


def embed_missing() -> int:
    """Make what is missing, at most MOST requests for each agent, and forget what is no more. Returns how many."""
    agents = Agent.objects.filter(is_active=True, engine_settings__engine__in=_able()).distinct()
    ids = list(agents.values_list("pk", flat=True))
    ChunkVector.objects.exclude(agent__in=ids).delete()
    return sum(_agent(brief(pk)) for pk in ids)


def _able() -> list[str]:
    """The engines that can make vectors at all."""
    return [name for name, kind in ENGINES.items() if getattr(kind, "embed", Engine.embed) is not Engine.embed]


def _agent(agent: AgentBrief) -> int:
    if _complete.get(agent.id) == agent.revision:
        return 0
    wanted = dict(knowledge.wanted(agent.engines))
    ChunkVector.objects.filter(agent=agent.id).exclude(model__in=wanted).delete()
    results = [_vectors(agent, name, choice) for name, choice in wanted.items()]
    made = sum(made for made, _ in results)
    if made:
        Agent.objects.filter(pk=agent.id).update(updated_at=timezone.now())  # whoever has read it reads it again
    elif not any(missing for _, missing in results):
        _complete[agent.id] = agent.revision
    return made


def _vectors(agent: AgentBrief, name: str, choice: EngineBrief) -> tuple[int, int]:
    """How many were made, and how many are missing still."""
    texts = {text_hash(chunk): chunk for one in agent.articles for part in parts(one) for chunk in chunks(part)}
    kept = ChunkVector.objects.filter(agent=agent.id, model=name)
    known = set(kept.values_list("text_hash", flat=True))
    _forget(agent.id, name, known - texts.keys())
    missing, made = [each for each in texts if each not in known], 0
    try:
        for hashes in _batches(missing):
            vectors = _asked(choice, [texts[each] for each in hashes])
            rows = zip(hashes, vectors, strict=True)
            ChunkVector.objects.bulk_create(
                [ChunkVector(agent_id=agent.id, model=name, text_hash=each, vector=vector) for each, vector in rows],
                ignore_conflicts=True,
            )
            made += len(hashes)
    except EngineError as error:
        log.warning("embedding failed", agent=agent.id, missing=len(missing) - made, error=error.public)
    return made, len(missing) - made


def _batches(missing: list[str]) -> Iterator[list[str]]:
    return (missing[start : start + BATCH] for start in range(0, min(len(missing), BATCH * MOST), BATCH))


def _asked(choice: EngineBrief, texts: list[str]) -> list[bytes]:
    if not connection.in_atomic_block:
        connection.close()
    chosen = engine(choice.name)
    http = Http(Policy.of(settings.OUTBOUND_ALLOWED_NETWORKS))
    return chosen.embed(texts, Means(load(chosen.Config, choice), http, SECONDS))


def _forget(agent_id: int, name: str, hashes: set[str]) -> None:
    gone = sorted(hashes)
    for start in range(0, len(gone), 500):
        ChunkVector.objects.filter(agent=agent_id, model=name, text_hash__in=gone[start : start + 500]).delete()
