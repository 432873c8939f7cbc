from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from agents.api.parsers import Form
from conversations.models import AuditEvent, Conversation, Message
from gateways.base import Files
from gateways.models import Destination, Gateway
from handover import desk
from handover.models import Handover
from tests.agents.api.fixtures import Answer, Api, allow, invalid, refused
from tests.conftest import Walk
from tests.conversations.api.test_conversations import conversation, iso


@pytest.fixture
def talk(walk: Walk) -> Conversation:
    walk.answer("Where is my order?")
    return walk.conversation()


def test_a_person_replies_and_has_the_conversation(api: Api, talk: Conversation, walk: Walk) -> None:
    answer = api("POST", f"conversations/{talk.pk}/messages", {"author": "Grace", "content": "On its way."})
    message = Message.objects.get(author="human")
    assert (answer.status, answer.json) == (
        201,
        {
            "id": message.pk,
            "conversation": talk.pk,
            "seq": 3,
            "author": "human",
            "author_name": "Grace",
            "kind": "message",
            "content": "On its way.",
            "status": "queued",
            "external_id": "",
            "metadata": {},
            "attachments": [],
            "created_at": iso(message.created_at),
        },
    )
    walk.run()
    assert walk.told() == ["re: Where is my order?", "On its way."]
    assert walk.conversation().owner == "human"


def form(api: Api, talk: Conversation, fields: dict[str, Any]) -> Answer:
    body = encode_multipart(BOUNDARY, fields)
    return api("POST", f"conversations/{talk.pk}/messages", body, content_type=MULTIPART_CONTENT)


def bill(name: str = "bill.pdf", content: bytes = b"%PDF-1.7") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="text/html")


def test_a_person_sends_files_with_a_form(api: Api, talk: Conversation, walk: Walk) -> None:
    walk.platform.capabilities = replace(walk.platform.capabilities, files=Files.ALONG)
    answer = form(api, talk, {"author": "Grace", "content": "Here.", "files": [bill(), bill("two.pdf")]})
    assert (answer.status, answer.json["content"], answer.json["status"]) == (201, "Here.", "queued")
    told = [(each["name"], each["content_type"], each["size"], each["state"]) for each in answer.json["attachments"]]
    assert told == [("bill.pdf", "application/pdf", 8, "kept"), ("two.pdf", "application/pdf", 8, "kept")]
    walk.run()
    assert [file.content for file in walk.platform.outbox[-1].files] == [b"%PDF-1.7"] * 2
    assert form(api, talk, {"author": "Grace", "files": [bill()]}).status == 201


FORMS = {
    "nothing": ({"author": "Grace"}, 409, ("conflict", None, "Write something first: the text is empty.")),
    "an empty file": (
        {"author": "Grace", "files": [bill(content=b"")]},
        400,
        ("invalid", "files", "“bill.pdf” is empty. Choose another file."),
    ),
    "a program": (
        {"author": "Grace", "files": [bill("a.exe")]},
        400,
        ("invalid", "files", "“a.exe” is a program, which most platforms refuse. Send a link to it instead."),
    ),
    "words in place of a file": (
        {"author": "Grace", "files": "bill.pdf"},
        400,
        ("invalid", "files.0", "The submitted data was not a file. Check the encoding type on the form."),
    ),
    "with a note": (
        {"author": "Grace", "content": "x", "kind": "note", "files": [bill()]},
        400,
        ("invalid", "files", "A note has no files. Put a link to them into it."),
    ),
    "a platform that takes none": (
        {"author": "Grace", "content": "x", "files": [bill()]},
        409,
        ("conflict", None, "Fake takes no files from us. Put a link to them into the text instead."),
    ),
    "an unknown field": ({"author": "Grace", "file": bill()}, 400, ("unknown", "file", "There is no such field.")),
}


@pytest.mark.parametrize(("fields", "status", "problem"), FORMS.values(), ids=FORMS)
def test_what_a_form_cant_send_says_why(api: Api, talk: Conversation, fields: Any, status: int, problem: Any) -> None:
    answer = form(api, talk, fields)
    assert (answer.status, answer.problems) == (status, [problem])
    assert Message.objects.count() == 2


def test_a_form_that_is_too_large_isnt_read(api: Api, talk: Conversation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Form, "most", -1_048_576)
    answer = form(api, talk, {"author": "Grace", "files": [bill()]})
    assert (answer.status, answer.json["errors"][0]["code"]) == (413, "too_large")


def test_a_note_stays_inside(api: Api, talk: Conversation, walk: Walk) -> None:
    answer = api("POST", f"conversations/{talk.pk}/messages", {"author": "Grace", "content": "Hm.", "kind": "note"})
    assert (answer.status, answer.json["kind"], answer.json["content"]) == (201, "note", "Hm.")
    walk.run()
    assert walk.told() == ["re: Where is my order?"]
    assert walk.conversation().owner == "agent"


