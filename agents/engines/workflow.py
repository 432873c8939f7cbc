"""What the operator has set up for sub agents, made to hold for the decision of any engine. Pure.

Engines may know of it and decide accordingly; what counts is what is done here. The act (`after`), the words
(`acknowledgement`, `reply`) and the tags stand in the decision as fields of their own.
"""

from dataclasses import replace

from agents.engines import collecting, own_words, phrases
from agents.engines.base import (
    After,
    Brief,
    Collected,
    Decision,
    Escalation,
    Evidence,
    Kind,
    Otherwise,
    Reason,
    SubAgentBrief,
)
from agents.engines.own_words import Said

# Also where it stays silent.
ALWAYS_PEOPLE = (Reason.ASKED_FOR_HUMAN, Reason.ACCEPTED, Reason.SELF_HARM, Reason.THREAT, Reason.LEGAL)
ENDS = (After.HAND_OVER, After.SUSPEND, After.CLOSE)  # what waits while the agent asks something


def within_scope(decision: Decision, brief: Brief) -> Decision:
    """The decision, unless the agent answers only what its sub agents recognise, and none does."""
    otherwise = brief.agent.otherwise
    if otherwise == Otherwise.ANSWER or decision.sub_agent or decision.reason in ALWAYS_PEOPLE:
        return decision
    silent = otherwise == Otherwise.STAY_SILENT
    if not silent and phrases.small_talk(brief.question):
        return decision  # nobody is called for a hello
    why = "None of the agent's sub agents recognises this, and the agent deals with nothing else."
    return replace(
        _speechless(decision),
        escalation=Escalation.NONE if silent else Escalation.NOW,
        reason=Reason.OUT_OF_SCOPE,
        why=f"{why} {decision.why}",
    )


def as_set_up(decision: Decision, brief: Brief) -> Decision:
    """The decision with what its sub agent is set up to do, and with those that its own words bring in."""
    sub_agent = brief.agent.sub_agent(decision.sub_agent)
    if sub_agent:
        decision = _of(sub_agent, decision, brief)
    if said := own_words.heard(decision.reply, brief.agent, decision.language or brief.reply_language):
        decision = _brought_in(said, decision)
    if decision.escalation is Escalation.NOW:
        return replace(_withheld(decision), after=After.HAND_OVER)
    return _closed(decision, brief) if decision.after is After.CLOSE else decision


def _of(sub_agent: SubAgentBrief, decision: Decision, brief: Brief) -> Decision:
    told = _collected(sub_agent, decision, brief)
    decision = replace(decision, collected=told, tagged=(sub_agent.tag or sub_agent.slug,))
    if decision.escalation is Escalation.NOW and decision.reason in ALWAYS_PEOPLE:
        return decision
    if sub_agent.stays_silent:
        return _silent(sub_agent, decision)
    asks = decision.clarifies or decision.reason is Reason.COLLECTING
    after = After(sub_agent.after)
    if after is After.HAND_OVER and not (asks and collecting.missing(sub_agent, told)):
        decision = _to_people(decision)
    elif not (asks and after in ENDS):
        decision = replace(decision, after=after)
    return replace(decision, acknowledgement=_acknowledgement(sub_agent, brief))


def _silent(sub_agent: SubAgentBrief, decision: Decision) -> Decision:
    reason = Reason.IGNORED if sub_agent.kind == Kind.IGNORE else Reason.SUB_AGENT
    return replace(_speechless(decision), escalation=Escalation.NONE, reason=reason, after=After.STAY_SILENT)


def _speechless(decision: Decision) -> Decision:
    return replace(decision, reply="", clarifies=False, articles=())


def _to_people(decision: Decision) -> Decision:
    if decision.escalation is Escalation.NOW:
        return decision
    reason = decision.reason if decision.reason is Reason.STILL_UNCLEAR else Reason.SUB_AGENT
    return replace(decision, escalation=Escalation.NOW, reason=reason, clarifies=False)


def _collected(sub_agent: SubAgentBrief, decision: Decision, brief: Brief) -> tuple[Collected, ...]:
    """What the engine reports, and what stands in the transcript; the latter counts."""
    found = {each.name: each for each in decision.collected}
    found |= {each.name: each for each in collecting.known(sub_agent, brief.agent, brief.transcript)}
    return tuple(found[fact.name] for fact in sub_agent.facts if fact.name in found)


def _acknowledgement(sub_agent: SubAgentBrief, brief: Brief) -> str:
    if sub_agent.slug in brief.acknowledged or not sub_agent.acknowledgement:
        return ""
    return brief.agent.say(sub_agent.acknowledgement, brief.reply_language)


def _brought_in(said: Said, decision: Decision) -> Decision:
    """What happens after is the stricter one's: that of the reply's own, unless it just replies."""
    sub_agent = said.match.sub_agent
    evidence = Evidence("reply", sub_agent.name, round(said.match.score, 2), said.sentence)
    tags = dict.fromkeys((*decision.tagged, sub_agent.tag or sub_agent.slug))
    decision = replace(decision, evidence=(*decision.evidence, evidence), tagged=tuple(tags))
    after = After(sub_agent.after)
    if after is After.REPLY or decision.escalation is Escalation.NOW:
        return replace(decision, sub_agent=decision.sub_agent or sub_agent.slug)
    why = f"The agent's own reply brought in “{sub_agent.name}”: “{said.sentence}”. {decision.why}"
    decision = replace(decision, sub_agent=sub_agent.slug, why=why, after=after, reason=Reason.SUB_AGENT)
    if after is After.HAND_OVER:
        note = f"The agent told the customer: “{said.sentence}”."
        return replace(decision, escalation=Escalation.NOW, clarifies=False, note=f"{note} {decision.note}".strip())
    if after is After.STAY_SILENT:
        note = f"Withheld: “{decision.reply}”"
        return replace(decision, reply="", acknowledgement="", clarifies=False, note=note)
    return decision


def _withheld(decision: Decision) -> Decision:
    """What was to be a draft isn't said on handing over either: people find it in the note."""
    if decision.after is not After.DRAFT or not decision.words:
        return decision
    note = f"{decision.note} Proposed reply: “{decision.words}”".strip()
    return replace(decision, reply="", acknowledgement="", note=note)


def _closed(decision: Decision, brief: Brief) -> Decision:
    """With the closing as the reply's last words."""
    closing = brief.agent.say(brief.agent.closing, brief.reply_language)
    return replace(decision, reply="\n\n".join(filter(None, (decision.reply, closing))))
