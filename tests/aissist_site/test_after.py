"""What happens after a sub agent's reply: driven by hand on a fake platform, in one transaction with the turn."""

from typing import Any

import pytest

from agents.models import Agent, SubAgent
from conversations import limbo
from conversations.models import AuditEvent, Delivery
from gateways.errors import DeliveryError, Failure
from gateways.messages import Note, Tag
from gateways.models import Destination
from handover import desk
from handover.models import Handover, HandoverRule
from tests.conftest import Walk
from tests.fakes import FakePlatform, ScriptedEngine, escalate, said

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_limbo(db: None):
    yield
    assert not limbo.in_limbo().exists()


@pytest.fixture
def sub_agent(agent: Agent):
    def make(after: str = "reply", **fields: Any) -> SubAgent:
        defaults = {"name": "Billing", "slug": "billing", "scenario": "Bills"}
        return SubAgent.objects.create(agent=agent, after=after, **{**defaults, **fields})

    return make


def events(walk: Walk) -> list[str]:
    return list(AuditEvent.objects.filter(conversation=walk.conversation()).values_list("kind", flat=True))


def state(walk: Walk) -> tuple[str, str]:
    conversation = walk.conversation()
    return conversation.status, conversation.owner


@pytest.mark.parametrize(
    ("after", "told", "outcome", "state_after", "happened"),
    [
        ("reply", ["Paid."], "replied", ("open", "agent"), ["replied", "tagged"]),
        ("draft", [], "drafted", ("open", "agent"), ["drafted", "tagged"]),
        ("suspend", ["Paid."], "replied", ("suspended", "nobody"), ["replied", "suspended", "tagged"]),
        ("stay_silent", [], "silent", ("open", "agent"), ["silent", "tagged"]),
        ("close", ["Paid.\n\nGoodbye!"], "replied", ("closed", "nobody"), ["replied", "closed", "tagged"]),
    ],
)
def test_what_happens(walk, engine, agent, sub_agent, after, told, outcome, state_after, happened):
    sub_agent(after)
    Agent.objects.filter(pk=agent.pk).update(closing="Goodbye!")
    engine.script.append(said("Paid.", sub_agent="billing"))
    assert walk.answer("Is it paid?") == told
    turn = walk.conversation().turns.get()
    assert (turn.state, turn.outcome, turn.decision["after"]) == ("done", outcome, after)
    assert state(walk) == state_after
    assert events(walk) == happened
    assert walk.conversation().tags == ["billing"]


def test_a_handover_goes_by_its_rule_with_its_tag(walk: Walk, engine: ScriptedEngine, sub_agent, platform):
    desk_of_billing = Destination.objects.create(gateway=walk.gateway, external_id="b", name="Billing desk")
    rule = HandoverRule.objects.create(
        gateway=walk.gateway, sub_agent=sub_agent("hand_over", tag="money"), destination=desk_of_billing, position=1
    )
    engine.script.append(said("A person looks at it.", sub_agent="billing"))
    assert walk.answer("Is it paid?")[0] == "A person looks at it."
    assert (Handover.objects.get().rule, walk.conversation().tags) == (rule, ["transfer_to_human", "money"])
    put = [sent.effect for sent in platform.outbox if isinstance(sent.effect, Tag)]
    assert put == [Tag(add=("transfer_to_human",)), Tag(add=("money",))]


def test_a_draft_is_a_note_for_people(walk: Walk, engine: ScriptedEngine, sub_agent, platform: type[FakePlatform]):
    sub_agent("draft", acknowledgement="Sorry!")
    engine.script.append(said("Paid.", sub_agent="billing"))
    walk.answer("Is it paid?")
    (note,) = [sent.effect.text for sent in platform.outbox if isinstance(sent.effect, Note)]
    assert note == "**Draft of a reply, not sent to the customer:**\n\nSorry!\n\nPaid."
    assert walk.conversation().has_draft


def test_an_advert_leaves_no_trace_but_its_tag(walk: Walk, engine: ScriptedEngine, sub_agent):
    sub_agent(kind="ignore", tag="advert")
    engine.script.append(escalate(sub_agent="billing", reason="out_of_scope"))
    assert walk.answer("We sell backlinks") == []
    assert (state(walk), walk.conversation().tags, Handover.objects.count()) == (("open", "agent"), ["advert"], 0)