@pytest.mark.parametrize(
    ("body", "json"),
    [
        pytest.param(
            {},
            invalid(
                ("required", "This field is required.", "author"), ("required", "This field is required.", "content")
            ),
            id="nothing",
        ),
        pytest.param(
            {"author": "Grace", "content": " \n"},
            invalid(("blank", "This field may not be blank.", "content")),
            id="only spaces",
        ),
        pytest.param(
            {"author": "Grace", "content": "x", "kind": "thinking"},
            invalid(("invalid_choice", '"thinking" is not a valid choice.', "kind")),
            id="what only the system says",
        ),
        pytest.param(
            {"author": "Grace", "content": "x" * (desk.LONGEST + 1)},
            invalid(("max_length", "Ensure this field has no more than 50000 characters.", "content")),
            id="too long",
        ),
        pytest.param(
            {"author": "Grace", "text": "x", "content": "x"},
            invalid(("unknown", "There is no such field.", "text")),
            id="an unknown field",
        ),
    ],
)
def test_what_a_person_cant_say_is_refused_by_name(api: Api, talk: Conversation, body: Any, json: Any) -> None:
    answer = api("POST", f"conversations/{talk.pk}/messages", body)
    assert (answer.status, answer.json) == (400, json)
    assert Message.objects.count() == 2


def test_a_conversation_is_handed_over_once(api: Api, talk: Conversation, gateway: Gateway) -> None:
    team = Destination.objects.create(gateway=gateway, kind="people", external_id="returns", name="Returns")
    body = {"author": "Grace", "destination": team.pk}
    answer = api("POST", f"conversations/{talk.pk}/handover", body)
    handover = Handover.objects.get()
    assert (answer.status, answer.json) == (
        200,
        {
            "id": handover.pk,
            "conversation": talk.pk,
            "destination": {"id": team.pk, "kind": "people", "external_id": "returns", "name": "Returns"},
            "state": "waiting",
            "reason": "by_person",
            "why": handover.why,
            "summary": handover.summary,
            "accepted_by": None,
            "created_at": iso(handover.created_at),
            "accepted_at": None,
        },
    )
    assert handover.why.startswith("Grace handed it over.")
    assert api("POST", f"conversations/{talk.pk}/handover", body).json == answer.json


@pytest.mark.parametrize("destination", [999, "foreign"], ids=str)
def test_a_conversation_goes_to_destinations_of_its_gateway_only(
    api: Api, talk: Conversation, make_gateway: Any, destination: Any
) -> None:
    foreign = Destination.objects.create(gateway=make_gateway(), external_id="x", name="X").pk
    body = {"destination": foreign if destination == "foreign" else destination}
    answer = api("POST", f"conversations/{talk.pk}/handover", body)
    assert (answer.status, answer.json) == (
        400,
        invalid(("does_not_exist", "This gateway has no such destination.", "destination")),
    )
    assert not Handover.objects.exists()


@pytest.mark.parametrize(
    ("path", "status", "owner", "event"),
    [
        ("suspend", "suspended", "nobody", "suspended"),
        ("close", "closed", "nobody", "closed"),
        ("give-back", "open", "agent", "given_back"),
    ],
)
def test_the_desk_is_asked_and_the_conversation_shown(
    api: Api, talk: Conversation, path: str, status: str, owner: str, event: str
) -> None:
    if path == "give-back":
        desk.take_over(talk.pk, user=None, author="Grace")
    answer = api("POST", f"conversations/{talk.pk}/{path}")
    assert (answer.status, answer.json) == (200, api("GET", f"conversations/{talk.pk}").json)
    assert (answer.json["status"], answer.json["owner"]) == (status, owner)
    assert AuditEvent.objects.filter(kind=event).get().actor == "API key “Tests”"


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("give-back", "The agent has this conversation already."),
        ("suspend", "The conversation is closed already."),
        ("close", "The conversation is closed already."),
        ("handover", "The conversation is closed. Reply to it, and it is open again."),
    ],
)
def test_what_the_desk_refuses_is_a_conflict_in_its_words(
    api: Api, talk: Conversation, path: str, sentence: str
) -> None:
    if path != "give-back":
        desk.close(talk.pk, user=None, author="Grace")
    answer = api("POST", f"conversations/{talk.pk}/{path}", {})
    assert (answer.status, answer.json) == (409, refused("conflict", sentence))


@pytest.mark.parametrize("path", ["messages", "handover", "give-back", "suspend", "close"])
def test_staff_act_under_their_own_name(
    signed_in: Api, staff: User, talk: Conversation, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[Any, str]] = []

    def act(conversation_id: int, *, user: Any, author: str, **details: Any) -> None:
        asked.append((user, author))
        raise desk.DeskError("Enough.")

    for name in ("reply", "hand_over", "give_back", "suspend", "close"):
        monkeypatch.setattr(desk, name, act)
    body = {"author": "Grace Hopper", "content": "Hello"} if path == "messages" else {}
    assert signed_in("POST", f"conversations/{talk.pk}/{path}", body).status == 403
    allow(staff, "conversations.change_conversation")
    assert signed_in("POST", f"conversations/{talk.pk}/{path}", body).json == refused("conflict", "Enough.")
    assert asked == [(staff, "Grace Hopper")]


@pytest.mark.parametrize(
    ("query", "threads"), [("", ["c", "b", "a"]), ("?waiting=true", ["b"]), ("?waiting=false", ["c", "a"])]
)
def test_who_waits_for_people_is_found(api: Api, gateway: Gateway, query: str, threads: list[str]) -> None:
    conversation(gateway, "a")
    for thread, states in {"b": ["returned", "waiting"], "c": ["accepted", "closed"]}.items():
        found = conversation(gateway, thread, last_message_at=datetime(2026, 5, 1, tzinfo=UTC))
        for epoch, state in enumerate(states, 2):
            Handover.objects.create(conversation=found, epoch=epoch, state=state, reason="unsure", why="Unsure.")
    answer = api("GET", f"agents/{gateway.agent_id}/conversations{query}")
    assert [each["external_id"] for each in answer.json["results"]] == threads
