"""What language a text is in, and when to say nothing."""

import subprocess
import sys

import pytest

from agents import languages


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Where is my order?", "en"),
        ("Wo ist meine Bestellung?", "de"),
        ("Où est ma commande ?", "fr"),
        ("¿Dónde está mi pedido?", "es"),
        ("Dov'è il mio ordine?", "it"),
        ("Onde está a minha encomenda?", "pt"),
        ("Hallo, waar blijft mijn bestelling?", "nl"),
        ("Gdzie jest moja paczka?", "pl"),
        ("注文した商品はどこですか", "ja"),
        ("我的订单在哪里？", "zh"),
        ("Привет, где мой заказ", "ru"),
        ("שלום איפה ההזמנה שלי", "he"),
    ],
)
def test_a_sentence_is_recognised(text, code):
    assert languages.detect(text) == code


@pytest.mark.parametrize(
    "text", ["", "ok", "no", "12345", "👍👍", "\x00\x00", "BT-20811", "https://shop.example.com/returns"]
)
def test_what_belongs_to_no_language_is_left_open(text):
    assert languages.detect(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        "WHERE IS MY ORDER PLEASE",
        "Where\x00is\nmy\r\norder?",
        "where is my order? " * 50_000,
        "Order BT-20811 of ann@example.com, https://shop.example.com/x: where is it?",
        "\ud800 where is my order",
    ],
    ids=["capitals", "null bytes and line breaks", "a megabyte", "numbers and addresses", "half a character"],
)
def test_odd_texts_are_read_all_the_same(text):
    assert languages.detect(text) == "en"


def test_only_an_expected_language_is_named():
    assert languages.detect("Wo ist meine Bestellung?", expected=("en", "fr")) == ""
    assert languages.detect("Wo ist meine Bestellung?", expected=("en", "de")) == "de"


def test_importing_costs_nothing():
    check = "import sys, agents.languages; sys.exit('fasttext' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
