import pytest

from agents.engines import patterns


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        (r"BT-\d{5}", "it is bt-20416, I think", "bt-20416"),
        (r"BT-?\d{5}", "Hello\nBT20416", "BT20416"),
        (r"[\w.+]+@[\w.]+\.[a-z]{2,}", "none of your business", ""),
        (r"\d{4,8}", "order 12345678", "12345678"),
        (r"(?:BT|RT)-[0-9]{5}", "RT-00001.", "RT-00001"),
        (r"[+*?]{3}", "a +*? b", "+*?"),
        (r"\d{5}", "x" * 500 + "12345", ""),
    ],
)
def test_finds(pattern: str, text: str, found: str):
    assert patterns.first(pattern, text) == found


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        (r"BT-\d{5}", ""),
        (r"(?:BT|RT)-?[0-9]{5,8}", ""),
        (r"[a-z]+-\d+", ""),
        (r"\(\d{3}\)\d+", ""),
        (r"(", "This isn't a regular expression"),
        (r"\d*", "The pattern fits an empty text"),
        (r"(a+)+b", "A group in parentheses can't be repeated"),
        (r"(a|b){2,9}c", "A group in parentheses can't be repeated"),
        (r"(a?){25}b", "A group in parentheses can't be repeated"),
        (r"\w+\w+\w+x", "At most 2 parts may repeat"),
        (r"a?a?a?a?a?b", "At most 4 parts may be optional"),
        (r"(a)\1", "References"),
        (r"(?=a)b", "Groups that begin with (?"),
        ("a" * 201, "The pattern is longer"),
    ],
)
def test_what_is_refused(pattern: str, said: str):
    assert patterns.problem(pattern).startswith(said) and bool(patterns.problem(pattern)) == bool(said)


def test_a_pattern_that_wont_do_finds_nothing():
    assert patterns.first(r"(a+)+b", "a" * 40) == ""
