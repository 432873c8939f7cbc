"""Yes and no to the offer of a person, in the customer's words; and what is neither."""

from dataclasses import replace

import pytest

from agents import languages, wordings
from agents.engines.base import Brief, Escalation, Offer, Reason
from agents.engines.consent import Consent, consent, consented, declined, is_nothing_but
from tests.agents.engines.small import brief

YES, NO, UNCLEAR = Consent.YES, Consent.NO, Consent.UNCLEAR


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("yes", YES),
        ("Yes, please!", YES),
        ("YES PLEASE", YES),
        ("ok", YES),
        ("Sure, thanks", YES),
        ("that would be great", YES),
        ("No problem", YES),
        ("👍", YES),
        ("Yes. My order number is 4711.", YES),
        ("Thanks, yes", YES),
        ("yes\nI ordered it last week", YES),
        ("ja bitte", YES),
        ("Gerne!", YES),
        ("Ja, das wäre nett", YES),
        ("In Ordnung", YES),
        ("oui s'il vous plaît", YES),
        ("Bien sûr", YES),
        ("D’accord, merci", YES),
        ("Sí, por favor", YES),
        ("claro", YES),
        ("Sì grazie", YES),
        ("Va bene", YES),
        ("Sim, por favor", YES),
        ("pode ser", YES),
        ("Ja graag", YES),
        ("Is goed", YES),
        ("Tak, proszę", YES),
        ("Jasne", YES),
        ("はい、お願いします。", YES),
        ("はいお願いします", YES),
        ("ぜひ", YES),
        ("好的，谢谢", YES),
        ("可以", YES),
        ("嗯嗯嗯", YES),
        ("да", YES),
        ("evet", YES),
        ("네", YES),
        ("no", NO),
        ("No thanks", NO),
        ("nope, I'm good", NO),
        ("Not now", NO),
        ("never mind", NO),
        ("No, what does delivery cost?", NO),
        ("Nein danke", NO),
        ("Nicht nötig.", NO),
        ("Lieber nicht", NO),
        ("Non merci", NO),
        ("pas la peine", NO),
        ("No, gracias", NO),
        ("No hace falta", NO),
        ("No grazie", NO),
        ("Non serve", NO),
        ("Não, obrigado", NO),
        ("não precisa", NO),
        ("Nee, bedankt", NO),
        ("hoeft niet", NO),
        ("Nie, dziękuję", NO),
        ("nie trzeba", NO),
        ("いいえ、結構です", NO),
        ("大丈夫です", NO),
        ("不用了，谢谢", NO),
        ("不需要", NO),
        ("нет, спасибо", NO),
        ("아니요", NO),
        ("", UNCLEAR),
        ("?!", UNCLEAR),
        ("Thanks", UNCLEAR),
        ("How long would that take?", UNCLEAR),
        ("Yes, but how long does that take?", UNCLEAR),
        ("Ja, aber erst morgen", UNCLEAR),
        ("yes or no?", UNCLEAR),
        ("yesterday I wrote to you", UNCLEAR),
        ("not what I meant", UNCLEAR),
        ("Noted", UNCLEAR),
        ("Jacke in Größe M", UNCLEAR),
        ("Sie haben mir das falsche Zelt geschickt", UNCLEAR),
        ("好贵", UNCLEAR),
        ("That's fine", UNCLEAR),
        ("I paid twice. Yes.", UNCLEAR),
        ("嗯" * 500 + "x", UNCLEAR),
        ("no " * 3000, UNCLEAR),
    ],
)
def test_what_the_customer_says(text: str, said: Consent):
    assert consent(text) is said


@pytest.mark.parametrize(
    ("text", "nothing_but"),
    [
        ("No thanks", True),
        ("No. Thank you!", True),
        ("No, what does delivery cost?", False),
        ("Yes", False),
        ("", False),
    ],
)
def test_nothing_but_a_no(text: str, nothing_but: bool):
    assert is_nothing_but(text, NO) is nothing_but


def offered(text: str) -> Brief:
    return replace(brief(text), offer=Offer("possible", "It may be about billing.", "billing"))


def test_a_yes_brings_people_for_the_offers_reason_and_by_its_rule():
    decision = consented(offered("Yes please"))
    assert decision is not None
    assert (decision.escalation, decision.reason) == (Escalation.NOW, Reason.ACCEPTED)
    assert (decision.sub_agent, decision.reply) == ("billing", "")
    assert decision.why == "The customer was offered a person and said yes: “Yes please”. It may be about billing."


@pytest.mark.parametrize("text", ["No", "What does it cost?"])
def test_anything_else_is_left_to_the_engine(text: str):
    assert consented(offered(text)) is None


def test_without_an_offer_there_is_nothing_to_say_yes_or_no_to():
    assert consented(brief("Yes please")) is None
    assert not declined(brief("No thanks"))


def test_a_no_is_noted():
    assert declined(offered("No thanks"))
    assert not declined(offered("Yes"))


@pytest.mark.parametrize("language", [*languages.SUPPORTED])
def test_no_wording_of_ours_is_taken_for_an_answer(language: str):
    assert consent(wordings.wording("offer", language)) is UNCLEAR
