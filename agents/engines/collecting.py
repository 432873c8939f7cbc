"""Facts to collect before a sub agent acts: what the customer has told already, and what is still to be asked.

Nothing is kept between turns. What was asked and answered stands in the transcript: the agent's line ends with the
fact's question, and what the customer says next is the answer.
"""

from collections.abc import Iterable, Iterator, Sequence

from agents.engines.base import AgentBrief, Brief, Collected, FactBrief, Line, Speaker, SubAgentBrief
from agents.engines.patterns import first

LONGEST = 300  # characters of an answer that are kept


def known(sub_agent: SubAgentBrief, agent: AgentBrief, transcript: Sequence[Line]) -> tuple[Collected, ...]:
    """What the customer has told of the facts, in their order. What was said later counts."""
    found: dict[str, str] = {}
    asked: FactBrief | None = None
    speaker = Speaker.AGENT
    for line in transcript:
        if line.speaker is Speaker.CUSTOMER:
            goes_on = speaker is Speaker.CUSTOMER  # several lines in a row are one answer
            found |= dict(_told(sub_agent, asked, line.text, found if goes_on else {}))
        else:
            asked = _asked(sub_agent, agent, line)
        speaker = line.speaker
    return tuple(Collected(fact.name, found[fact.name]) for fact in sub_agent.facts if fact.name in found)


def missing(sub_agent: SubAgentBrief, collected: Iterable[Collected]) -> FactBrief | None:
    """The next fact to ask for; None when all are known."""
    names = {each.name for each in collected}
    return next((fact for fact in sub_agent.facts if fact.name not in names), None)


def pending(brief: Brief) -> tuple[SubAgentBrief, FactBrief] | None:
    """The fact that the agent's last line asked for, and for which sub agent."""
    before = [line for line in brief.transcript[: -brief.new] if line.speaker is not Speaker.CUSTOMER]
    if not before or before[-1].speaker is not Speaker.AGENT:
        return None
    asked = ((each, _asked(each, brief.agent, before[-1])) for each in brief.agent.sub_agents)
    return next(((each, fact) for each, fact in asked if fact), None)


def answer(fact: FactBrief, text: str) -> str:
    """The fact's value in the reply to its question; "" when it isn't in there."""
    return first(fact.pattern, text) if fact.pattern else _short(text)


def times_asked(fact: FactBrief, agent: AgentBrief, transcript: Sequence[Line]) -> int:
    return sum(_asks(fact, agent, line.text) for line in transcript if line.speaker is Speaker.AGENT)


def original(sub_agent: SubAgentBrief, brief: Brief) -> str:
    """What the customer had written when the sub agent began to ask; "" when it hasn't asked."""
    said: list[str] = []
    asked = False
    for line in reversed(brief.transcript):
        if line.speaker is Speaker.CUSTOMER:
            said.insert(0, line.text)
        elif _asked(sub_agent, brief.agent, line):
            said, asked = [], True
        elif line.text not in _forms(sub_agent.acknowledgement, brief.agent):
            break
    return "\n".join(said) if asked else ""


def _told(
    sub_agent: SubAgentBrief, asked: FactBrief | None, text: str, before: dict[str, str]
) -> Iterator[tuple[str, str]]:
    for fact in sub_agent.facts:
        if fact.pattern and (value := first(fact.pattern, text)):
            yield fact.name, value
    if asked and not asked.pattern and (value := _short(text)):
        yield asked.name, _short(f"{before.get(asked.name, '')} {value}")


def _asked(sub_agent: SubAgentBrief, agent: AgentBrief, line: Line) -> FactBrief | None:
    if line.speaker is not Speaker.AGENT:
        return None
    return next((fact for fact in sub_agent.facts if _asks(fact, agent, line.text)), None)


def _asks(fact: FactBrief, agent: AgentBrief, text: str) -> bool:
    return any(text.rstrip().endswith(form) for form in _forms(fact.question, agent))


def _forms(text: str, agent: AgentBrief) -> list[str]:
    """An operator's text in every language in which it may have been said."""
    return [form.strip() for form in (text, *agent.said_as.get(text, {}).values()) if form.strip()]


def _short(text: str) -> str:
    return " ".join(text.split())[:LONGEST]
