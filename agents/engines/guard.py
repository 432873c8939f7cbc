"""What stands around every engine: the checks that can't be switched off, and what the operator has set up.

Some checks come before the engine is asked, some after. What it decides is kept within the agent's scope first, and at
the end completed by what its sub agents are set up to do.
"""

from collections.abc import Callable
from dataclasses import replace

from agents.actions.action import Outcome
from agents.engines.alarms import alarmed
from agents.engines.base import Brief, Decision
from agents.engines.consent import consented, declined
from agents.engines.facts import without_secrets
from agents.engines.inside import kept_inside
from agents.engines.promises import checked
from agents.engines.workflow import as_set_up, within_scope

Ask = Callable[[Brief], Decision]


def guarded(brief: Brief, ask: Ask) -> Decision:
    """The decision on `brief`. Raises whatever `ask` raises.

    Where there is an alarm, or a yes to the offer of a person, nothing is asked.
    """
    if known := alarmed(brief) or consented(brief):
        return as_set_up(known, brief)
    return after(brief, ask(brief))


def after(brief: Brief, decision: Decision) -> Decision:
    """What an engine decided on `brief`, as it may be acted on."""
    scoped = within_scope(decision, brief) if brief.new else decision  # what came of an action was in scope
    kept = replace(scoped, facts=without_secrets(scoped.facts), declined=declined(brief))
    sure = kept if _is_kept_anyway(kept) else checked(kept, brief.reply_language)
    return as_set_up(kept_inside(brief, sure), brief)


def _is_kept_anyway(decision: Decision) -> bool:
    """“I'll let you know” is no promise that needs people while an action is under way: what came of it is told."""
    return any(call.action_id and call.state in (Outcome.REQUESTED, Outcome.WAITING) for call in decision.actions)
