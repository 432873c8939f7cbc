from typing import Any

import pytest

from conversations.models import Conversation, Message
from tests.agents.api.fixtures import Api
from tests.conftest import Walk
from tests.conversations.api.test_conversations import iso


@pytest.fixture
def talk(walk: Walk) -> Conversation:
    """Three messages of the customer's, each answered."""
    for text in ("one", "two", "three"):
        walk.answer(text)
    return walk.conversation()


def test_the_messages_of_a_conversation_are_read_in_order(api: Api, talk: Conversation) -> None:
    first, second = Message.objects.filter(conversation=talk)[:2]
    answer = api("GET", f"conversations/{talk.pk}/messages?limit=2")
    assert answer.json["results"] == [
        {
            "id": first.pk,
            "conversation": talk.pk,
            "seq": 1,
            "author": "customer",
            "author_name": first.author_name,
            "kind": "message",
            "content": "one",
            "status": "received",
            "external_id": "",
            "metadata": {},
            "attachments": [],
            "created_at": iso(first.created_at),
        },
        {
            "id": second.pk,
            "conversation": talk.pk,
            "seq": 2,
            "author": "agent",
            "author_name": "Ada",
            "kind": "message",
            "content": "re: one",
            "status": "sent",
            "external_id": "",
            "metadata": {},
            "attachments": [],
            "created_at": iso(second.created_at),
        },
    ]


@pytest.mark.parametrize(
    ("query", "texts"),
    [
        ("", ["one", "re: one", "two", "re: two", "three", "re: three"]),
        ("?author=customer", ["one", "two", "three"]),
        ("?author=human", []),
        ("?kind=note", []),
        ("?after_seq=4", ["three", "re: three"]),
        ("?after_seq=4&author=agent", ["re: three"]),
        ("?after_seq=6", []),
        ("?since=2999-01-01T00:00:00Z", []),
    ],
)
def test_messages_of_a_conversation_are_narrowed(api: Api, talk: Conversation, query: str, texts: list[str]) -> None:
    answer = api("GET", f"conversations/{talk.pk}/messages{query}")
    assert [each["content"] for each in answer.json["results"]] == texts


@pytest.mark.parametrize(
    ("query", "texts"),
    [
        ("", ["re: three", "three", "re: two", "two", "re: one", "one"]),
        ("?author=customer&limit=2", ["three", "two"]),
        ("?conversation={talk}&author=agent", ["re: three", "re: two", "re: one"]),
        ("?conversation=0", []),
        ("?gateway={gateway}&limit=1", ["re: three"]),
        ("?gateway=0", []),
        ("?kind=message&limit=1", ["re: three"]),
        ("?since=2999-01-01T00:00:00Z", []),
    ],
)
def test_an_agents_messages_come_newest_first(api: Api, talk: Conversation, query: str, texts: list[str]) -> None:
    path = f"agents/{talk.gateway.agent_id}/messages{query.format(talk=talk.pk, gateway=talk.gateway_id)}"
    assert [each["content"] for each in api("GET", path).json["results"]] == texts


def test_pages_are_complete_while_messages_arrive(api: Api, talk: Conversation, walk: Walk) -> None:
    path: str | None = f"conversations/{talk.pk}/messages?limit=2"
    seen: list[int] = []
    while path:
        page = api("GET", path).json
        seen += [each["seq"] for each in page["results"]]
        path = page["next"] and page["next"].partition("/api/")[2]
        if len(seen) == 2:
            walk.answer("four")
    assert seen == [1, 2, 3, 4, 5, 6, 7, 8]


@pytest.mark.parametrize(
    ("path", "queries"), [("conversations/{talk}/messages", 4), ("agents/{agent}/messages", 3)], ids=["one", "all"]
)
def test_lists_cost_the_same_however_long_they_are(
    api: Api, talk: Conversation, path: str, queries: int, django_assert_num_queries: Any
) -> None:
    path = path.format(talk=talk.pk, agent=talk.gateway.agent_id)
    with django_assert_num_queries(
        queries
    ):  # the key, the conversation if there is one, the messages, what is attached
        answer = api("GET", path)
    assert len(answer.json["results"]) == 6
