"""Find the sub agent that applies to what the customer says, by its scenario and its example phrases.

`reading` says how a question is compared with them. `python -m tests.bench.intents` says how well.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from agents.engines import embedding, words
from agents.engines.base import SubAgentBrief
from agents.engines.bm25 import Bm25
from agents.engines.embedding import Embedder
from agents.engines.reading import ByMeaning, ByWords, Reader, Reading

FAVOUR = 0.4  # of a phrase's score goes to the articles of its sub agent
EQUAL = 0.05  # scores that differ by less are equal, and priority decides


@dataclass(frozen=True, slots=True)
class Match:
    """A sub agent that may apply, and the phrase of its own that is most like the question."""

    sub_agent: SubAgentBrief
    phrase: str
    score: float  # 0 to 1: how sure it is that this sub agent applies, and no other or none


@dataclass(frozen=True, slots=True)
class _Phrase:
    owner: int  # the position of its sub agent
    text: str
    said: list[str]  # its words


class Matcher:
    """The phrases of an agent's sub agents. Never changed once built, except that a reader is made when first needed.

    With an `embedder` questions in its languages are read by their meaning, all others by their words.
    """

    def __init__(self, sub_agents: Sequence[SubAgentBrief], embedder: Embedder | None = None) -> None:
        self._sub_agents = sub_agents
        self._embedder = embedder
        texts = [(owner, text) for owner, sub_agent in enumerate(sub_agents) for text in _texts(sub_agent)]
        self._phrases = [_Phrase(owner, text, words.words(text)) for owner, text in texts]
        self._index = Bm25([dict.fromkeys(_meaning(phrase.text, "en"), 1.0) for phrase in self._phrases])

    def match(self, question: str, language: str) -> Match | None:
        """The sub agent that most surely applies; of those that are equally sure, the one with priority."""
        if not self._phrases:
            return None
        said = words.words(question)
        same = {phrase.owner for phrase in self._phrases if said and said == phrase.said}
        reading = self._read(question, language)
        if reading is None and not same:
            return None
        owner = self._best(same) if same else self._best(self._nearly_best(reading), reading)
        sureness = 1.0 if same or reading is None else reading.sureness(owner)
        return Match(self._sub_agents[owner], self._nearest(owner, said, reading), sureness)

    def favours(self, question: str, language: str) -> dict[int, float]:
        """What the phrases say for the articles of their sub agents: a score for each article id."""
        found: dict[int, float] = {}
        for number, score in self._index.scores(_meaning(question, language)).items():
            for article_id in self._sub_agents[self._phrases[number].owner].article_ids:
                found[article_id] = max(found.get(article_id, 0.0), score * FAVOUR)
        return found

    @cached_property
    def _by_words(self) -> Reader:
        return ByWords([phrase.text for phrase in self._phrases], [phrase.owner for phrase in self._phrases])

    @cached_property
    def _by_meaning(self) -> Reader | None:
        texts, owners = [phrase.text for phrase in self._phrases], [phrase.owner for phrase in self._phrases]
        examples = [len(sub_agent.examples) for sub_agent in self._sub_agents]
        return ByMeaning(self._embedder, texts, owners, examples) if self._embedder else None

    def _read(self, question: str, language: str) -> Reading | None:
        """Words that any customer uses say nothing."""
        if all(map(words.is_generic, words.terms(question, language))):
            return None
        reader = self._by_meaning if language in embedding.LANGUAGES else None
        return (reader or self._by_words).read(question, language)

    def _nearly_best(self, reading: Reading | None) -> set[int]:
        scores = reading.scores if reading else ()
        best = max((scores[phrase.owner] for phrase in self._phrases), default=0.0)
        return {phrase.owner for phrase in self._phrases if scores[phrase.owner] > best - EQUAL}

    def _best(self, owners: set[int], reading: Reading | None = None) -> int:
        scores = reading.scores if reading else [0.0] * len(self._sub_agents)
        return min(owners, key=lambda owner: (self._sub_agents[owner].priority, -scores[owner], owner))

    def _nearest(self, owner: int, said: list[str], reading: Reading | None) -> str:
        own = (place for place, phrase in enumerate(self._phrases) if phrase.owner == owner)
        likeness = reading.likeness if reading else lambda place: 0.0
        return self._phrases[max(own, key=lambda place: (self._phrases[place].said == said, likeness(place)))].text


def _texts(sub_agent: SubAgentBrief) -> list[str]:
    pieces = filter(None, map(str.strip, re.split(r"[,;:.。、]", sub_agent.scenario)))
    return [*sub_agent.examples, *pieces]


def _meaning(text: str, language: str) -> list[str]:
    return [term for term in words.terms(text, language) if not any(letter.isdigit() for letter in term)]
