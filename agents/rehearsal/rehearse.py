"""Walk through a scenario with an engine: line by line, with a transcript that grows as it would in a conversation.

Nothing is stored and nothing is sent.
"""

import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from agents import languages
from agents.engines.base import (
    After,
    AgentBrief,
    ArticleBrief,
    Brief,
    Decision,
    Escalation,
    Line,
    Offer,
    Speaker,
)
from agents.engines.guard import Ask, guarded
from agents.rehearsal.scenario import Expectation, Scenario, Step


@dataclass(frozen=True, slots=True)
class Exchange:
    """One burst of the customer's and what the engine made of it. Without a decision `failure` says why."""

    decision: Decision | None
    language: str
    milliseconds: int
    failure: str = ""

    @property
    def said(self) -> tuple[str, ...]:
        """What the customer hears, message by message: nothing of a draft."""
        if self.decision is None or self.decision.after is After.DRAFT:
            return ()
        return tuple(filter(None, (self.decision.acknowledgement, self.decision.reply)))

    @property
    def acknowledged(self) -> tuple[str, ...]:
        """The sub agent whose acknowledgement the customer has heard now."""
        return (self.decision.sub_agent,) if self.decision and self.decision.acknowledgement and self.said else ()


@dataclass(frozen=True, slots=True)
class Difference:
    what: str  # the expectation's key
    expected: str
    got: str


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one line of a scenario."""

    scenario: Scenario
    number: int  # of the line, from 1
    differences: tuple[Difference, ...]
    milliseconds: int


def rehearse(scenario: Scenario, agent: AgentBrief, ask: Ask) -> Iterator[Result]:
    """The results line by line. After a handover people answer: a line that still follows is a difference."""
    transcript: tuple[Line, ...] = ()
    acknowledged: tuple[str, ...] = ()
    language, over = "", ""
    offer: Offer | None = None
    for number, step in enumerate(scenario.lines, start=1):
        if over:
            yield Result(scenario, number, (Difference("line", "a decision", over),), 0)
            return
        spoken = scenario.language or language
        exchange = say(step.says, transcript, agent, ask, spoken, scenario.language, acknowledged, offer)
        language, offer = exchange.language, offered(exchange.decision)
        yield Result(scenario, number, tuple(differences(step, exchange, agent)), exchange.milliseconds)
        transcript, over = after(step.says, transcript, exchange), _why_over(exchange)
        acknowledged = (*acknowledged, *exchange.acknowledged)


def say(
    texts: tuple[str, ...],
    transcript: tuple[Line, ...],
    agent: AgentBrief,
    ask: Ask,
    language: str,
    fixed_language: str = "",
    acknowledged: tuple[str, ...] = (),
    offer: Offer | None = None,
) -> Exchange:
    """Say `texts` in one burst after `transcript`. `language` was spoken before. Whatever is raised is caught.

    `acknowledged` are the sub agents whose acknowledgement has been said; `offer` is the person that the agent's last
    words offered.
    """
    for text in texts:
        language = fixed_language or languages.detect(text) or language
    lines = (*transcript, *_lines(Speaker.CUSTOMER, texts))
    brief = Brief(agent, lines, new=len(texts), language=language, acknowledged=acknowledged, offer=offer)
    began = time.monotonic()
    try:
        decision, failure = guarded(brief, ask), ""
    except Exception as error:  # an engine that fails is a result, as it is in a real conversation
        decision, failure = None, str(getattr(error, "public", type(error).__name__))
    return Exchange(decision, language, round((time.monotonic() - began) * 1000), failure)


def offered(decision: Decision | None) -> Offer | None:
    """The person whom the decision offers, for the next line to say yes or no to."""
    if decision is None or decision.escalation is not Escalation.OFFERED:
        return None
    return Offer(decision.reason.value, decision.why, decision.sub_agent)


def after(texts: tuple[str, ...], transcript: tuple[Line, ...], exchange: Exchange) -> tuple[Line, ...]:
    """The transcript with the customer's texts and what the agent said to them."""
    return (*transcript, *_lines(Speaker.CUSTOMER, texts), *_lines(Speaker.AGENT, exchange.said))


def differences(step: Step, exchange: Exchange, agent: AgentBrief) -> Iterator[Difference]:
    """Where what came differs from what the step expects."""
    if exchange.decision is None:
        yield Difference("engine", "a decision", exchange.failure)
        return
    expect, decision = step.expect, exchange.decision
    yield from _values(expect, decision, exchange.language)
    yield from _articles(expect, [article for article in agent.articles if article.id in decision.articles])
    yield from _all("tags", expect.tags, decision.tagged)
    yield from _all("collected", expect.collected, [each.value for each in decision.collected])
    yield from _acknowledged(expect, decision.acknowledgement)
    yield from _phrases(expect, decision.reply)


def _values(expect: Expectation, decision: Decision, language: str) -> Iterator[Difference]:
    for what, allowed, got in (
        ("sub_agent", expect.sub_agent, decision.sub_agent),
        ("escalation", expect.escalation, decision.escalation.value),
        ("reason", expect.reason, decision.reason.value),
        ("language", expect.language, language),
        ("after", expect.after, decision.after.value),
    ):
        if allowed is not None and got not in allowed:
            yield Difference(what, " or ".join(each or "none" for each in allowed), got or "none")


def _articles(expect: Expectation, cited: list[ArticleBrief]) -> Iterator[Difference]:
    if expect.articles is None:
        return
    missing = any(not any(name in _names(article) for article in cited) for name in expect.articles)
    if missing or (cited and not expect.articles):
        got = ", ".join(_names(article)[-1] for article in cited)
        yield Difference("articles", ", ".join(expect.articles) or "none", got or "none")


def _all(what: str, expected: Collection[str] | None, got: Collection[str]) -> Iterator[Difference]:
    """All that is expected is there; and nothing at all, where nothing is expected."""
    if expected is not None and (not set(expected) <= set(got) or (got and not expected)):
        yield Difference(what, ", ".join(expected) or "none", ", ".join(got) or "none")


def _acknowledged(expect: Expectation, said: str) -> Iterator[Difference]:
    if expect.acknowledgement is None:
        return
    wanted = [each for each in expect.acknowledgement if each]
    if any(each.casefold() not in said.casefold() for each in wanted) or (said and not wanted):
        yield Difference("acknowledgement", ", ".join(wanted) or "none", said or "none")


def _phrases(expect: Expectation, reply: str) -> Iterator[Difference]:
    folded, shown = reply.casefold(), reply or "no reply"
    yield from (Difference("contains", each, shown) for each in expect.contains if each.casefold() not in folded)
    yield from (Difference("excludes", f"not: {each}", shown) for each in expect.excludes if each.casefold() in folded)


def _names(article: ArticleBrief) -> tuple[str, ...]:
    """What an article may be called by, the shortest last."""
    last = article.url.rstrip("/").rpartition("/")[2]
    return (article.title, last) if last else (article.title,)


def _why_over(exchange: Exchange) -> str:
    if exchange.decision is None:
        return "the engine failed before"
    if exchange.decision.escalation is Escalation.NOW:
        return "handed over before"
    return "suspended before" if exchange.decision.after is After.SUSPEND else ""


def _lines(speaker: Speaker, texts: tuple[str, ...]) -> tuple[Line, ...]:
    return tuple(Line(speaker, text, datetime.now(UTC)) for text in texts)
