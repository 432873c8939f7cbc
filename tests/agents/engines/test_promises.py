"""What an agent's reply promises that only people can keep; and what is an article's ordinary word."""

import tomllib
from dataclasses import replace

import pytest

from agents import wordings
from agents.engines.base import Decision, Escalation, Evidence, Reason
from agents.engines.promises import checked, offer, promise
from tests.agents.engines.demo import FOLDER, shop

HANDOVER, LATER, NO_ACCESS = "promises a handover", "promises a later answer", "admits that it can't look"


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ("I've passed your request on to our billing team.", HANDOVER),
        ("I'll connect you with a human agent.", HANDOVER),
        ("I am transferring you now.", HANDOVER),
        ("I have escalated this.", HANDOVER),
        ("Sorry about that! A colleague of mine will get back to you.", HANDOVER),
        ("One of our specialists will contact you shortly.", HANDOVER),
        ("Someone from our team will reach out.", HANDOVER),
        ("Your case has been forwarded.", HANDOVER),
        ("We'll get back to you within a day.", LATER),
        ("I'll look into your order and let you know.", LATER),
        ("You will hear from us soon.", LATER),
        ("I don't have access to your order.", NO_ACCESS),
        ("I can't see your account details.", NO_ACCESS),
        ("Unfortunately I’m unable to look up tracking numbers.", NO_ACCESS),
        ("Ich leite Ihre Anfrage an unser Team weiter.", HANDOVER),
        ("Ich habe Ihr Anliegen weitergegeben.", HANDOVER),
        ("Ein Kollege wird sich bei Ihnen melden.", HANDOVER),
        ("Ein Mitarbeiter meldet sich in Kürze.", HANDOVER),
        ("Wir melden uns bei Ihnen.", LATER),
        ("Ich kläre das und melde mich.", LATER),
        ("Ich habe leider keinen Zugriff auf Ihre Bestellung.", NO_ACCESS),
        ("Ich kann Ihr Konto nicht einsehen.", NO_ACCESS),
        ("Je vous transfère à un conseiller.", HANDOVER),
        ("Nous reviendrons vers vous.", LATER),
        ("Je n'ai pas accès à votre commande.", NO_ACCESS),
        ("Le paso con un agente.", HANDOVER),
        ("Nos pondremos en contacto con usted.", LATER),
        ("No tengo acceso a su pedido.", NO_ACCESS),
        ("La passo a un collega.", HANDOVER),
        ("Non ho accesso al suo ordine.", NO_ACCESS),
        ("Vou transferir você para um atendente.", HANDOVER),
        ("Entraremos em contato em breve.", LATER),
        ("Não tenho acesso ao seu pedido.", NO_ACCESS),
        ("Ik geef uw vraag door aan een collega.", HANDOVER),
        ("Ik laat u weten wat er is.", LATER),
        ("Ik heb geen toegang tot uw bestelling.", NO_ACCESS),
        ("Przekazuję sprawę do konsultanta.", HANDOVER),
        ("Odezwiemy się jutro.", LATER),
        ("Nie mam dostępu do zamówienia.", NO_ACCESS),
        ("担当者におつなぎします。", HANDOVER),
        ("後ほどご連絡いたします。", LATER),
        ("我已将您转接给人工客服。", HANDOVER),
        ("我们稍后会回复您。", LATER),
        ("我无法查看您的订单。", NO_ACCESS),
    ],
)
def test_a_promise_is_found(reply, kind):
    found = promise(reply)
    assert found is not None
    assert found.kind == kind


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "Would you like me to connect you with a colleague?",
        "Soll ich Sie mit einem Mitarbeiter verbinden?",
        "Write to us with your order number and we'll get back to you within two days.",
        "If you write to support, a colleague will answer.",
        "If you don't have access to the old address any more, write to us.",
        "The carrier passes the parcel on to a neighbour or to people who live next door.",
        "Wenn Sie uns schreiben, melden wir uns innerhalb von zwei Tagen.",
    ],
)
def test_an_offer_or_an_instruction_is_none(reply):
    assert promise(reply) is None


def test_no_article_of_the_demo_is_taken_for_a_promise():
    paragraphs = [part for article in shop().articles for part in [article.title, *article.body.split("\n\n")]]
    assert [text for text in paragraphs if promise(text)] == []


