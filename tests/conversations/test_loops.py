"""Lines in, whether a machine seems to write out."""

from datetime import UTC, datetime, timedelta

import pytest

from conversations.loops import Line, machine

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
THANKS = "Thank you for your mail, we have received it under number {}."
SAME = "The same was said and answered 2 times within an hour: a machine may be writing."
QUICK = "6 answers in a row came within seconds: a machine may be writing."


def talk(texts, *, gap=600, answer_gap=5):
    """The customer says each of the texts; the agent answers all but the last."""
    lines, at = [], NOON
    for number, text in enumerate(texts):
        at += timedelta(seconds=gap)
        lines.append(Line(at, False, text))
        if number < len(texts) - 1:
            at += timedelta(seconds=answer_gap)
            lines.append(Line(at, True, f"Answer {number}"))
    return lines


CASES = {
    "nothing": ([], ""),
    "a person": (talk(["Where is my order?", "It is 17.", "Thank you"]), ""),
    "once answered": (talk([THANKS.format(1), THANKS.format(2)]), ""),
    "twice answered": (talk([THANKS.format(1), THANKS.format(2), THANKS.format(3)]), SAME),
    "twice a day": (talk([THANKS.format(1), THANKS.format(2), THANKS.format(3)], gap=3000), ""),
    "says yes often": (talk(["yes"] * 5), ""),
    "five quick ones": (talk([w * 30 for w in "abcdef"], gap=3), ""),
    "six quick ones": (talk([w * 30 for w in "abcdefg"], gap=3), QUICK),
    "the agent's is newest": ([Line(NOON, True, "Hello")], ""),
}


@pytest.mark.parametrize("name", CASES)
def test_machine(name):
    lines, why = CASES[name]
    assert machine(lines) == why
