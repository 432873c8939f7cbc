"""Placeholder, being written."""

from agents.engines.base import Brief, Decision, Engine, Escalation, Reason


class Offline(Engine):
    label = "Offline"

    def decide(self, brief: Brief) -> Decision:
        return Decision(reply=brief.question, escalation=Escalation.NONE, reason=Reason.ANSWERED, why="", confidence=1)
