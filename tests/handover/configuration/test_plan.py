from typing import Any

import pytest

from handover.configuration.plan import plan
from handover.configuration.values import Change, Difference, Document, Verb

KEYS = {"places": ("id",), "points": ("place",), "rules": (), "texts": ("kind", "language")}
CREATE, CHANGE, DELETE = Verb.CREATE, Verb.CHANGE, Verb.DELETE


def document(name: str = "Desk", /, **given: Any) -> Document:
    lists = {name: tuple(rows) for name, rows in given.items() if name in KEYS}
    return Document("gateway", {"name": name, **{k: v for k, v in given.items() if k not in KEYS}}, lists)


def was(name: str, one: Any, other: Any) -> Difference:
    return Difference(name, one, other)


ONE, TWO, THREE = ({"sub": name, "to": "desk", "at": n} for n, name in enumerate(("one", "two", "three"), 1))
HELLO = {"kind": "hello", "language": "en", "text": "Hello"}


@pytest.mark.parametrize(
    ("current", "wanted", "changes"),
    [
        pytest.param(document(mode="auto"), document(mode="auto"), [], id="the same"),
        pytest.param(document(mode="auto", pace=1), document(pace=1), [], id="what isn't named is left alone"),
        pytest.param(
            document(mode="auto"),
            document(mode="off"),
            [Change(CHANGE, "", "Desk", (was("mode", "auto", "off"),))],
            id="a column",
        ),
        pytest.param(
            None,
            document(mode="off"),
            [Change(CREATE, "", "Desk", (was("name", None, "Desk"), was("mode", None, "off")))],
            id="a new root",
        ),
        pytest.param(document(rules=[ONE]), document(), [], id="a list that isn't named is left alone"),
        pytest.param(
            document(rules=[ONE, TWO]),
            document(rules=[]),
            [Change(DELETE, "rules", "one, desk, 1", at=0), Change(DELETE, "rules", "two, desk, 2", at=1)],
            id="an empty list deletes all",
        ),
        pytest.param(
            document(places=[{"id": "a", "name": "A"}]),
            document(places=[]),
            [],
            id="of a catalogue nothing is deleted",
        ),
        pytest.param(
            document(places=[{"id": "a", "name": "A"}]),
            document(places=[{"id": "a", "name": "B"}, {"id": "c", "name": "C"}]),
            [
                Change(CHANGE, "places", "a", (was("name", "A", "B"),), 0),
                Change(CREATE, "places", "c", (was("id", None, "c"), was("name", None, "C"))),
            ],
            id="of a catalogue rows are made and renamed",
        ),
        pytest.param(
            document(texts=[HELLO]),
            document(texts=[{**HELLO, "text": "Hi"}]),
            [Change(CHANGE, "texts", "hello, en", (was("text", "Hello", "Hi"),), 0)],
            id="a row is known by its key",
        ),
        pytest.param(
            document(texts=[HELLO]),
            document(texts=[{**HELLO, "language": "de"}]),
            [
                Change(DELETE, "texts", "hello, en", at=0),
                Change(
                    CREATE,
                    "texts",
                    "hello, de",
                    (was("kind", None, "hello"), was("language", None, "de"), was("text", None, "Hello")),
                ),
            ],
            id="with another key it is another row",
        ),
        pytest.param(document(rules=[ONE, TWO]), document(rules=[TWO, ONE]), [], id="order alone is no change"),
        pytest.param(
            document(rules=[ONE, TWO]),
            document(rules=[THREE, ONE, TWO]),
            [
                Change(
                    CREATE, "rules", "three, desk, 3",
                    (was("sub", None, "three"), was("to", None, "desk"), was("at", None, 3)),
                )
            ],
            id="a row put before the others leaves them what they are",
        ),
        pytest.param(
            document(rules=[ONE, TWO]),
            document(rules=[ONE, {**TWO, "to": "hall"}]),
            [Change(CHANGE, "rules", "two, hall, 2", (was("to", "desk", "hall"),), 1)],
            id="a row without a key that is like one before is that one",
        ),
        pytest.param(
            document(points=[{"place": {"kind": "inbox", "id": "1"}}]),
            document(points=[{"place": {"kind": "inbox", "id": "2"}}]),
            [
                Change(DELETE, "points", "inbox/1", at=0),
                Change(CREATE, "points", "inbox/2", (was("place", None, {"kind": "inbox", "id": "2"}),)),
            ],
            id="a key that is a reference",
        ),
    ],
)  # fmt: skip
def test_a_plan(current: Document | None, wanted: Document, changes: list[Change]) -> None:
    assert list(plan(current, wanted, KEYS, frozenset({"places"}))) == changes


def test_lists_are_written_in_the_order_of_the_keys() -> None:
    wanted = document(texts=[HELLO], rules=[ONE], places=[{"id": "a"}])
    assert [change.where for change in plan(document(), wanted, KEYS, frozenset())] == ["places", "rules", "texts"]
