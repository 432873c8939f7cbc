import pytest

from agents.models import Agent, Instruction, SubAgent
from tests.agents.api.fixtures import Api

pytestmark = pytest.mark.django_db


def test_are_told_listed_and_revoked(api: Api, agent: Agent):
    SubAgent.objects.create(agent=agent, slug="billing", name="Billing")
    sent = {"text": "Be brief.", "sub_agent": "billing", "author": "Kim"}
    told = api("POST", f"agents/{agent.pk}/instructions", sent)
    assert told.status == 201
    assert {**told.json, "created_at": ""} == {
        "id": told.json["id"],
        "text": "Be brief.",
        "sub_agent": "billing",
        "gateway": None,
        "conversation": None,
        "by": "Kim",
        "created_at": "",
        "revoked_at": None,
        "revoked_by": "",
    }
    assert api("GET", f"agents/{agent.pk}/instructions").json["results"] == [told.json]
    gone = api("POST", f"agents/{agent.pk}/instructions/{told.json['id']}/revoke", {"author": "Bo"})
    assert (gone.status, gone.json["revoked_by"]) == (200, "Bo")
    assert Instruction.objects.get().revoked_at is not None


@pytest.mark.parametrize(
    "sent", [{}, {"text": ""}, {"text": "x", "sub_agent": "no-such"}, {"text": "x" * 2001}, {"text": "x", "more": 1}]
)
def test_that_wont_do_are_refused(api: Api, agent: Agent, sent: dict[str, object]):
    assert api("POST", f"agents/{agent.pk}/instructions", sent).status == 400
    assert not Instruction.objects.exists()
