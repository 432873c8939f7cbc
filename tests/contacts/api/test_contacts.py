"""Contacts and what is remembered about them, over the API."""

from typing import Any

import pytest

from contacts import remember
from contacts.models import Contact, Identity, Memory
from gateways.models import Gateway
from tests.agents.api.fixtures import Api, allow, invalid

BRACES = "Give a language by its two letters of ISO 639-1, like “de”."
UNFIT = "This can't be kept: it is empty, or has a number or a password in it that isn't for remembering."


@pytest.fixture
def ada(gateway: Gateway) -> Contact:
    contact = Contact.objects.create(name="Ada", email="ada@example.com")
    Identity.objects.create(contact=contact, gateway=gateway, external_id="ada")
    return contact


@pytest.fixture
def size(ada: Contact) -> Memory:
    remember.offer(ada, ["Wears size 43."], days=30, language="en", conversation=7, seq=3)
    return Memory.objects.get()


def test_an_agents_contacts_are_those_who_wrote_to_its_gateways(
    api: Api, ada: Contact, other_api: Api, agent, other_agent
):
    Contact.objects.create(name="Nobody's")
    assert [one["name"] for one in api("GET", f"agents/{agent.pk}/contacts").json["results"]] == ["Ada"]
    assert other_api("GET", f"agents/{other_agent.pk}/contacts").json["results"] == []
    for path in ("", "/memories"):
        assert other_api("GET", f"contacts/{ada.pk}{path}").status == 404
    assert api("GET", f"contacts/{ada.pk}").json["email"] == "ada@example.com"


@pytest.mark.parametrize(
    ("given", "kept"), [("de", "de"), ("de-AT", "de"), ("no", "nb"), (" FR ", "fr"), ("", "")], ids=repr
)
def test_a_contacts_language_is_set(api: Api, ada: Contact, given: str, kept: str):
    answer = api("PATCH", f"contacts/{ada.pk}", {"language": given})
    assert (answer.status, answer.json["language"]) == (200, kept)


@pytest.mark.parametrize("given", ["german", "d", "12"])
def test_what_is_no_language_is_refused(api: Api, ada: Contact, given: str):
    answer = api("PATCH", f"contacts/{ada.pk}", {"language": given})
    assert (answer.status, answer.json) == (400, invalid(("invalid", BRACES, "language")))


def test_what_is_remembered_is_listed(api: Api, ada: Contact, size: Memory):
    (row,) = api("GET", f"contacts/{ada.pk}/memories").json["results"]
    assert {name: row[name] for name in ("text", "state", "conversation", "seq")} == {
        "text": "Wears size 43.",
        "state": "offered",
        "conversation": 7,
        "seq": 3,
    }


def test_a_person_writes_one_down(api: Api, ada: Contact):
    answer = api("POST", f"contacts/{ada.pk}/memories", {"text": " Is a teacher. "})
    assert (answer.status, answer.json["text"], answer.json["state"]) == (201, "Is a teacher.", "kept")
    assert remember.told([Contact.objects.get()]) == {ada.pk: ("Is a teacher.",)}


def test_what_may_not_be_kept_is_refused(api: Api, ada: Contact):
    answer = api("POST", f"contacts/{ada.pk}/memories", {"text": "Password: tulip"})
    assert (answer.status, answer.json) == (400, invalid(("invalid", UNFIT, "text")))


@pytest.mark.parametrize(("state", "text"), [("kept", "Wears size 43."), ("rejected", "")])
def test_a_person_decides(api: Api, ada: Contact, size: Memory, state: str, text: str):
    answer = api("PATCH", f"contacts/{ada.pk}/memories/{size.pk}", {"state": state})
    assert (answer.status, answer.json["state"], answer.json["text"]) == (200, state, text)
    assert answer.json["expires_at"] is None


def test_what_was_rejected_cannot_be_kept(api: Api, ada: Contact, size: Memory):
    remember.decide(size, Memory.State.REJECTED, None)
    assert api("PATCH", f"contacts/{ada.pk}/memories/{size.pk}", {"state": "kept"}).status == 409


def test_one_is_forgotten(api: Api, ada: Contact, size: Memory):
    assert api("DELETE", f"contacts/{ada.pk}/memories/{size.pk}").status == 204
    assert api("DELETE", f"contacts/{ada.pk}/memories/{size.pk}").status == 404
    assert Contact.objects.get().remembered == 0


def test_another_contacts_memory_is_out_of_reach(api: Api, ada: Contact, size: Memory, gateway: Gateway):
    bob = Contact.objects.create(name="Bob")
    Identity.objects.create(contact=bob, gateway=gateway, external_id="bob")
    assert api("DELETE", f"contacts/{bob.pk}/memories/{size.pk}").status == 404


def test_staff_need_the_permission(signed_in: Api, staff: Any, ada: Contact, size: Memory):
    assert signed_in("GET", f"contacts/{ada.pk}/memories").status == 403
    allow(staff, "contacts.view_memory")
    assert signed_in("GET", f"contacts/{ada.pk}/memories").status == 200
