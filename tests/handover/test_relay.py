"""People on another gateway: a conversation is opened there, and both are relayed until one of them ends it."""

from dataclasses import dataclass, replace
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from conversations import limbo
from conversations.models import Conversation
from gateways.errors import DeliveryError, Failure
from gateways.messages import Note, Open, Outgoing, Reply
from gateways.models import Destination, Gateway
from handover import carry, desk
from handover.models import EscalationTarget, Handover, Relay, Relayed
from tests.conftest import Walk
from tests.fakes import FakePlatform, ScriptedEngine, escalate

pytestmark = pytest.mark.django_db
BO = {"user": None, "author": "Bo"}


@dataclass
class Pair:
    """The customer's gateway and the one where people are. Both send into one outbox."""

    here: Walk
    there: Walk

    def run(self) -> None:
        for _ in range(10):
            self.here.run()
            self.there.run()
            if not carry.carry():
                return
        raise AssertionError("It is relayed for ever.")

    @property
    def relay(self) -> Relay:
        return Relay.objects.latest("pk")

    @property
    def ticket(self) -> Conversation:
        return self.relay.there

    def staff(self, text: str, **fields: Any) -> None:
        self.there.staff(text, thread=self.ticket.external_id, author="Kim", **fields)
        self.run()

    def event(self, kind: str) -> None:
        self.there.receive({"event": kind, "thread": self.ticket.external_id})
        self.run()

    def sent(self, thread: str) -> list[Any]:
        return [sent.effect for sent in self.here.platform.outbox if sent.thread == thread]

    def customer(self, text: str) -> None:
        self.here.customer(text)
        self.run()


@pytest.fixture
def pair(walk: Walk, make_gateway: Any, platform: type[FakePlatform], engine: ScriptedEngine) -> Pair:
    other = make_gateway(name="Helpdesk")
    where = Destination(gateway=walk.gateway, kind="gateway", external_id=other.public_id, name="The helpdesk")
    where.full_clean()
    where.save()
    EscalationTarget.objects.create(gateway=walk.gateway, destination=where)
    pair = Pair(walk, Walk(other, platform, keys=1000))
    engine.script.append(escalate())
    walk.customer("A person, please", sender={"id": "ada", "name": "Ada", "email": "ada@example.com"})
    pair.run()
    return pair


def test_a_conversation_is_opened_with_the_summary(pair: Pair):
    opened: list[Outgoing] = [sent for sent in pair.here.platform.outbox if isinstance(sent.effect, Open)]
    (effect,) = [sent.effect for sent in opened]
    assert (effect.subject, effect.text) == ("Ada, on Desk", Handover.objects.get().summary)
    assert (effect.customer.name, effect.customer.email) == ("Ada", "ada@example.com")
    assert opened[0].thread.startswith("relay-") and pair.ticket.external_id.startswith("m")
    assert (pair.ticket.owner, pair.ticket.gateway.name) == ("human", "Helpdesk")


def test_what_people_write_there_is_told_as_a_persons(pair: Pair):
    pair.staff("Kim here, I'll look into it.")
    assert pair.here.told()[1:] == ["Kim here, I'll look into it."]
    message = pair.here.conversation().messages.latest("seq")
    assert (message.author, message.author_name) == ("human", "Kim")
    assert Handover.objects.get().state == "accepted"


def test_what_the_customer_writes_goes_there_as_a_note(pair: Pair):
    pair.customer("Are you there?")
    assert pair.sent(pair.ticket.external_id)[-1] == Note("**Ada:** Are you there?")


def test_as_a_message_where_there_are_no_notes(pair: Pair, platform: type[FakePlatform]):
    platform.capabilities = replace(platform.capabilities, notes=False)
    pair.customer("Are you there?")
    (last,) = pair.sent(pair.ticket.external_id)[-1:]
    assert isinstance(last, Reply) and (last.text, last.author) == ("Are you there?", "Ada")


@pytest.mark.parametrize("fields", [{"internal": True}, {"automated": True}], ids=["a note", "an automation"])
def test_what_isnt_for_the_customer_stays_there(pair: Pair, fields: dict[str, bool]):
    pair.staff("Between us", **fields)
    assert len(pair.here.told()) == 1


def test_our_own_echo_there_isnt_relayed(pair: Pair):
    pair.customer("Are you there?")
    last = pair.here.platform.outbox[-1]
    pair.there.staff("**Ada:** Are you there?", thread=last.thread, client_ref=last.client_ref)
    pair.run()
    assert len(pair.here.told()) == 1 and not Relayed.objects.exists()


def test_the_customer_writing_to_both_isnt_told_their_own_words(pair: Pair):
    sender = {"id": "a-9", "name": "Ada", "email": "ada@example.com"}
    pair.there.customer("Hello?", thread=pair.ticket.external_id, sender=sender)
    pair.run()
    assert len(pair.here.told()) == 1


def test_a_colleague_whom_the_platform_takes_for_a_customer_is_heard(pair: Pair):
    pair.there.customer("Kim here", thread=pair.ticket.external_id, sender={"id": "kim", "name": "Kim"})
    pair.run()
    assert pair.here.told()[1:] == ["Kim here"]


