"""What people noted for themselves doesn't reach customers."""

import dataclasses

import pytest

from agents.engines.base import Escalation, Line, Reason, Speaker
from agents.engines.guard import guarded
from agents.engines.inside import kept_inside
from tests.agents.engines import small
from tests.fakes import said

NOTE = "Customer has been charging back every order since May, so be careful with any goodwill refund."
SHORT = "He always lies to us"
JAPANESE = "この顧客は五月からすべての注文を返金請求しています"


def noted(*notes: str, asked: str = "Where is my refund?"):
    return dataclasses.replace(small.brief(asked), notes=notes)


@pytest.mark.parametrize(
    ("reply", "note"),
    [
        (f"Sorry. {NOTE}", NOTE),
        ("You have: “been CHARGING back every\norder, since May” so no.", NOTE),
        ("Well, he always lies to us, we think.", SHORT),
        ("確認しました。この顧客は五月からすべての注文を返金請求しています。", JAPANESE),
    ],
    ids=["whole", "a piece, in other spacing", "a short one", "without spaces"],
)
def test_a_reply_that_quotes_a_note_is_held_for_people(reply: str, note: str):
    decision = kept_inside(noted("Called twice.", note), said(reply, clarifies=True))
    assert (decision.reply, decision.escalation, decision.reason) == ("", Escalation.NOW, Reason.QUOTED_NOTE)
    assert reply in decision.note and not decision.clarifies


@pytest.mark.parametrize(
    ("reply", "note", "asked"),
    [
        ("We refund you within 5 working days.", "Told her that we refund you within 5 working days.", "Refund?"),
        (
            "You ask where my big green tent is that I ordered.",
            "where my big green tent is that I ordered",
            "where my big green tent is that I ordered?",
        ),
        ("Please be careful with the poles.", NOTE, "Poles?"),
        ("Called twice.", "Called twice.", "What did you do?"),
        ("", NOTE, "Hello?"),
    ],
    ids=["an article says so", "the customer said so", "a few words", "too short to recognise", "no reply"],
)
def test_what_is_no_secret_stays(reply: str, note: str, asked: str):
    assert kept_inside(noted(note, asked=asked), said(reply)) == said(reply)


@pytest.mark.parametrize(
    ("known", "held"),
    [(NOTE, True), ("Main Street 5, 12345 Berlin, Germany", False)],
    ids=["a remark", "an address"],
)
def test_what_people_know_of_the_customer_is_such_a_note_if_it_is_a_sentence(known: str, held: bool):
    brief = dataclasses.replace(small.brief("What do you know?"), customer={"details": known})
    assert (kept_inside(brief, said(f"You: {known}")).reason is Reason.QUOTED_NOTE) == held


def test_what_was_said_to_the_customer_before_is_no_secret():
    brief = dataclasses.replace(noted(NOTE), past=(Line(Speaker.HUMAN, NOTE, small.WHEN),))
    assert kept_inside(brief, said(NOTE)) == said(NOTE)


def test_every_engine_has_this_net():
    assert guarded(noted(SHORT), lambda brief: said(SHORT)).reason is Reason.QUOTED_NOTE
