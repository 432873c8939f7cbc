from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from contacts.models import Contact, Identity
from conversations.models import Conversation, Offer
from gateways.models import Destination, Gateway
from tests.agents.api.fixtures import Api, invalid, refused
from tests.conftest import Walk


def iso(at: Any) -> str:
    return str(at.isoformat().replace("+00:00", "Z"))


def conversation(gateway: Gateway, thread: str, **fields: Any) -> Conversation:
    contact = Contact.objects.create(name=f"Customer {thread}")
    identity = Identity.objects.create(contact=contact, gateway=gateway, external_id=f"person-{thread}")
    return Conversation.objects.create(gateway=gateway, identity=identity, external_id=thread, **fields)


def test_a_conversation_is_read(api: Api, gateway: Gateway, staff: User) -> None:
    team = Destination.objects.create(gateway=gateway, kind="inbox", external_id="in1", name="Returns")
    contact = Contact.objects.create(name="Ann", email="ann@customer.example", phone="+49 30 1234")
    found = Conversation.objects.create(
        gateway=gateway,
        identity=Identity.objects.create(contact=contact, gateway=gateway, external_id="u7"),
        external_id="t1",
        destination=team,
        subject="Shoes",
        language="de",
        owner="human",
        assignee=staff,
        epoch=3,
        last_seq=4,
        last_message_at=datetime(2026, 5, 1, 12, 0, tzinfo=UTC),
    )
    asked_at = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
    offer = {"conversation": found, "gateway": gateway, "reason": "possible", "asked_at": asked_at}
    Offer.objects.create(**offer, state="declined", why="Before.")
    Offer.objects.create(**offer, why="May be about billing.")
    answer = api("GET", f"conversations/{found.pk}")
    assert (answer.status, answer.json) == (
        200,
        {
            "id": found.pk,
            "gateway": gateway.pk,
            "external_id": "t1",
            "contact": {
                "id": contact.pk,
                "name": "Ann",
                "email": "ann@customer.example",
                "phone": "+49 30 1234",
                "external_id": "u7",
            },
            "destination": {"id": team.pk, "kind": "inbox", "external_id": "in1", "name": "Returns"},
            "subject": "Shoes",
            "language": "de",
            "tags": [],
            "status": "open",
            "owner": "human",
            "assignee": "grace",
            "offer": {
                "state": "pending",
                "reason": "possible",
                "why": "May be about billing.",
                "asked_at": "2026-05-01T12:00:00Z",
                "due_at": None,
            },
            "has_draft": False,
            "epoch": 3,
            "last_seq": 4,
            "last_message_at": "2026-05-01T12:00:00Z",
            "created_at": iso(found.created_at),
            "updated_at": iso(found.updated_at),
        },
    )
    assert api("GET", f"agents/{gateway.agent_id}/conversations").json == {
        "next": None,
        "previous": None,
        "results": [answer.json],
    }


