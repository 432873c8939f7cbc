"""Whoever holds a key of one agent sees nothing of another, on any path."""

from typing import Any

import pytest
from django.utils import timezone

from agents.knowledge_models import Source
from agents.models import Action, Agent, EngineSetting, Instruction, SubAgent
from aissist_site.api import document
from contacts import remember
from contacts.models import Contact, Memory
from conversations import attach
from conversations.files import Attachment
from conversations.models import ActionRequest, Conversation, Message
from gateways import messages
from gateways.models import Destination, Gateway, Receipt
from handover.models import Handover, HandoverRule, HandoverSettings
from tests.agents.api.fixtures import Api
from tests.conftest import Walk

OPERATIONS = [
    (method.upper(), path.removeprefix("/api/"))
    for path, operations in document()["paths"].items()
    for method in operations
]
OF_ONE = [(method, path) for method, path in OPERATIONS if "{" in path]
BODIES = {
    ("POST", "agents/{agent_id}/instructions"): {"text": "Be brief."},
    ("POST", "agents/{agent_id}/gateways"): {"platform": "webchat", "name": "Chat"},
    ("POST", "agents/{agent_id}/engines"): {"engine": "offline"},
    ("POST", "contacts/{contact_id}/memories"): {"text": "Wears size 43."},
    ("PATCH", "contacts/{contact_id}/memories/{memory_id}"): {"state": "kept"},
    ("POST", "agents/{agent_id}/actions"): {
        "name": "Find",
        "slug": "find",
        "description": "Finds.",
        "url": "https://api.example.com/",
    },
    ("POST", "agents/{agent_id}/sources"): {"name": "Site", "address": "https://shop.example.com/"},
    ("POST", "agents/{agent_id}/messages"): {"gateway": 1, "id": "1", "from": "ann", "content": "Hello"},
    ("PUT", "agents/{agent_id}/gateways/{gateway_id}/sub-agents/{sub_agent_id}"): {"answers_by_itself": True},
    ("POST", "conversations/{conversation_id}/messages"): {"author": "Eve", "content": "Hello"},
}


def everything() -> list[Any]:
    return [
        list(model.objects.order_by("pk").values())
        for model in (
            Agent,
            SubAgent,
            EngineSetting,
            Action,
            Source,
            Gateway,
            Receipt,
            Contact,
            Memory,
            Conversation,
            Message,
            Handover,
            HandoverRule,
            HandoverSettings,
            ActionRequest,
            Instruction,
        )
    ]


def attached(conversation: Conversation) -> int:
    message = conversation.messages.get(seq=1)
    attach.keep(message, conversation.gateway_id, [messages.Attachment("a.txt", "text/plain", content=b"Hello")])
    return Attachment.objects.get().pk


@pytest.fixture
def ids(walk: Walk) -> dict[str, int]:
    walk.answer("Hello")
    conversation = walk.conversation()
    contact = conversation.identity.contact
    action = Action.objects.create(
        agent=walk.gateway.agent, name="Cancel", slug="cancel", url="https://api.example.com/"
    )
    request = ActionRequest.objects.create(
        conversation=conversation, action=action, slug="cancel", name="Cancel", arguments="{}", state="waiting",
        due_at=timezone.now(), expires_at=timezone.now(),
    )  # fmt: skip
    return {
        "agent_id": walk.gateway.agent_id,
        "gateway_id": walk.gateway.pk,
        "source_id": Source.objects.create(agent=walk.gateway.agent, name="Help", state="done").pk,
        "conversation_id": conversation.pk,
        "instruction_id": Instruction.objects.create(agent=walk.gateway.agent, text="Be brief.", by="Kim").pk,
        "sub_agent_id": SubAgent.objects.create(agent=walk.gateway.agent, name="B", slug="b", scenario="s").pk,
        "engine_id": EngineSetting.objects.create(agent=walk.gateway.agent, engine="offline").pk,
        "contact_id": contact.pk,
        "memory_id": remember.write(contact, "Owns a tent.", None).pk,
        "action_id": action.pk,
        "request_id": request.pk,
        "rule_id": HandoverRule.objects.create(
            gateway=walk.gateway,
            destination=Destination.objects.create(gateway=walk.gateway, external_id="d", name="D"),
        ).pk,
        "number": attached(conversation),
    }


@pytest.mark.parametrize(("method", "path"), OF_ONE, ids=" ".join)
@pytest.mark.parametrize("body", ["fitting", "none", "wrong"])
def test_what_belongs_to_another_agent_doesnt_exist(
    other_api: Api, ids: dict[str, int], method: str, path: str, body: str
) -> None:
    before = everything()
    sent = {"fitting": BODIES.get((method, path), {}), "none": None, "wrong": {"nonsense": 1}}[body]
    answer = other_api(method, path.format(**ids), None if method == "GET" else sent)
    assert (answer.status, answer.json["errors"][0]["code"]) == (404, "not_found")
    assert everything() == before


@pytest.mark.parametrize(("method", "path"), OF_ONE, ids=" ".join)
def test_what_belongs_to_the_keys_agent_exists(api: Api, ids: dict[str, int], method: str, path: str) -> None:
    body = BODIES.get((method, path), {})
    assert api(method, path.format(**ids), None if method == "GET" else body).status != 404


@pytest.mark.parametrize("path", [path for method, path in OF_ONE if "{gateway_id}" in path and method == "GET"])
def test_a_foreign_gateway_isnt_found_below_ones_own_agent(
    other_api: Api, other_agent: Agent, ids: dict[str, int], path: str
) -> None:
    assert other_api("GET", path.format(**{**ids, "agent_id": other_agent.pk})).status == 404


@pytest.mark.parametrize("what", ["gateways", "conversations", "messages"])
def test_an_agents_lists_hold_nothing_of_another(
    api: Api, other_api: Api, other_agent: Agent, ids: dict[str, int], what: str
) -> None:
    assert other_api("GET", f"agents/{other_agent.pk}/{what}").json["results"] == []
    assert api("GET", f"agents/{ids['agent_id']}/{what}").json["results"] != []


def test_the_list_of_agents_holds_the_keys_own(other_api: Api, other_agent: Agent, ids: dict[str, int]) -> None:
    assert [each["id"] for each in other_api("GET", "agents").json["results"]] == [other_agent.pk]


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=" ".join)
def test_nobody_gets_in_without_a_key(ids: dict[str, int], method: str, path: str) -> None:
    answer = Api()(method, path.format(**ids), None if method == "GET" else {})
    assert (answer.status, answer.json["errors"][0]["code"]) == (401, "not_authenticated")


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=" ".join)
def test_staff_get_in_by_permission_only(signed_in: Api, ids: dict[str, int], method: str, path: str) -> None:
    answer = signed_in(method, path.format(**ids), None if method == "GET" else {})
    assert (answer.status, answer.json["errors"][0]["code"]) == (403, "permission_denied")
