"""An alarm comes before any engine, the check of its words after."""

from dataclasses import replace

import pytest

from agents.actions.action import Outcome
from agents.engines.base import ActionCall, Brief, Decision, EngineError, Escalation, Reason
from agents.engines.guard import guarded
from tests.agents.engines.demo import shop
from tests.agents.engines.small import brief


def promising(brief: Brief) -> Decision:
    return Decision("I'll pass this to my colleagues.", Escalation.NONE, Reason.ANSWERED, "So it is.", 1.0)


def failing(brief: Brief) -> Decision:
    raise EngineError("It is down.")


def test_an_alarm_asks_no_engine():
    assert guarded(brief("I will sue you", of=shop()), failing).reason is Reason.LEGAL


def test_what_an_engine_promises_is_kept():
    assert guarded(brief("Hello", of=shop()), promising).escalation is Escalation.NOW


@pytest.mark.parametrize(
    ("state", "escalation"),
    [(Outcome.WAITING, Escalation.NONE), (Outcome.REQUESTED, Escalation.NONE), (Outcome.DONE, Escalation.NOW)],
)
def test_what_an_action_under_way_keeps_needs_no_people(state: Outcome, escalation: Escalation):
    def under_way(asked: Brief) -> Decision:
        return replace(promising(asked), actions=(ActionCall("cancel", "{}", "", state, action_id=1),))

    assert guarded(brief("Hello", of=shop()), under_way).escalation is escalation


def test_the_engines_error_comes_through():
    with pytest.raises(EngineError, match="It is down"):
        guarded(brief("Hello", of=shop()), failing)
