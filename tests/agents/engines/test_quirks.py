"""What is learned from a server's refusals, and how the next request looks."""

import pytest

from agents.engines.quirks import FORMATS, Quirks
from agents.http import Response


@pytest.mark.parametrize(
    ("known", "status", "body", "learned"),
    [
        (Quirks(), 400, b"'response_format' isn't supported", Quirks(format=1)),
        (Quirks(), 400, b"This model has no JSON_SCHEMA", Quirks(format=1)),
        (Quirks(format=1), 422, b"unknown: response_format", Quirks(format=2)),
        (Quirks(format=2), 400, b"unknown: response_format", None),
        (Quirks(), 400, b"use 'max_completion_tokens' instead", Quirks(limit=1)),
        (Quirks(limit=1), 400, b"unknown: max_completion_tokens", None),
        (Quirks(), 400, b"The context is too long.", None),
        (Quirks(), 401, b"response_format", None),
        (Quirks(), 429, b"response_format", None),
        (Quirks(), 500, b"response_format", None),
        (Quirks(), 200, b"response_format", None),
    ],
)
def test_a_refusal(known: Quirks, status: int, body: bytes, learned: Quirks | None):
    assert known.after(Response(status, {}, body)) == learned


@pytest.mark.parametrize(
    ("quirks", "rest"),
    [
        (Quirks(), {"max_tokens": 5, "response_format": FORMATS[0]}),
        (Quirks(format=1, limit=1), {"max_completion_tokens": 5, "response_format": {"type": "json_object"}}),
        (Quirks(format=2), {"max_tokens": 5}),
    ],
)
def test_a_request(quirks: Quirks, rest: dict):
    message = {"role": "user", "content": "Hi"}
    assert quirks.body("small", [message], 5) == {"model": "small", "messages": [message], **rest}
