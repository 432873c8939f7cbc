"""What stands around every engine: the two checks that can't be switched off, and what the operator has set up.

One check comes before the engine is asked, one after. What it decides is kept within the agent's scope first, and at
the end completed by what its sub agents are set up to do.
"""

from collections.abc import Callable

from agents.engines.alarms import alarmed
from agents.engines.base import Brief, Decision
from agents.engines.promises import checked
from agents.engines.workflow import as_set_up, within_scope

Ask = Callable[[Brief], Decision]


def guarded(brief: Brief, ask: Ask) -> Decision:
    """The decision on `brief`. Raises whatever `ask` raises; where there is an alarm, nothing is asked."""
    alarm = alarmed(brief)
    return as_set_up(alarm, brief) if alarm else after(brief, ask(brief))


def after(brief: Brief, decision: Decision) -> Decision:
    """What an engine decided on `brief`, as it may be acted on."""
    return as_set_up(checked(within_scope(decision, brief)), brief)
