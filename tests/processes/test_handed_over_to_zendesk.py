"""A visitor of the web chat is handed over into a group on Zendesk, whose people answer from there."""

from collections.abc import Iterator

import pytest

from tests.loopback.walk import WISH
from tests.loopback.zendesk import Zendesk
from tests.processes.newcomer import Operator, Visitor, eventually
from tests.processes.site import Site, stacks
from tests.processes.test_zendesk import made

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def zendesk() -> Iterator[Zendesk]:
    with Zendesk() as zendesk:
        yield zendesk


@pytest.fixture(scope="module", params=stacks()[:1])
def site(request, tmp_path_factory) -> Iterator[Site]:
    with Site(request.param, tmp_path_factory.mktemp("site")) as site:
        yield site


def test_both_hear_each_other_until_it_is_solved(site: Site, operator: Operator, zendesk: Zendesk):
    desk = operator.get(made(operator, zendesk, receive="events"))
    chat = operator.gateway("webchat")
    place = {
        "kind": "gateway",
        "external_id": f"{desk['webhook_url'].rpartition('/')[2]}/{zendesk.billing['id']}",
    }
    path = f"agents/{operator.agent['id']}/gateways/{chat['id']}"
    operator.send(
        "PUT",
        f"{path}/configuration",
        {
            "kind": "gateway",
            "name": chat["name"],
            "destinations": [{**place, "name": "Billing"}],
            "escalation_target": {"destination": place},
        },
    )
    ada = Visitor(site.base)
    ada.say(WISH)
    ada.hears("handover")
    [ticket] = eventually(lambda: list(zendesk.tickets.values()), "A ticket")
    assert ticket["group_id"] == zendesk.billing["id"]
    assert any("Customer" in note or WISH in note for note in zendesk.notes(ticket["id"]))

    zendesk.takes(ticket["id"], "Hello, Grace here.")
    assert ada.hears("human")["text"] == "Hello, Grace here."
    ada.say("My parcel is broken.")
    eventually(lambda: [n for n in zendesk.notes(ticket["id"]) if "My parcel is broken." in n], "Her words on Zendesk")
    ada.hears_nothing(2)
