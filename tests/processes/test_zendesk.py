"""Zendesk with the whole product and an account on loopback: by events, by triggers, with a token and by OAuth."""

import itertools
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.loopback.server import Reply
from tests.loopback.walk import ANSWER, QUESTION, WISH, Customer, Helpdesk, hand_over, walk
from tests.loopback.zendesk import API_TOKEN, BOT_EMAIL, Zendesk
from tests.processes.newcomer import Operator, eventually
from tests.processes.site import Site, stacks

pytestmark = pytest.mark.processes

NUMBERS = itertools.count(1)
GAP_PATIENCE = 240.0  # seconds; gaps are looked for once a minute, for what is older than a minute


@pytest.fixture(scope="module")
def zendesk() -> Iterator[Zendesk]:
    with Zendesk() as zendesk:
        zendesk.export_lag = 1.0  # theirs are sixty, which nobody wants to wait for here
        yield zendesk


@pytest.fixture(scope="module", params=stacks()[:2])  # messaging has the third
def site(request, tmp_path_factory) -> Iterator[Site]:
    with Site(request.param, tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture(scope="module")
def gateway(site: Site, operator: Operator, zendesk: Zendesk) -> Iterator[str]:
    """The API's path of a gateway that an operator has set up: account, teammate, target, webhook."""
    path = made(operator, zendesk, receive="events")
    yield path
    remove(operator, path, zendesk)


def made(operator: Operator, zendesk: Zendesk, **config: Any) -> str:
    gateways = f"agents/{operator.agent['id']}/gateways"
    options = {"subdomain": "shop", "email": BOT_EMAIL, "api_url": zendesk.url, **config}
    name = f"Zendesk {uuid.uuid4().hex[:6]}"
    body = {"platform": "zendesk", "name": name, "config": options, "secrets": {"api_token": API_TOKEN}}
    path = f"{gateways}/{operator.send('POST', gateways, body)['id']}"
    places(operator, path, zendesk)
    connected = operator.send("POST", f"{path}/connect", {})
    assert connected["ok"], connected
    checked = operator.send("POST", f"{path}/check", {})
    assert checked["ok"], checked
    return path


def places(operator: Operator, path: str, zendesk: Zendesk) -> None:
    """Read what is on the platform, be its user “Assistant”, and have Billing get what is handed over."""
    operator.send("POST", f"{path}/destinations/read", {})
    listed = {(row["kind"], row["name"]): row["external_id"] for row in operator.get(f"{path}/destinations")["results"]}
    assert listed["group", "Billing"] == str(zendesk.billing["id"])
    people = {row["email"]: row["external_id"] for row in operator.get(f"{path}/teammates")["results"]}
    operator.send("PATCH", path, {"teammate_id": people[BOT_EMAIL]})
    name = operator.get(path)["name"]
    target = {"destination": {"kind": "group", "external_id": listed["group", "Billing"]}}
    operator.send("PUT", f"{path}/configuration", {"kind": "gateway", "name": name, "escalation_target": target})


def remove(operator: Operator, path: str, zendesk: Zendesk) -> None:
    assert operator.send("POST", f"{path}/disconnect", {})["ok"]
    operator.send("PATCH", path, {"mode": "off"})
    assert (zendesk.webhooks, zendesk.triggers) == ({}, {})


class Writer:
    """A customer of the account with one ticket, and the staff who look at it."""

    def __init__(self, zendesk: Zendesk) -> None:
        number = next(NUMBERS)
        self.zendesk, self.ticket = zendesk, 0
        self.user = zendesk.customer(f"Ada {number}", f"ada{number}@customer.example")

    def say(self, text: str) -> None:
        self.ticket = self.zendesk.writes(self.user, text, self.ticket, subject=f"Ada's {self.user['id']}")["id"]

    def heard(self) -> list[str]:
        return self.zendesk.heard(self.user)


def newcomer(zendesk: Zendesk) -> tuple[Customer, Helpdesk]:
    ada = Writer(zendesk)
    people = Helpdesk(
        notes=lambda: zendesk.notes(ada.ticket),
        tags=lambda: zendesk.tickets[ada.ticket]["tags"],
        place=lambda: str(zendesk.tickets[ada.ticket]["group_id"]),
        target=str(zendesk.billing["id"]),
        answer=lambda text: zendesk.takes(ada.ticket, text),
        note=lambda text: zendesk.replies(ada.ticket, text, public=False),
    )
    return Customer(ada.say, ada.heard), people


def test_the_walk(zendesk: Zendesk, gateway: str):
    customer, people = newcomer(zendesk)
    walk(customer, people)
    assert len(set(people.notes())) == len(people.notes())


def test_a_limit_in_the_middle_of_the_walk_only_takes_longer(zendesk: Zendesk, gateway: str):
    customer, people = newcomer(zendesk)
    customer.say(QUESTION)
    customer.hears(ANSWER)
    with narrow(zendesk):
        hand_over(customer, people)
    assert zendesk.throttled
    people.reply("Hello, Grace here.")
    customer.hears("Hello, Grace here.")
    people.give_back()
    customer.say(QUESTION)
    customer.hears(ANSWER)
    customer.hears_nothing()
    assert len(set(people.notes())) == len(people.notes())


@contextmanager
def narrow(zendesk: Zendesk) -> Iterator[None]:
    """For a while the account takes three requests in three seconds."""
    usual = zendesk.limit, zendesk.window
    zendesk.limit, zendesk.window = 3, 3.0
    try:
        yield
    finally:
        zendesk.limit, zendesk.window = usual


def test_what_came_while_webhooks_failed_or_we_were_away_is_asked_for(site: Site, zendesk: Zendesk, gateway: str):
    """Nothing lost, nothing doubled, in old tickets and in new ones."""
    old, _ = newcomer(zendesk)
    old.say(QUESTION)
    old.hears(ANSWER)
    customers = [newcomer(zendesk)[0] for _ in range(6)]
    zendesk.down = True
    for customer in [*customers[:2], old]:
        customer.say(QUESTION)
    zendesk.wait_for(lambda: all(each.statuses for each in zendesk.invocations), "The calls in vain")
    zendesk.down = False
    customers[2].say(QUESTION)
    time.sleep(0.05)
    site.kill()
    for customer in customers[3:5]:
        customer.say(QUESTION)
    zendesk.wait_for(lambda: all(each.statuses for each in zendesk.invocations), "The calls in vain")
    site.start()
    customers[5].say(QUESTION)

    def answers() -> list[int]:
        """For each how many, not counting a thinking message: to start again takes a while."""
        return [sum(ANSWER in text for text in customer.heard()) for customer in [*customers, old]]

    eventually(lambda: answers() >= [1, 1, 1, 1, 1, 1, 2] and all(answers()), "An answer for each", GAP_PATIENCE)
    time.sleep(3)
    assert answers() == [1, 1, 1, 1, 1, 1, 2]


def test_an_answer_that_is_lost_on_its_way_back_is_not_given_twice(zendesk: Zendesk, gateway: str):
    customer, _ = newcomer(zendesk)
    zendesk.fail(r"/api/v2/tickets/\d+$", only("PUT", zendesk.hung_up))
    customer.say(QUESTION)
    customer.hears(ANSWER)
    customer.hears_nothing()
    customer.say(QUESTION)
    customer.hears(ANSWER)


def only(method: str, fault: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda request: fault(request) if request.method == method else None


def test_the_walk_by_triggers(site: Site, operator: Operator, zendesk: Zendesk, gateway: str):
    """The last but for OAuth: from here on rules call, with whatever customers write in the middle of their JSON."""
    operator.send("PATCH", gateway, {"config": {**operator.get(gateway)["config"], "receive": "triggers"}})
    connected = operator.send("POST", f"{gateway}/connect", {})
    assert connected["ok"], connected
    customer, people = newcomer(zendesk)
    walk(customer, people)
    assert len(set(people.notes())) == len(people.notes())
    other, _ = newcomer(zendesk)
    other.say(f'"Hello",\n{QUESTION} \\o/')
    other.hears(ANSWER)
    other.hears_nothing()


def test_who_is_let_in_by_oauth_goes_on_after_the_token_has_expired(operator: Operator, zendesk: Zendesk, gateway: str):
    options = {**operator.get(gateway)["config"], "auth": "oauth", "client_id": "shop", "receive": "events"}
    operator.send("PATCH", gateway, {"config": options, "secrets": {"client_secret": "a-client-secret"}})
    begun = operator.send("POST", f"{gateway}/authorize", {})
    zendesk.register("shop", "a-client-secret", begun["redirect_address"])
    zendesk.token_lives = 10.0
    zendesk.grants.clear()
    zendesk.access_tokens.clear()
    assert operator.http.get(begun["address"], timeout=30).ok  # there they say yes, and are sent back
    assert operator.send("POST", f"{gateway}/connect", {})["ok"]
    customer, people = newcomer(zendesk)
    customer.say(QUESTION)
    customer.hears(ANSWER)
    with nobody_let_in(zendesk):
        eventually(lambda: not living(zendesk), "The end of the tokens")
        customer.say(WISH)
        time.sleep(2)
    customer.hears()
    people.are_asked()
    people.reply("Hello, Grace here.")
    customer.hears("Hello, Grace here.")
    people.give_back()
    customer.say(QUESTION)
    customer.hears(ANSWER)
    assert "refresh_token" in zendesk.grants
    eventually(lambda: operator.get(gateway)["status"] == "ok", "A gateway that is well")


@contextmanager
def nobody_let_in(zendesk: Zendesk) -> Iterator[None]:
    """For a while no tokens are given out."""
    zendesk.fail(r"^/oauth/tokens$", lambda request: Reply(b"", 503), times=1000)
    try:
        yield
    finally:
        zendesk.mend(r"^/oauth/tokens$")


def living(zendesk: Zendesk) -> bool:
    """Whether any token still counts."""
    return any(token["until"] > time.time() for token in zendesk.access_tokens.values())
