"""An engine that answers later: the turn waits as a row, the answer counts once, and what is too late is told so."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from agents import signatures
from agents.models import EngineSetting
from agents.signatures import new_secret
from aissist_site import sweep
from conversations import leases, limbo
from conversations.models import AuditEvent, Conversation, Timer, Turn
from gateways.models import Gateway
from handover import desk
from handover.models import Handover
from tests.agents.engines.conftest import model as model  # the server on loopback, as a fixture
from tests.agents.engines.model_server import ModelServer, answer, cut, decided
from tests.aissist_site.test_twice import at_once
from tests.conftest import Walk

pytestmark = pytest.mark.django_db

SECRET = new_secret()
LATER = answer(202, b"")


@pytest.fixture(autouse=True)
def loopback(settings: Any) -> None:
    settings.OUTBOUND_ALLOWED_NETWORKS = ["127.0.0.0/8"]


@pytest.fixture
def asked(walk: Walk, model: ModelServer) -> Walk:
    """An agent whose engine has said that it will answer later; the next one is there for when it doesn't."""
    agent, options = walk.gateway.agent, {"url": f"{model.url}/decide", "answer_within": 300}
    EngineSetting.objects.create(agent=agent, position=1, engine="remote", options=options, secret=SECRET)
    EngineSetting.objects.create(agent=agent, position=2, engine="scripted")
    model.script.append(LATER)
    assert walk.answer("When do I get my refund?") == []
    return walk


def callback(model: ModelServer, number: int = -1) -> str:
    return urlsplit(json.loads(model.asked[number].body)["callback"]).path


def post(path: str, values: Any, *, secret: str = SECRET, name: str = "answer_1", **changes: str) -> Any:
    body = values if isinstance(values, bytes) else json.dumps(values).encode()
    headers = {**signatures.sign([secret], name, body), **changes}
    return Client().post(path, body, content_type="application/json", headers=headers)


def time_is_over() -> None:
    Turn.objects.exclude(state="done").update(lease_until=timezone.now() - timedelta(seconds=2))


def trail(walk: Walk) -> list[str]:
    return list(walk.conversation().audit_events.values_list("kind", flat=True))


def test_the_turn_waits_as_a_row_and_nothing_is_late_or_in_limbo(asked: Walk, model: ModelServer):
    turn = Turn.objects.get()
    assert (turn.state, turn.awaits, turn.passed, turn.failures) == ("running", 1, 0, 0)
    assert timedelta(seconds=290) < turn.lease_until - timezone.now() < timedelta(seconds=300)
    assert asked.turns() == 0 and len(model.asked) == 1
    assert not limbo.in_limbo().exists()
    assert not any(sweep.due().values())
    event = AuditEvent.objects.get()
    assert (event.kind, event.why) == ("awaited", "The engine “remote” has 300 s to answer.")


def test_a_late_renewal_of_the_workers_lease_does_not_shorten_the_wait(asked: Walk):
    before = Turn.objects.get().lease_until
    assert leases.renew((Turn.objects.get().pk,)) == 0
    assert Turn.objects.get().lease_until == before


def test_the_answer_is_acted_on_as_any_other(asked: Walk, model: ModelServer):
    response = post(callback(model), decided(cost={"input_tokens": 7}))
    assert (response.status_code, response.json()) == (200, {"outcome": "The answer was acted on."})
    asked.run()
    assert asked.told() == ["Within 5 working days."]
    turn = Turn.objects.get()
    assert (turn.state, turn.outcome, turn.decision["engine"]) == ("done", "replied", "remote")
    assert turn.decision["cost"]["input_tokens"] == 7
    assert asked.conversation().answered_seq == 1
    assert trail(asked) == ["awaited", "replied"]


def test_an_answer_may_hand_over(asked: Walk, model: ModelServer):
    assert post(callback(model), decided(escalation="now", reason="out_of_scope")).status_code == 200
    assert Handover.objects.get().reason == "out_of_scope"


def test_its_words_are_checked_as_any_others(asked: Walk, model: ModelServer):
    post(callback(model), decided(reply="I've passed this on to our team.", facts=["Password: tulip"]))
    assert (Handover.objects.get().reason, Turn.objects.get().decision["facts"]) == ("promised", [])


def test_the_same_answer_again_is_fine_and_changes_nothing(asked: Walk, model: ModelServer):
    post(callback(model), decided())
    response = post(callback(model), decided())
    assert (response.status_code, response.json()) == (200, {"outcome": "This answer was acted on already."})
    asked.run()
    assert asked.told() == ["Within 5 working days."]


