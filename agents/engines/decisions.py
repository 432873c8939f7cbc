"""The decisions that the offline engine can come to, each with its words for the customer and for operators."""

from collections.abc import Sequence

from agents.engines.base import Brief, Decision, Escalation, Evidence, FactBrief, Reason
from agents.engines.clarifying import numbered
from agents.engines.excerpt import excerpt
from agents.engines.matching import Match
from agents.engines.retrieval import Hit
from agents.wordings import wording

QUOTED = 200  # characters of an article that are quoted as evidence


def asked_for_person(phrase: str, match: Match | None) -> Decision:
    return Decision(
        reply="",
        escalation=Escalation.NOW,
        reason=Reason.ASKED_FOR_HUMAN,
        why=f"The customer asked for a person: “{phrase}”.",
        confidence=1.0,
        sub_agent=_slug(match),
        evidence=(Evidence("phrase", "asks for a person", 1.0, phrase), *_example(match)),
        note="Wants to talk to a person.",
    )


def small_talk(key: str, language: str) -> Decision:
    """`key` is the wording that answers."""
    kind = "a greeting" if key == "greeting_reply" else "thanks"
    return Decision(
        reply=wording(key, language),
        escalation=Escalation.NONE,
        reason=Reason.SMALL_TALK,
        why=f"The message is nothing but {kind}.",
        confidence=1.0,
    )


def silent(match: Match) -> Decision:
    return Decision(
        reply="",
        escalation=Escalation.NONE,
        reason=Reason.SUB_AGENT,
        why=f"“{match.sub_agent.name}” matched, and what matches it isn't answered.",
        confidence=match.score,
        sub_agent=match.sub_agent.slug,
        evidence=_example(match),
        note=f"Looks like “{match.phrase}”.",
    )


def ask_for(fact: FactBrief, match: Match, brief: Brief) -> Decision:
    """In the operator's words."""
    return Decision(
        reply=brief.agent.say(fact.question, brief.reply_language),
        escalation=Escalation.NONE,
        reason=Reason.COLLECTING,
        why=f"“{match.sub_agent.name}” matched, and it needs to know the {fact.name} first.",
        confidence=match.score,
        sub_agent=match.sub_agent.slug,
        evidence=_example(match),
        note=f"Was asked for the {fact.name}.",
        clarifies=True,
    )


def still_missing(fact: FactBrief, match: Match) -> Decision:
    return Decision(
        reply="",
        escalation=Escalation.NOW,
        reason=Reason.STILL_UNCLEAR,
        why=f"“{match.sub_agent.name}” needs to know the {fact.name}, and the customer was asked and didn't tell.",
        confidence=match.score,
        sub_agent=match.sub_agent.slug,
        evidence=_example(match),
        note=f"Was asked for the {fact.name} more than once.",
    )


def handed_over(match: Match, hit: Hit | None, language: str) -> Decision:
    """`hit` is the article that answers at least a part, if there is one."""
    return Decision(
        reply=_quoted(hit, language) if hit else "",
        escalation=Escalation.NOW,
        reason=Reason.SUB_AGENT,
        why=f"“{match.sub_agent.name}” matched, and it always hands over to people.",
        confidence=match.score,
        sub_agent=match.sub_agent.slug,
        evidence=(*_example(match), *_articles([hit] if hit else [])),
        articles=(hit.article.id,) if hit else (),
        note=f"Looks like “{match.phrase}”." + (f" Was given “{hit.article.title}”." if hit else ""),
    )


def last_words(match: Match, hit: Hit | None, language: str) -> Decision:
    """Before it closes or falls silent. Without an article the agent's closing, or nothing, is all that is said."""
    return Decision(
        reply=_quoted(hit, language) if hit else "",
        escalation=Escalation.NONE,
        reason=Reason.SUB_AGENT,
        why=f"“{match.sub_agent.name}” matched, which ends what the agent has to say.",
        confidence=match.score,
        sub_agent=match.sub_agent.slug,
        evidence=(*_example(match), *_articles([hit] if hit else [])),
        articles=(hit.article.id,) if hit else (),
        note=f"Looks like “{match.phrase}”.",
    )


