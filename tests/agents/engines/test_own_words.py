"""What a reply says, as sub agents hear it."""

import pytest

from agents.engines.base import SubAgentBrief
from agents.engines.own_words import heard
from tests.agents.engines.small import agent

MONEY = SubAgentBrief(
    9,
    "promised-money",
    "Promised money",
    "",
    ("We will refund you", "I have cancelled the charge", "全額返金します"),
    "",
    "hand_over",
    10,
    (),
    trigger="agent",
)
CUSTOMERS = SubAgentBrief(8, "refunds", "Refunds", "", ("We will refund you",), "", "hand_over", 1, ())
SHOP = agent(CUSTOMERS, MONEY)


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        ("I am sorry. We will refund you 20 euros.", "We will refund you 20 euros."),
        ("We'll of course refund you at once!", "We'll of course refund you at once!"),
        ("I've cancelled the charge.", "I've cancelled the charge."),
        ("We will send you a refund.", "We will send you a refund."),
        ("明日、全額返金します。", "明日、全額返金します。"),
        ("We will not refund you.", ""),
        ("Shall I say that we will refund you?", ""),
        ("A refund takes five days.", ""),
        ("We will send the tent to the address that you gave us, and a refund to you.", ""),
        ("You are welcome!", ""),
        ("", ""),
    ],
)
def test_what_is_heard(reply: str, sentence: str):
    said = heard(reply, SHOP, "en")
    assert (said.sentence if said else "") == sentence
    assert said is None or said.match.sub_agent is MONEY


def test_without_a_sub_agent_that_listens_nothing_is():
    assert heard("We will refund you.", agent(CUSTOMERS), "en") is None