def test_another_answer_after_it_is_too_late(asked: Walk, model: ModelServer):
    post(callback(model), decided())
    response = post(callback(model), decided(reply="Never."), name="answer_2")
    assert (response.status_code, response.json()["error"]["message"]) == (410, "The turn is over: replied.")
    asked.run()
    assert asked.told() == ["Within 5 working days."]
    assert trail(asked)[-1] == "answer_ignored"


@pytest.mark.parametrize("act", ["take_over", "suspend", "close", "hand_over"])
def test_a_person_was_faster(asked: Walk, model: ModelServer, act: str):
    getattr(desk, act)(asked.conversation().pk, user=None, author="Bo")
    told = asked.run() or asked.told()
    response = post(callback(model), decided())
    assert (response.status_code, response.json()["error"]["code"]) == (410, "ignored")
    assert response.json()["error"]["message"] == "The turn is over: overtaken by people."
    asked.run()
    assert asked.told() == told
    assert AuditEvent.objects.filter(kind="answer_ignored").count() == 1


def test_when_its_time_is_over_the_next_is_asked_and_its_answer_ignored(asked: Walk, model: ModelServer, engine: Any):
    time_is_over()
    late: list[Any] = []
    assert len(sweep.due()[sweep.Step.TURN]) == 1

    def meanwhile(brief: Any) -> None:
        late.append(post(callback(model), decided()))

    engine.script.append(meanwhile)
    asked.run()
    assert asked.told() == ["re: When do I get my refund?"]
    assert len(model.asked) == 1
    assert late[0].status_code == 410
    assert late[0].json()["error"]["message"] == "The time to answer is over; another engine has been asked."
    decision = Turn.objects.get().decision
    assert "1. remote: It was asked and didn't answer in time." in decision["why"]
    assert post(callback(model), decided()).status_code == 410


def test_an_answer_that_is_late_but_finds_nobody_else_asked_counts(asked: Walk, model: ModelServer):
    time_is_over()
    assert post(callback(model), decided()).status_code == 200


def test_without_another_engine_people_get_the_conversation(asked: Walk, model: ModelServer):
    EngineSetting.objects.filter(position=2).delete()
    time_is_over()
    asked.run()
    Turn.objects.filter(state="due").update(due_at=timezone.now())
    asked.run()
    assert Handover.objects.get().reason == "engine_failed"
    assert len(model.asked) == 1


def test_a_worker_that_is_killed_after_asking_loses_nothing(asked: Walk, model: ModelServer):
    """It didn't get to write down that the engine answers later: so the turn is asked again, under the same id."""
    Turn.objects.update(awaits=0)
    time_is_over()
    model.script.append(LATER)
    asked.run()
    first, second = (each.headers["webhook-id"] for each in model.asked)
    assert first == second
    assert post(callback(model, 0), decided()).status_code == 200
    asked.run()
    assert asked.told() == ["Within 5 working days."]


def test_an_engine_whose_202_got_lost_may_answer_before_it_is_asked_again(asked: Walk, model: ModelServer):
    Turn.objects.update(state="due", awaits=0, lease_until=None, due_at=timezone.now() + timedelta(seconds=1))
    assert post(callback(model), decided()).status_code == 200
    assert asked.run() is None and asked.told() == ["Within 5 working days."]


def test_a_customer_who_writes_on_has_the_engine_asked_again(asked: Walk, model: ModelServer):
    asked.customer("And for my tent?")
    asked.ingest()
    model.script.append(LATER)
    response = post(callback(model), decided())
    assert response.status_code == 409
    assert response.json()["error"]["message"].startswith("The customer has written on.")
    asked.run()
    assert json.loads(model.asked[-1].body)["new"] == 2
    assert post(callback(model), decided(reply="Both within 5 days."), name="answer_2").status_code == 200
    asked.run()
    assert asked.told() == ["Both within 5 days."]


def test_past_the_longest_wait_the_answer_counts_and_the_rest_gets_another(asked: Walk, model: ModelServer):
    asked.customer("And for my tent?")
    asked.ingest()
    Turn.objects.update(answer_by=timezone.now())
    assert post(callback(model), decided()).status_code == 200
    model.script.append(answer(200, decided(reply="The same.")))
    asked.run()
    assert asked.told() == ["Within 5 working days.", "The same."]


def test_thinking_messages_are_said_meanwhile(asked: Walk, model: ModelServer):
    Gateway.objects.update(thinking_after=1)
    Timer.objects.create(turn=Turn.objects.get(), kind="thinking", due_at=timezone.now())
    asked.run()
    assert asked.told() == ["One moment please, I'm looking into it."]
    post(callback(model), decided())
    asked.run()
    assert asked.told()[1:] == ["Within 5 working days."]


