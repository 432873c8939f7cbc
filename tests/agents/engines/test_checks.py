"""Options of engines that won't do get a sentence."""

from typing import Any

import pytest

from agents.engines.checks import check_above_zero, check_base_url, check_price, check_url

NO_SCHEME = "This must begin with https:// or http://."


@pytest.mark.parametrize(
    ("check", "value", "said"),
    [
        (check_url, "https://engine.example/decide?shop=1", ""),
        (check_url, "http://127.0.0.1:9000", ""),
        (check_url, "engine.example", NO_SCHEME),
        (check_url, "ftp://engine.example", NO_SCHEME),
        (check_base_url, "https://api.openai.com/v1", ""),
        (check_base_url, "api.openai.com", NO_SCHEME),
        (check_base_url, "https://api.openai.com/v1?x=1", "This can't have a “?” or “#”."),
        (check_above_zero, 0.1, ""),
        (check_above_zero, 0, "This must be above 0."),
        (check_price, 0.0, ""),
        (check_price, -0.1, "This can't be below 0."),
    ],
)
def test_a_value(check: Any, value: Any, said: str):
    assert check(value) == said
