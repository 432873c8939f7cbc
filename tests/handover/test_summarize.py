"""What people read when they get a conversation."""

import pytest

from agents.models import Agent, SubAgent
from handover.models import Handover
from tests.conftest import Walk
from tests.fakes import ScriptedEngine, escalate, said

pytestmark = pytest.mark.django_db

FACTS = [{"name": "order number", "question": "Which order?", "pattern": "BT-[0-9]{5}"}]


def billing(agent: Agent, **fields: object) -> None:
    made = {"name": "Billing", "slug": "billing", "scenario": "Bills", "after": "hand_over", "facts": FACTS}
    SubAgent.objects.create(agent=agent, **{**made, **fields})


def test_facts_that_were_collected_are_in_the_note(walk: Walk, agent: Agent, engine: ScriptedEngine):
    billing(agent)
    engine.script.extend([said("Which order?", sub_agent="billing", clarifies=True), said("", sub_agent="billing")])
    walk.answer("I was charged twice")
    walk.answer("BT-20416")
    assert "**Facts:**\n- order number: BT-20416" in Handover.objects.get().summary


def test_a_template_says_it_in_the_operators_words(walk: Walk, agent: Agent, engine: ScriptedEngine):
    billing(agent, summary_template="Order {facts}\nasked {question}\nin {language}, {note} {reply} {sub_agent}")
    engine.script.append(said("A person looks.", sub_agent="billing", note="Urgent."))
    walk.answer("I was {charged} twice for order BT-20416, and nobody answers me")
    summary = Handover.objects.get().summary
    assert summary.startswith("**Handed over:** ")
    assert summary.split("\n\n", 1)[1] == (
        "Order - order number: BT-20416\n"
        "asked I was {charged} twice for order BT-20416, and nobody answers me\n"
        "in en, Urgent. A person looks. billing"
    )


def test_another_sub_agents_template_isnt_used(walk: Walk, agent: Agent, engine: ScriptedEngine):
    billing(agent, summary_template="In short.")
    engine.script.append(escalate())
    walk.answer("A person, please")
    assert "**Last said:**" in Handover.objects.get().summary
