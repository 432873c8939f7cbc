import pytest
from django.core.exceptions import ValidationError

from gateways.lines import LinesFormField, check_lines
from gateways.models import Gateway


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("", []), ("spam", ["spam"]), (" spam \r\n\r\nvip\nspam", ["spam", "vip"])],
    ids=["nothing", "one", "blank lines and repeats"],
)
def test_a_line_is_an_entry(typed: str, kept: list[str]):
    assert LinesFormField(required=False).clean(typed) == kept


@pytest.mark.parametrize(
    "value",
    ["spam", [""], [5], ["x" * 201], ["x"] * 201],
    ids=["a text", "an empty one", "a number", "too long", "too many"],
)
def test_what_isnt_a_list_of_texts_is_refused(value: object):
    with pytest.raises(ValidationError):
        check_lines(value)


def test_too_long_a_line_is_refused_in_the_form():
    with pytest.raises(ValidationError, match="at most 200 characters"):
        LinesFormField(required=False).clean("x" * 201)


@pytest.mark.parametrize("language", ["german", "DE", "!", "d1"])
def test_a_language_has_a_code(gateway: Gateway, language: str):
    gateway.only_languages = [language]
    with pytest.raises(ValidationError, match="is no language"):
        gateway.full_clean(exclude=["config"])
