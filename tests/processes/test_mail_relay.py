"""Handed over by real mail: people answer from their mailbox, customers elsewhere hear it, programs answer nobody."""

from dataclasses import dataclass
from typing import Any

import pytest

from conversations.models import Conversation, Message
from gateways.models import Destination, Gateway
from handover import carry, desk
from handover.models import EscalationTarget, Handover, Relay
from tests.conftest import Walk
from tests.fakes import FakePlatform, ScriptedEngine, escalate
from tests.gateways.mail.server import MailServer, missing, wait_for
from tests.processes.mailbox import look, look_until, mail, opened, received

pytestmark = [
    pytest.mark.processes,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(bool(missing()), reason=missing() or "there"),
]


@dataclass
class Pair:
    """The customer's gateway, and the mailbox through which people are reached."""

    here: Walk
    there: Walk
    server: MailServer
    engine: ScriptedEngine
    at: str

    def begin(self, text: str = "A person, please") -> None:
        self.engine.script.append(escalate())
        self.here.customer(text, sender={"id": "ada", "name": "Ada", "email": "ada@example.com"})
        self.run()

    def run(self) -> None:
        for _ in range(10):
            self.here.run()
            self.there.run()
            if not carry.carry():
                return
        raise AssertionError("It is relayed for ever.")

    def customer(self, text: str) -> None:
        self.here.customer(text, sender={"id": "ada", "name": "Ada", "email": "ada@example.com"})
        self.run()

    def got(self, count: int) -> list[Any]:
        """The mails that the people have got, when there are so many."""
        return received(self.server, count, self.at)

    def answer(self, text: str, to: Any, **headers: str) -> Any:
        """Somebody with the address answers a mail from their mail program, and it is fetched."""
        quoted = f"{text}\n\nOn Mon, 5 Jan 2026 at 10:00, Ada wrote:\n> {HOW}"
        references = f"{to['References']} {to['Message-ID']}"
        told = {"From": f"Grace <{self.at}>", "In_Reply_To": to["Message-ID"], "References": references, **headers}
        made = mail(quoted, Subject=f"Re: {to['Subject']}", To=self.server.support, **told)
        before = self.seen()
        self.server.write(made, self.at)
        look_until(self.there, lambda: self.seen() > before)
        self.run()
        return made

    def seen(self) -> int:
        return self.there.gateway.inbound_events.count()


HOW = "Answer this mail and the customer is told what you write."


def handing(server: MailServer, agent: Any, walk: Walk, engine: ScriptedEngine, at: str) -> Pair:
    there = opened(server, agent)
    place = f"{there.gateway.public_id}/{at}"
    where = Destination(gateway=walk.gateway, kind="gateway", external_id=place, name="Grace")
    where.full_clean()
    where.save()
    EscalationTarget.objects.create(gateway=walk.gateway, destination=where)
    return Pair(walk, there, server, engine, at)


@pytest.fixture(autouse=True)
def loopback(settings: Any) -> None:
    settings.OUTBOUND_ALLOWED_NETWORKS = ["127.0.0.0/8"]


def test_both_hear_each_other_in_one_thread(
    server: MailServer, agent: Any, walk: Walk, engine: ScriptedEngine, platform: type[FakePlatform]
) -> None:
    pair = handing(server, agent, walk, engine, "grace@shop.example")
    pair.begin()
    (first,) = pair.got(1)
    assert (first["Subject"], first["Auto-Submitted"]) == ("Ada, on Desk", "auto-generated")
    assert first["To"] == "grace@shop.example" and server.support.partition("@")[0] in first["Reply-To"]
    assert all(line in first.get_body(("plain",)).get_content() for line in ("A person, please", HOW))

    pair.customer("It has a hole.")  # before anybody has answered
    second = pair.got(2)[-1]
    assert (second["From"], second["Subject"]) == (f"Ada <{server.support}>", "Re: Ada, on Desk")
    assert second["References"] == first["References"] and second["Auto-Submitted"] == "auto-generated"
    assert second.get_body(("plain",)).get_content().strip() == "It has a hole."

    pair.answer("I'm away until Monday.", first, Auto_Submitted="auto-replied")
    assert len(walk.told()) == 1 and Handover.objects.get().state == "waiting"

    answer = pair.answer("I send a new one.", second)
    assert walk.told()[1:] == ["I send a new one."]
    said = walk.conversation().messages.latest("seq")
    assert (said.author, said.author_name, Handover.objects.get().state) == ("human", "Grace", "accepted")

    pair.customer("Thank you!")
    third = pair.got(3)[-1]
    assert third["In-Reply-To"] == answer["Message-ID"] and first["References"] in third["References"]

    desk.give_back(walk.conversation().pk, user=None, author="Bo")
    pair.run()
    assert "nothing is relayed any more" in pair.got(4)[-1].get_body(("plain",)).get_content()
    assert len(engine.briefs) == 1  # no agent had a part in any of it
    assert Conversation.objects.filter(gateway=pair.there.gateway).count() == 1


def test_our_own_mails_that_come_back_say_nothing(
    server: MailServer, agent: Any, walk: Walk, engine: ScriptedEngine, platform: type[FakePlatform]
) -> None:
    """The people's address forwards to our own mailbox, as an alias for a team may."""
    pair = handing(server, agent, walk, engine, "alias@shop.example")
    pair.begin()
    pair.customer("Are you there?")
    for each in pair.got(2):
        server.write(each, "alias@shop.example")
    look_until(pair.there, lambda: pair.seen() == 2)
    pair.run()
    assert len(walk.told()) == 1 and len(server.mails("alias@shop.example")) == 2


def test_a_mailbox_that_an_agent_answers_doesnt_answer_us(
    server: MailServer, agent: Any, walk: Walk, engine: ScriptedEngine, platform: type[FakePlatform]
) -> None:
    """An operator gave the address of another gateway: its agent must not take us for a customer."""
    other = opened(server, agent)
    address = other.gateway.config["address"]
    pair = handing(server, agent, walk, engine, address)
    pair.begin()
    pair.customer("Are you there?")
    look_until(other, lambda: Message.objects.filter(conversation__gateway=other.gateway).count() == 2)
    look(pair.there)
    pair.run()
    assert len(engine.briefs) == 1 and not server.mails(server.support) and len(walk.told()) == 1
    assert {message.author for message in Message.objects.filter(conversation__gateway=other.gateway)} == {"system"}


def test_an_address_that_nobody_has_is_told_of(
    server: MailServer, agent: Any, walk: Walk, engine: ScriptedEngine, platform: type[FakePlatform]
) -> None:
    pair = handing(server, agent, walk, engine, "gone@customer.example")
    pair.begin()
    look_until(pair.there, lambda: Relay.objects.get().state == "ended")
    wait_for(lambda: pair.run() or not walk.conversation().relay, "the end of the relay")
    handover = Handover.objects.get()
    assert (handover.destination, handover.state, walk.conversation().owner) == (None, "waiting", "human")
    assert "nobody lives here" in handover.why
    assert Gateway.objects.get(pk=pair.there.gateway.pk).status == "ok"
