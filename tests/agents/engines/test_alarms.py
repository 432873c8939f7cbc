"""What is taken from every engine: people at risk, threats, legal action. And what only sounds like it."""

import pytest

from agents.engines.alarms import alarmed
from agents.engines.base import Decision, Escalation, Evidence, Reason
from tests.agents.engines import questions
from tests.agents.engines.demo import shop
from tests.agents.engines.small import brief

ALARMS = [
    ("en", "I want to kill myself", Reason.SELF_HARM),
    ("en", "honestly I don't want to live any more", Reason.SELF_HARM),
    ("de", "Ich will nicht mehr leben", Reason.SELF_HARM),
    ("de", "ich werde mich umbringen", Reason.SELF_HARM),
    ("fr", "J'ai envie de mourir", Reason.SELF_HARM),
    ("es", "Quiero acabar con mi vida", Reason.SELF_HARM),
    ("it", "Non voglio più vivere", Reason.SELF_HARM),
    ("pt", "Eu quero morrer", Reason.SELF_HARM),
    ("nl", "ik denk aan zelfmoord", Reason.SELF_HARM),
    ("pl", "Nie chcę już żyć", Reason.SELF_HARM),
    ("ja", "もう死にたいです", Reason.SELF_HARM),
    ("zh", "我不想活了", Reason.SELF_HARM),
    ("en", "I will come to your shop and burn it down", Reason.THREAT),
    ("en", "I'm going to kill you", Reason.THREAT),
    ("en", "I know where you live", Reason.THREAT),
    ("de", "Ich bringe euch um", Reason.THREAT),
    ("de", "Ich weiß, wo du wohnst", Reason.THREAT),
    ("fr", "Je vais vous tuer", Reason.THREAT),
    ("es", "Os voy a matar", Reason.THREAT),
    ("it", "Vi ammazzo tutti", Reason.THREAT),
    ("pt", "Vou matar vocês", Reason.THREAT),
    ("nl", "Ik ga jullie vermoorden", Reason.THREAT),
    ("pl", "Zabiję was", Reason.THREAT),
    ("ja", "殺してやる", Reason.THREAT),
    ("zh", "我要杀了你们", Reason.THREAT),
    ("en", "You'll hear from my lawyer", Reason.LEGAL),
    ("en", "I'll take you to court", Reason.LEGAL),
    ("en", "we are going to sue you", Reason.LEGAL),
    ("de", "Mein Anwalt meldet sich", Reason.LEGAL),
    ("de", "Sonst leite ich rechtliche Schritte ein", Reason.LEGAL),
    ("fr", "Je vais porter plainte", Reason.LEGAL),
    ("es", "Voy a hablar con mi abogado", Reason.LEGAL),
    ("it", "Mi rivolgo al mio avvocato", Reason.LEGAL),
    ("pt", "Vou processar vocês", Reason.LEGAL),
    ("nl", "Ik stap naar de rechter", Reason.LEGAL),
    ("pl", "Idę z tym do sądu", Reason.LEGAL),
    ("ja", "弁護士に相談します", Reason.LEGAL),
    ("zh", "我会找律师起诉你们", Reason.LEGAL),
]
HARMLESS = [
    "",
    "These boots are killing me",
    "I cut myself on the tent pole",
    "My battery died after an hour",
    "Can my stove set the tent on fire?",
    "I will burn gas with your stove",
    "How do I blow up the mattress? I'll blow it up with a pump",
    "I'm a lawyer and need boots",
    "Do you deliver to a tennis court?",
    "is there a legal guarantee of two years?",
    "Bringen Sie das Paket um 10 Uhr?",
    "Sterben die Daunen beim Waschen?",
    "Me voy a morir de frío con este saco",
    "no sé donde vive mi vecino",
    "想死你们了",
]

TEN = ("de", "en", "es", "fr", "it", "ja", "nl", "pl", "pt", "zh")


@pytest.mark.parametrize(("language", "text", "reason"), ALARMS)
def test_an_alarm_is_heard(language, text, reason):
    decision = alarmed(brief(text, of=shop(), language=language))
    assert decision is not None
    assert (decision.escalation, decision.reason) == (Escalation.NOW, reason)


@pytest.mark.parametrize("reason", [Reason.SELF_HARM, Reason.THREAT, Reason.LEGAL])
def test_each_of_the_ten_languages_has_each_alarm(reason):
    assert {language for language, _, each in ALARMS if each is reason} == set(TEN)


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_sounds_like_it_is_none(text):
    assert alarmed(brief(text, of=shop())) is None


def test_ordinary_questions_and_articles_are_none():
    asked = [row[0] for table in (questions.TUNED_ON, questions.HELD_OUT) for row in table]
    told = [article.body for article in shop().articles]
    others = [*questions.OUT_OF_SCOPE, *questions.VAGUE, *questions.FOR_BILLING]
    assert [text for text in [*asked, *told, *others] if alarmed(brief(text, of=shop()))] == []


def test_the_gravest_alarm_counts_and_explains_itself():
    assert alarmed(brief("My lawyer knows. I will kill myself!", of=shop())) == Decision(
        reply="",
        escalation=Escalation.NOW,
        reason=Reason.SELF_HARM,
        why="The customer may be at risk: “kill myself”.",
        confidence=1.0,
        evidence=(Evidence("phrase", "self_harm", 1.0, "kill myself"),),
        note="May be at risk. Please look at once.",
    )


def test_the_end_of_a_very_long_text_is_looked_at():
    assert alarmed(brief("boots " * 10_000 + "I want to kill myself", of=shop())) is not None