@pytest.mark.parametrize(
    ("query", "threads"),
    [
        ("", ["c", "b", "a"]),
        ("?status=closed", ["c"]),
        ("?status=open", ["b", "a"]),
        ("?owner=human", ["b"]),
        ("?owner=nobody&status=closed", ["c"]),
        ("?owner=human&status=closed", []),
        ("?contact=person-a", ["a"]),
        ("?contact=person", []),
        ("?gateway={gateway}", ["b", "a"]),
        ("?gateway=0", []),
        ("?since=2026-05-02T00:00:00Z", ["c", "b"]),
        ("?since=2026-05-02T02:00:00%2B02:00", ["c", "b"]),
        ("?since=2026-05-03", ["c"]),
        ("?limit=2", ["c", "b"]),
    ],
)
def test_the_list_is_narrowed(api: Api, gateway: Gateway, make_gateway: Any, query: str, threads: list[str]) -> None:
    day = datetime(2026, 5, 1, tzinfo=UTC)
    conversation(gateway, "a", last_message_at=day)
    conversation(gateway, "b", last_message_at=day + timedelta(days=1), owner="human")
    conversation(make_gateway(), "c", last_message_at=day + timedelta(days=2), owner="nobody", status="closed")
    answer = api("GET", f"agents/{gateway.agent_id}/conversations{query.format(gateway=gateway.pk)}")
    assert [each["external_id"] for each in answer.json["results"]] == threads


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        pytest.param(
            "status=lost",
            ("invalid_choice", "Select a valid choice. lost is not one of the available choices.", "status"),
            id="no such status",
        ),
        pytest.param("since=yesterday", ("invalid", "Enter a valid date/time.", "since"), id="no time"),
        pytest.param("gateway=desk", ("invalid", "Enter a whole number.", "gateway"), id="no number"),
        pytest.param(
            f"gateway={2**63}",
            ("max_value", "Ensure this value is less than or equal to 9223372036854775807.", "gateway"),
            id="a number beyond every database",
        ),
        pytest.param(
            "contact=%00", ("null_characters_not_allowed", "Null characters are not allowed.", "contact"), id="NUL"
        ),
        pytest.param(
            "stauts=open",
            (
                "unknown",
                "There is no such parameter. "
                "Known are: contact, cursor, gateway, has_draft, limit, owner, since, status, waiting.",
                "stauts",
            ),
            id="a typo",
        ),
        pytest.param("limit=0", ("invalid", "Give a whole number from 1 to 200.", "limit"), id="nothing"),
        pytest.param("limit=201", ("invalid", "Give a whole number from 1 to 200.", "limit"), id="too many"),
        pytest.param("limit=many", ("invalid", "Give a whole number from 1 to 200.", "limit"), id="many"),
        *(
            pytest.param(
                f"cursor={cursor}",
                ("invalid", "This cursor wasn't made here. Start again without it.", "cursor"),
                id=f"cursor {cursor}",
            )
            for cursor in ("x", "%C3%A4", "cD1hYmM%3D", "cj14")  # the third says p=abc, the fourth r=x
        ),
    ],
)
def test_parameters_that_cant_be_are_named(api: Api, gateway: Gateway, query: str, problem: Any) -> None:
    answer = api("GET", f"agents/{gateway.agent_id}/conversations?{query}")
    assert (answer.status, answer.json) == (400, invalid(problem))


def test_the_list_costs_the_same_however_long_it_is(api: Api, gateway: Gateway, django_assert_num_queries: Any) -> None:
    for number in range(30):
        conversation(gateway, f"t{number}")
    with django_assert_num_queries(3):  # the key, the conversations, what is offered in them
        assert len(api("GET", f"agents/{gateway.agent_id}/conversations").json["results"]) == 30


def test_pages_are_complete_while_conversations_begin_and_move(api: Api, gateway: Gateway) -> None:
    before = [conversation(gateway, f"t{number}", last_message_at=timezone.now()).pk for number in range(7)]
    path: str | None = f"agents/{gateway.agent_id}/conversations?limit=3"
    seen: list[int] = []
    while path:
        page = api("GET", path).json
        seen += [each["id"] for each in page["results"]]
        conversation(gateway, f"new{len(seen)}")
        Conversation.objects.filter(pk=before[len(seen) % 7]).update(last_message_at=timezone.now())
        path = page["next"] and page["next"].partition("/api/")[2]
    assert seen == before[::-1]


def test_pages_lead_back(api: Api, gateway: Gateway) -> None:
    for number in range(5):
        conversation(gateway, f"t{number}")
    first = api("GET", f"agents/{gateway.agent_id}/conversations?limit=2").json
    second = api("GET", first["next"].partition("/api/")[2]).json
    back = api("GET", second["previous"].partition("/api/")[2]).json
    assert (first["previous"], back["results"]) == (None, first["results"])
    assert len(second["results"]) == 2


def test_what_isnt_there_is_404(api: Api, walk: Walk) -> None:
    answer = api("GET", "conversations/999")
    assert (answer.status, answer.json) == (404, refused("not_found", "There is no such conversation."))
