import pytest

from agents import facts

ORDER = {"name": "order", "question": "Which order?", "pattern": "a|b"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("order | Which order? | a|b", [ORDER]),
        ("  name|Who?  \n\n", [{"name": "name", "question": "Who?"}]),
        ("name", [{"name": "name"}]),
    ],
)
def test_lines_are_read(text: str, found: list[dict[str, str]]):
    assert facts.from_lines(text) == found


def test_and_written_again():
    assert facts.from_lines(facts.lines([ORDER])) == [ORDER]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], ""),
        ([ORDER], ""),
        ([{"name": "a", "question": "A?"}], ""),
        ("order", "Give a list of facts"),
        (["order"], "Fact 1: give it a name and a question."),
        ([{"name": 1, "question": "A?"}], "Fact 1: give it a name and a question."),
        ([ORDER, {"name": "", "question": "A?"}], "Fact 2: its name must have"),
        ([{"name": "a", "question": " "}], "Fact 1: its question must have"),
        ([{**ORDER, "needed": "yes"}], "Fact 1: there is no “needed”."),
        ([{**ORDER, "pattern": "("}], "Fact 1: This isn't a regular expression"),
        ([ORDER, {**ORDER, "question": "?"}], "Two facts have the same name: “order”."),
        ([ORDER] * 11, "At most 10 facts."),
    ],
)
def test_what_facts_may_be(given: object, said: str):
    assert facts.problem(given).startswith(said) and bool(facts.problem(given)) == bool(said)
