"""What people do with a conversation, and what they are told when it can't be done."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from conversations import deliver, outbox
from conversations.lock import locked
from conversations.models import Conversation, Delivery
from gateways.messages import Purpose
from gateways.models import Destination
from handover import desk
from handover.desk import DeskError
from handover.models import Handover
from tests.conftest import Walk
from tests.fakes import escalate

pytestmark = pytest.mark.django_db


@pytest.fixture
def bo() -> User:
    return User.objects.create_user("bo")


@pytest.fixture
def conversation(walk: Walk) -> Conversation:
    walk.answer("Hello")
    return walk.conversation()


def state(conversation: Conversation) -> tuple:
    conversation.refresh_from_db()
    assignee = conversation.assignee.username if conversation.assignee else None
    return conversation.owner, conversation.status, assignee


@pytest.mark.parametrize(
    ("act", "after"),
    [
        (lambda c, who: desk.reply(c, text="Hi", **who), ("human", "open", "bo")),
        (lambda c, who: desk.note(c, text="Hm", **who), ("agent", "open", None)),
        (lambda c, who: desk.take_over(c, **who), ("human", "open", "bo")),
        (lambda c, who: desk.hand_over(c, **who), ("human", "open", None)),
        (lambda c, who: desk.suspend(c, **who), ("nobody", "suspended", None)),
        (lambda c, who: desk.close(c, **who), ("nobody", "closed", None)),
        (lambda c, who: (desk.take_over(c, **who), desk.give_back(c, **who)), ("agent", "open", None)),
        (lambda c, who: (desk.suspend(c, **who), desk.give_back(c, **who)), ("agent", "open", None)),
        (lambda c, who: (desk.close(c, **who), desk.reply(c, text="Hi", **who)), ("human", "open", "bo")),
    ],
    ids=["reply", "note", "take over", "hand over", "suspend", "close", "give back", "resume", "reply reopens"],
)
def test_acts(conversation, bo, act, after):
    act(conversation.pk, {"user": bo, "author": "Bo"})
    assert state(conversation) == after


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        (lambda c, who: desk.reply(c, text=" \n\x00", **who), "Write something first: the text is empty."),
        (
            lambda c, who: desk.reply(c, text="x" * 50_001, **who),
            "The text has 50,001 characters; 50,000 is the most. Shorten it.",
        ),
        (lambda c, who: desk.give_back(c, **who), "The agent has this conversation already."),
        (lambda c, who: (desk.suspend(c, **who), desk.suspend(c, **who)), "The conversation is suspended already."),
        (lambda c, who: (desk.close(c, **who), desk.close(c, **who)), "The conversation is closed already."),
        (
            lambda c, who: (desk.close(c, **who), desk.hand_over(c, **who)),
            "The conversation is closed. Reply to it, and it is open again.",
        ),
        (lambda c, who: desk.reply(c + 1, text="Hi", **who), "There is no such conversation."),
        (lambda c, who: desk.retry(0, **who), "There is no such delivery."),
        (
            lambda c, who: desk.retry(Delivery.objects.get().pk, **who),
            "Only a delivery that failed, or may have, can be sent again.",
        ),
    ],
    ids=[
        "empty reply",
        "too long",
        "give back what it has",
        "suspend twice",
        "close twice",
        "hand over closed",
        "no conversation",
        "no delivery",
        "retry what was sent",
    ],
)
def test_refusals(conversation, bo, act, sentence):
    with pytest.raises(DeskError) as refusal:
        act(conversation.pk, {"user": bo, "author": "Bo"})
    assert refusal.value.public == sentence


def test_a_persons_reply_reaches_the_customer_under_their_name(walk: Walk, conversation, bo):
    desk.reply(conversation.pk, user=bo, author="Bo from the shop", text="Hi there")
    walk.run()
    effect = walk.platform.outbox[-1].effect
    assert (effect.text, effect.author, effect.purpose) == ("Hi there", "Bo from the shop", "human")


def test_two_people_in_one_conversation_both_get_through(walk: Walk, conversation, bo):
    cy = User.objects.create_user("cy")
    desk.reply(conversation.pk, user=bo, author="Bo", text="One")
    desk.reply(conversation.pk, user=cy, author="Cy", text="Two")
    walk.run()
    assert walk.told()[-2:] == ["One", "Two"]
    assert state(conversation)[2] == "cy"


def test_a_handover_to_a_chosen_destination(walk: Walk, conversation, bo):
    returns = Destination.objects.create(gateway=walk.gateway, external_id="returns", name="Returns desk")
    desk.hand_over(conversation.pk, user=bo, author="Bo", destination=returns)
    assert Handover.objects.get().why == "Bo handed it over. Returns desk was chosen."


def test_a_destination_of_another_gateway_is_refused(conversation, bo, make_gateway):
    elsewhere = Destination.objects.create(gateway=make_gateway(), external_id="x", name="Elsewhere")
    with pytest.raises(DeskError, match="another gateway"):
        desk.hand_over(conversation.pk, user=bo, author="Bo", destination=elsewhere)
    assert not Handover.objects.exists()


@pytest.mark.parametrize(
    ("act", "ends"),
    [(desk.give_back, "returned"), (desk.close, "closed"), (desk.take_over, "accepted")],
    ids=["given back", "closed", "taken over"],
)
def test_a_handover_follows_the_conversation(walk: Walk, engine, bo, act, ends):
    engine.script.append(escalate())
    walk.answer("A human, please")
    act(walk.conversation().pk, user=bo, author="Bo")
    assert Handover.objects.get().state == ends


def test_every_act_is_on_the_record_with_who_did_it(conversation, bo):
    who = {"user": bo, "author": "Bo"}
    desk.take_over(conversation.pk, **who)
    desk.give_back(conversation.pk, **who)
    desk.suspend(conversation.pk, **who)
    desk.close(conversation.pk, **who)
    trail = conversation.audit_events.exclude(kind="replied").values_list("kind", "actor")
    assert list(trail) == [("taken_over", "Bo"), ("given_back", "Bo"), ("suspended", "Bo"), ("closed", "Bo")]


class TestATakeoverWhileTheAgentIsSending:
    @pytest.fixture
    def sending(self, walk: Walk) -> Delivery:
        """A worker has claimed the agent's answer and is about to send it."""
        walk.customer("Hello")
        walk.ingest(), walk.turns()
        return deliver.claim(walk.gateway.pk, 1)[0]

    def test_is_committed_once_that_has_arrived(self, walk: Walk, sending, bo, monkeypatch):
        def arrives(seconds):
            assert state(walk.conversation())[0] == "agent"
            Delivery.objects.filter(pk=sending.pk).update(status="sent", lease_until=None)

        monkeypatch.setattr("conversations.quiet.time.sleep", arrives)
        desk.take_over(sending.conversation_id, user=bo, author="Bo")
        assert state(walk.conversation())[0] == "human"
        sending.refresh_from_db()
        assert sending.status == "sent"

    def test_lets_nothing_else_of_the_agents_start(self, walk: Walk, sending, bo, monkeypatch):
        def arrives(seconds):
            Delivery.objects.filter(pk=sending.pk).update(status="sent", lease_until=None)
            conversation = walk.conversation()
            with locked(conversation.pk) as held:
                outbox.say(held, "And another thing", Purpose.REPLY)
            walk.run()

        monkeypatch.setattr("conversations.quiet.time.sleep", arrives)
        desk.take_over(sending.conversation_id, user=bo, author="Bo")
        walk.run()
        assert "And another thing" not in walk.told()

    def test_waits_only_so_long(self, walk: Walk, sending, bo, monkeypatch):
        monkeypatch.setattr("conversations.quiet.PATIENCE", timedelta(0))
        desk.take_over(sending.conversation_id, user=bo, author="Bo")
        assert state(walk.conversation())[0] == "human"
