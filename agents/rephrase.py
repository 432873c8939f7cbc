"""Operators' texts in other languages, by the agent's engine. Made ahead of need, because a model may take seconds."""

import re
from collections import Counter
from collections.abc import Collection
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from agents.brief import brief
from agents.engines import fallback
from agents.engines.base import AgentBrief
from agents.http import Http, Policy
from agents.languages import canonical
from agents.models import Agent, Rephrasing, text_hash

AGAIN = timedelta(days=1)  # after which an engine that said nothing usable is asked once more
LONGEST = 4  # times as long as the original: more than that is no rephrasing
SPARE = 80  # characters more, since one word may need a whole sentence

_FIXED = re.compile(r"\{[^{}]*\}|https?://[\w./?=&%#~+-]*[\w/]", re.ASCII)  # placeholders and links


def rephrased(agent_id: int, text: str, language: str) -> str:
    """`text` in `language` as it was made earlier; "" when it wasn't. One query, and never a model."""
    rows = Rephrasing.objects.filter(agent=agent_id, text_hash=text_hash(text), language=canonical(language))
    return rows.values_list("text", flat=True).first() or ""


def missing(agent_id: int, text: str, languages: Collection[str]) -> list[str]:
    """Those of `languages` that `text` is still to be rephrased in, as canonical codes in alphabetical order."""
    rows = Rephrasing.objects.filter(agent=agent_id, text_hash=text_hash(text))
    made = rows.exclude(text="", made_at__lt=timezone.now() - AGAIN).values_list("language", flat=True)
    return sorted({canonical(language) for language in languages} - {"", *made})


def rephrase(agent: Agent, text: str, language: str) -> str | None:
    """Have `text` rephrased and keep the result: "" when it can't be used, None when the engine can't rephrase.

    Raises whatever the engine raises.
    """
    http = Http(Policy.of(settings.OUTBOUND_ALLOWED_NETWORKS))
    known = brief(agent.pk)
    said = fallback.rephrase(known, text, language, http)
    if said is None:
        return None
    kept = said.strip() if is_usable(text, said) else ""
    Rephrasing.objects.update_or_create(
        agent=agent, text_hash=text_hash(text), language=canonical(language), defaults={"text": kept, "original": text}
    )
    if _says(known, text):
        Agent.objects.filter(pk=agent.pk).update(updated_at=timezone.now())  # its brief is to have it
    return kept


def _says(agent: AgentBrief, text: str) -> bool:
    """Whether it is one of the texts that stand in the agent's brief."""
    questions = (fact.question for each in agent.sub_agents for fact in each.facts)
    return text in (agent.closing, *(each.acknowledgement for each in agent.sub_agents), *questions)


def is_usable(text: str, said: str) -> bool:
    """Whether `said` can stand for `text`: not empty, not an essay, each placeholder and link as often as before."""
    is_long = len(said) > LONGEST * len(text) + SPARE
    return bool(said.strip()) and not is_long and _fixed(said) == _fixed(text)


def _fixed(text: str) -> Counter[str]:
    return Counter(_FIXED.findall(text))
