"""Nothing that an operator can set is forgotten: what is new has to be put somewhere on purpose."""

from typing import Any

import pytest
from django.apps import apps
from django.db import models

from agents.models import Agent
from agents.secrets import SecretTextField
from gateways.models import Destination, Gateway
from handover.configuration import shape, text
from handover.configuration.describe import describe
from handover.models import HandoverRule

KINDS = ("agent", "gateway")
SHAPES = [*map(shape.root, KINDS), *(each for kind in KINDS for each in shape.lists(kind))]


def columns() -> list[Any]:
    return [
        pytest.param(each, column, id=f"{each.model._meta.label}.{column.name}")
        for each in SHAPES
        for column in (*each.model._meta.concrete_fields, *each.model._meta.many_to_many)
    ]


def relations() -> list[Any]:
    return [
        pytest.param(kind, related, id=f"{kind}-{related.related_model._meta.label}.{related.field.name}")
        for kind in KINDS
        for related in shape.pointing(apps.get_model(shape.ROOTS[kind]))
    ]


@pytest.mark.parametrize(("each", "column"), columns())
def test_every_column_is_exported_or_left_out_on_purpose(each: shape.Shape, column: Any) -> None:
    """One that isn't editable, or says when it was written, isn't an operator's."""
    why_not = (
        column.primary_key
        or not column.editable
        or column.name == each.parent
        or isinstance(column, SecretTextField)
        or f"{each.model._meta.label}.{column.name}" in shape.LEFT_OUT
    )
    assert bool(why_not) is (each.column(column.name) is None)


@pytest.mark.parametrize("each", SHAPES, ids=lambda each: each.model._meta.label)
def test_every_reference_has_a_natural_key_and_no_secret_is_a_column(each: shape.Shape) -> None:
    for column in each.columns:
        assert not isinstance(column, (SecretTextField, models.BinaryField))
        if model := shape.target(column):
            assert shape.natural(model)  # raises KeyError otherwise


@pytest.mark.parametrize(("kind", "related"), relations())
def test_every_model_that_points_at_a_root_is_covered_or_excluded_on_purpose(kind: str, related: Any) -> None:
    label = related.related_model._meta.label
    places = [label in shape.LISTS[kind], label in shape.NOT_CONFIGURATION, label == shape.SECRETS]
    assert places.count(True) == 1, f"Put {label} into LISTS or NOT_CONFIGURATION of handover.configuration.shape."


@pytest.mark.parametrize("kind", KINDS)
def test_a_list_points_at_its_root_once(kind: str) -> None:
    """With two foreign keys to it, it would stand in the document twice."""
    names = [each.model._meta.label for each in shape.lists(kind)]
    assert len(names) == len(set(names))


def test_a_new_column_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above can fail: one that is editable and isn't in the shape."""
    rule = next(each for each in shape.lists("gateway") if each.model is HandoverRule)
    assert rule.column("position") is not None
    monkeypatch.setitem(shape.LEFT_OUT, "handover.HandoverRule.position", "to try it")  # type: ignore[arg-type]
    assert "position" not in [column.name for column in shape.columns(HandoverRule, "gateway")]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("destinations", ("kind", "external_id")),
        ("managing_points", ("destination",)),
        ("handover_rules", ()),
        ("message_templates", ("kind", "language")),
    ],
)
def test_the_key_of_a_list_comes_from_its_constraints(name: str, key: tuple[str, ...]) -> None:
    assert next(each.key for each in shape.lists("gateway") if each.name == name) == key


def test_what_is_described_has_every_column_of_the_shape(gateway: Gateway) -> None:
    Destination.objects.create(gateway=gateway, kind="inbox", external_id="7", name="Sales")
    for root in (gateway, gateway.agent):
        values = text.as_values(describe(root))
        kind = "gateway" if root is gateway else "agent"
        assert {column.name for column in shape.root(kind).columns} <= values.keys()
        assert {each.name for each in shape.lists(kind)} <= values.keys()
    assert isinstance(gateway.agent, Agent)
