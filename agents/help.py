"""Have an agent's engines do something with a text for a colleague: translate it, summarize it, write it anew."""

from dataclasses import dataclass

from django.conf import settings

from agents.engines import fallback
from agents.engines.base import AgentBrief, Decision, Escalation, Help, Reason
from agents.engines.registry import ENGINES, engine
from agents.http import Http, Policy

CANT = "None of this agent's engines can do that. Add one of a language model's, like “openai”, to its engines."
DONE = {
    Help.TRANSLATE: "Translated into “{wish}”.",
    Help.SUMMARIZE: "Summarized.",
    Help.REPHRASE: "Written anew: {wish}",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a colleague wants of a text, see `Engine.help`."""

    kind: Help
    text: str
    wish: str


def help_with(agent: AgentBrief, wanted: Wanted) -> Decision:
    """A decision whose reply is for colleagues; "" when no engine can do it. No database. Raises EngineError."""
    http = Http(Policy.of(settings.OUTBOUND_ALLOWED_NETWORKS))
    said = fallback.help_with(agent, wanted.kind, wanted.text, wanted.wish, http)
    why = CANT if said is None else DONE[wanted.kind].replace("{wish}", wanted.wish)
    return Decision(
        reply=said or "", escalation=Escalation.NONE, reason=Reason.HELPED, why=why, confidence=1.0 if said else 0.0
    )


def follows(agent: AgentBrief) -> bool:
    """Whether one of the agent's engines does what it is told in plain words."""
    return any(engine(choice.name).follows for choice in agent.engines if choice.name in ENGINES)
