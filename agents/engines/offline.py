"""An engine that needs no network and no model: it finds the article that answers, and says what the article says.

It never invents: every reply is an article's own words or one of the built-in wordings.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from agents.engines import decisions, phrases, words
from agents.engines.base import AgentBrief, Brief, Decision, Engine, Speaker
from agents.engines.clarifying import last_question_back, picked_topic
from agents.engines.embedding import Embedder, embedder
from agents.engines.matching import Match, Matcher
from agents.engines.reading import MATCHES
from agents.engines.retrieval import Hit, Library
from agents.engines.shelf import Shelf

ANSWERS = 0.44  # confidence from which an article is given as the answer
GOES_WITH_IT = 0.85  # confidence from which an article is given to a customer who is handed over anyway
ASKS_BACK = 0.22  # confidence from which it is worth asking whether that is meant
SURE = 0.6  # sureness from which a sub agent's question isn't out of scope, even if no article seems to answer it
MOST_LINES = 10  # of what is new; of a longer burst the latest count
MOST_QUESTIONS = 5  # in one text that are looked at one by one
KEPT = 16  # agents whose index is kept


@dataclass(frozen=True, slots=True)
class Index:
    """What an agent's configuration looks like to this engine."""

    library: Library
    matcher: Matcher


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found for one text."""

    asked: tuple[str, ...]  # its terms
    match: Match | None  # the sub agent that applies
    hits: tuple[Hit, ...]  # best first

    @property
    def confidence(self) -> float:
        return self.hits[0].confidence if self.hits else 0.0


class Offline(Engine):
    label = "Offline (no network)"

    def __init__(self, embedder: Callable[[], Embedder | None] = embedder) -> None:
        self._shelf: Shelf[Index] = Shelf(KEPT)
        self._embedder = embedder

    def decide(self, brief: Brief) -> Decision:
        time.sleep(max(float(brief.agent.options.get("delay") or 0), 0))
        index = self._shelf.get(brief.agent.revision, lambda: _index(brief.agent, self._embedder()))
        text = _new_text(brief)
        finding = _understand(index, text, brief.language)
        if phrase := phrases.asks_for_person(text):
            return decisions.asked_for_person(phrase, finding.match)
        if key := phrases.small_talk(text):
            return decisions.small_talk(key, brief.language)
        return _decide(index, brief, text, finding)


def _decide(index: Index, brief: Brief, text: str, finding: Finding) -> Decision:
    asked_back = last_question_back(brief)
    if asked_back:
        finding = _with_earlier(index, brief, text, finding, asked_back)
    match, sure = finding.match, finding.confidence >= ANSWERS
    if match and match.sub_agent.after == "stay_silent":
        return decisions.silent(match)
    if match and match.sub_agent.after == "hand_over":
        return decisions.handed_over(match, _to_go_with_it(match, finding), brief.language)
    if not match and all(map(words.is_generic, finding.asked)) and not asked_back:
        return decisions.ask_back([], None, brief.language)
    if sure:
        return decisions.answer(finding.hits[0], match, brief.language)
    if asked_back:
        return decisions.still_unclear(finding.hits, match)
    if topics := _topics(finding):
        return decisions.ask_back(topics, match, brief.language)
    return decisions.out_of_scope(finding.hits[:3], match, brief.language)


def _topics(finding: Finding) -> list[Hit]:
    """What may be meant. Where it is sure what the question is about, any article about that will do to ask."""
    likely = [hit for hit in finding.hits[:3] if hit.confidence >= ASKS_BACK]
    if likely or not finding.match or finding.match.score < SURE:
        return likely
    return [hit for hit in finding.hits[:3] if hit.article.id in finding.match.sub_agent.article_ids]


def _to_go_with_it(match: Match, finding: Finding) -> Hit | None:
    """The article that is given to a customer who is handed over: only a sure one, and only of the sub agent's own."""
    hit = finding.hits[0] if finding.hits else None
    own = hit and (not match.sub_agent.article_ids or hit.article.id in match.sub_agent.article_ids)
    return hit if hit and own and hit.confidence >= GOES_WITH_IT else None


def _index(agent: AgentBrief, embedder: Embedder | None) -> Index:
    return Index(Library(agent.articles), Matcher(agent.sub_agents, embedder))


def _understand(index: Index, text: str, language: str) -> Finding:
    """The text as a whole; where that is too much at once, the first of its questions that has an answer."""
    whole = _find(index, text, language)
    if whole.match or whole.confidence >= ANSWERS:
        return whole
    questions = re.findall(r"[^.!?。！？\n]+[?？]", text)[:MOST_QUESTIONS]
    found = (_find(index, question, language) for question in questions)
    sure = (finding for finding in found if finding.confidence >= ANSWERS and len(finding.asked) > 1)
    return next(sure, whole)


def _find(index: Index, text: str, language: str) -> Finding:
    """Sub agent first: its articles answer, or, where they don't, any article."""
    asked = tuple(words.terms(text, language or "en"))
    match = index.matcher.match(text, language or "en")
    favours = index.matcher.favours(text, language or "en")
    match = match if match and match.score >= MATCHES else None
    linked = match.sub_agent.article_ids if match else ()
    said = words.stems(text, language or "en")[: words.MOST_TERMS]  # "voucher code" says the same thing twice
    hits = index.library.find(said, within=linked, favours=favours)
    if linked and not (hits and hits[0].confidence >= ANSWERS):
        hits = max(hits, index.library.find(said, favours=favours), key=_best_confidence)
    return Finding(asked, match, tuple(hits))


def _best_confidence(hits: list[Hit]) -> float:
    return hits[0].confidence if hits else 0.0


def _with_earlier(index: Index, brief: Brief, text: str, alone: Finding, asked_back: str) -> Finding:
    """The reply to a question back, understood with the topic that was picked or with the question before it."""
    if alone.confidence >= ANSWERS:
        return alone
    if topic := picked_topic(text, asked_back, [article.title for article in brief.agent.articles]):
        return _find(index, topic, brief.language)
    earlier = [line.text for line in brief.transcript[: -brief.new] if line.speaker is Speaker.CUSTOMER]
    together = _find(index, _cut([*earlier[-1:], text]), brief.language)
    return max(alone, together, key=lambda finding: finding.confidence)


def _new_text(brief: Brief) -> str:
    lines = [line.text for line in brief.transcript[-brief.new :] if line.speaker is Speaker.CUSTOMER]
    return _cut(lines[-MOST_LINES:])


def _cut(lines: list[str]) -> str:
    return "\n".join(line[: words.LONGEST_LINE] for line in lines)
