"""`manage.py rehearse`: the demo's scenarios pass, failures and mistakes are told, and nothing is stored."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from agents.rehearsal.scenario import read
from aissist_site.demo.load import load
from aissist_site.management.commands.rehearse import SCENARIOS
from conversations.models import Conversation, Message, Turn

pytestmark = pytest.mark.django_db

TEN = ("de", "en", "es", "fr", "it", "ja", "nl", "pl", "pt", "zh")


@pytest.fixture(autouse=True)
def demo(db: None) -> None:
    load()


def run(*args: Any, **options: Any) -> str:
    out = StringIO()
    call_command("rehearse", *args, stdout=out, **options)
    return out.getvalue()


def counts() -> list[int]:
    return [model.objects.count() for model in (Conversation, Message, Turn)]


def test_every_scenario_of_the_demo_passes_on_its_engine_and_stores_nothing():
    before = counts()
    assert "0 scenarios failed" in run()
    assert counts() == before


def test_the_demo_has_scenarios_of_every_kind():
    scenarios = [scenario for file in SCENARIOS.glob("*.yaml") for scenario in read(file)]
    expected = [line.expect for scenario in scenarios for line in scenario.lines]
    people = {each.language for each in expected if each.reason == ("asked_for_human",)}
    assert len(scenarios) >= 30
    assert {slug for each in expected for slug in each.sub_agent or ()} >= {"orders", "returns", "billing", "technical"}
    assert {language for each in people for language in each or ()} == set(TEN)


def test_a_failure_is_told_and_ends_with_1(tmp_path: Path):
    path = tmp_path / "mine.yaml"
    path.write_text("- {scenario: Mine, lines: [{says: Do you ship to Norway, expect: {escalation: now}}]}")
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("rehearse", path, stdout=out)
    assert ended.value.code == 1
    assert "escalation: expected now, got none" in out.getvalue()
    assert "1 scenarios, 1 lines, 1 scenarios failed." in out.getvalue()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"paths": ["nowhere.yaml"]}, "nowhere.yaml: can't be read"),
        ({"agent": "Nobody"}, "There is no agent “Nobody”. Agents: “Brackentarn support”."),
    ],
)
def test_what_cant_be_rehearsed_ends_with_2(options, said):
    with pytest.raises(CommandError, match=said) as caught:
        run(*options.pop("paths", []), **options)
    assert caught.value.returncode == 2


def test_an_empty_folder_ends_with_2(tmp_path: Path):
    with pytest.raises(CommandError, match=r"no files with names in \.yaml") as caught:
        run(tmp_path)
    assert caught.value.returncode == 2
