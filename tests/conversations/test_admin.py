"""The list of conversations: what it says of each, what it finds, and that it asks the database once."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from conversations.models import Conversation, Delivery
from gateways.models import Gateway
from handover.models import Handover
from tests.admin_pages import conversation_of, say

LIST = "admin:conversations_conversation_changelist"


def found(client: Client, query: str = "") -> list[str]:
    """The contacts of the conversations on the list, in its order."""
    rows = client.get(reverse(LIST) + query).context["cl"].result_list
    return [row.identity.contact.name for row in rows]


@pytest.fixture
def three(gateway: Gateway) -> dict[str, Conversation]:
    rows = {name: conversation_of(gateway, name, thread=name.lower()) for name in ("Ada", "Grace", "Hedy")}
    say(rows["Ada"], "Where is my parcel?")
    say(rows["Grace"], "Puis-je payer par carte ?")
    say(rows["Hedy"], "I was charged twice")
    Conversation.objects.filter(external_id="grace").update(language="fr", subject="Paiement")
    Conversation.objects.filter(external_id="hedy").update(owner="human")
    Conversation.objects.filter(external_id="ada").update(owner="nobody", status="closed")
    return rows


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["Hedy", "Grace", "Ada"]),
        ("?q=grace", ["Grace"]),
        ("?q=hedy@example.com", ["Hedy"]),
        ("?q=paiement", ["Grace"]),
        ("?q=charged", ["Hedy"]),
        ("?q=nothing+like+it", []),
        ("?owner__exact=human", ["Hedy"]),
        ("?status__exact=closed", ["Ada"]),
        ("?language=fr", ["Grace"]),
    ],
    ids=[
        "newest first",
        "name",
        "email address",
        "subject",
        "words of a message",
        "nothing",
        "owner",
        "status",
        "language",
    ],
)
def test_the_list_finds(admin_client: Client, three: dict[str, Conversation], query: str, names: list[str]) -> None:
    assert found(admin_client, query) == names


def test_a_conversation_that_says_a_word_twice_is_found_once(
    admin_client: Client, three: dict[str, Conversation]
) -> None:
    say(three["Hedy"], "charged, I said")
    assert found(admin_client, "?q=charged") == ["Hedy"]


def test_the_list_of_one_gateway_has_only_its_own(
    admin_client: Client, three: dict[str, Conversation], make_gateway: Any
) -> None:
    other = make_gateway()
    conversation_of(other, "Joan", thread="joan")
    assert found(admin_client, f"?gateway__id__exact={other.pk}") == ["Joan"]


@pytest.mark.parametrize(("status", "listed"), [("failed", ["Ada"]), ("unknown", ["Ada"]), ("sent", [])])
def test_stuck_deliveries_can_be_listed(
    admin_client: Client, three: dict[str, Conversation], status: str, listed: list[str]
) -> None:
    Delivery.objects.create(conversation=three["Ada"], kind="reply", payload={}, due_at=timezone.now(), status=status)
    assert found(admin_client, "?deliveries=stuck") == listed


def test_those_that_wait_are_listed_oldest_first_with_the_reason(
    admin_client: Client, three: dict[str, Conversation]
) -> None:
    for name, state in (("Hedy", "waiting"), ("Ada", "waiting"), ("Grace", "accepted")):
        Handover.objects.create(conversation=three[name], epoch=1, reason="r", why=f"{name} asked.", state=state)
    assert found(admin_client, "?waiting=yes") == ["Hedy", "Ada"]
    response = admin_client.get(reverse(LIST) + "?waiting=yes")
    assert response.context["title"] == "Waiting for people"
    assert "Hedy asked." in response.content.decode()


def test_the_last_words_are_what_was_said_last_and_no_note(
    admin_client: Client, three: dict[str, Conversation]
) -> None:
    say(three["Hedy"], "We look into it.", "agent")
    say(three["Hedy"], "Between us: a VIP", "human", kind="note")
    html = admin_client.get(reverse(LIST)).content.decode()
    assert "↩ We look into it." in html
    assert "VIP" not in html


def test_the_list_asks_the_same_however_long_it_is(
    admin_client: Client, gateway: Gateway, django_user_model: Any
) -> None:
    def cost(query: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            admin_client.get(reverse(LIST) + query)
        return len(asked)

    def fill(first: int, last: int) -> None:
        for number in range(first, last):
            person = django_user_model.objects.create(username=f"p{number}")
            row = conversation_of(gateway, thread=f"t{number}", owner="human", assignee=person)
            say(row, "Hello")
            Handover.objects.create(conversation=row, epoch=1, reason="r", why="w")

    queries = ("", "?waiting=yes", "?q=hello")
    fill(0, 1)
    before = [cost(query) for query in queries]
    fill(1, 30)
    assert [cost(query) for query in queries] == before
    assert max(before) <= 8


def test_conversations_cant_be_made_by_hand(admin_client: Client, gateway: Gateway) -> None:
    assert admin_client.get(reverse("admin:conversations_conversation_add")).status_code == 403
