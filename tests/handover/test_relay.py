"""People on another gateway: a conversation is opened there, and both are relayed until one of them ends it."""

from dataclasses import dataclass, replace
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from conversations import attach, limbo
from conversations.files import Attachment as Attachment_
from conversations.files import File
from conversations.models import Conversation
from gateways.base import Files
from gateways.errors import DeliveryError, Failure
from gateways.messages import Attachment, Note, Open, Outgoing, Reply
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


BILL = Attachment("bill.pdf", "application/pdf", 4, content=b"%PDF")
PHOTO = {"name": "photo.jpg", "reference": "f1"}


def able(platform: type[FakePlatform], **changes: Any) -> None:
    platform.capabilities = replace(platform.capabilities, **changes)


def page_of(conversation: Conversation) -> str:
    return f"http://127.0.0.1:8000/admin/conversations/conversation/{conversation.pk}/change/"


def test_files_that_people_send_there_reach_the_customer(pair: Pair, platform: type[FakePlatform]):
    able(platform, files=Files.ALONG)
    desk.reply(pair.ticket.pk, **BO, text="Here it is.", files=[BILL])
    pair.run()
    [*_, last] = [sent for sent in platform.outbox if sent.thread == "t1"]
    assert (last.effect.text, last.files) == ("Here it is.", (BILL,))
    assert (File.objects.count(), Attachment_.objects.count()) == (1, 2)


def test_a_customer_whose_platform_takes_no_files_is_told_their_names_and_people_are_told_that(
    pair: Pair, platform: type[FakePlatform], monkeypatch: pytest.MonkeyPatch
):
    able(platform, files=Files.ALONG)
    desk.reply(pair.ticket.pk, **BO, text="Here it is.", files=[BILL])
    able(platform, files=Files.NONE)
    carry.carry()
    carry.carry()
    pair.here.run()
    assert pair.here.told()[1:] == ["Here it is.\n\n📎 bill.pdf"]
    note = pair.ticket.messages.get(kind="note", text__contains="couldn't take this")
    assert note.text.endswith("📎 bill.pdf: Desk couldn't take this. The customer has been told the name only.")


def test_a_note_about_a_customers_files_says_where_they_are(pair: Pair, platform: type[FakePlatform]):
    pair.here.customer("See this", attachments=[PHOTO])
    platform.fetch = lambda self, file: b"jpeg"
    pair.run()
    attach.fetch(pair.here.gateway.pk)
    pair.run()
    here = pair.here.conversation()
    assert pair.sent(pair.ticket.external_id)[-2:] == [
        Note("**Ada:** See this"),
        Note(f"**Ada:**\n\n📎 photo.jpg: {page_of(here)}"),
    ]


def test_without_notes_a_customers_files_follow_once_they_were_fetched(pair: Pair, platform: type[FakePlatform]):
    able(platform, notes=False, files=Files.APART)
    platform.fetch = lambda self, file: b"jpeg"
    pair.here.customer("See this", attachments=[PHOTO])
    pair.run()
    pair.customer("Well?")
    assert Relayed.objects.get().kind == "files"
    attach.fetch(pair.here.gateway.pk)
    pair.run()
    there = [sent for sent in platform.outbox if sent.thread == pair.ticket.external_id]
    assert [sent.effect.text for sent in there[-3:]] == ["See this", "Well?", ""]
    [file] = there[-1].files
    assert (file.name, file.content) == ("photo.jpg", b"jpeg")


def test_files_that_come_after_the_end_are_passed_on_no_more(pair: Pair, platform: type[FakePlatform]):
    platform.fetch = lambda self, file: b"jpeg"
    pair.here.customer("See this", attachments=[PHOTO])
    pair.run()
    desk.give_back(pair.here.conversation().pk, **BO)
    pair.run()
    before = len(platform.outbox)
    attach.fetch(pair.here.gateway.pk)
    pair.run()
    assert (len(platform.outbox), Relayed.objects.count()) == (before, 0)


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


def test_into_a_group_of_the_other_gateway(walk: Walk, engine: ScriptedEngine, make_gateway: Any, platform):
    where = Destination(gateway=walk.gateway, kind="gateway", name="Returns")
    where.external_id = f"{make_gateway(name='Helpdesk').public_id}/group-7"
    where.full_clean()
    where.save()
    EscalationTarget.objects.create(gateway=walk.gateway, destination=where)
    engine.script.append(escalate())
    walk.answer("A person, please")
    Walk(Gateway.objects.get(name="Helpdesk"), platform).run()
    (opened,) = [sent.effect for sent in platform.outbox if isinstance(sent.effect, Open)]
    assert opened.at == "group-7"


@pytest.mark.parametrize("at", ["", "/", "/grace", "/grace@"], ids=repr)
def test_mail_wants_the_address_of_who_gets_it(walk: Walk, make_gateway: Any, at: str):
    other = make_gateway(platform="email", name="Mail").public_id
    with pytest.raises(ValidationError, match="Give the address of who gets it"):
        Destination(gateway=walk.gateway, kind="gateway", external_id=f"{other}{at}", name="x").full_clean()
    right = Destination(gateway=walk.gateway, kind="gateway", external_id=f"{other}/grace@shop.example", name="x")
    right.full_clean()
    wrong = Destination(gateway=walk.gateway, kind="gateway", external_id=f"{other}{at}", name="x")
    assert (right.other_gateway().name, wrong.other_gateway()) == ("Mail", None)  # one that was left so is passed over


def test_an_automatic_answer_there_is_told_nobody(pair: Pair):
    sender = {"id": "kim", "name": "Kim"}
    pair.there.customer("I'm away", thread=pair.ticket.external_id, sender=sender, automated="it says so.")
    pair.run()
    assert len(pair.here.told()) == 1 and not Relayed.objects.exists()


@pytest.mark.parametrize(
    "event",
    [
        {"event": "Unreachable", "why": "Nobody has that address."},
        {"event": "DeliveryReported", "progress": "failed", "detail": "Nobody has that address."},
    ],
    ids=["gone", "not delivered"],
)
def test_where_nobody_is_there_it_waits_here(pair: Pair, event: dict[str, str]):
    name = {"Unreachable": "thread", "DeliveryReported": "message_id"}[event["event"]]
    pair.there.receive({**event, name: pair.ticket.external_id})
    pair.run()
    handover = Handover.objects.get()
    assert (handover.destination, handover.state, pair.relay.state) == (None, "waiting", "ended")
    assert handover.why.endswith("can't be reached: Nobody has that address. It waits for people here.")
    assert (pair.here.conversation().owner, pair.here.conversation().relay) == ("human", "")
    pair.staff("Too late")
    assert len(pair.here.told()) == 1


def test_the_end_is_said_where_there_are_no_notes(pair: Pair, platform: type[FakePlatform]):
    platform.capabilities = replace(platform.capabilities, notes=False)
    desk.give_back(pair.here.conversation().pk, **BO)
    pair.run()
    assert pair.sent(pair.ticket.external_id)[-1].text == "It is over on Desk: nothing is relayed any more."


def test_each_page_leads_to_the_other(pair: Pair, admin_client: Client):
    here, there = pair.here.conversation(), pair.ticket
    pages = {one: reverse("admin:conversations_conversation_change", args=[one.pk]) for one in (here, there)}
    assert pages[there] in admin_client.get(pages[here]).content.decode()
    assert pages[here] in admin_client.get(pages[there]).content.decode()
