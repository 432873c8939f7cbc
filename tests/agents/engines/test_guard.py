"""An alarm comes before any engine, the check of its words after."""

import pytest

from agents.engines.base import Brief, Decision, EngineError, Escalation, Reason
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


def test_the_engines_error_comes_through():
    with pytest.raises(EngineError, match="It is down"):
        guarded(brief("Hello", of=shop()), failing)
