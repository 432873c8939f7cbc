"""The list of dead letters: what stands in it, who may send again, and what is asked before something goes twice."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from conversations.models import Attempt, AuditEvent, Conversation, Delivery
from gateways.messages import Purpose, Reply, pack
from gateways.models import Gateway
from tests.admin_pages import Elements, conversation_of, get, say
from tests.conftest import Rings, Walk

LIST = "/admin/conversations/delivery/"


@pytest.fixture
def conversation(gateway: Gateway) -> Conversation:
    return conversation_of(gateway)


def letter(conversation: Conversation, status: str, text: str = "It left.", **fields: Any) -> Delivery:
    message = say(conversation, text, "agent", status="sent" if status == "sent" else "failed")
    now = timezone.now()
    ends = {"status": status, "error": f"{status}, they say.", "due_at": now, "done_at": now, "epoch": 1}
    what = {"kind": Reply.kind, "payload": pack(Reply(text, author="Ada", purpose=Purpose.REPLY))}
    return Delivery.objects.create(**{"conversation": conversation, "message": message, **what, **ends, **fields})


def retry(client: Client, *letters: Delivery, **fields: str) -> Any:
    return client.post(LIST, {"action": "retry", "_selected_action": [each.pk for each in letters], **fields})


def told(client: Client) -> list[str]:
    return [str(message) for message in client.get(LIST).context["messages"]]


def statuses() -> list[str]:
    return list(Delivery.objects.order_by("pk").values_list("status", flat=True))


def _staff(*permissions: str) -> User:
    user = User.objects.create_user("kim", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


def test_only_what_is_dead_is_listed_with_all_one_needs_to_know(admin_client: Client, conversation: Conversation):
    for status in Delivery.Status.values:
        letter(conversation, status)
    for _ in range(3):
        Attempt.objects.create(delivery=Delivery.objects.get(status="failed"), outcome="unreachable")
    result = admin_client.get(LIST).context["cl"].result_list
    assert [(row.status, row.tried) for row in result] == [("unknown", None), ("failed", 3)]
    html = get(admin_client, LIST)
    page = reverse("admin:conversations_conversation_change", args=[conversation.pk])
    for part in ("failed, they say.", "Desk", "Grace", page):
        assert part in html


def test_the_list_costs_the_same_however_long_it_is(
    admin_client: Client, conversation: Conversation, django_assert_max_num_queries: Any
):
    for number in range(30):
        letter(conversation, "failed", text=f"No. {number}")
    with django_assert_max_num_queries(12):
        admin_client.get(LIST)


def test_those_dealt_with_can_be_left_out(admin_client: Client, gateway: Gateway, conversation: Conversation):
    letter(conversation, "failed", done_at=timezone.now() - timedelta(seconds=9))
    say(conversation, "I have written to you by mail.", "human")
    other = letter(conversation_of(gateway, thread="t2"), "failed")
    found = admin_client.get(f"{LIST}?dealt_with=no").context["cl"].result_list
    assert list(found) == [other]


def test_failed_ones_are_sent_again_at_once(admin_client: Client, walk: Walk, conversation: Conversation, rings: Rings):
    letters = [letter(conversation, "failed", text) for text in ("One", "Two")]
    assert retry(admin_client, *letters).status_code == 302
    assert told(admin_client) == ["2 will be sent again."]
    walk.run()
    assert (walk.told(), statuses()) == (["One", "Two"], ["sent", "sent"])
    assert list(AuditEvent.objects.values_list("kind", "actor")) == [("delivery_retried", "admin")] * 2


def test_unknown_ones_are_asked_about_first(admin_client: Client, conversation: Conversation):
    letters = [letter(conversation, "failed", "Sure"), letter(conversation, "unknown", "Perhaps <b>")]
    page = retry(admin_client, *letters)
    html = page.content.decode()
    assert (page.status_code, statuses()) == (200, ["failed", "unknown"])
    assert "the customer gets the same words twice" in html
    assert "Perhaps &lt;b&gt;" in html and "Sure" not in html
    elements = Elements(html)
    hidden = [(found.get("name"), found.get("value")) for tag, found in elements.tags if found.get("type") == "hidden"]
    assert {("action", "retry"), ("twice", "yes"), *(("_selected_action", str(each.pk)) for each in letters)} <= set(
        hidden
    )
    assert elements.refused == []
    retry(admin_client, *letters, twice="yes")
    assert statuses() == ["pending", "pending"]


def test_pressed_twice_it_is_sent_once(admin_client: Client, conversation: Conversation):
    lost = letter(conversation, "failed")
    retry(admin_client, lost)
    retry(admin_client, lost)
    assert AuditEvent.objects.filter(kind="delivery_retried").count() == 1


@pytest.mark.parametrize(
    ("permissions", "read", "status"),
    [((), 403, "failed"), (("view_conversation",), 200, "failed"), (("change_conversation",), 200, "pending")],
    ids=["nothing", "who may look", "who may act"],
)
def test_who_may_read_and_send_again(
    client: Client, conversation: Conversation, permissions: tuple[str, ...], read: int, status: str
):
    lost = letter(conversation, "failed")
    client.force_login(_staff(*permissions))
    assert client.get(LIST).status_code == read
    retry(client, lost)
    assert statuses() == [status]


def test_nobody_deletes_or_changes_one(admin_client: Client, conversation: Conversation):
    lost = letter(conversation, "failed")
    change, delete = (reverse(f"admin:conversations_delivery_{page}", args=[lost.pk]) for page in ("change", "delete"))
    assert admin_client.post(change, {"status": "sent"}).status_code == 403
    assert admin_client.post(delete, {"post": "yes"}).status_code == 403
    assert statuses() == ["failed"]
