from typing import Any

import pytest

from agents.models import SubAgent
from conversations.models import Conversation, Draft, Turn
from gateways.models import Gateway
from tests.agents.api.fixtures import Api, invalid, refused
from tests.conftest import Walk
from tests.conversations.api.test_conversations import iso
from tests.fakes import ScriptedEngine, said


@pytest.fixture
def talk(walk: Walk, engine: ScriptedEngine) -> Conversation:
    SubAgent.objects.create(agent=walk.gateway.agent, slug="returns", name="Returns")
    Gateway.objects.update(mode="draft")
    engine.script.append(said("In 30 days.", sub_agent="returns"))
    walk.answer("Return it?")
    return walk.conversation()


def test_drafts_are_listed(api: Api, talk: Conversation) -> None:
    draft = Draft.objects.get()
    answer = api("GET", f"conversations/{talk.pk}/drafts")
    assert (answer.status, answer.json["results"]) == (
        200,
        [
            {
                "id": draft.pk,
                "conversation": talk.pk,
                "content": "In 30 days.",
                "sub_agent": "returns",
                "asked_by": "",
                "state": "pending",
                "by": "",
                "created_at": iso(draft.created_at),
                "done_at": None,
            }
        ],
    )


@pytest.mark.parametrize(
    ("content", "state", "told"),
    [({}, "sent", "In 30 days."), ({"content": "In 14 days."}, "edited", "In 14 days.")],
    ids=["as it is", "edited"],
)
def test_a_draft_is_sent(api: Api, talk: Conversation, walk: Walk, content: Any, state: str, told: str) -> None:
    body = {"draft": Draft.objects.get().pk, "author": "Grace", **content}
    answer = api("POST", f"conversations/{talk.pk}/drafts/send", body)
    assert (answer.status, answer.json["author"], answer.json["content"]) == (201, "human", told)
    walk.run()
    assert (walk.told(), Draft.objects.get().state, walk.conversation().owner) == ([told], state, "agent")
    again = api("POST", f"conversations/{talk.pk}/drafts/send", body)
    sentence = "The draft isn't there any more: it was dealt with, or things have moved on."
    assert (again.status, again.json) == (409, refused("conflict", sentence))


def test_a_draft_is_discarded(api: Api, talk: Conversation) -> None:
    answer = api("POST", f"conversations/{talk.pk}/drafts/discard", {"draft": Draft.objects.get().pk})
    assert (answer.status, answer.json["owner"], answer.json["has_draft"]) == (200, "human", False)
    assert Draft.objects.get().by == "API key “Tests”"


def test_a_draft_is_asked_for(api: Api, talk: Conversation, walk: Walk, engine: ScriptedEngine) -> None:
    body = {"author": "Grace", "instruction": "Shorter"}
    answers = [api("POST", f"conversations/{talk.pk}/drafts", body) for _ in range(2)]
    turn = Turn.objects.get(asked_by="Grace")
    assert [(answer.status, answer.json) for answer in answers] == [(202, {"turn": turn.pk})] * 2
    walk.run()
    assert engine.briefs[-1].instruction == "Shorter"
    assert list(Draft.objects.values_list("state", flat=True)) == ["pending", "outdated"]


@pytest.mark.parametrize(("query", "found"), [("?has_draft=true", 1), ("?has_draft=false", 0)])
def test_drafts_to_review_are_found(api: Api, talk: Conversation, query: str, found: int) -> None:
    answer = api("GET", f"agents/{talk.gateway.agent_id}/conversations{query}")
    assert len(answer.json["results"]) == found


def test_a_sub_agent_is_let_answer_by_itself(api: Api, talk: Conversation) -> None:
    base = f"agents/{talk.gateway.agent_id}/gateways/{talk.gateway_id}/sub-agents"
    sub_agent = SubAgent.objects.get()
    shown = {"id": sub_agent.pk, "sub_agent": "returns", "drafts": {"pending": 1}, "unchanged_percent": None}
    assert api("GET", base).json == [{**shown, "answers_by_itself": False}]
    for value in (True, False):
        answer = api("PUT", f"{base}/{sub_agent.pk}", {"answers_by_itself": value})
        assert (answer.status, answer.json) == (200, {**shown, "answers_by_itself": value})


SATURDAYS = {"what": "draft", "days": ["sat"], "starts": "10:00", "ends": "14:00"}
ROW = {"days": [], "first_date": None, "last_date": None}


def test_a_gateways_schedule_is_set_as_a_whole(api: Api, gateway: Gateway) -> None:
    path = f"agents/{gateway.agent_id}/gateways/{gateway.pk}"
    holiday = {"what": "off", "first_date": "2026-12-25", "starts": "00:00", "ends": "00:00"}
    body = {"schedule": [SATURDAYS, holiday], "scheduled": True, "time_zone": "Asia/Tokyo"}
    answer = api("PATCH", path, body)
    times = [{"starts": "10:00:00", "ends": "14:00:00"}, {"starts": "00:00:00", "ends": "00:00:00"}]
    shown = [{**ROW, **row, **time} for row, time in zip(body["schedule"], times, strict=True)]
    assert (answer.status, answer.json["schedule"], answer.json["time_zone"]) == (200, shown, "Asia/Tokyo")
    assert api("PATCH", path, {"mode": "copilot"}).json["schedule"] == shown
    assert api("PATCH", path, {"schedule": []}).json["schedule"] == []


@pytest.mark.parametrize(
    ("body", "code", "attr"),
    [
        ({"time_zone": "Mars/Olympus"}, "invalid", "time_zone"),
        ({"schedule": [{**SATURDAYS, "days": ["saturday"]}]}, "invalid_choice", "schedule.0.days.0"),
        ({"schedule": [{**SATURDAYS, "days": []}]}, "invalid", "schedule.0.non_field_errors"),
        ({"schedule": [{**SATURDAYS, "until": 1}]}, "unknown", "schedule.0.until"),
        ({"first_delay": -1}, "min_value", "first_delay"),
    ],
    ids=["zone", "day", "no day", "unknown field", "delay"],
)
def test_a_schedule_that_makes_no_sense_is_refused_by_name(
    api: Api, gateway: Gateway, body: Any, code: str, attr: str
) -> None:
    answer = api("PATCH", f"agents/{gateway.agent_id}/gateways/{gateway.pk}", body)
    assert (answer.status, [(each[0], each[1]) for each in answer.problems]) == (400, [(code, attr)])


def test_an_instruction_that_is_too_long_is_refused(api: Api, talk: Conversation) -> None:
    answer = api("POST", f"conversations/{talk.pk}/drafts", {"instruction": "x" * 2001})
    sentence = "Ensure this field has no more than 2000 characters."
    assert (answer.status, answer.json) == (400, invalid(("max_length", sentence, "instruction")))
