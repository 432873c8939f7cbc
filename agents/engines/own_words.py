"""Sub agents that listen to the agent itself: what its reply says may bring them in, whatever engine wrote it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agents.engines import words
from agents.engines.base import AgentBrief, SubAgentBrief
from agents.engines.matching import Match, Matcher
from agents.engines.shelf import Shelf

SURE = 0.8  # probability from which a sentence is taken for the scenario; replies quote articles on the same subject
GAP = 2  # words that may stand between two words of a phrase: “we will of course refund”
SHORTEST = 2  # words of a phrase that is looked for as it stands
MOST_SENTENCES = 40
KEPT = 16  # agents

_SENTENCE = re.compile(r"[^.!?。！？\n]+[.!?。！？]?")
_SHORT_FORMS = ((re.compile(r"'ll\b"), " will"), (re.compile(r"'ve\b"), " have"), (re.compile(r"'re\b"), " are"))


@dataclass(frozen=True, slots=True)
class Said:
    """The sub agent that the reply brings in, and the sentence that does."""

    match: Match
    sentence: str


class Listener:
    """The sub agents of one agent that listen to it. Never changed once built."""

    def __init__(self, listening: Sequence[SubAgentBrief]) -> None:
        self._matcher = Matcher(listening)
        texts = [text for each in listening for text in (each.scenario, *each.examples)]
        self._stems = frozenset(stem for text in texts for stem in words.stems(text))
        self._phrases = [(each, phrase, _words(phrase)) for each in listening for phrase in each.examples]

    def hear(self, sentence: str, language: str) -> Said | None:
        """A phrase that occurs in it, else the scenario that it surely fits. Its denial says something else."""
        told, denied = _words(sentence), words.denies(sentence)
        for each, phrase, said in self._phrases:
            if _occurs(said, told) and words.denies(phrase) == denied:
                return Said(Match(each, phrase, 1.0), sentence)
        if self._stems.isdisjoint(words.stems(sentence, language or "en")):
            return None  # most sentences: matching them would cost more than deciding did
        match = self._matcher.match(sentence, language or "en")
        if match is None or match.score < SURE or words.denies(match.phrase) != denied:
            return None
        return Said(match, sentence)


_listeners: Shelf[Listener] = Shelf(KEPT)


def heard(reply: str, agent: AgentBrief, language: str) -> Said | None:
    """The first sub agent, by priority, that recognises what the reply says. Questions say nothing."""
    listening = [each for each in agent.sub_agents if each.hears_agent]
    if not listening or not reply:
        return None
    listener = _listeners.get(agent.revision, lambda: Listener(listening))
    sentences = (each.strip() for each in _SENTENCE.findall(reply)[:MOST_SENTENCES] if not each.endswith(("?", "？")))
    found = [said for sentence in sentences if sentence and (said := listener.hear(sentence, language))]
    return min(found, key=lambda said: (said.match.sub_agent.priority, -said.match.score), default=None)


def _words(text: str) -> list[str]:
    plain = words.fold(text)
    for short, whole in _SHORT_FORMS:
        plain = short.sub(whole, plain)
    return words.words(plain)


def _occurs(phrase: Sequence[str], told: Sequence[str]) -> bool:
    """Whether the words of the phrase stand in the sentence in their order, with no more than GAP others between."""
    if len(phrase) < SHORTEST:
        return any(words.is_cjk(word) and word in run for word in phrase for run in told)
    return any(_follows(phrase[1:], told[at + 1 :]) for at, word in enumerate(told) if word == phrase[0])


def _follows(phrase: Sequence[str], told: Sequence[str]) -> bool:
    for word in phrase:
        near = told[: GAP + 1]
        if word not in near:
            return False
        told = told[near.index(word) + 1 :]
    return True
