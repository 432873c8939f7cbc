"""Where a conversation is decides whether the agent answers, and its leaving stops the agent at once."""

from collections.abc import Callable
from typing import Any

import pytest

from conversations.limbo import in_limbo
from conversations.models import AuditEvent, Conversation, Delivery, Turn
from gateways.models import Destination, Gateway, InboundEvent, ManagingPoint
from gateways.reasons import Reason
from tests.conftest import Walk
from tests.fakes import ScriptedEngine, escalate


def point(gateway: Gateway, kind: str, external_id: str, name: str = "") -> None:
    place = Destination.objects.create(gateway=gateway, kind=kind, external_id=external_id, name=name or external_id)
    ManagingPoint.objects.create(gateway=gateway, destination=place)


def limit(gateway: Gateway, **fields: Any) -> None:
    Gateway.objects.filter(pk=gateway.pk).update(**fields)


def moved(**fields: Any) -> dict[str, Any]:
    return {"event": "Assigned", "thread": "t1", **fields}


def tagged(*tags: str) -> dict[str, Any]:
    return {"event": "Tagged", "thread": "t1", "tags": list(tags)}


def reasons() -> list[str]:
    return list(InboundEvent.objects.order_by("pk").values_list("reason", flat=True))


# --- What is told with a message --------------------------------------------------------------------------------------

TOLD: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "in its inbox": ({}, {"destination": "support"}, "handled"),
    "in another inbox": ({}, {"destination": "sales"}, "not_in_managing_point"),
    "in a team": ({}, {"destination": "billing", "destination_kind": "team"}, "handled"),
    "in an inbox named like the team": ({}, {"destination": "billing"}, "not_in_managing_point"),
    "with a tag": ({}, {"destination": "sales", "tags": ["VIP"]}, "handled"),
    "with an excluded tag": (
        {"excluded_tags": ["spam"]},
        {"destination": "support", "tags": ["Spam"]},
        "excluded_tag",
    ),
    "by its channel": ({"only_channels": ["email"]}, {"destination": "support", "channel": "email"}, "handled"),
    "by another channel": ({"only_channels": ["email"]}, {"destination": "support", "channel": "chat"}, "filtered"),
    "about its brand": ({"only_brands": ["Acme"]}, {"destination": "support", "brand": "Acme"}, "handled"),
    "about another brand": ({"only_brands": ["Acme"]}, {"destination": "support", "brand": "Bolt"}, "filtered"),
    "from elsewhere": (
        {"only_senders": ["example.com"]},
        {"destination": "support", "sender": {"id": "1", "email": "ann@example.org"}},
        "filtered",
    ),
}


@pytest.mark.parametrize(("limits", "fields", "reason"), TOLD.values(), ids=TOLD)
def test_what_the_agent_answers(walk: Walk, limits: dict[str, Any], fields: dict[str, Any], reason: str):
    point(walk.gateway, "inbox", "support")
    point(walk.gateway, "team", "billing")
    point(walk.gateway, "tag", "tag_1", "vip")
    limit(walk.gateway, **limits)
    walk.customer("Hello", **fields)
    walk.run()
    assert walk.told() == (["re: Hello"] if reason == "handled" else [])
    assert reasons() == [reason]
    assert not in_limbo().exists()
    left = AuditEvent.objects.filter(kind="left_alone")
    assert [event.data for event in left] == ([] if reason == "handled" else [{"reason": reason}])


def test_in_another_language(walk: Walk):
    limit(walk.gateway, only_languages=["de"])
    assert walk.answer("Where is my order? I have been waiting for two weeks now.") == []
    assert reasons() == ["filtered"]


def test_one_place_of_each_kind_is_known(walk: Walk):
    walk.customer("Hello", destination="support")
    walk.receive(moved(destination="billing", destination_kind="team"))
    walk.run()
    conversation = walk.conversation()
    ids = {place.kind: place.pk for place in Destination.objects.all()}
    assert conversation.places == ids and set(ids) == {"inbox", "team"}
    assert conversation.destination_id == ids["team"]
    walk.receive(moved(destination="", destination_kind="team"))
    walk.run()
    conversation.refresh_from_db()
    assert (conversation.places, conversation.destination_id) == ({"inbox": ids["inbox"]}, ids["inbox"])


# --- Leaving ----------------------------------------------------------------------------------------------------------

LEAVING: dict[str, tuple[dict[str, Any], str]] = {
    "moved to another inbox": (moved(destination="sales", by="Bo"), "not_in_managing_point"),
    "moved nowhere": (moved(destination=""), "not_in_managing_point"),
    "excluded tag": (tagged("spam"), "excluded_tag"),
}
MOMENTS: dict[str, Callable[[Walk], Any]] = {
    "before the turn": lambda walk: None,
    "before the reply is sent": lambda walk: walk.turns(),
}


@pytest.fixture
def limited(walk: Walk) -> Walk:
    point(walk.gateway, "inbox", "support")
    limit(walk.gateway, excluded_tags=["spam"])
    return walk


@pytest.mark.parametrize("until", MOMENTS.values(), ids=MOMENTS)
@pytest.mark.parametrize(("event", "reason"), LEAVING.values(), ids=LEAVING)
def test_nothing_leaves_after_the_conversation_left(
    limited: Walk, event: dict[str, Any], reason: str, until: Callable[[Walk], Any]
):
    limited.customer("Hello", destination="support")
    limited.ingest()
    until(limited)
    limited.receive(dict(event))
    limited.ingest()
    limited.run()
    assert limited.told() == []
    conversation = limited.conversation()
    assert (conversation.owner, conversation.status) == ("agent", "open")
    assert not conversation.turns.exclude(state=Turn.State.DONE).exists()
    assert not conversation.deliveries.exclude(status=Delivery.Status.CANCELLED).exists()
    assert not in_limbo().exists()
    assert reasons()[-1] == reason
    assert AuditEvent.objects.get(kind="stepped_aside").data == {"reason": reason}


