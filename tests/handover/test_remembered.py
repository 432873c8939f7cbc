"""What an operator sees of offers and memories: in the list, on the conversation's page, and the two buttons."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contacts import remember
from contacts.models import Memory
from conversations.models import Conversation, Offer
from gateways.models import Gateway
from handover import transcript
from tests.admin_pages import conversation_of, say

pytestmark = pytest.mark.django_db


@pytest.fixture
def conversation(gateway: Gateway) -> Conversation:
    conversation = conversation_of(gateway)
    say(conversation, "I wear size 43")
    contact = conversation.identity.contact
    remember.offer(contact, ["Wears size 43."], days=30, language="en", conversation=conversation.pk, seq=1)
    return conversation


def page(conversation: Conversation, client: Client) -> str:
    return client.get(reverse("admin:conversations_conversation_change", args=[conversation.pk])).content.decode()


def press(client: Client, name: str, conversation: Conversation, memory: Any) -> Any:
    url = reverse(f"admin:conversation_{name}", args=[conversation.pk])
    return client.post(url, {"token": name, "memory": memory})


def test_the_page_says_what_is_remembered_and_from_where(admin_client: Client, conversation: Conversation):
    html = page(conversation, admin_client)
    assert "Wears size 43." in html and '<a href="#message-1">from message 1</a>' in html


@pytest.mark.parametrize(("name", "state", "text"), [("keep", "kept", "Wears size 43."), ("forget", "rejected", "")])
def test_a_button_decides(admin_client: Client, conversation: Conversation, name: str, state: str, text: str):
    assert press(admin_client, name, conversation, Memory.objects.get().pk).status_code == 302
    row = Memory.objects.get()
    assert (row.state, row.text, row.decided_by is not None) == (state, text, True)
    assert ("Wears size 43." in page(conversation, admin_client)) is (name == "keep")


@pytest.mark.parametrize("memory", ["", "x", 999])
def test_what_isnt_remembered_any_more_is_said(admin_client: Client, conversation: Conversation, memory: Any):
    response = press(admin_client, "keep", conversation, memory)
    assert response.status_code == 409 and "remembered any more" in response.content.decode()


def test_another_contacts_memory_is_out_of_reach(admin_client: Client, conversation: Conversation, gateway: Gateway):
    other = Memory.objects.get()
    Memory.objects.update(contact=type(conversation.identity.contact).objects.create(name="Bob"))
    assert press(admin_client, "forget", conversation, other.pk).status_code == 409


def test_the_page_notices_what_is_newly_remembered(conversation: Conversation):
    before = transcript.fingerprint(conversation, 1)
    remember.write(conversation.identity.contact, "Is a teacher.", None)
    assert transcript.fingerprint(conversation, 1) != before


def test_an_offer_that_waits_is_seen_on_the_page_and_in_the_list(admin_client: Client, conversation: Conversation):
    fields = {"gateway": conversation.gateway, "reason": "possible", "why": "It may be about billing."}
    offer = Offer.objects.create(conversation=conversation, asked_at=timezone.now(), **fields)
    assert "It may be about billing." in page(conversation, admin_client)
    changelist = reverse("admin:conversations_conversation_changelist")
    for query in ("", "?offer=pending"):
        assert "Offered a person" in admin_client.get(changelist + query).content.decode()
    offer.state = Offer.State.DECLINED
    offer.save()
    assert "Offered a person" not in admin_client.get(changelist).content.decode()
    assert "0 conversations" in admin_client.get(changelist + "?offer=pending").content.decode()
