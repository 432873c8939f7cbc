"""Who asks for a person, and who is only being polite."""

import pytest

from agents.engines.phrases import asks_for_person, small_talk


@pytest.mark.parametrize(
    "text",
    [
        "agent",
        "human please!",
        "rep pls",
        "I want to talk to a human",
        "can I speak to someone",
        "Please connect me with a representative",
        "get me a manager",
        "I don't want to talk to a bot",
        "not a bot, a real person please",
        "can somebody help me?",
        "Kann ich bitte mit einem Menschen sprechen?",
        "Mitarbeiter bitte",
        "je voudrais parler à un conseiller",
        "quiero hablar con una persona",
        "Vorrei parlare con un operatore",
        "quero falar com um atendente",
        "Ik wil een medewerker spreken",
        "Chcę rozmawiać z człowiekiem",
        "担当者と話したいです",
        "担当者とお話しできますか",
        "オペレーターにつないでください",
        "转人工",
        "我要跟真人说话",
    ],
)
def test_a_wish_for_a_person_is_heard(text):
    assert asks_for_person(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I don't need a human, just tell me the price",
        "no need to speak to someone",
        "I need a 2 person tent",
        "Is there a cleaning agent for boots?",
        "which agent delivers my parcel?",
        "Does someone have to be at home?",
        "Could someone else pick up my order?",
        "Ich brauche keinen Mitarbeiter",
        "je ne veux pas parler à un humain",
        "puis-je contacter le transporteur ?",
        "no quiero hablar con un agente",
        "不需要人工客服",
    ],
)
def test_what_only_sounds_like_it_is_not(text):
    assert asks_for_person(text) == ""


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("hi", "greeting_reply"),
        ("hey team, good morning 👋", "greeting_reply"),
        ("こんにちは", "greeting_reply"),
        ("Thank you so much!", "thanks_reply"),
        ("fair enough, thank you!", "thanks_reply"),
        ("ok", "thanks_reply"),
        ("👍", "thanks_reply"),
        ("merci beaucoup", "thanks_reply"),
        ("hi, where is my order", ""),
        ("thanks but it doesn't work", ""),
        ("history", ""),
        ("no", ""),
        ("", ""),
    ],
)
def test_politeness_is_told_from_questions(text, key):
    assert small_talk(text) == key
