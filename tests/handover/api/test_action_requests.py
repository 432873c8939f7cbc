"""What the agent asks to be done, decided over the API."""

import pytest
from django.utils import timezone

from agents.models import Action
from conversations.models import ActionRequest
from tests.agents.api.fixtures import Api, refused
from tests.conftest import Rings, Walk


@pytest.fixture
def asked(walk: Walk) -> ActionRequest:
    walk.answer("Hello")
    action = Action.objects.create(agent=walk.gateway.agent, slug="cancel", url="https://api.example.com/")
    return ActionRequest.objects.create(
        conversation=walk.conversation(), action=action, slug="cancel", name="Cancel", arguments='{"order": "17"}',
        state="waiting", due_at=timezone.now(), expires_at=timezone.now(),
    )  # fmt: skip


def test_a_request_is_listed_and_approved_once(
    api: Api, asked: ActionRequest, rings: Rings, django_capture_on_commit_callbacks
):
    path = f"conversations/{asked.conversation_id}/action-requests"
    (listed,) = api("GET", path).json["results"]
    assert (listed["name"], listed["arguments"], listed["state"]) == ("Cancel", '{"order": "17"}', "waiting")
    with django_capture_on_commit_callbacks(execute=True):
        done = api("POST", f"{path}/{asked.pk}/approve", {"author": "Grace"})
    assert (done.status, done.json["state"], done.json["decided_by_name"]) == (200, "approved", "Grace")
    assert ("action", asked.gateway_id, 0.0) in rings.heard
    again = api("POST", f"{path}/{asked.pk}/decline", {})
    assert (again.status, again.json) == (409, refused("conflict", "This was decided already: Approved."))


def test_a_request_is_declined(api: Api, asked: ActionRequest):
    done = api("POST", f"conversations/{asked.conversation_id}/action-requests/{asked.pk}/decline", {})
    assert (done.json["state"], done.json["says"]) == ("declined", "API key “Tests” declined it.")


def test_a_request_that_isnt_there_is_not_found(api: Api, asked: ActionRequest):
    assert api("POST", f"conversations/{asked.conversation_id}/action-requests/999/approve", {}).status == 404


def test_an_action_that_is_gone_isnt_approved(api: Api, asked: ActionRequest):
    Action.objects.all().delete()
    answer = api("POST", f"conversations/{asked.conversation_id}/action-requests/{asked.pk}/approve", {})
    assert (answer.status, answer.problems[0][2]) == (409, "This action was deleted or switched off. Decline it.")
