"""A mail's text in, what is new in it out."""

import time
from pathlib import Path

import pytest

from gateways.mail.quotes import strip

SAMPLES = Path(__file__).parents[4] / "shared" / "specs" / "email" / "reply_parser"

ATTRIBUTIONS = {
    "en": "On Mon, Jan 5, 2026 at 10:00 AM Shop <s@x.com> wrote:",
    "en-wrapped": "On Mon, Jan 5, 2026 at 10:00 AM\nShop <s@x.com>\nwrote:",
    "de": "Am Mo., 5. Jan. 2026 um 10:00 Uhr schrieb Shop <s@x.de>:",
    "fr": "Le lun. 5 janv. 2026 à 10:00, Shop <s@x.fr> a écrit :",
    "es": "El lun, 5 ene 2026 a las 10:00, Shop (<s@x.es>) escribió:",
    "pt": "Em seg., 5 de jan. de 2026 às 10:00, Shop <s@x.pt> escreveu:",
    "nl": "Op ma 5 jan 2026 om 10:00 schreef Shop <s@x.nl>:",
    "it": "Il giorno lun 5 gen 2026 alle ore 10:00 Shop <s@x.it> ha scritto:",
    "pl": "pon., 5 sty 2026 o 10:00 Shop <s@x.pl> napisał(a):",
    "ru": "пн, 5 янв. 2026 г. в 10:00, Shop <s@x.ru>:",
    "ja": "2026年1月5日(月) 10:00 Shop <s@x.jp>:",
    "tr": "Shop <s@x.tr>, 5 Oca 2026 Pzt, 10:00 tarihinde şunu yazdı:",
    "sv": "Den mån 5 jan. 2026 kl 10:00 skrev Shop <s@x.se>:",
    "fi": "ma 5. tammik. 2026 klo 10.00 Shop (s@x.fi) kirjoitti:",
    "cs": "po 5. 1. 2026 v 10:00 odesílatel Shop <s@x.cz> napsal:",
    "zh": "Shop <s@x.cn> 于2026年1月5日周一 10:00写道：",
    "ko": "2026년 1월 5일 (월) 오전 10:00, Shop <s@x.kr>님이 작성:",
}


@pytest.mark.parametrize("language", ATTRIBUTIONS)
@pytest.mark.parametrize("mark", ["> ", ""], ids=["marked", "unmarked"])
def test_what_is_quoted_goes(language, mark):
    said = strip(f"Yes, please.\n\n{ATTRIBUTIONS[language]}\n\n{mark}Shall we?\n{mark}Shop\n")
    assert (said.text, said.left_out) == ("Yes, please.", True)


CASES = {
    "nothing to leave out": ("Hello\n\nWorld", "Hello\n\nWorld"),
    "between the lines": ("> Size?\nM\n> Colour?\nBlue", "M\nBlue"),
    "below the quote": ("On 5 Jan 2026 Shop <s@x.com> wrote:\n> Size?\n\nM", "M"),
    "only a quote": ("> Size?\n> Colour?", "> Size?\n> Colour?"),
    "outlook": ("Ja\n\nVon: Shop <s@x.de>\nGesendet: 5. Januar 2026\nAn: Ann\nBetreff: X\n\nAlt", "Ja"),
    "outlook french": (
        "Oui\n\n________________________________\nDe : S <s@x.fr>\nEnvoyé : 5 janvier 2026\nÀ : A\nObjet : X\n\nV",
        "Oui",
    ),
    "divider": ("Sí\n\n-----Mensaje original-----\nDe: Shop\n\nViejo", "Sí"),
    "labels of a person": ("From: me\nTo: you\nSubject: a poem\nRoses", "From: me\nTo: you\nSubject: a poem\nRoses"),
    "signature": ("Call me.\n\n-- \nAnn\nBoss", "Call me."),
    "a dash in the text": (
        "A list:\n--\n" + "\n".join(f"line {n}" for n in range(30)),
        "A list:\n--\n" + "\n".join(f"line {n}" for n in range(30)),
    ),
    "phone": ("Thanks!\n\nVon meinem iPhone gesendet", "Thanks!"),
    "phone french": ("Merci !\n\nEnvoyé depuis mon iPhone", "Merci !"),
    "not a phone": ("Sent from my desk, which is new.", "Sent from my desk, which is new."),
    "forward with a word": (
        "See below.\n\n---------- Forwarded message ---------\nFrom: a@b.c\n\nBroken",
        "See below.\n\n---------- Forwarded message ---------\nFrom: a@b.c\n\nBroken",
    ),
    "somebody wrote a colon": ("My brother wrote:\nit is broken", "My brother wrote:\nit is broken"),
}


@pytest.mark.parametrize("name", CASES)
def test_cases(name):
    text, new = CASES[name]
    assert strip(text).text == new


EXPECTED = {
    "email_1_4": "Awesome! I haven't had another problem with it.",
    "email_1_8": "I will reply under this one\n\nand under this.",
    "email_2_1": "Outlook with a reply",
    "email_2_2": "Outlook with a reply directly above line",
    "email_2_3": "Outlook with a reply above headers using unusual format",
    "email_BlackBerry": "Here is another email",
    "email_gmail": "This is a test for inbox replying to a github message.",
    "email_iPhone": "Here is another email",
    "email_multi_word_sent_from_my_mobile_device": "Here is another email",
    "email_sent_from_my_not_signature": "Here is another email\n\n"
    "Sent from my desk, is much easier then my mobile phone.",
    "correct_sig": "this is an email with a correct -- signature.",
    "pathological": "I think you're onto something. I will try to fix the problem as soon as I\n"
    "get back to a computer.",
}


@pytest.mark.parametrize("name", EXPECTED)
@pytest.mark.skipif(not SAMPLES.is_dir(), reason="../shared isn't here")
def test_samples_of_another_parser(name):
    assert strip((SAMPLES / f"{name}.txt").read_text("utf-8")).text == EXPECTED[name]


@pytest.mark.parametrize(
    "evil",
    [
        "On 1 a:\n" * 20_000,
        "On 20 2024 <a@b.de> " + "a " * 100_000,
        ">" * 100_000,
        "From: 1\n" * 20_000,
        "--\n" * 20_000,
    ],
    ids=["attributions", "one line", "quotes", "labels", "signatures"],
)
def test_hostile_texts_come_to_an_end(evil):
    began = time.process_time()
    strip(evil)
    assert time.process_time() - began < 60  # not a bound on speed: without care it would be hours
