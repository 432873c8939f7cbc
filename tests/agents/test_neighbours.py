"""Languages that are written nearly alike."""

import pytest

from agents.neighbours import told_apart


@pytest.mark.parametrize(
    ("sample", "scores", "told"),
    [
        ("Har dere fått pakken", {"da": 0.9, "nb": 0.05}, {"nb": 0.95}),
        ("Har I fået pakken", {"da": 0.4, "nb": 0.5}, {"da": 0.9}),
        ("Hvordan returnerer jeg en vare", {"da": 0.9, "nb": 0.1}, {"da": 0.9, "nb": 0.1}),
        ("Jeg har fået hva", {"da": 0.9, "nb": 0.1}, {"da": 0.9, "nb": 0.1}),
        ("bilakah ia tiba", {"id": 0.9}, {"ms": 0.9}),
        ("Kapan sampai", {"id": 0.5, "ms": 0.5}, {"id": 1.0}),
        ("سفارش من کجاست", {"ar": 0.5, "fa": 0.25, "ur": 0.1}, {"fa": 0.75, "ur": 0.1}),
        ("أين طلبي", {"fa": 0.5, "ar": 0.25}, {"ar": 0.75}),
        ("Kde je ještě", {"cs": 0.5, "sk": 0.25}, {"cs": 0.75}),
        ("KDE JE EŠTE", {"cs": 0.5, "sk": 0.25}, {"sk": 0.75}),
        ("Де моя посилка її", {"ru": 0.5, "uk": 0.25}, {"uk": 0.75}),
        ("Mein Gerät", {"de": 0.9, "en": 0.1}, {"de": 0.9, "en": 0.1}),
    ],
)
def test_what_only_one_of_them_writes_decides(sample, scores, told):
    assert told_apart(sample, scores) == pytest.approx(told)
