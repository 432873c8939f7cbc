"""Find the sub agent whose scenario or example phrases are like what the customer says."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agents.engines import words
from agents.engines.base import SubAgentBrief
from agents.engines.bm25 import Bm25

FAVOUR = 0.4  # of a phrase's score goes to the articles of its sub agent
SCENARIO = 0.8  # a piece of the scenario counts less than an example: nobody talks like that
THIN = 0.6  # a single word in common shows that little, however short the phrase
DENIAL = 0.8  # "my refund arrived" is that much like "my refund hasn't arrived"
EQUAL = 0.05  # scores that differ by less are equal, and priority decides


@dataclass(frozen=True, slots=True)
class Match:
    """A sub agent that may apply, and the phrase of its own that says so."""

    sub_agent: SubAgentBrief
    phrase: str
    score: float  # 0 to 1: how much the phrase and the question say the same


@dataclass(frozen=True, slots=True)
class _Phrase:
    sub_agent: SubAgentBrief
    text: str
    said: list[str]  # its words
    denies: bool
    weight: float


class Matcher:
    """The phrases of an agent's sub agents. Never changed once built."""

    def __init__(self, sub_agents: Sequence[SubAgentBrief]) -> None:
        self._phrases = [phrase for sub_agent in sub_agents for phrase in _phrases(sub_agent)]
        self._index = Bm25([dict.fromkeys(_meaning(phrase.text, "en"), 1.0) for phrase in self._phrases])

    def match(self, question: str, language: str) -> Match | None:
        """The sub agent with the phrase that is most like the question; of equals, the one with priority."""
        asked, said, denies = _meaning(question, language), words.words(question), words.denies(question)
        found = [
            Match(phrase.sub_agent, phrase.text, self._likeness(number, asked, said, denies))
            for number, phrase in enumerate(self._phrases)
        ]
        best = max((match.score for match in found), default=0.0)
        near = [match for match in found if match.score and match.score > best - EQUAL]
        return min(near, key=lambda match: (match.sub_agent.priority, -match.score), default=None)

    def favours(self, question: str, language: str) -> dict[int, float]:
        """What the phrases say for the articles of their sub agents: a score for each article id."""
        found: dict[int, float] = {}
        for number, score in self._index.scores(_meaning(question, language)).items():
            for article_id in self._phrases[number].sub_agent.article_ids:
                found[article_id] = max(found.get(article_id, 0.0), score * FAVOUR)
        return found

    def _likeness(self, number: int, asked: Sequence[str], said: list[str], denies: bool) -> float:
        """1 for the same words; else Dice's coefficient, each word counting for as much as it tells."""
        phrase, terms = self._phrases[number], self._index.documents[number]
        if said and said == phrase.said:
            return 1.0
        common = [term for term in asked if term in terms]
        total = sum(map(self._index.idf, asked)) + sum(map(self._index.idf, terms))
        likeness = 2 * sum(map(self._index.idf, common)) / total if total else 0.0
        return (
            likeness * phrase.weight * (1.0 if len(common) > 1 else THIN) * (1.0 if denies == phrase.denies else DENIAL)
        )


def _phrases(sub_agent: SubAgentBrief) -> list[_Phrase]:
    pieces = filter(None, map(str.strip, re.split(r"[,;:.。、]", sub_agent.scenario)))
    weighted = [*((example, 1.0) for example in sub_agent.examples), *((piece, SCENARIO) for piece in pieces)]
    return [_Phrase(sub_agent, text, words.words(text), words.denies(text), weight) for text, weight in weighted]


def _meaning(text: str, language: str) -> list[str]:
    return [term for term in words.terms(text, language) if not any(letter.isdigit() for letter in term)]