def test_no_agent_answers_there(pair: Pair, engine: ScriptedEngine):
    pair.event("Closed")
    pair.there.customer("Hello?", thread=pair.ticket.external_id)
    pair.run()
    assert len(engine.briefs) == 1 and not limbo.in_limbo().exists()
    assert [type(effect) for effect in pair.sent(pair.ticket.external_id)].count(Reply) == 0


@pytest.mark.parametrize("kind", ["Closed", "GivenBack"])
def test_closed_there_is_given_back_here(pair: Pair, kind: str):
    pair.staff("Done.")
    pair.event(kind)
    assert (pair.here.conversation().owner, pair.relay.state) == ("agent", "ended")
    assert Handover.objects.get().state == "returned"
    assert pair.here.answer("Thanks, and delivery?") == ["re: Thanks, and delivery?"]


@pytest.mark.parametrize("act", [desk.give_back, desk.close], ids=["given back", "closed"])
def test_ended_here_is_closed_there(pair: Pair, act: Any):
    act(pair.here.conversation().pk, **BO)
    pair.run()
    assert (pair.ticket.status, pair.relay.state) == ("closed", "ended")
    assert pair.sent(pair.ticket.external_id)[-1] == Note("It is over on Desk: nothing is relayed any more.")
    pair.staff("Too late")
    assert len(pair.here.told()) == 1


def test_handed_over_again_opens_another(pair: Pair, engine: ScriptedEngine):
    pair.event("Closed")
    engine.script.append(escalate())
    pair.customer("A person again")
    assert Relay.objects.count() == 2 and pair.relay.state == "open"
    assert pair.here.conversation().relay == "away"


def test_a_person_answers_in_admin_on_the_opened_one(pair: Pair):
    desk.reply(pair.ticket.pk, **BO, text="Bo here")
    pair.run()
    assert pair.here.told()[1:] == ["Bo here"]


def test_circles_arent_made(pair: Pair):
    back = Destination.objects.create(
        gateway=pair.there.gateway, kind="gateway", external_id=pair.here.gateway.public_id, name="Back"
    )
    desk.give_back(pair.ticket.pk, **BO)
    handover = desk.hand_over(pair.ticket.pk, **BO, destination=back)
    assert handover.destination is None and Relay.objects.count() == 1


def test_what_cant_be_opened_waits_here(walk: Walk, pair: Pair, engine: ScriptedEngine, platform):
    pair.event("Closed")
    engine.script.append(escalate())
    pair.here.customer("A person again")
    pair.here.run()
    platform.script.append(DeliveryError(Failure.REJECTED, "No room."))
    pair.run()
    handover = Handover.objects.latest("pk")
    assert handover.destination is None and handover.state == "waiting"
    assert handover.why.endswith("couldn't be opened on Helpdesk: No room. It waits for people here.")
    assert walk.conversation().owner == "human" and walk.conversation().relay == ""


def test_what_the_platform_told_too_early_is_put_aside(pair: Pair, engine: ScriptedEngine, platform):
    """It tells of the new conversation before its answer to our request has been written down."""

    def tells(outgoing: Outgoing) -> None:
        pair.there.customer("Handed over", thread=f"m{len(platform.outbox) + 1}")
        pair.there.ingest()

    pair.event("Closed")
    engine.script.append(escalate())
    pair.here.customer("A person again")
    pair.here.run()
    platform.script.append(tells)
    pair.run()
    aside = Conversation.objects.get(external_id__startswith="opened by us: ")
    assert aside.status == "closed" and aside.external_id.endswith(pair.ticket.external_id)
    assert [type(effect) for effect in pair.sent(pair.ticket.external_id)] == []


def test_carrying_is_done_once(pair: Pair):
    pair.there.staff("Kim here", thread=pair.ticket.external_id)
    pair.there.ingest()
    row = Relayed.objects.select_related("relay").get()
    assert (carry._carry(row), carry._carry(row)) == (1, 0)


@pytest.mark.parametrize("which", ["own", "unknown", "can't"])
def test_a_gateway_that_wont_do_is_refused(walk: Walk, make_gateway: Any, which: str):
    others = {"own": walk.gateway.public_id, "unknown": "nothing", "can't": make_gateway(platform="webchat").public_id}
    with pytest.raises(ValidationError, match="on which conversations can be opened"):
        Destination(gateway=walk.gateway, kind="gateway", external_id=others[which], name="x").full_clean()


def test_one_whose_gateway_has_gone_is_passed_over(walk: Walk, engine: ScriptedEngine, make_gateway: Any):
    other: Gateway = make_gateway(name="Helpdesk")
    where = Destination.objects.create(
        gateway=walk.gateway, kind="gateway", external_id=other.public_id, name="The helpdesk"
    )
    EscalationTarget.objects.create(gateway=walk.gateway, destination=where)
    other.delete()
    engine.script.append(escalate())
    walk.answer("A person, please")
    assert Handover.objects.get().destination is None


def test_each_page_leads_to_the_other(pair: Pair, admin_client: Client):
    here, there = pair.here.conversation(), pair.ticket
    pages = {one: reverse("admin:conversations_conversation_change", args=[one.pk]) for one in (here, there)}
    assert pages[there] in admin_client.get(pages[here]).content.decode()
    assert pages[here] in admin_client.get(pages[there]).content.decode()
