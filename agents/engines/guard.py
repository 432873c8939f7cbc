"""The checks that stand around every engine and can't be switched off: one before it is asked, two after."""

from collections.abc import Callable

from agents.engines.alarms import alarmed
from agents.engines.base import Brief, Decision
from agents.engines.inside import kept_inside
from agents.engines.promises import checked

Ask = Callable[[Brief], Decision]


def guarded(brief: Brief, ask: Ask) -> Decision:
    """The decision on `brief`. Raises whatever `ask` raises; where there is an alarm, nothing is asked."""
    return alarmed(brief) or kept_inside(brief, checked(ask(brief)))