def answer(hit: Hit, match: Match | None, language: str) -> Decision:
    where = f", section “{hit.section.heading}”" if hit.section.heading else ""
    return Decision(
        reply=_quoted(hit, language),
        escalation=Escalation.NONE,
        reason=Reason.ANSWERED,
        why=f"“{hit.article.title}”{where} covers {hit.coverage:.0%} of what was asked, more than any other article.",
        confidence=hit.confidence,
        sub_agent=_slug(match),
        evidence=(*_articles([hit]), *_example(match)),
        articles=(hit.article.id,),
        note=f"Answered from “{hit.article.title}”.",
    )


def offered(possible: Match, language: str) -> Decision:
    """The customer is asked whether they want a person, because they may be about something that takes one."""
    return Decision(
        reply=wording("offer", language),
        escalation=Escalation.OFFERED,
        reason=Reason.POSSIBLE,
        why=f"“{possible.sub_agent.name}” may apply, which hands over to people, but it isn't sure to.",
        confidence=possible.score,
        sub_agent=possible.sub_agent.slug,
        evidence=_example(possible),
        note=f"May be about “{possible.phrase}”.",
    )


def declined(language: str) -> Decision:
    return Decision(
        reply=wording("declined", language),
        escalation=Escalation.NONE,
        reason=Reason.DECLINED,
        why="The customer doesn't want the person they were offered, and says nothing else.",
        confidence=1.0,
    )


def ask_back(topics: Sequence[Hit], match: Match | None, language: str) -> Decision:
    titles = [hit.article.title for hit in topics]
    found = f"{_listed(titles)} might be meant" if titles else "it doesn't say what it is about"
    return Decision(
        reply=wording("clarify", language).format(topics=numbered(titles))
        if titles
        else wording("clarify_open", language),
        escalation=Escalation.NONE,
        reason=Reason.UNSURE,
        why=f"The question could be clearer: {found}.",
        confidence=_confidence(topics),
        sub_agent=_slug(match),
        evidence=(*_articles(topics), *_example(match)),
        articles=tuple(hit.article.id for hit in topics),
        note="Was asked back what is meant.",
        clarifies=True,
    )


def still_unclear(hits: Sequence[Hit], match: Match | None) -> Decision:
    return Decision(
        reply="",
        escalation=Escalation.NOW,
        reason=Reason.STILL_UNCLEAR,
        why="It was unclear what the customer wants, and still is after asking back.",
        confidence=_confidence(hits),
        sub_agent=_slug(match),
        evidence=(*_articles(hits[:3]), *_example(match)),
        articles=tuple(hit.article.id for hit in hits[:3]),
        note="Was asked back once; the reply didn't make it clear which article would answer.",
    )


def out_of_scope(hits: Sequence[Hit], match: Match | None, language: str) -> Decision:
    nearest = f" The nearest is “{hits[0].article.title}”." if hits else ""
    return Decision(
        reply=wording("out_of_scope", language),
        escalation=Escalation.NOW,
        reason=Reason.OUT_OF_SCOPE,
        why="No article answers this well enough.",
        confidence=_confidence(hits),
        sub_agent=_slug(match),
        evidence=(*_articles(hits), *_example(match)),
        articles=tuple(hit.article.id for hit in hits),
        note=f"No article answers this.{nearest}",
    )


def _quoted(hit: Hit, language: str) -> str:
    """The article's words, and where to read on."""
    words = excerpt(hit.section.text)
    if not hit.article.url:
        return words
    title = hit.article.title.replace("[", "(").replace("]", ")")
    return f"{words}\n\n{wording('read_more', language).format(title=title, url=hit.article.url)}"


def _slug(match: Match | None) -> str:
    return match.sub_agent.slug if match else ""


def _example(match: Match | None) -> tuple[Evidence, ...]:
    return (Evidence("example", match.sub_agent.name, round(match.score, 2), match.phrase),) if match else ()


def _articles(hits: Sequence[Hit]) -> tuple[Evidence, ...]:
    return tuple(
        Evidence("article", hit.article.title, round(hit.confidence, 2), hit.section.text[:QUOTED]) for hit in hits
    )


def _confidence(hits: Sequence[Hit]) -> float:
    return hits[0].confidence if hits else 0.0


def _listed(titles: Sequence[str]) -> str:
    return ", ".join(f"“{title}”" for title in titles)