def test_a_takeover_and_an_answer_leave_no_limbo(asked: Walk, model: ModelServer):
    desk.take_over(asked.conversation().pk, user=None, author="Bo")
    desk.give_back(asked.conversation().pk, user=None, author="Bo")
    assert post(callback(model), decided()).status_code == 410
    assert not limbo.in_limbo().exists()


REFUSED = {
    "another secret": (decided(), {"secret": new_secret()}, 401),
    "no signature": (decided(), {"webhook-signature": ""}, 401),
    "stale": (decided(), {"webhook-timestamp": "1000000000"}, 401),
    "not JSON": (b"no", {}, 400),
    "no decision": ({}, {}, 400),
    "empty": (decided(reply=""), {}, 400),
}


@pytest.mark.parametrize(("values", "changes", "status"), REFUSED.values(), ids=REFUSED)
def test_what_isnt_right_is_refused_and_the_turn_still_waits(
    asked: Walk, model: ModelServer, values: Any, changes: dict[str, str], status: int
):
    response = post(callback(model), values, **changes)
    assert response.status_code == status
    assert response.json()["error"]["message"]
    assert Turn.objects.get().awaits == 1
    assert post(callback(model), decided()).status_code == 200


def test_a_body_that_was_changed_on_the_way_is_refused(asked: Walk, model: ModelServer):
    body = json.dumps(decided()).encode()
    headers = signatures.sign([SECRET], "answer_1", body)
    changed = body.replace(b"5", b"9")
    response = Client().post(callback(model), changed, content_type="application/json", headers=headers)
    assert response.status_code == 401


def test_without_a_secret_nothing_is_taken(asked: Walk, model: ModelServer):
    row = EngineSetting.objects.get(engine="remote")
    row.secret = ""
    row.save()
    assert post(callback(model), decided()).status_code == 401
    EngineSetting.objects.filter(engine="remote").delete()
    assert post(callback(model), decided()).status_code == 401


def test_other_addresses_are_unknown(asked: Walk, model: ModelServer):
    path = callback(model)
    for other in (path[:-1], path.replace("answers/", "answers/1"), "/hooks/answers/1-1-0.x", "/hooks/answers/x"):
        assert post(other, decided()).status_code == 404
    assert Client().get(path).status_code == 405
    Conversation.objects.all().delete()
    assert post(path, decided()).status_code == 404


def test_an_agent_whose_engines_answer_at_once_is_given_no_callback(walk: Walk, model: ModelServer, engine: Any):
    walk.answer("Hello")
    assert engine.briefs[0].callback == ""


def test_an_engine_behind_one_that_fails_may_answer_later_too(walk: Walk, model: ModelServer):
    agent, options = walk.gateway.agent, {"url": f"{model.url}/decide"}
    for position in (1, 2):
        EngineSetting.objects.create(agent=agent, position=position, engine="remote", options=options, secret=SECRET)
    model.script.extend([cut, LATER])
    walk.answer("When do I get my refund?")
    assert Turn.objects.get().awaits == 2
    assert "1. remote: The remote engine gave no answer." in AuditEvent.objects.get().why
    assert post(callback(model), decided()).status_code == 200


def test_two_engines_in_a_row_that_answer_later(walk: Walk, model: ModelServer):
    agent, options = walk.gateway.agent, {"url": f"{model.url}/decide"}
    for position in (1, 2):
        EngineSetting.objects.create(agent=agent, position=position, engine="remote", options=options, secret=SECRET)
    model.script.extend([LATER, LATER])
    walk.answer("When do I get my refund?")
    time_is_over()
    walk.run()
    assert (Turn.objects.get().awaits, Turn.objects.get().passed) == (2, 1)
    assert post(callback(model, 0), decided(reply="Old.")).status_code == 410
    assert post(callback(model, 1), decided(reply="New.")).status_code == 200
    walk.run()
    assert walk.told() == ["New."]


@pytest.mark.django_db(transaction=True)
def test_two_answers_at_once_are_one(asked: Walk, model: ModelServer):
    statuses: list[int] = []
    path = callback(model)

    def send(number: int) -> None:
        statuses.append(post(path, decided(reply=f"Answer {number}."), name=f"answer_{number}").status_code)
        connection.close()

    at_once([(lambda number=number: send(number)) for number in range(6)])
    asked.run()
    assert sorted(statuses) == [200, 410, 410, 410, 410, 410]
    assert len(asked.told()) == 1
    assert AuditEvent.objects.filter(kind="answer_ignored").count() == 5
