"""Zendesk messaging with the whole product, Sunshine Conversations and tickets on loopback."""

import itertools
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.loopback.sunshine import APP, KEY, KEY_SECRET
from tests.loopback.walk import ANSWER, QUESTION, Customer, Helpdesk, hand_over, walk
from tests.loopback.zendesk import API_TOKEN, BOT_EMAIL
from tests.loopback.zendesk_messaging import ZendeskMessaging
from tests.processes.newcomer import Operator
from tests.processes.site import Site, stacks

pytestmark = pytest.mark.processes

NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def zendesk() -> Iterator[ZendeskMessaging]:
    with ZendeskMessaging() as zendesk:
        yield zendesk


@pytest.fixture(scope="module", params=stacks()[::2])  # tickets have the other one
def site(request, tmp_path_factory) -> Iterator[Site]:
    with Site(request.param, tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture(scope="module")
def gateway(operator: Operator, zendesk: ZendeskMessaging) -> Iterator[str]:
    """The API's path of a gateway with messaging, in which the agent is the first to answer."""
    gateways = f"agents/{operator.agent['id']}/gateways"
    keys = {"messaging_app_id": APP, "messaging_key_id": KEY}
    options = {"subdomain": "shop", "email": BOT_EMAIL, "api_url": zendesk.url, "fill_gaps": False, **keys}
    secrets = {"api_token": API_TOKEN, "messaging_key_secret": KEY_SECRET}
    name = f"Messaging {uuid.uuid4().hex[:6]}"
    body = {"platform": "zendesk", "name": name, "config": options, "secrets": secrets}
    path = f"{gateways}/{operator.send('POST', gateways, body)['id']}"
    operator.send("POST", f"{path}/destinations/read", {})
    target = {"destination": {"kind": "group", "external_id": str(zendesk.billing["id"])}}
    operator.send("PUT", f"{path}/configuration", {"kind": "gateway", "name": name, "escalation_target": target})
    connected = operator.send("POST", f"{path}/connect", {})
    assert connected["ok"], connected
    zendesk.begins("aissist")
    checked = operator.send("POST", f"{path}/check", {})
    assert checked["ok"] and "Messaging works." in checked["message"], checked
    yield path
    assert operator.send("POST", f"{path}/disconnect", {})["ok"]
    assert (zendesk.integrations, zendesk.webhooks) == ({}, {})


@dataclass
class Workspace(Helpdesk):
    """People who answer in messaging. They give a conversation back by being done with it."""

    done: Any = None

    def give_back(self) -> None:
        self.done()


def newcomer(zendesk: ZendeskMessaging) -> tuple[Customer, Workspace]:
    talk = zendesk.arrives(f"Ada {next(NUMBERS)}")

    def ticket() -> dict[str, Any]:
        return zendesk.tickets.get(zendesk.ticket_of.get(talk, 0), {})

    people = Workspace(
        notes=lambda: zendesk.notes(ticket()["id"]) if ticket() else [],
        tags=lambda: ticket().get("tags", []),
        place=lambda: str(ticket().get("group_id")),
        target=str(zendesk.billing["id"]),
        answer=lambda text: zendesk.answers(talk, text),
        note=lambda text: zendesk.replies(ticket()["id"], text, public=False),
        done=lambda: zendesk.solves(talk),
    )
    return Customer(lambda text: zendesk.says(talk, text), lambda: zendesk.heard_in(talk)), people


def test_the_walk(zendesk: ZendeskMessaging, gateway: str):
    customer, people = newcomer(zendesk)
    before = len(zendesk.tickets)
    walk(customer, people)
    assert len(set(people.notes())) == len(people.notes())
    assert len(zendesk.tickets) == before + 1


def test_what_people_give_back_by_a_note_on_the_ticket_is_the_agents_again(zendesk: ZendeskMessaging, gateway: str):
    customer, people = newcomer(zendesk)
    customer.say(QUESTION)
    customer.hears(ANSWER)
    hand_over(customer, people)
    Helpdesk.give_back(people)
    customer.say(QUESTION)
    customer.hears(ANSWER)
    customer.hears_nothing()


def test_a_person_who_steps_in_silences_the_agent(zendesk: ZendeskMessaging, gateway: str):
    customer, people = newcomer(zendesk)
    customer.say(QUESTION)
    customer.hears(ANSWER)
    people.reply("I'll take this one.")
    customer.hears("I'll take this one.")
    customer.say(QUESTION)
    customer.hears_nothing()


def test_an_answer_that_is_lost_on_its_way_back_is_not_given_twice(zendesk: ZendeskMessaging, gateway: str):
    customer, _ = newcomer(zendesk)
    zendesk.fail(r"/messages$", zendesk.hung_up)
    customer.say(QUESTION)
    customer.hears(ANSWER)
    customer.hears_nothing()
    customer.say(QUESTION)
    customer.hears(ANSWER)
