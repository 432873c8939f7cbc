"""An engine that needs no network and no model: it finds the article that answers, and says what the article says.

It never invents: every reply is an article's own words or one of the built-in wordings.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from agents.engines import collecting, decisions, phrases, words
from agents.engines.base import After, AgentBrief, Brief, Decision, Engine, FactBrief, Speaker, SubAgentBrief
from agents.engines.clarifying import last_question_back, picked_topic
from agents.engines.consent import Consent, is_nothing_but
from agents.engines.embedding import Embedder, embedder
from agents.engines.matching import Match, Matcher
from agents.engines.reading import MATCHES
from agents.engines.retrieval import Hit, Library
from agents.engines.shelf import Shelf

ANSWERS = 0.44  # confidence from which an article is given as the answer
GOES_WITH_IT = 0.85  # confidence from which an article is given to a customer who is handed over anyway
ASKS_BACK = 0.22  # confidence from which it is worth asking whether that is meant
POSSIBLE = 0.24  # sureness from which one that hands over is worth asking the customer about
SURE = 0.6  # sureness from which a sub agent's question isn't out of scope, even if no article seems to answer it
MOST_LINES = 10  # of what is new; of a longer burst the latest count
MOST_QUESTIONS = 5  # in one text that are looked at one by one
MOST_ASKED = 2  # times for the same fact, after which people are asked
OTHER_SUBJECT = 0.6  # probability of another sub agent from which a reply isn't taken for the fact that was asked for
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
    possible: Match | None = None  # one that hands over and may apply, where none surely does

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
        if asked := collecting.pending(brief):
            return _go_on(index, brief, text, finding, *asked)
        if brief.offer and is_nothing_but(text, Consent.NO):
            return decisions.declined(brief.reply_language)
        if key := phrases.small_talk(text):
            return decisions.small_talk(key, brief.reply_language)
        return _decide(index, brief, text, finding)


def _go_on(
    index: Index, brief: Brief, text: str, finding: Finding, sub_agent: SubAgentBrief, fact: FactBrief
) -> Decision:
    """The customer replies to the question for a fact, unless they speak of something else now."""
    small_talk = phrases.small_talk(text)
    value = "" if small_talk else collecting.answer(fact, text)
    if not (value and fact.pattern) and _changes_the_subject(finding, sub_agent):
        return _decide(index, brief, text, finding)
    earlier = collecting.original(sub_agent, brief)
    found = _find(index, earlier, brief.language)
    same = found.match if found.match and found.match.sub_agent.slug == sub_agent.slug else None
    match = same or Match(sub_agent, sub_agent.name, MATCHES)
    if value:
        return _decide(index, brief, earlier, replace(found, match=match))
    if collecting.times_asked(fact, brief.agent, brief.transcript) >= MOST_ASKED:
        return decisions.still_missing(fact, match)
    return decisions.ask_for(fact, match, brief)


def _changes_the_subject(finding: Finding, sub_agent: SubAgentBrief) -> bool:
    match = finding.match
    return match is not None and match.sub_agent.slug != sub_agent.slug and match.score >= OTHER_SUBJECT


def _decide(index: Index, brief: Brief, text: str, finding: Finding) -> Decision:
    language = brief.reply_language
    asked_back = last_question_back(brief)
    if asked_back:
        finding = _with_earlier(index, brief, text, finding, asked_back)
    match, sure = finding.match, finding.confidence >= ANSWERS
    if match and match.sub_agent.stays_silent:
        return decisions.silent(match)
    if match and (fact := _missing(match.sub_agent, brief)):
        return decisions.ask_for(fact, match, brief)
    if match and match.sub_agent.after == "hand_over":
        return decisions.handed_over(match, _own(match, finding, GOES_WITH_IT), language)
    if match and match.sub_agent.after in (After.CLOSE, After.SUSPEND):
        return decisions.last_words(match, _own(match, finding, ANSWERS), language)
    if not match and all(map(words.is_generic, finding.asked)) and not asked_back:
        return decisions.ask_back([], None, language)
    if sure:
        return decisions.answer(finding.hits[0], match, language)
    if asked_back:
        return decisions.still_unclear(finding.hits, match)
    topics = _topics(finding)
    if topics and finding.possible and not brief.offer:  # once is enough
        return decisions.offered(finding.possible, language)
    if topics:
        return decisions.ask_back(topics, match, language)
    return decisions.out_of_scope(finding.hits[:3], match, language)


def _missing(sub_agent: SubAgentBrief, brief: Brief) -> FactBrief | None:
    return collecting.missing(sub_agent, collecting.known(sub_agent, brief.agent, brief.transcript))


def _topics(finding: Finding) -> list[Hit]:
    """What may be meant. Where it is sure what the question is about, any article about that will do to ask."""
    likely = [hit for hit in finding.hits[:3] if hit.confidence >= ASKS_BACK]
    if likely or not finding.match or finding.match.score < SURE:
        return likely
    return [hit for hit in finding.hits[:3] if hit.article.id in finding.match.sub_agent.article_ids]


def _own(match: Match, finding: Finding, sure: float) -> Hit | None:
    """The article that is given to a customer whatever happens after: only a sure one, and of the sub agent's own."""
    hit = finding.hits[0] if finding.hits else None
    own = hit and (not match.sub_agent.article_ids or hit.article.id in match.sub_agent.article_ids)
    return hit if hit and own and hit.confidence >= sure else None


def _index(agent: AgentBrief, embedder: Embedder | None) -> Index:
    hearing = [each for each in agent.sub_agents if each.hears_customers]
    return Index(Library(agent.articles), Matcher(hearing, embedder))


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
    best = index.matcher.match(text, language or "en")
    favours = index.matcher.favours(text, language or "en")
    match = best if best and best.score >= MATCHES else None
    hands_over = best is not None and best.sub_agent.after == "hand_over"
    possible = best if best and not match and hands_over and best.score >= POSSIBLE else None
    linked = match.sub_agent.article_ids if match else ()
    said = words.stems(text, language or "en")[: words.MOST_TERMS]  # "voucher code" says the same thing twice
    hits = index.library.find(said, within=linked, favours=favours)
    if linked and not (hits and hits[0].confidence >= ANSWERS):
        hits = max(hits, index.library.find(said, favours=favours), key=_best_confidence)
    return Finding(asked, match, tuple(hits), possible)


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
