"""What engines may have remembered, and what is kept out of every record."""

import pytest

from agents.engines.facts import same, without_secrets


@pytest.mark.parametrize(
    "fact",
    [
        "Owns the tent Fjell 2.",
        "Wears size 43.",
        "Has ordered 3 times since 2024.",
        "Order 4711-2024 was a gift.",
        "Can be reached at +49 170 1234567.",
        "Writes from ada@example.com.",
        "Prefers delivery to 10115 Berlin, Invalidenstr. 44.",
        "テントを持っている。",
    ],
)
def test_ordinary_facts_are_kept(fact: str):
    assert without_secrets([fact]) == (fact,)


@pytest.mark.parametrize(
    "fact",
    [
        "Card 4111 1111 1111 1111.",
        "Pays with 4111-1111-1111-1111",
        "Karte 5500000000000004",
        "Account DE89 3704 0044 0532 0130 00.",
        "iban gb29nwbk60161331926819",
        "SSN 078-05-1120",
        "CPF 529.982.247-25",
        "Signs in as ada@example.com with the password tulip7.",
        "Passwort ist Tulpe7",
        "Le mot de passe est tulipe",
        "Su contraseña es tulipán",
        "A senha é tulipa",
        "Haslo: tulipan",
        "PIN 1234",
        "CVV 123",
        "パスワードはtulip",
        "密码是tulip",
    ],
)
def test_what_opens_something_is_dropped(fact: str):
    assert without_secrets(["Wears size 43.", fact]) == ("Wears size 43.",)


def test_each_is_one_line_and_there_once():
    assert without_secrets([" Wears\n size 43. ", "wears size 43", "  ", "!?"]) == ("wears size 43",)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Wears size 43.", "wears SIZE 43", True),
        ("Größe 43", "GRÖSSE  43!", True),
        ("Wears size 43.", "Wears size 44.", False),
    ],
)
def test_which_facts_say_the_same(one: str, other: str, alike: bool):
    assert (same(one) == same(other)) is alike
