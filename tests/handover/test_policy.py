"""Who gets a handed-over conversation. Pure, as a table."""

from dataclasses import replace
from datetime import datetime

import pytest

from handover import hours
from handover.policy import Choice, Rule, Situation, Target, choose

BILLING = Rule(id=1, sub_agent="billing", destination_id=10, destination="Billing desk")
BILLING_TOO = Rule(id=2, sub_agent="billing", destination_id=11, destination="Somebody else")
RETURNS = Rule(id=3, sub_agent="returns", destination_id=12, destination="Returns desk")
FRONT = Target(destination_id=20, destination="Front desk")

NO_RULE = "No rule fits; Front desk is the escalation target."
NOTHING = "No rule fits and there is no escalation target: it waits for people."


@pytest.mark.parametrize(
    ("rules", "target", "sub_agent", "choice"),
    [
        ([BILLING, RETURNS], FRONT, "returns", Choice(12, 3, "Rule: “returns” goes to Returns desk.")),
        ([BILLING, BILLING_TOO], FRONT, "billing", Choice(10, 1, "Rule: “billing” goes to Billing desk.")),
        ([BILLING], FRONT, "orders", Choice(20, None, NO_RULE)),
        ([BILLING], FRONT, "", Choice(20, None, NO_RULE)),
        ([BILLING], None, "orders", Choice(None, None, NOTHING)),
        ([], None, "", Choice(None, None, NOTHING)),
    ],
    ids=["a rule fits", "the first counts", "no rule fits", "no sub agent", "no target either", "nothing at all"],
)
def test_choice(rules, target, sub_agent, choice):
    assert choose(rules, target, Situation(sub_agent=sub_agent)) == choice


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


MONDAY_NOON, SATURDAY_NOON = at("2026-03-02T12:00"), at("2026-03-07T12:00")
GERMAN = Situation(language="de", channel="email", tags=("VIP",), contact_tags=("gold",), now=MONDAY_NOON)


def rule(**asked: object) -> Rule:
    return Rule(**{"id": 1, "sub_agent": "", "destination_id": 10, "destination": "Desk", **asked})


@pytest.mark.parametrize(
    ("asked", "because"),
    [
        ({}, ""),
        ({"language": "de"}, ", because the customer's language is “de”"),
        ({"language": "de-AT"}, ", because the customer's language is “de-AT”"),
        ({"language": "en"}, None),
        ({"channel": "Email"}, ", because it came by Email"),
        ({"channel": "chat"}, None),
        ({"tag": "vip"}, ", because it is tagged “vip”"),
        ({"tag": "new"}, None),
        ({"contact_tag": "gold"}, ", because the contact is tagged “gold”"),
        ({"contact_tag": "vip"}, None),
        ({"hours": hours.read("mon-fri 09:00-17:00")}, ", because it is within the rule's hours"),
        ({"hours": hours.read("sat 09:00-17:00")}, None),
        ({"language": "de", "tag": "vip"}, ", because the customer's language is “de” and it is tagged “vip”"),
        ({"language": "de", "tag": "new"}, None),
        ({"in_use": False}, None),
    ],
    ids=repr,
)
def test_a_rule_asks_for_what_isnt_empty(asked, because):
    expected = Choice(None, None, NOTHING)
    if because is not None:
        expected = Choice(10, 1, f"Rule: whatever is handed over goes to Desk{because}.")
    assert choose([rule(**asked)], None, GERMAN) == expected


@pytest.mark.parametrize(
    ("rules", "target", "gone", "destination"),
    [
        ([BILLING, BILLING_TOO], FRONT, (10,), 11),
        ([BILLING, BILLING_TOO], FRONT, (10, 11), 20),
        ([BILLING], FRONT, (10, 20), None),
        ([replace(BILLING, in_use=False), BILLING_TOO], FRONT, (), 11),
        ([], replace(FRONT, in_use=False), (), None),
    ],
    ids=["the next rule", "the target", "nothing left", "a rule switched off", "a target switched off"],
)
def test_what_is_gone_isnt_chosen(rules, target, gone, destination):
    assert choose(rules, target, Situation(sub_agent="billing"), gone).destination_id == destination


def test_the_choice_tells_what_comes_next():
    chosen = choose([replace(BILLING, next_id=11, accept_within=5)], FRONT, Situation(sub_agent="billing"))
    assert (chosen.next_id, chosen.accept_within) == (11, 5)
