"""Of an answer only the named places are shown, and no secret that came back."""

from typing import Any

import pytest

from agents.actions import outputs

ANSWER = {
    "status": "sent",
    "customer": {"name": "Ada", "card": "4111"},
    "items": [{"name": "Tent", "price": 90}, {"name": "Pole"}],
    "a/b": 1,
    "token": "my s3cret token",
}


@pytest.mark.parametrize(
    ("pointers", "found"),
    [
        ((), {}),
        (("/status",), {"/status": "sent"}),
        (("/customer/name", "/nothing"), {"/customer/name": "Ada"}),
        (("/items/*/name",), {"/items/*/name": ["Tent", "Pole"]}),
        (("/items/1",), {"/items/1": {"name": "Pole"}}),
        (("/items/7", "/items/x", "/status/x"), {}),
        (("/items/*/price",), {"/items/*/price": [90]}),
        (("/a~1b",), {"/a~1b": 1}),
        (("/",), {"/": {**ANSWER, "token": "my ••• token"}}),
    ],
    ids=repr,
)
def test_what_is_shown(pointers: tuple[str, ...], found: dict[str, Any]):
    assert outputs.shown(ANSWER, pointers, ["s3cret", ""]) == found


def test_what_is_too_long_is_cut_off():
    shown = outputs.shown({"a": "x" * 10_000, "b": ["y" * 10_000]}, ("/a", "/b"))
    assert [len(text) for text in shown.values()] == [outputs.LONGEST + len("… (cut off)")] * 2


@pytest.mark.parametrize(
    ("body", "read"),
    [(b'{"a": 1}', {"a": 1}), (b"plain", "plain"), (b"", ""), (b"\xff\xfe", ValueError), (b"a\x00b", ValueError)],
)
def test_reading(body: bytes, read: Any):
    if read is ValueError:
        with pytest.raises(ValueError):
            outputs.read(body)
    else:
        assert outputs.read(body) == read


@pytest.mark.parametrize(
    ("pointers", "fine"),
    [
        (["/a", "/", "/a/*/b", "/a~1b"], True),
        ([], True),
        (["a"], False),
        ([""], False),
        (["/a~2"], False),
        ("x", False),
    ],
    ids=repr,
)
def test_places(pointers: Any, fine: bool):
    assert (outputs.check(pointers) == "") is fine
