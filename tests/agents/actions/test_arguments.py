"""Arguments are checked against a schema that refers to nothing outside of it."""

from typing import Any

import pytest

from agents.actions import arguments
from agents.actions.action import CannotRender
from tests.agents.actions.shop import ORDER, find


@pytest.mark.parametrize(
    ("schema", "fine"),
    [
        ({}, True),
        (ORDER, True),
        ({**ORDER, "$defs": {"a": {"type": "string"}}, "properties": {"order": {"$ref": "#/$defs/a"}}}, True),
        ([], False),
        ({"type": "string"}, False),
        ({"type": "object", "properties": []}, False),
        ({"type": "object", "properties": {"a": {"type": "texxt"}}}, False),
        ({"type": "object", "properties": {"a": {"$ref": "http://127.0.0.1/schema"}}}, False),
        ({"type": "object", "properties": {"a": {"$ref": "file:///etc/passwd"}}}, False),
    ],
    ids=repr,
)
def test_a_schema(schema: Any, fine: bool):
    assert (arguments.check_schema(schema) == "") is fine


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"order": "1"}, ""),
        ({}, "'order' is a required property."),
        ({"order": 1}, "order: 1 is not of type 'string'."),
        ({"order": "1", "admin": True}, "Additional properties are not allowed ('admin' was unexpected)."),
        (None, "The arguments must be a JSON object."),
        ([], "The arguments must be a JSON object."),
        ({"order": "x" * 9000}, "The arguments are longer than 8,000 characters."),
    ],
    ids=["fit", "missing", "wrong type", "more than named", "no JSON", "a list", "too long"],
)
def test_values(values: Any, problem: str):
    if not problem:
        assert arguments.check(find(), values) == values
        return
    with pytest.raises(CannotRender) as refusal:
        arguments.check(find(), values)
    assert refusal.value.public == problem


def test_a_schema_that_is_fetched_from_elsewhere_isnt():
    schema = {"type": "object", "properties": {"order": {"$ref": "http://127.0.0.1:1/schema"}}}
    with pytest.raises(CannotRender, match="can't be checked"):
        arguments.check(find(schema=schema), {"order": "1"})
