"""Another automation answers before ours does."""

import pytest

from conversations import limbo
from conversations.models import Turn
from tests.conftest import Walk
from tests.fakes import ScriptedEngine

pytestmark = pytest.mark.django_db
BOT = {"automated": True, "author": "Welcome bot"}


def outcomes() -> list[str]:
    return list(Turn.objects.values_list("outcome", flat=True))


def trail(walk: Walk) -> list[str]:
    return list(walk.conversation().audit_events.values_list("kind", flat=True))


def test_before_the_engine_ran(walk: Walk, engine: ScriptedEngine):
    walk.customer("Hello")
    walk.ingest()
    walk.staff("We're open from nine.", **BOT)
    walk.run()
    assert (walk.told(), engine.briefs, outcomes(), trail(walk)) == ([], [], ["held"], ["held"])
    assert walk.conversation().owner == "agent" and not limbo.in_limbo().exists()


def test_while_the_engine_runs(walk: Walk, engine: ScriptedEngine):
    def meanwhile(brief: object) -> None:
        walk.staff("We're open from nine.", **BOT)
        walk.ingest()

    engine.script.append(meanwhile)
    assert walk.answer("Hello") == []
    assert outcomes() == ["held"]


def test_after_the_engine_and_before_sending(walk: Walk):
    walk.customer("Hello")
    walk.ingest(), walk.turns()
    walk.staff("We're open from nine.", **BOT)
    walk.run()
    assert (walk.told(), outcomes()) == ([], ["held"])
    assert walk.conversation().messages.get(author="agent").status == "cancelled"


def test_the_next_message_is_answered(walk: Walk):
    walk.customer("Hello")
    walk.ingest()
    walk.staff("We're open from nine.", **BOT)
    walk.run()
    assert walk.answer("And on Sundays?") == ["re: And on Sundays?"]


def test_the_operator_sees_why(walk: Walk):
    walk.customer("Hello")
    walk.ingest()
    walk.staff("We're open from nine.", **BOT)
    walk.run()
    why = walk.conversation().audit_events.get(kind="held").why
    assert why == "Welcome bot answered automatically meanwhile: the agent's reply was held."


def test_peoples_conversations_are_left_alone(walk: Walk):
    walk.answer("Hello")
    walk.staff("Bo here")
    walk.staff("We're open from nine.", **BOT)
    walk.run()
    assert walk.conversation().owner == "human" and "held" not in trail(walk)


def test_what_is_answered_already_stays(walk: Walk):
    walk.answer("Hello")
    walk.staff("We're open from nine.", **BOT)
    walk.run()
    assert (outcomes(), trail(walk)) == (["replied"], ["replied"])
