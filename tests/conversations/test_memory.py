"""The walk with a memory: what a decision finds worth remembering is told the engine in the next conversation."""

import pytest

from agents.models import Agent
from contacts.models import Contact, Memory
from tests.conftest import Walk
from tests.fakes import ScriptedEngine, said

pytestmark = pytest.mark.django_db

ADA = {"id": "ada"}


def test_facts_are_kept_with_their_message_and_told_in_the_next_conversation(walk: Walk, engine: ScriptedEngine):
    engine.script.append(said("Noted.", facts=("Wears size 43.", "Card 4111 1111 1111 1111.")))
    walk.customer("I wear size 43", thread="one", sender=ADA)
    walk.run()
    walk.customer("Do you have boots for me?", thread="two", sender=ADA)
    walk.customer("And for me?", thread="three", sender={"id": "bob"})
    walk.run()
    row = Memory.objects.get()
    assert (row.text, row.conversation, row.seq) == ("Wears size 43.", walk.conversation("one").pk, 1)
    assert walk.conversation("one").turns.get().decision["facts"] == ["Wears size 43."]
    facts = {brief.question: brief.facts for brief in engine.briefs}
    assert facts == {"I wear size 43": (), "Do you have boots for me?": ("Wears size 43.",), "And for me?": ()}


def test_a_decision_that_cannot_stand_leaves_nothing_behind(walk: Walk, engine: ScriptedEngine):
    def person_replies(brief):
        walk.staff("Hi, Bo here.", author="Bo")
        walk.ingest()
        return said("Noted.", facts=("Wears size 43.",))

    engine.script.append(person_replies)
    walk.answer("I wear size 43")
    assert not Memory.objects.exists()


def test_an_agent_told_to_remember_nothing_does_not(walk: Walk, engine: ScriptedEngine):
    Agent.objects.update(memory_days=0)
    engine.script.append(said("Noted.", facts=("Wears size 43.",)))
    walk.answer("I wear size 43")
    assert not Memory.objects.exists()


def test_the_contacts_language_goes_before_what_they_write(walk: Walk, engine: ScriptedEngine):
    walk.answer("Where is my parcel today?")
    Contact.objects.update(language="de")
    assert walk.conversation().spoken == "de"
    walk.answer("Where is my parcel today, please?")
    assert [brief.language for brief in engine.briefs] == ["en", "de"]
    assert "Mensch aus unserem Team" in "".join(walk.answer("I want to kill myself"))
