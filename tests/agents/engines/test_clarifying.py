"""Which of the offered topics a customer picks."""

import pytest

from agents import wordings
from agents.engines.clarifying import numbered, picked_topic

TITLES = ["Returns", "Refunds"]


@pytest.mark.parametrize("language", wordings.languages())
def test_a_number_picks_in_every_language(language):
    asked = wordings.wording("clarify", language).format(topics=numbered(TITLES))
    assert picked_topic("2", asked, TITLES) == "Refunds"


@pytest.mark.parametrize(
    "yes",
    [
        "yes",
        "Ja!",
        "tak",
        "да",
        "Так",
        "Ναι",
        "نعم",
        "بله",
        "כן",
        "हाँ",
        "ใช่",
        "네",
        "evet",
        "ano",
        "áno",
        "igen",
        "jah",
    ],
)
def test_a_yes_picks_the_only_one(yes):
    asked = wordings.wording("clarify", "en").format(topics=numbered(TITLES[:1]))
    assert picked_topic(yes, asked, TITLES) == "Returns"


@pytest.mark.parametrize("reply", ["co?", "nu", "3", "не", "όχι"])
def test_anything_else_picks_none(reply):
    asked = wordings.wording("clarify", "en").format(topics=numbered(TITLES[:1]))
    assert picked_topic(reply, asked, TITLES) == ""