def test_no_reply_of_the_demos_past_is_taken_for_a_promise():
    table = tomllib.loads((FOLDER / "conversations.toml").read_text())["conversation"]
    replies = [step["agent"] for row in table for step in row["steps"] if "agent" in step]
    assert replies
    assert [text for text in replies if promise(text)] == []


def test_no_wording_that_engines_use_is_taken_for_a_promise():
    keys = ("clarify", "clarify_open", "read_more", "greeting_reply", "thanks_reply")
    said = [wordings.wording(key, language) for key in keys for language in wordings.languages()]
    assert [text for text in said if promise(text)] == []


DECISION = Decision(
    reply="I'll connect you with a person.",
    escalation=Escalation.NONE,
    reason=Reason.ANSWERED,
    why="An article answers.",
    confidence=0.9,
    sub_agent="orders",
)


def test_a_promise_brings_people():
    assert checked(DECISION) == replace(
        DECISION,
        escalation=Escalation.NOW,
        reason=Reason.PROMISED,
        why="The reply promises a handover, so people get the conversation: “i'll connect you with a person”.",
        evidence=(Evidence("phrase", HANDOVER, 1.0, "i'll connect you with a person"),),
        note="The agent's reply can only be kept by a person.",
    )


@pytest.mark.parametrize(
    "decision",
    [
        replace(DECISION, escalation=Escalation.NOW),
        replace(DECISION, escalation=Escalation.OFFERED, reply="Do you want me to connect you with a person?"),
        replace(DECISION, reply="Delivery takes 2 days."),
        replace(DECISION, reply=""),
    ],
)
def test_other_decisions_stay_as_they_are(decision):
    assert checked(decision) is decision


@pytest.mark.parametrize(
    "reply",
    [
        "Would you like to speak to a colleague?",
        "Delivery takes 2 days. Shall I connect you with our team?",
        "Do you want me to pass this on to a human?",
        "Can I put you through to a specialist?",
        "Soll ich Sie mit einem Mitarbeiter verbinden?",
        "Möchten Sie mit jemandem aus unserem Team sprechen?",
        "Voulez-vous que je vous passe un conseiller ?",
        "¿Quiere que le comunique con un agente?",
        "Vuole parlare con un operatore?",
        "Você gostaria de falar com um atendente?",
        "Zal ik u doorverbinden met een medewerker?",
        "Czy chce Pan porozmawiać z konsultantem?",
        "担当者におつなぎしましょうか。",
        "需要我帮您转接人工客服吗？",
        *(wordings.wording("offer", code) for code in ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "ja", "zh")),
    ],
)
def test_a_reply_that_asks_whether_a_person_is_wanted_offers_one(reply):
    found = checked(replace(DECISION, reply=reply))
    assert (found.escalation, found.reason) == (Escalation.OFFERED, Reason.OFFERED)
    assert offer(reply) and found.reply == reply


@pytest.mark.parametrize(
    "reply",
    [
        "Which tent do you have?",
        "For how many people is the tent?",
        "Shall I send you the link?",
        "Would you like to know more about group tents for four people?",
        "You can talk to our team by phone.",
        "Soll ich Ihnen den Link schicken?",
        "¿Para cuántas personas es la tienda?",
        "Hoeveel personen slapen in de tent?",
        "テントは何人用ですか？",
        "您需要几个人的帐篷？",
    ],
)
def test_other_questions_offer_nobody(reply):
    assert offer(reply) == ""


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ("Delivery takes 2 days.", "Delivery takes 2 days.\n\nSoll ich Sie mit jemandem aus unserem Team verbinden?"),
        ("", "Soll ich Sie mit jemandem aus unserem Team verbinden?"),
        ("Delivery takes 2 days. Is that all right?", "Delivery takes 2 days. Is that all right?"),
    ],
    ids=["says nothing of it", "says nothing", "asks"],
)
def test_an_offer_that_the_customer_could_not_know_of_is_put_into_words(reply, said):
    found = checked(replace(DECISION, reply=reply, escalation=Escalation.OFFERED), "de")
    assert (found.reply, found.escalation) == (said, Escalation.OFFERED)