def test_nothing_leaves_when_it_goes_while_the_engine_thinks(limited: Walk, engine: ScriptedEngine):
    def meanwhile(brief: Any) -> None:
        limited.receive(moved(destination="sales"))
        limited.ingest()

    engine.script.append(meanwhile)
    limited.customer("Hello", destination="support")
    limited.run()
    assert limited.told() == []
    assert not in_limbo().exists()


def test_nothing_leaves_when_a_message_tells_that_it_has_gone(limited: Walk):
    limited.customer("Hello", destination="support")
    limited.ingest()
    limited.customer("Anybody?", destination="sales")
    limited.run()
    assert limited.told() == []
    assert not in_limbo().exists()
    assert reasons() == ["handled", "not_in_managing_point"]


def test_moved_in_it_starts_with_the_next_message(limited: Walk, engine: ScriptedEngine):
    limited.customer("Hello", destination="sales")
    limited.run()
    limited.receive(moved(destination="support"))
    limited.run()
    assert limited.told() == []
    assert limited.answer("Are you there?") == ["re: Are you there?"]


def test_out_and_in_again_leaves_what_was_said_before(limited: Walk):
    limited.customer("Hello", destination="support")
    limited.ingest()
    limited.receive(moved(destination="sales"), moved(destination="support"))
    limited.run()
    assert limited.told() == []
    assert limited.answer("And now?") == ["re: And now?"]


def test_what_the_agent_hands_over_isnt_stopped_by_its_own_assignment(limited: Walk, engine: ScriptedEngine):
    engine.script.append(escalate())
    limited.customer("A person, please", destination="support")
    limited.ingest(), limited.turns()
    limited.receive(moved(destination="sales"))
    limited.ingest()
    limited.run()
    assert len(limited.told()) == 1
    assert limited.conversation().owner == "human"


def test_a_move_within_the_points_changes_nothing(limited: Walk):
    point(limited.gateway, "inbox", "second")
    limited.customer("Hello", destination="support")
    limited.ingest()
    limited.receive(moved(destination="second"))
    limited.run()
    assert limited.told() == ["re: Hello"]


# --- Whose it is ------------------------------------------------------------------------------------------------------


def test_assigned_to_a_teammate_it_is_peoples(walk: Walk):
    walk.customer("Hello")
    walk.receive(moved(assignee="7", assignee_name="Grace"))
    walk.run()
    assert walk.told() == []
    assert walk.conversation().owner == "human"
    assert reasons() == ["handled", "person_acted"]


def test_assigned_to_others_is_processed_where_that_is_wanted(walk: Walk):
    limit(walk.gateway, answers_assigned=True)
    walk.customer("Hello")
    walk.receive(moved(assignee="7", assignee_name="Grace"))
    walk.run()
    assert walk.told() == ["re: Hello"]
    walk.staff("Grace here.")
    walk.run()
    assert walk.answer("Thanks") == []
    assert reasons() == ["handled", "noted", "person_acted", "person_owns"]


def test_what_people_have_stays_theirs_whoever_it_is_assigned_to(walk: Walk):
    limit(walk.gateway, answers_assigned=True)
    walk.answer("Hello")
    walk.staff("Bo here.")
    walk.receive(moved(assignee="7"))
    walk.run()
    assert walk.conversation().owner == "human"


def test_assigned_to_the_teammate_that_the_agent_is_gives_it_back(walk: Walk):
    limit(walk.gateway, teammate_id="99")
    walk.answer("Hello")
    walk.staff("Bo here.")
    walk.receive(moved(assignee="99"))
    walk.run()
    assert walk.conversation().owner == "agent"
    assert walk.answer("And now?") == ["re: And now?"]


FIRST = {
    "a teammate's": ({}, "7", []),
    "the agent's own": ({"teammate_id": "7"}, "7", ["re: Hello"]),
    "nobody's": ({}, "", ["re: Hello"]),
    "a teammate's, processed": ({"answers_assigned": True}, "7", ["re: Hello"]),
}


@pytest.mark.parametrize(("limits", "assignee", "told"), FIRST.values(), ids=FIRST)
def test_a_conversation_that_was_assigned_before_we_met_it(
    walk: Walk, limits: dict[str, Any], assignee: str, told: list[str]
):
    limit(walk.gateway, **limits)
    walk.customer("Hello", assignee=assignee)
    walk.run()
    assert walk.told() == told
    assert reasons() == ["handled" if told else "person_owns"]


# --- The hot path -----------------------------------------------------------------------------------------------------


def test_limits_cost_one_query_for_a_batch_and_no_limits_none(walk: Walk, django_assert_max_num_queries: Any):
    def queries() -> int:
        walk.customer("Hello", thread=f"t{Conversation.objects.count()}")
        with django_assert_max_num_queries(100) as found:
            walk.ingest()
        return len(found.captured_queries)

    queries()
    without = queries()
    limit(walk.gateway, excluded_tags=["spam"], only_channels=["!chat"], only_senders=["!example.com"])
    assert queries() == without
    point(walk.gateway, "tag", "vip")
    Gateway.objects.update(only_channels=[])
    walk.customer("Hi", thread="tagged", tags=["vip"])
    with django_assert_max_num_queries(without + 1):
        walk.ingest()
    assert InboundEvent.objects.order_by("-pk").first().reason == Reason.HANDLED  # type: ignore[union-attr]
