import pytest

from agents import summaries


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("", ""),
        ("{facts} and {question}", ""),
        ("no placeholders, but { } braces", "There is no placeholder { }."),
        ("{fact}", "There is no placeholder {fact}. Allowed are: {customer}, {facts}"),
        ("{facts.__class__}", "There is no placeholder {facts.__class__}."),
        ("x" * 4001, "The template is longer than 4000 characters."),
    ],
)
def test_what_a_template_may_have(template: str, said: str):
    assert summaries.problem(template).startswith(said) and bool(summaries.problem(template)) == bool(said)


@pytest.mark.parametrize(
    ("template", "values", "filled"),
    [
        ("{question}!", {"question": "Where?"}, "Where?!"),
        ("{question}", {"question": "{facts}", "facts": "secret"}, "{facts}"),
        ("{facts}", {"facts": ""}, "–"),
        ("{other}", {}, "{other}"),
    ],
)
def test_is_filled_once(template: str, values: dict[str, str], filled: str):
    assert summaries.fill(template, values) == filled