def test_the_acknowledgement_is_said_once_in_a_conversation(walk: Walk, engine: ScriptedEngine, sub_agent):
    sub_agent(acknowledgement="I'm sorry.")
    engine.script.extend([said("One.", sub_agent="billing"), said("Two.", sub_agent="billing")])
    assert walk.answer("Is it paid?") == ["I'm sorry.", "One."]
    assert walk.answer("And now?") == ["Two."]
    assert walk.conversation().acknowledged == ["billing"]
    engine.script.append(said("Three.", sub_agent="billing"))
    assert walk.answer("Is it paid?", thread="other") == ["I'm sorry.", "Three."]


def test_after_closing_the_customer_is_answered_again(walk: Walk, engine: ScriptedEngine, sub_agent):
    sub_agent("close")
    engine.script.append(said("Done.", sub_agent="billing"))
    walk.answer("Thanks, that's all")
    assert walk.answer("One more thing") == ["re: One more thing"]
    assert state(walk) == ("open", "agent")


def test_after_suspending_the_agent_is_silent_until_it_is_given_the_conversation(walk, engine, sub_agent):
    sub_agent("suspend")
    engine.script.append(said("We look into it.", sub_agent="billing"))
    walk.answer("Is it paid?")
    assert walk.answer("Hello?") == []
    desk.give_back(walk.conversation().pk, user=None, author="Ada")
    assert walk.answer("Hello??") == ["re: Hello??"]


@pytest.mark.parametrize(
    ("after", "told", "state_after"),
    [("close", ["One.", "re: Wait"], ("open", "agent")), ("suspend", ["One."], ("suspended", "nobody"))],
)
def test_a_customer_who_writes_on_meanwhile(walk, engine, sub_agent, gateway, after, told, state_after):
    """What came too late for the answer keeps the conversation open, but doesn't wake an agent that is to be silent."""
    type(gateway).objects.update(longest_wait=0)
    sub_agent(after)

    def meanwhile(brief):
        walk.customer("Wait")
        walk.ingest()
        return said("One.", sub_agent="billing")

    engine.script.append(meanwhile)
    assert walk.answer("Bye") == told
    assert state(walk) == state_after


@pytest.mark.parametrize("after", ["close", "suspend"])
def test_last_words_that_dont_arrive_bring_people(walk, engine, sub_agent, platform, after):
    sub_agent(after)
    platform.script.append(DeliveryError(Failure.REJECTED, "Too long."))
    engine.script.append(said("Done.", sub_agent="billing"))
    walk.answer("Thanks")
    assert state(walk) == ("open", "human")
    assert Handover.objects.get().reason == "undeliverable"
    assert Delivery.objects.filter(status="failed").count() == 1


def test_a_handover_says_the_acknowledgement_the_reply_and_then_that_people_come(walk, engine, sub_agent):
    sub_agent("hand_over", acknowledgement="I'm sorry.")
    engine.script.append(said("A person looks at it.", sub_agent="billing"))
    told = walk.answer("Is it paid?")
    assert told[:2] == ["I'm sorry.", "A person looks at it."] and len(told) == 3
    assert walk.conversation().acknowledged == ["billing"]


def test_what_the_agent_says_itself_brings_people_by_their_rule(walk, engine, sub_agent):
    billing_desk = Destination.objects.create(gateway=walk.gateway, external_id="b", name="Billing desk")
    promised = sub_agent("hand_over", trigger="agent", examples=["We will refund you"])
    HandoverRule.objects.create(gateway=walk.gateway, sub_agent=promised, destination=billing_desk, position=1)
    engine.script.append(said("We will refund you 20 euros."))
    assert walk.answer("It was broken")[0] == "We will refund you 20 euros."
    assert (Handover.objects.get().destination, walk.conversation().tags) == (
        billing_desk,
        ["transfer_to_human", "billing"],
    )


@pytest.mark.parametrize(
    ("otherwise", "told", "state_after", "outcome"),
    [("stay_silent", 0, ("open", "agent"), "silent"), ("hand_over", 1, ("open", "human"), "handed_over")],
)
def test_what_no_sub_agent_recognises(walk, engine, agent, otherwise, told, state_after, outcome):
    Agent.objects.filter(pk=agent.pk).update(otherwise=otherwise)
    engine.script.append(said("It rains."))
    assert len(walk.answer("How is the weather?")) == told
    assert (state(walk), walk.conversation().turns.get().outcome) == (state_after, outcome)
