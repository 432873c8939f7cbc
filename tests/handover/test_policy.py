"""Who gets a handed-over conversation. Pure, as a table."""

import pytest

from handover.policy import Choice, Rule, Target, choose

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
    assert choose(rules, target, sub_agent) == choice
