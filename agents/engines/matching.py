"""Find the sub agent that applies to what the customer says, by its scenario and its example phrases.

What the phrases of each sub agent have in common, and not with those of the others, is learned when the agent is
indexed: `features` says what counts, `classifier` how it is learned. `python -m tests.bench.intents` says how well.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agents.engines import words
from agents.engines.base import SubAgentBrief
from agents.engines.bm25 import Bm25
from agents.engines.classifier import Classifier
from agents.engines.features import Vectors, kinds

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
    vector: Mapping[str, float]


class Matcher:
    """The phrases of an agent's sub agents. Never changed once built."""

    def __init__(self, sub_agents: Sequence[SubAgentBrief]) -> None:
        self._sub_agents = sub_agents
        texts = [(owner, text) for owner, sub_agent in enumerate(sub_agents) for text in _texts(sub_agent)]
        counted = [kinds(text, "en") for _, text in texts]
        self._vectors = Vectors(counted)
        self._phrases = [
            _Phrase(owner, text, words.words(text), self._vectors.vector(features))
            for (owner, text), features in zip(texts, counted, strict=True)
        ]
        self._classifier = Classifier(
            [phrase.vector for phrase in self._phrases], [phrase.owner for phrase in self._phrases]
        )
        self._index = Bm25([dict.fromkeys(_meaning(phrase.text, "en"), 1.0) for phrase in self._phrases])

    def match(self, question: str, language: str) -> Match | None:
        """The sub agent that most surely applies; of those that are equally sure, the one with priority."""
        vector = self._vectors.vector(kinds(question, language))
        scores = self._scores(question, language, vector)
        best = max(scores.values(), default=0.0)
        near = [owner for owner, score in scores.items() if score > best - EQUAL]
        if not near:
            return None
        owner = min(near, key=lambda owner: (self._sub_agents[owner].priority, -scores[owner]))
        return Match(self._sub_agents[owner], self._nearest(owner, question, vector), scores[owner])

    def favours(self, question: str, language: str) -> dict[int, float]:
        """What the phrases say for the articles of their sub agents: a score for each article id."""
        found: dict[int, float] = {}
        for number, score in self._index.scores(_meaning(question, language)).items():
            for article_id in self._sub_agents[self._phrases[number].owner].article_ids:
                found[article_id] = max(found.get(article_id, 0.0), score * FAVOUR)
        return found

    def _scores(self, question: str, language: str, vector: Mapping[str, float]) -> dict[int, float]:
        """By position of the sub agent: 1 for the very words of a phrase, else what the classifier says.

        Words that any customer uses say nothing, unless a phrase is made of just them.
        """
        said = words.words(question)
        same = {phrase.owner: 1.0 for phrase in self._phrases if said and said == phrase.said}
        if not vector or all(map(words.is_generic, words.terms(question, language))):
            return same
        probabilities = self._classifier.probabilities(vector)
        return {phrase.owner: probabilities[phrase.owner] for phrase in self._phrases} | same

    def _nearest(self, owner: int, question: str, vector: Mapping[str, float]) -> str:
        said = words.words(question)
        own = (phrase for phrase in self._phrases if phrase.owner == owner)
        return max(own, key=lambda phrase: (phrase.said == said, _cosine(vector, phrase.vector))).text


def _texts(sub_agent: SubAgentBrief) -> list[str]:
    pieces = filter(None, map(str.strip, re.split(r"[,;:.。、]", sub_agent.scenario)))
    return [*sub_agent.examples, *pieces]


def _cosine(first: Mapping[str, float], second: Mapping[str, float]) -> float:
    return sum(weight * second.get(feature, 0.0) for feature, weight in first.items())


def _meaning(text: str, language: str) -> list[str]:
    return [term for term in words.terms(text, language) if not any(letter.isdigit() for letter in term)]
