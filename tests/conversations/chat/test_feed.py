from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from conversations.chat.feed import PAGE, START, Cursor, Partner, Visit, latest, read
from conversations.models import Conversation, Delivery, Message, Turn
from gateways.messages import Assign, Note, Purpose, pack
from tests.conversations.chat.rows import (
    NINE,
    VISITOR,
    chat_gateway,
    conversation_of,
    customer_said,
    customer_told,
    live_turn,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def conversation() -> Conversation:
    return conversation_of(chat_gateway())


def visit(conversation: Conversation) -> Visit:
    return Visit(conversation.gateway_id, conversation.external_id)


def texts(conversation: Conversation, after: Cursor = START) -> list[str]:
    return [item.text for item in read(visit(conversation), after).items]


def test_a_customers_words_come_back_as_they_were(conversation: Conversation) -> None:
    customer_said(conversation, "<b>**Hi**</b>", message_id="m1")

    assert read(visit(conversation), START).json()["items"] == [
        {
            "key": "c1",
            "client_id": "m1",
            "from": "customer",
            "name": "",
            "purpose": "reply",
            "text": "<b>**Hi**</b>",
            "html": "",
            "at": NINE.isoformat(),
            "files": [],
            "choices": [],
        }
    ]


@pytest.mark.parametrize(
    ("purpose", "source"),
    [
        (Purpose.REPLY, "agent"),
        (Purpose.THINKING, "agent"),
        (Purpose.HANDOVER, "agent"),
        (Purpose.HUMAN, "human"),
    ],
)
def test_what_a_customer_is_told_says_who_and_what_for(
    conversation: Conversation, purpose: Purpose, source: str
) -> None:
    delivery = customer_told(conversation, "It's **here**.", purpose=purpose, author="Mia")

    assert read(visit(conversation), START).json()["items"] == [
        {
            "key": f"d{delivery.pk}",
            "client_id": "",
            "from": source,
            "name": "Mia",
            "purpose": purpose.value,
            "text": "It's **here**.",
            "html": "<p>It's <strong>here</strong>.</p>",
            "at": NINE.isoformat(),
            "files": [],
            "choices": [],
        }
    ]


Write = Callable[[Conversation], Any]
NOTE: dict[str, Any] = {"kind": Note.kind, "payload": pack(Note(text="secret"))}
ASSIGN: dict[str, Any] = {"kind": Assign.kind, "payload": pack(Assign(destination="d", name="Team", reason="secret"))}
HIDDEN: dict[str, Write] = {
    "a reply that waits": lambda c: customer_told(c, "secret", status=Delivery.Status.PENDING, done_at=None),
    "a reply on its way": lambda c: customer_told(c, "secret", status=Delivery.Status.SENDING, done_at=None),
    "a failed reply": lambda c: customer_told(c, "secret", status=Delivery.Status.FAILED),
    "a withdrawn reply": lambda c: customer_told(c, "secret", status=Delivery.Status.CANCELLED),
    "a waiting thinking message": lambda c: customer_told(
        c, "secret", purpose=Purpose.THINKING, status=Delivery.Status.PENDING
    ),
    "an internal note that was sent": lambda c: customer_told(c, "", **NOTE),
    "an assignment that was sent": lambda c: customer_told(c, "", **ASSIGN),
    "the agent's message itself": lambda c: customer_said(c, "secret", author=Message.Author.AGENT),
    "a person's message itself": lambda c: customer_said(c, "secret", author=Message.Author.HUMAN),
    "an internal note": lambda c: customer_said(c, "secret", author=Message.Author.HUMAN, kind=Message.Kind.NOTE),
    "a word of the system": lambda c: customer_said(c, "secret", author=Message.Author.SYSTEM),
}


@pytest.mark.parametrize("write", HIDDEN.values(), ids=HIDDEN)
def test_nothing_else_is_shown(conversation: Conversation, write: Write) -> None:
    customer_said(conversation, "Hi")
    write(conversation)

    assert texts(conversation) == ["Hi"]


def test_nobody_sees_another_visitors_conversation(conversation: Conversation) -> None:
    other_gateway = chat_gateway("other")
    customer_said(conversation_of(conversation.gateway, "v2"), "another visitor")
    customer_said(conversation_of(other_gateway, VISITOR), "the same id on another gateway")

    assert read(visit(conversation), START).items == ()


def test_items_come_in_the_order_in_which_they_were_to_be_seen(conversation: Conversation) -> None:
    customer_said(conversation, "one", minute=0)
    customer_told(conversation, "two", minute=1)
    customer_said(conversation, "three", minute=2)
    customer_told(conversation, "four", minute=3)

    assert texts(conversation) == ["one", "two", "three", "four"]


def test_a_cursor_reads_on_where_it_was(conversation: Conversation) -> None:
    customer_said(conversation, "one")
    customer_told(conversation, "two", minute=1)
    seen = read(visit(conversation), START).cursor
    assert texts(conversation, seen) == []

    customer_told(conversation, "three", minute=2)
    customer_said(conversation, "four", minute=3)

    assert texts(conversation, seen) == ["three", "four"]


def test_a_long_conversation_comes_in_pages_without_gaps_or_doubles(conversation: Conversation) -> None:
    for number in range(PAGE + 3):
        customer_said(conversation, str(number), minute=number)

    first = read(visit(conversation), START)
    second = read(visit(conversation), first.cursor)

    assert [item.text for item in (*first.items, *second.items)] == [str(number) for number in range(PAGE + 3)]
    assert second.cursor == latest([visit(conversation)])[visit(conversation)]


@pytest.mark.parametrize("cursor", [Cursor(0, 0, "ao"), Cursor(1, 5, "ao12t")], ids=str)
def test_a_cursor_survives_being_text(cursor: Cursor) -> None:
    assert Cursor.read(str(cursor)) == cursor


@pytest.mark.parametrize(
    "text", ["", "1", "1.2", "-1.2.ao", "1.2.AO", "1.x.ao", "٣.1.ao", "1" * 30 + ".1.ao", "1.1.ao\n"], ids=repr
)
def test_any_other_text_is_the_start(text: str) -> None:
    assert Cursor.read(text) == START


@pytest.mark.parametrize("gone", [Cursor(9, 0, "ao"), Cursor(0, 10**12, "ao")], ids=["seq", "delivery"])
def test_a_cursor_beyond_the_end_reads_from_the_start(conversation: Conversation, gone: Cursor) -> None:
    customer_said(conversation, "Hi")

    page = read(visit(conversation), gone)

    assert [item.text for item in page.items] == ["Hi"]
    assert page.cursor == latest([visit(conversation)])[visit(conversation)]


def test_a_visitor_who_said_nothing_gets_an_empty_page() -> None:
    gateway = chat_gateway()

    assert read(Visit(gateway.pk, "nobody"), START).json() == {
        "items": [],
        "cursor": "0.0.",
        "typing": False,
        "with": {"kind": "agent", "name": ""},
        "status": "open",
    }
    assert latest([Visit(gateway.pk, "nobody")]) == {}


def human(conversation: Conversation) -> None:
    Conversation.objects.filter(pk=conversation.pk).update(owner=Conversation.Owner.HUMAN)


@pytest.mark.parametrize(
    ("state", "of_people", "typing"),
    [
        (Turn.State.DUE, False, True),
        (Turn.State.RUNNING, False, True),
        (Turn.State.DONE, False, False),
        (Turn.State.RUNNING, True, False),
    ],
    ids=["a turn is due", "a turn is running", "the turn is done", "a person took over"],
)
def test_the_agent_is_typing_while_it_owes_an_answer(
    conversation: Conversation, state: Turn.State, of_people: bool, typing: bool
) -> None:
    live_turn(conversation, state)
    if of_people:
        human(conversation)

    assert read(visit(conversation), START).typing is typing


CHANGES: dict[str, Write] = {
    "the customer's message": lambda c: customer_said(c, "more"),
    "a message to the customer": lambda c: customer_told(c, "more"),
    "a turn": live_turn,
    "a handover": human,
    "the end": lambda c: Conversation.objects.filter(pk=c.pk).update(status=Conversation.Status.CLOSED),
    "an assignee": lambda c: Conversation.objects.filter(pk=c.pk).update(assignee=User.objects.create(username="m")),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_the_page_shows_moves_the_cursor(conversation: Conversation, change: Write) -> None:
    customer_said(conversation, "Hi")
    seen = read(visit(conversation), START).cursor
    assert latest([visit(conversation)]) == {visit(conversation): seen}

    change(conversation)

    assert latest([visit(conversation)]) != {visit(conversation): seen}
    assert latest([visit(conversation)]) == {visit(conversation): read(visit(conversation), seen).cursor}


@pytest.mark.parametrize("write", HIDDEN.values(), ids=HIDDEN)
def test_what_the_page_does_not_show_leaves_the_cursor(conversation: Conversation, write: Write) -> None:
    seen = read(visit(conversation), START).cursor

    write(conversation)

    assert latest([visit(conversation)]) == {visit(conversation): seen}


def test_one_query_looks_for_all(conversation: Conversation, django_assert_num_queries: Any) -> None:
    others = [conversation_of(conversation.gateway, f"w{number}") for number in range(5)]
    visits = [visit(each) for each in (conversation, *others)]

    with django_assert_num_queries(1):
        assert set(latest(visits)) == set(visits)


Owner, Status = Conversation.Owner, Conversation.Status


@pytest.mark.parametrize(
    ("fields", "told", "full_name", "partner"),
    [
        ({"owner": Owner.AGENT}, None, None, Partner("agent", "Ada")),
        ({"owner": Owner.AGENT}, Purpose.HUMAN, None, Partner("agent", "Ada")),
        ({"owner": Owner.HUMAN}, None, None, Partner("waiting", "")),
        ({"owner": Owner.HUMAN}, Purpose.HANDOVER, None, Partner("waiting", "")),
        ({"owner": Owner.HUMAN}, Purpose.HUMAN, None, Partner("human", "Mia")),
        ({"owner": Owner.HUMAN}, Purpose.HANDOVER, "Tom Ray", Partner("human", "Tom Ray")),
        ({"owner": Owner.HUMAN}, Purpose.HANDOVER, "", Partner("human", "")),
        ({"owner": Owner.NOBODY, "status": Status.SUSPENDED}, None, None, Partner("waiting", "")),
        ({"owner": Owner.NOBODY, "status": Status.CLOSED}, Purpose.HUMAN, None, Partner("agent", "Ada")),
    ],
    ids=[
        "the agent's",
        "given back by a person",
        "of people",
        "handed over",
        "a person answered",
        "a person took it",
        "a person without a name took it",
        "suspended",
        "closed",
    ],
)
def test_the_page_knows_whose_move_it_is(
    conversation: Conversation,
    fields: dict[str, str],
    told: Purpose | None,
    full_name: str | None,
    partner: Partner,
) -> None:
    if told:
        customer_told(conversation, "Hello", purpose=told, author="Mia")
    if full_name is not None:
        conversation.assignee = User.objects.create(username="signs-in-as", first_name=full_name)
    for name, value in fields.items():
        setattr(conversation, name, value)
    conversation.save()

    page = read(visit(conversation), START)

    assert page.partner == partner
    assert page.closed is (fields.get("status") == Status.CLOSED)
