"""The two checks that stand around every engine and can't be switched off: one before it is asked, one after."""

from collections.abc import Callable

from agents.actions.action import Outcome
from agents.engines.alarms import alarmed
from agents.engines.base import Brief, Decision
from agents.engines.promises import checked

Ask = Callable[[Brief], Decision]


def guarded(brief: Brief, ask: Ask) -> Decision:
    """The decision on `brief`. Raises whatever `ask` raises; where there is an alarm, nothing is asked."""
    if alarm := alarmed(brief):
        return alarm
    decision = ask(brief)
    return decision if _is_kept_anyway(decision) else checked(decision)


def _is_kept_anyway(decision: Decision) -> bool:
    """“I'll let you know” is no promise that needs people while an action is under way: what came of it is told."""
    return any(call.action_id and call.state in (Outcome.REQUESTED, Outcome.WAITING) for call in decision.actions)
