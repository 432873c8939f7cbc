"""A contact's page: what is remembered is read, corrected, added and forgotten; the language is a code."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from contacts import remember
from contacts.models import Contact, Memory

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(db: None) -> Contact:
    contact = Contact.objects.create(name="Ada")
    remember.offer(contact, ["Wears size 43."], days=30, language="en", conversation=7, seq=3)
    return contact


def save(client: Client, contact: Contact, *rows: dict[str, Any], language: str = "") -> Any:
    form: dict[str, Any] = {"name": "Ada", "email": "", "phone": "", "language": language}
    form |= {"identities-TOTAL_FORMS": 0, "identities-INITIAL_FORMS": 0}
    known = sum("id" in row for row in rows)
    form |= {"memories-TOTAL_FORMS": len(rows), "memories-INITIAL_FORMS": known}
    for number, row in enumerate(rows):
        row = {"contact": contact.pk, "expires_at_0": "", "expires_at_1": "", **row}
        form |= {f"memories-{number}-{name}": value for name, value in row.items()}
    return client.post(reverse("admin:contacts_contact_change", args=[contact.pk]), form)


def test_the_page_says_where_a_fact_is_from(admin_client: Client, ada: Contact):
    page = admin_client.get(reverse("admin:contacts_contact_change", args=[ada.pk])).content.decode()
    assert "Wears size 43." in page and "/conversations/conversation/7/change/#message-3" in page


def test_a_fact_is_written_down_corrected_and_forgotten(admin_client: Client, ada: Contact):
    size = Memory.objects.get()
    assert (
        save(admin_client, ada, {"id": size.pk, "text": "Wears size 44."}, {"text": "Is a teacher."}).status_code == 302
    )
    rows = list(Memory.objects.order_by("pk").values_list("text", "state"))
    assert rows == [("Wears size 44.", "kept"), ("Is a teacher.", "kept")]
    assert Contact.objects.get().remembered == 2
    assert save(admin_client, ada, {"id": size.pk, "text": "Wears size 44.", "DELETE": "on"}).status_code == 302
    assert [*Memory.objects.values_list("text", flat=True)] == ["Is a teacher."]
    assert Contact.objects.get().remembered == 1


def test_what_was_rejected_may_be_written_by_a_person(admin_client: Client, ada: Contact):
    remember.decide(Memory.objects.get(), Memory.State.REJECTED, None)
    assert save(admin_client, ada, {"text": "Wears size 43."}).status_code == 302
    assert [*Memory.objects.values_list("text", "state")] == [("Wears size 43.", "kept")]


@pytest.mark.parametrize(
    ("text", "says"),
    [("Password: tulip", "This can&#x27;t be kept"), ("wears size 43", "This is remembered already.")],
    ids=["a secret", "known"],
)
def test_what_cannot_be_kept_is_said(admin_client: Client, ada: Contact, text: str, says: str):
    response = save(admin_client, ada, {"id": Memory.objects.get().pk, "text": "Wears size 43."}, {"text": text})
    assert response.status_code == 200 and says in response.content.decode()


@pytest.mark.parametrize(("typed", "kept"), [("de-AT", "de"), ("", "")])
def test_a_language_is_set(admin_client: Client, ada: Contact, typed: str, kept: str):
    assert save(admin_client, ada, language=typed).status_code == 302
    assert Contact.objects.get().language == kept


def test_what_is_no_language_is_said(admin_client: Client, ada: Contact):
    assert "Give a language by its two letters" in save(admin_client, ada, language="german").content.decode()
