"""Writing actions: asked for with a turn, approved by people, carried out once, and told about afterwards."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from agents.actions.action import Outcome
from agents.engines.base import ActionCall, Brief, Decision
from agents.models import Action
from agents.models_actions import keep_secret
from aissist_site import follow_up, sweep
from conversations import carry_out
from conversations.models import ActionRequest, Message, Turn
from gateways.doorbell import Step
from handover import desk
from handover.desk import DeskError
from handover.models import Handover
from tests.agents.actions.api_server import answer, serving
from tests.agents.engines.model_server import ModelServer, cut
from tests.conftest import Walk
from tests.fakes import ScriptedEngine, escalate, said

pytestmark = pytest.mark.django_db
TOKEN = "t0ken-0123456789"
State = ActionRequest.State


@pytest.fixture
def shop_api() -> Iterator[ModelServer]:
    with serving() as server:
        yield server


@pytest.fixture
def cancel(walk: Walk, shop_api: ModelServer, settings: Any) -> Action:
    settings.OUTBOUND_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    action = Action.objects.create(
        agent=walk.gateway.agent, name="Cancel an order", slug="cancel_order", kind="writing", run="automatic",
        method="POST", url=f"{shop_api.url}/orders/{{order}}/cancel", everywhere=True, seconds=5, outputs=["/status"],
        headers={"Authorization": "Bearer {{secrets.token}}"},
        arguments={"type": "object", "properties": {"order": {"type": "string"}}, "required": ["order"]},
    )  # fmt: skip
    keep_secret(action, "token", TOKEN)
    return action


@pytest.fixture
def kim(db: None) -> dict[str, Any]:
    return {"user": User.objects.create_user("kim"), "author": "Kim"}


def wants(action: Action, state: Outcome = Outcome.REQUESTED, order: str = "17") -> ActionCall:
    return ActionCall(action.slug, f'{{"order": "{order}"}}', "", state, action_id=action.pk)


def on_it(action: Action, state: Outcome = Outcome.REQUESTED, **changes: Any) -> Decision:
    return said("I'm on it.", actions=(wants(action, state),), **changes)


def tells(brief: Brief) -> Decision:
    """Says what it was told came of the actions."""
    assert brief.new == 0 and brief.question == ""
    return said("; ".join(f"{call.name}: {call.state} {call.outputs}" for call in brief.results))


def request() -> ActionRequest:
    return ActionRequest.objects.get()


def events(walk: Walk) -> list[str]:
    return list(walk.conversation().audit_events.values_list("kind", flat=True))


class TestByItself:
    def test_is_carried_out_once_and_the_customer_is_told(
        self, walk: Walk, engine: ScriptedEngine, cancel: Action, shop_api: ModelServer
    ):
        engine.script.extend([on_it(cancel), tells])
        shop_api.script.append(answer(200, {"status": "gone", "card": "4111"}))
        assert walk.answer("Cancel order 17") == ["I'm on it.", 'cancel_order: done {"/status": "gone"}']
        (asked,) = shop_api.asked
        assert (asked.path, asked.headers["authorization"]) == ("POST /orders/17/cancel", f"Bearer {TOKEN}")
        assert asked.headers["idempotency-key"] == f"action-request-{request().pk}"
        assert (request().state, request().outputs, request().tell_epoch) == (State.DONE, '{"/status": "gone"}', None)
        assert {"action_requested", "action_carried_out"} <= set(events(walk))
        note = Message.objects.get(kind="note").text
        assert note == '**Cancel an order** `{"order": "17"}`: Done. It answered 200.\n\n`{"/status": "gone"}`'
        assert "4111" not in note
        assert walk.answer("Thanks") == ["re: Thanks"]
        assert engine.briefs[-1].results == ()

    def test_isnt_asked_for_by_a_turn_that_the_customer_has_overtaken(
        self, walk: Walk, engine: ScriptedEngine, cancel: Action, shop_api: ModelServer
    ):
        def customer_changes_mind(brief: Brief) -> Decision:
            walk.customer("No, don't!")
            walk.ingest()
            return on_it(cancel)

        engine.script.extend([customer_changes_mind, said("Fine, I won't.")])
        assert walk.answer("Cancel order 17") == ["Fine, I won't."]
        assert not ActionRequest.objects.exists() and shop_api.asked == []

    def test_asked_for_twice_is_done_once(
        self, walk: Walk, engine: ScriptedEngine, cancel: Action, shop_api: ModelServer
    ):
        engine.script.append(said("I'm on it.", actions=(wants(cancel), wants(cancel))))
        shop_api.script.append(answer(200, {}))
        walk.answer("Cancel order 17")
        assert len(shop_api.asked) == 1 == ActionRequest.objects.count()

    def test_waits_for_people_where_the_conversation_is_handed_over(
        self, walk: Walk, engine: ScriptedEngine, cancel: Action, shop_api: ModelServer
    ):
        engine.script.append(escalate(actions=(wants(cancel),)))
        walk.answer("Cancel order 17, and get me a person")
        assert (request().state, shop_api.asked) == (State.WAITING, [])
        assert 'cancel_order `{"order": "17"}`' in Handover.objects.get().summary
        assert "Waiting for approval" in walk.conversation().messages.filter(kind="note").last().text

    def test_waits_for_people_once_a_person_has_acted(
        self, walk: Walk, engine: ScriptedEngine, cancel: Action, shop_api: ModelServer, kim: Any
    ):
        engine.script.append(on_it(cancel))
        walk.customer("Cancel order 17")
        walk.ingest(), walk.turns()
        desk.take_over(walk.conversation().pk, **kim)
        walk.run()
        assert (request().state, request().epoch, shop_api.asked) == (State.WAITING, None, [])
        assert "action_held" in events(walk)

    @pytest.mark.parametrize("edit", [{"is_active": False}, None], ids=["switched off", "deleted"])
    def test_isnt_carried_out_when_the_action_is_gone(
        self, walk: Walk, engine: ScriptedEngine, cancel: Action, shop_api: ModelServer, edit: Any
    ):
        engine.script.append(on_it(cancel))
        walk.customer("Cancel order 17")
        walk.ingest(), walk.turns()
        Action.objects.update(**edit) if edit else cancel.delete()
        walk.run()
        assert (request().state, request().outcome, shop_api.asked) == (State.FAILED, "refused", [])

    def test_isnt_sent_to_another_host_with_the_secret_of_the_first(
        self, walk: Walk, engine: ScriptedEngine, cancel: Action, shop_api: ModelServer
    ):
        engine.script.append(on_it(cancel))
        with serving() as elsewhere:
            Action.objects.update(url=f"{elsewhere.url}/{{order}}")
            walk.answer("Cancel order 17")
            assert elsewhere.asked == shop_api.asked == []
        assert request().says.startswith("The secret “token” isn't set for http://127.0.0.1:")


class TestApproval:
    @pytest.fixture
    def waiting(self, walk: Walk, engine: ScriptedEngine, cancel: Action) -> ActionRequest:
        engine.script.append(on_it(cancel, Outcome.WAITING))
        assert walk.answer("Cancel order 17") == ["I'm on it."]
        return request()

    def test_is_awaited(self, walk: Walk, waiting: ActionRequest, shop_api: ModelServer):
        assert (waiting.state, walk.conversation().owner, shop_api.asked) == (State.WAITING, "agent", [])
        note = Message.objects.get(kind="note").text
        assert note.startswith('**Waiting for approval:** Cancel an order `{"order": "17"}`\n\n')
        assert note.endswith(f"/admin/conversations/conversation/{waiting.conversation_id}/change/")

    def test_is_known_to_the_engine_meanwhile(self, walk: Walk, engine: ScriptedEngine, waiting: ActionRequest):
        walk.answer("And?")
        assert [call.state for call in engine.briefs[-1].results] == [Outcome.WAITING]
        assert engine.briefs[-1].new == 1

    def test_has_it_carried_out_and_the_customer_told(
        self, walk: Walk, engine: ScriptedEngine, waiting: ActionRequest, shop_api: ModelServer, kim: Any
    ):
        shop_api.script.append(answer(200, {"status": "gone"}))
        engine.script.append(tells)
        desk.approve(waiting.pk, **kim)
        assert shop_api.asked == []  # not in the request of whoever approves
        walk.run()
        assert walk.told()[-1] == 'cancel_order: done {"/status": "gone"}'
        assert (request().state, request().decided_by, request().decided_by_name) == (State.DONE, kim["user"], "Kim")

    def test_leaves_it_to_a_person_who_has_the_conversation_to_tell(
        self, walk: Walk, waiting: ActionRequest, shop_api: ModelServer, kim: Any
    ):
        shop_api.script.append(answer(200, {"status": "gone"}))
        desk.take_over(waiting.conversation_id, **kim)
        desk.approve(waiting.pk, **kim)
        told = walk.told()
        walk.run()
        assert (request().state, request().tell_epoch, walk.told()) == (State.DONE, None, told)
        assert "Done. It answered 200." in Message.objects.filter(kind="note").last().text
        desk.give_back(waiting.conversation_id, **kim)
        sweep.sweep()
        walk.run()
        assert walk.told() == told

    def test_refused_is_told(self, walk: Walk, engine: ScriptedEngine, waiting: ActionRequest, kim: Any, shop_api):
        engine.script.append(tells)
        desk.decline(waiting.pk, **kim)
        walk.run()
        assert (walk.told()[-1], shop_api.asked) == ("cancel_order: declined", [])

    @pytest.mark.parametrize("first", [desk.approve, desk.decline])
    @pytest.mark.parametrize("second", [desk.approve, desk.decline])
    def test_is_decided_once(self, waiting: ActionRequest, kim: Any, first: Callable, second: Callable):
        first(waiting.pk, **kim)
        with pytest.raises(DeskError, match=r"^This was decided already: "):
            second(waiting.pk, **kim)

    def test_that_doesnt_come_hands_the_conversation_over(self, walk: Walk, waiting: ActionRequest):
        ActionRequest.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        sweep.sweep()
        walk.run()
        assert (request().state, walk.conversation().owner) == (State.EXPIRED, "human")
        assert 'Nobody approved “Cancel an order” `{"order": "17"}` in time.' in Handover.objects.get().why


class TestTrouble:
    @pytest.fixture
    def asked_for(self, walk: Walk, engine: ScriptedEngine, cancel: Action) -> ActionRequest:
        engine.script.append(on_it(cancel))
        walk.customer("Cancel order 17")
        walk.ingest(), walk.turns()
        return request()

    def test_a_worker_that_dies_leaves_it_unknown_and_nobody_repeats_it(
        self, walk: Walk, asked_for: ActionRequest, shop_api: ModelServer
    ):
        assert len(carry_out.claim(walk.gateway.pk, 10)) == 1
        assert carry_out.claim(walk.gateway.pk, 10) == []
        ActionRequest.objects.update(lease_until=timezone.now() - timedelta(seconds=5))
        assert sweep.due()[Step.ACTION] == [walk.gateway.pk]
        walk.run()
        assert (request().state, walk.conversation().owner, shop_api.asked) == (State.UNKNOWN, "human", [])
        assert "“Cancel an order” may or may not have happened." in Handover.objects.get().why

    def test_a_worker_that_comes_back_late_changes_nothing(self, walk: Walk, asked_for: ActionRequest, shop_api):
        shop_api.script.append(answer(200, {"status": "gone"}))
        (late,) = carry_out.claim(walk.gateway.pk, 10)
        ActionRequest.objects.update(lease_until=timezone.now() - timedelta(seconds=5))
        walk.run()
        follow_up.actions([carry_out.work(late)])
        assert request().state == State.UNKNOWN

    @pytest.mark.parametrize(
        ("behaviour", "state", "owner"),
        [
            (answer(409, {}), State.FAILED, "agent"),
            (answer(500, {}), State.UNKNOWN, "human"),
            (lambda handler: handler.connection.close(), State.UNKNOWN, "human"),
            (cut, State.DONE, "agent"),
        ],
        ids=["refused", "failed", "no answer", "answer cut"],
    )
    def test_what_the_server_does(self, walk: Walk, asked_for, shop_api, behaviour: Any, state: str, owner: str):
        shop_api.script.append(behaviour)
        walk.run()
        assert (request().state, walk.conversation().owner, len(shop_api.asked)) == (state, owner, 1)

    def test_a_customer_who_isnt_told_yet_is_found(self, walk: Walk, engine, asked_for: ActionRequest):
        ActionRequest.objects.update(state="done", outcome="done", tell_epoch=asked_for.epoch)
        sweep.sweep()
        walk.run()
        assert [call.state for call in engine.briefs[-1].results] == [Outcome.DONE]
        assert request().tell_epoch is None
        assert not Turn.objects.exclude(state="done").exists()

    def test_an_engine_that_cant_tell_leaves_it_to_people(self, walk: Walk, asked_for, engine, shop_api, monkeypatch):
        shop_api.script.append(answer(200, {"status": "gone"}))
        monkeypatch.setattr(ScriptedEngine, "follows_up", False)
        walk.run()
        Turn.objects.filter(state="due").update(due_at="2020-01-01T00:00:00Z")
        walk.run()
        assert (request().state, walk.conversation().owner) == (State.DONE, "human")


def test_without_writing_actions_the_database_is_asked_nothing_more(
    walk: Walk, engine: ScriptedEngine, django_assert_num_queries: Any
):
    walk.customer("Hello")
    walk.ingest()
    from conversations.respond import questions
    from conversations.turns import claim

    turns = claim(walk.gateway.pk, 10)
    questions(turns)  # reads the agent
    with django_assert_num_queries(2):  # what was said, and the agent's revision
        questions(turns)


def test_a_budget_counts_what_was_spent(walk: Walk, engine: ScriptedEngine):
    from agents.engines.base import Usage

    walk.gateway.agent.conversation_tokens = 1000
    walk.gateway.agent.save()
    engine.script.append(said("Hi", cost=Usage(100, 20)))
    walk.answer("Hello")
    walk.answer("And?")
    assert [brief.spent for brief in engine.briefs] == [0, 120]
