"""What platforms tell besides words: moves, tags, edits, ends."""

import pytest

from conversations.models import Conversation
from gateways.models import Destination, InboundEvent
from tests.conftest import Walk

Owner, Status = Conversation.Owner, Conversation.Status


def told(event: str, **fields: object) -> dict[str, object]:
    return {"event": event, "thread": "t1", **fields}


CHANGES = {
    "moved": (told("Assigned", destination="billing"), Owner.AGENT, Status.OPEN),
    "assigned to a person": (told("Assigned", assignee="7", assignee_name="Grace"), Owner.HUMAN, Status.OPEN),
    "assigned to nobody": (told("Assigned", assignee=""), Owner.AGENT, Status.OPEN),
    "assigned to the agent": (told("Assigned", assignee="1", to_agent=True), Owner.AGENT, Status.OPEN),
    "tagged": (told("Tagged", tags=["vip"]), Owner.AGENT, Status.OPEN),
    "deleted": (told("Gone", why="It was deleted."), Owner.NOBODY, Status.CLOSED),
    "merged": (told("Gone", why="It was merged.", into="t2"), Owner.NOBODY, Status.CLOSED),
    "unreachable": (told("Unreachable", why="They blocked the bot."), Owner.AGENT, Status.OPEN),
}


@pytest.mark.parametrize(("event", "owner", "status"), CHANGES.values(), ids=CHANGES)
def test_whose_move_it_is_afterwards(walk: Walk, event: dict[str, object], owner: str, status: str):
    walk.customer("Hello")
    walk.run()
    walk.receive(event)
    walk.run()
    conversation = Conversation.objects.get()
    assert (conversation.owner, conversation.status) == (owner, status)


@pytest.mark.parametrize("event", [event for event, *_ in CHANGES.values()], ids=CHANGES)
def test_nothing_is_made_of_a_conversation_that_we_dont_know(walk: Walk, event: dict[str, object]):
    walk.receive(event)
    walk.run()
    assert not Conversation.objects.exists()
    assert InboundEvent.objects.get().verdict == InboundEvent.Verdict.IGNORED


def test_a_moved_conversation_is_where_it_was_moved_to(walk: Walk):
    walk.customer("Hello", destination="support")
    walk.receive(told("Assigned", destination="billing"))
    walk.run()
    assert Conversation.objects.get().destination == Destination.objects.get(external_id="billing")


def test_given_to_the_agent_a_persons_conversation_is_the_agents_again(walk: Walk):
    walk.customer("Hello")
    walk.receive(told("Assigned", assignee="7"))
    walk.run()
    walk.receive(told("Assigned", assignee="1", to_agent=True))
    walk.customer("And now?")
    walk.run()
    assert walk.told()[-1] == "re: And now?"


def test_tags_are_the_platforms(walk: Walk):
    walk.customer("Hello", tags=["new"])
    walk.receive(told("Tagged", tags=["vip", "new"]))
    walk.run()
    assert Conversation.objects.get().tags == ["vip", "new"]


def test_an_edit_before_the_answer_is_answered_as_edited(walk: Walk):
    walk.customer("Where is order 18?", message_id="m1")
    walk.receive(told("Edited", message_id="m1", text="Where is order 1815?"))
    walk.run()
    message = Conversation.objects.get().messages.get(seq=1)
    assert walk.told() == ["re: Where is order 1815?"]
    assert message.metadata == {"before_edit": ["Where is order 18?"]}


def test_an_edit_of_what_we_dont_know_is_ignored(walk: Walk):
    walk.customer("Hello", message_id="m1")
    walk.receive(told("Edited", message_id="m9", text="Bye"))
    walk.run()
    assert Conversation.objects.get().messages.get(seq=1).text == "Hello"
