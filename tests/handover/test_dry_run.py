"""Rules that are tried on what was handed over before."""

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from agents.models import SubAgent
from gateways.models import Destination
from handover import dry_run
from handover.models import EscalationTarget, HandoverRule
from tests.conftest import Walk
from tests.fakes import ScriptedEngine, escalate

pytestmark = pytest.mark.django_db


@pytest.fixture
def past(walk: Walk, engine: ScriptedEngine) -> Walk:
    """One about billing went to Money, one without a sub agent to Front."""
    made = {
        name: Destination.objects.create(gateway=walk.gateway, kind="inbox", external_id=name, name=name)
        for name in ("Front", "Money", "German")
    }
    billing = SubAgent.objects.create(agent=walk.gateway.agent, name="Billing", slug="billing", scenario="Bills")
    EscalationTarget.objects.create(gateway=walk.gateway, destination=made["Front"])
    HandoverRule.objects.create(gateway=walk.gateway, sub_agent=billing, destination=made["Money"])
    engine.script.extend([escalate(sub_agent="billing"), escalate()])
    walk.answer("I was charged twice, please help me", thread="a")
    walk.answer("Ich möchte bitte mit einem Menschen sprechen", thread="b")
    return walk


def places(tried: list[dry_run.Tried]) -> list[tuple[str, str, str]]:
    return [(each.went, each.today, each.edited) for each in reversed(tried)]


@pytest.mark.parametrize(
    ("rows", "edited"),
    [
        ([], ["Front", "Front"]),
        ([{"destination": "German", "language": "de"}], ["Front", "German"]),
        ([{"destination": "German", "sub_agent": "billing"}], ["German", "Front"]),
        ([{"destination": "German", "sub_agent": "billing", "is_active": False}], ["Front", "Front"]),
        (
            [{"destination": "German", "position": 2}, {"destination": "Money", "sub_agent": "billing", "position": 1}],
            ["Money", "German"],
        ),
    ],
    ids=["none", "by language", "another destination", "switched off", "in order"],
)
def test_edited_rules_beside_todays(past: Walk, rows: Any, edited: list[str]):
    tried = dry_run.replay(past.gateway, dry_run.from_rows(past.gateway, rows))
    assert places(tried) == [("Money", "Money", edited[0]), ("Front", "Front", edited[1])]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ({}, "must be a list"),
        ([{"destination": "Nowhere"}], "needs a “destination”"),
        ([{"destination": "Front", "sub_agent": "x"}], "no sub agent “x”"),
        ([{"destination": "Front", "hours": "always"}], "isn't like"),
        ([{"destination": "Front", "weather": "rain"}], "“weather”, which no rule has"),
    ],
    ids=["no list", "destination", "sub agent", "hours", "unknown"],
)
def test_rows_that_wont_do_are_refused(past: Walk, rows: Any, says: str):
    with pytest.raises(ValueError, match=says):
        dry_run.from_rows(past.gateway, rows)


def test_the_command_prints_it_and_changes_nothing(past: Walk, tmp_path: Any):
    file = tmp_path / "rules.json"
    file.write_text(json.dumps([{"destination": "German", "language": "de"}]))
    told = io.StringIO()
    call_command("dry_run_rules", gateway="Desk", rules=str(file), stdout=told)
    assert "* " in told.getvalue() and "went to Money; today Money; then Front" in told.getvalue()
    assert told.getvalue().endswith("2 of 2 handovers would go somewhere else than by today's rules.\n")
    assert HandoverRule.objects.get().destination.name == "Money"


def test_the_command_without_rules_shows_todays(past: Walk):
    told = io.StringIO()
    call_command("dry_run_rules", gateway="Desk", last=1, stdout=told)
    assert told.getvalue().endswith("0 of 1 handovers would go somewhere else than by today's rules.\n")


def test_the_command_says_what_wont_do(past: Walk, tmp_path: Any):
    with pytest.raises(CommandError, match="No such file"):
        call_command("dry_run_rules", gateway="Desk", rules=str(tmp_path / "none.json"))


class TestThePage:
    def form(self, past: Walk, **changes: Any) -> dict[str, Any]:
        rule = HandoverRule.objects.get()
        return {
            "rules-TOTAL_FORMS": 2,
            "rules-INITIAL_FORMS": 1,
            "rules-0-id": rule.pk,
            "rules-0-position": 1,
            "rules-0-sub_agent": rule.sub_agent_id,
            "rules-0-destination": rule.destination_id,
            "rules-0-is_active": "on",
            "rules-1-position": 2,
            "rules-1-language": "de",
            "rules-1-destination": Destination.objects.get(name="German").pk,
            "rules-1-is_active": "on",
            **changes,
        }

    def url(self, past: Walk) -> str:
        return reverse("admin:gateways_gateway_dry_run", args=[past.gateway.pk])

    def test_shows_the_rules_as_they_are(self, past: Walk, admin_client: Client):
        response = admin_client.get(self.url(past))
        assert response.status_code == 200 and response.context["tried"] is None

    def test_tries_without_saving(self, past: Walk, admin_client: Client):
        response = admin_client.post(self.url(past), {**self.form(past), "try": "1"})
        assert places(response.context["tried"]) == [("Money", "Money", "Money"), ("Front", "Front", "German")]
        assert "<strong>1</strong> of the last 2 handovers" in response.content.decode()
        assert HandoverRule.objects.count() == 1

    def test_a_rule_that_is_taken_away_doesnt_count(self, past: Walk, admin_client: Client):
        form = {**self.form(past), "rules-0-DELETE": "on", "try": "1"}
        assert places(admin_client.post(self.url(past), form).context["tried"])[0] == ("Money", "Money", "Front")

    def test_saves_when_told_to(self, past: Walk, admin_client: Client):
        assert admin_client.post(self.url(past), {**self.form(past), "save": "1"}).status_code == 302
        assert HandoverRule.objects.count() == 2

    def test_says_what_wont_do(self, past: Walk, admin_client: Client):
        response = admin_client.post(self.url(past), {**self.form(past), "rules-1-hours": "always", "try": "1"})
        assert "isn&#x27;t like" in response.content.decode() and response.context["tried"] is None

    def test_is_for_those_who_may_change_gateways(self, past: Walk, client: Client, django_user_model: Any):
        client.force_login(django_user_model.objects.create_user("kim", is_staff=True))
        assert client.get(self.url(past)).status_code == 403
