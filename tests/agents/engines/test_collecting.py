"""What the customer has told of the facts, and what is still to be asked: read out of the transcript alone."""

import pytest

from agents.engines import collecting
from agents.engines.base import Collected, FactBrief, SubAgentBrief
from tests.agents.engines.small import agent, brief

ORDER = FactBrief("order number", "What is your order number?", r"BT-\d{5}")
WHAT = FactBrief("damage", "What is damaged?")
BROKEN = SubAgentBrief(
    9, "broken", "Broken", "", ("it is broken",), "", "reply", 10, (), facts=(ORDER, WHAT), acknowledgement="Oh no!"
)
SHOP = agent(BROKEN)


def told(*said: str) -> dict[str, str]:
    found = collecting.known(BROKEN, SHOP, brief(*said, of=SHOP).transcript)
    return {each.name: each.value for each in found}


@pytest.mark.parametrize(
    ("said", "known"),
    [
        (("It is broken",), {}),
        (("It is broken, order BT-20416",), {"order number": "BT-20416"}),
        (("Broken!", "What is your order number?", "It's bt-20416."), {"order number": "bt-20416"}),
        (("Broken!", "What is your order number?", "No idea"), {}),
        (("Broken!", "What is damaged?", "The  pole\nand a peg"), {"damage": "The pole and a peg"}),
        (("Broken!", "Sorry. What is damaged?", "The pole"), {"damage": "The pole"}),
        (("Broken!", "Anything else?", "The pole"), {}),
        (("BT-00001", "Sure?", "No, BT-00002"), {"order number": "BT-00002"}),
        (
            ("Hi", "What is damaged?", "It", "What is damaged?", "BT-1234567"),
            {"order number": "BT-12345", "damage": "BT-1234567"},
        ),
    ],
)
def test_what_is_known(said: tuple[str, ...], known: dict[str, str]):
    assert told(*said) == known


@pytest.mark.parametrize(
    ("known", "fact"),
    [((), ORDER), (("order number",), WHAT), (("damage",), ORDER), (("order number", "damage"), None)],
    ids=["none", "one", "other", "all"],
)
def test_what_is_asked_next(known: tuple[str, ...], fact: FactBrief | None):
    assert collecting.missing(BROKEN, [Collected(name, "x") for name in known]) == fact


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        (("Broken!", "What is damaged?", "The pole"), (BROKEN, WHAT)),
        (("Broken!", "You're welcome!", "The pole"), None),
        (("Broken!",), None),
    ],
    ids=["asked", "not asked", "first line"],
)
def test_what_was_asked_last(said: tuple[str, ...], asked: object):
    assert collecting.pending(brief(*said, of=SHOP)) == asked


def test_the_first_question_is_found_again():
    said = ("My tent is broken", "What is your order number?", "BT-20416", "What is damaged?", "The pole")
    assert collecting.original(BROKEN, brief(*said, of=SHOP)) == "My tent is broken"


def test_a_question_that_was_rephrased_is_recognised():
    import dataclasses

    german = dataclasses.replace(SHOP, said_as={WHAT.question: {"de": "Was ist kaputt?"}})
    asked = brief("Kaputt", "Was ist kaputt?", "Die Stange", of=german)
    assert collecting.pending(asked) == (BROKEN, WHAT)
    assert collecting.known(BROKEN, german, asked.transcript) == (Collected("damage", "Die Stange"),)
