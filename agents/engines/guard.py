"""The checks that stand around every engine and can't be switched off: before it is asked, and after."""

from collections.abc import Callable
from dataclasses import replace

from agents.engines.alarms import alarmed
from agents.engines.base import Brief, Decision
from agents.engines.consent import consented, declined
from agents.engines.facts import without_secrets
from agents.engines.promises import checked

Ask = Callable[[Brief], Decision]


def guarded(brief: Brief, ask: Ask) -> Decision:
    """The decision on `brief`. Raises whatever `ask` raises.

    Where there is an alarm, or a yes to the offer of a person, nothing is asked.
    """
    return alarmed(brief) or consented(brief) or after(brief, ask(brief))


def after(brief: Brief, decision: Decision) -> Decision:
    """What an engine decided on `brief`, as it may be acted on."""
    kept = replace(decision, facts=without_secrets(decision.facts), declined=declined(brief))
    return checked(kept, brief.language)
